"""`tfkit replay`: which layer of a training step that failed went bad first."""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from tfkit.cli import own_modules, quiet


@dataclass(frozen=True)
class _Replay:
    """Replay a training step that gave NaN; say which layer went bad first."""

    bundle: tyro.conf.Positional[Path]
    """Folder that TrainingHealth(bundle_dir=...) wrote."""
    imports: tuple[str, ...] = ()
    """Modules to import first, for layers and losses of your own."""
    build: str | None = None
    """MODULE:FUNCTION that returns the model, where it can't be loaded from a file."""
    json: bool = False
    """Print everything as JSON."""


def replay(arguments: list[str]) -> None:
    """Replays a bundle's step and prints the report.

    Args:
        arguments: What follows `tfkit replay`.
    """
    options = tyro.cli(_Replay, prog="tfkit replay", args=arguments)
    with quiet.tensorflow_import():
        from tfkit.diagnose import failure, failure_bundle

    with own_modules.imported(options.imports):
        model = None if options.build is None else _built(options.build)
        bundle = failure_bundle.load_bundle(options.bundle, model=model)
    report = failure.find_first_bad_layer(bundle.model, bundle.batch)
    if options.json:
        facts = {"step": bundle.step, **bundle.facts, "report": report.to_dict()}
        print(json.dumps(facts, indent=2))
        return
    rate = bundle.facts.get("learning_rate")
    learning = "" if rate is None else f", learning rate {rate:.4g}"
    optimizer = bundle.facts.get("optimizer", "not compiled")
    print(f"step {bundle.step} ({optimizer}{learning})\n{report}")


def _built(name: str) -> Any:
    module, _, function = name.partition(":")
    if not function:
        raise ValueError(
            "`--build` must be MODULE:FUNCTION, a function without arguments that "
            f"returns the compiled model. Received: {name!r}."
        )
    build = getattr(importlib.import_module(module), function, None)
    if build is None:
        raise ValueError(
            f"The module {module!r} has no {function!r}. Name a function of it with "
            "`--build MODULE:FUNCTION`."
        )
    return build()
