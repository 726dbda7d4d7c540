"""`tfkit check-gradients`: backpropagation of a saved model against differences."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tyro

from tfkit._checks import check_count
from tfkit.cli import data_file, own_modules, parsing, quiet, which_run

# What a shell takes for "no": the gradient is wrong. 2 is an error of the user's.
_BUG = 1


@dataclass(frozen=True)
class _CheckGradients:
    """Check a model's gradients against differences of its cost. Status 1: a bug."""

    target: tyro.conf.Positional[str] = "latest"
    """A MODEL.keras file; or a run: its folder, its name below LOGS, or `latest`."""
    data: Path | None = None
    """NPZ file with `x` and `y`, or arrays named like the model's inputs and `y`.
    Default: the run's training data."""
    examples: int = 32
    """Examples to check on, from the start."""
    mode: Literal["auto", "full", "directional"] = "auto"
    """Each parameter alone, or random directions, which is quick for big models."""
    epsilon: float | None = None
    """Step of the differences. Default: one near the best; the course has 1e-7."""
    layers: tuple[str, ...] = ()
    """Names of the layers to check. Default: all."""
    training: bool = False
    """Check in training mode: dropout (with fixed masks), batch statistics."""
    after_steps: int = 0
    """Check once more after so many training steps."""
    seed: int = 0
    """Seed of the random directions and masks."""
    imports: tuple[str, ...] = ()
    """Modules to import first, for layers and losses of your own."""
    json: bool = False
    """Print everything as JSON."""
    logs: Path = Path("logs")
    """Folder of all runs."""


def check_gradients(arguments: list[str]) -> None:
    """Checks the gradients of a model and prints the report.

    Args:
        arguments: What follows `tfkit check-gradients`.

    Raises:
        SystemExit: With status 1, if the verdict is a bug.
        FileNotFoundError: If there is no such run, model or data.
        ValueError: If the data do not fit, or the model cannot be checked.
    """
    options = parsing.parse(_CheckGradients, "check-gradients", arguments)
    check_count("examples", options.examples, hint="A few dozen are enough.")
    is_file = Path(options.target).suffix == ".keras"
    if is_file and options.data is None:
        raise ValueError(
            "A model file has no data of its own. Expected `--data FILE.npz` with "
            f"arrays `x` and `y`. Received: {options.target} alone. Write it with "
            "np.savez(file, x=examples, y=labels)."
        )
    folder = (
        None
        if is_file
        else which_run.find(options.target, options.logs, with_model=True)
    )
    model_file = Path(options.target) if folder is None else folder.model
    own_modules.require_file(model_file, "model file")
    if options.data is not None:
        own_modules.require_file(options.data, "data file")
    with quiet.tensorflow_import():
        from tfkit.diagnose.gradient_check import gradient_check

    with own_modules.imported(options.imports):
        model = own_modules.load_model(model_file)
        x, y = (
            data_file.read_examples(options.data, model, targets=False)
            if options.data is not None
            else _from_run(folder)
        )
        report = gradient_check(
            model,
            _first(x, options.examples),
            None if y is None else _first(y, options.examples),
            mode=options.mode,
            epsilon=options.epsilon,
            layers=options.layers or None,
            training=options.training,
            after_steps=options.after_steps,
            seed=options.seed,
        )
    print(json.dumps(report.to_dict(), indent=2) if options.json else report)
    if report.level == "bug":
        raise SystemExit(_BUG)


def _from_run(folder: Any) -> tuple[Any, Any]:
    from tfkit.experiment import config_file, steps

    train = steps.prepare_data(config_file.load(folder.config)).splits.train
    # What `fit` casts by itself: pictures are bytes, and the model scales them inside.
    return np.asarray(train.x, np.float32), train.y


def _first(data: Any, count: int) -> Any:
    if isinstance(data, list):
        return [part[:count] for part in data]
    return data[:count]
