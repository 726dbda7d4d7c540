"""`tfkit doctor`: is a set-up sound, before a long training?"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tfkit import run_folder
from tfkit.cli import data_file, output, own_modules, parsing, quiet, which_run
from tfkit.data import registry
from tfkit.experiment import Experiment, config_file
from tfkit.experiment.description import Bare, DataOptions

if TYPE_CHECKING:
    from tfkit.diagnose.checkup import Checkup

_DEFAULTS = DataOptions()
_MARKS = {
    "ok": ("ok", "green"),
    "warning": ("warn", "yellow"),
    "fault": ("FAULT", "red"),
}


@dataclass(frozen=True)
class _Doctor:
    """Look for what makes a training fail, in seconds. Ends with status 1 at a fault."""

    target: tyro.conf.Positional[str]
    """CONFIG.toml, a run, a dataset's name (`tfkit train`'s defaults), or MODEL.keras."""
    data: Bare[DataOptions] = _DEFAULTS
    file: Annotated[Path | None, tyro.conf.arg(name="data")] = None
    """NPZ file with x and y. A .keras model needs one; else it replaces the dataset."""
    batch_size: int | None = None
    """Of the training to come. Default: that of the config; 32 for a .keras model."""
    seed: int = 0
    """Decides which examples are drawn."""
    imports: tuple[str, ...] = ()
    """Modules to import first, for layers and losses of your own."""
    logs: Path = Path("logs")
    """Folder of all runs."""
    signals: bool = False
    """Show activations and gradients layer by layer, too."""
    json: bool = False
    """Print everything as JSON."""


def doctor(arguments: list[str]) -> None:
    """Examines what `tfkit train` would train, or a saved model.

    The options of the data are those of `tfkit train`, and override a config's.

    Args:
        arguments: What follows `tfkit doctor`.

    Raises:
        ValueError: For a wrong target or data.
        OSError: If a file is missing.
        SystemExit: With status 1, if there is a fault.
    """
    options = parsing.parse(_Doctor, "doctor", arguments)
    # Found out before TensorFlow is imported, which takes seconds.
    if options.target.endswith(".keras"):
        if options.file is None:
            raise ValueError(
                "A .keras model must be examined with examples. Received: "
                f"{options.target} without `--data`. Give `--data FILE.npz` with x and y."
            )
        if options.data != _DEFAULTS:
            raise ValueError(
                "The options of the data are for datasets. Received: some of them with "
                f"{options.target}, which is examined with the examples of `--data` as "
                "they are. Leave them out."
            )
        experiment, target = None, options.target
        own_modules.require_file(Path(target), "model file")
        own_modules.require_file(options.file, "data file")
    else:
        experiment, target = _experiment(options)
        # What is not given stays as the config has it.
        config = dataclasses.replace(options, data=experiment.data)
        given = parsing.parse(_Doctor, "doctor", arguments, default=config).data
        experiment = dataclasses.replace(experiment, data=given)
        registry.resolve(experiment.dataset)
    console = Console(stderr=options.json)
    with console.status("loading TensorFlow"), quiet.tensorflow_import():
        from tfkit.diagnose.checkup import checkup

    with console.status("examining"), own_modules.imported(options.imports):
        if experiment is None:
            assert options.file is not None
            model = own_modules.load_model(Path(options.target))
            x, y = data_file.read_examples(options.file, model)
            batch_size = 32
        else:
            with data_file.spoken_of_as_options():
                model, x, y = _built(experiment)
            batch_size = experiment.training.batch_size
        if options.batch_size is not None:
            batch_size = options.batch_size
        report = checkup(model, x, y, batch_size=batch_size, seed=options.seed)
    if options.json:
        print(json.dumps(report.to_dict(), indent=2))
    else:
        _show(console, report, target, signals=options.signals)
    if report.faults:
        raise SystemExit(1)


def _experiment(options: _Doctor) -> tuple[Experiment, str]:
    """What would be trained, and what it was read from."""
    name, target = options.target, Path(options.target)
    if target.suffix == ".toml":
        experiment = config_file.load(target)
    elif _is_dataset(options.target):
        experiment = Experiment(dataset=options.target)
    else:
        folder = _run(options)
        name = folder.path.as_posix()
        experiment = config_file.load(folder.config)
    if options.file is not None:
        experiment = dataclasses.replace(experiment, dataset=str(options.file))
    return experiment, name


def _run(options: _Doctor) -> run_folder.RunFolder:
    try:
        return which_run.find(options.target, options.logs)
    except FileNotFoundError as error:
        datasets = [info.name for info in registry.available()]
        runs = [
            run.path.relative_to(options.logs).as_posix()
            for run in run_folder.runs(options.logs)
        ]
        near = registry.did_you_mean(options.target, [*datasets, *runs, "latest"])
        raise FileNotFoundError(
            f"{near}{error} Nor is it a dataset: {', '.join(datasets)}, or a file."
        ) from None


def _is_dataset(name: str) -> bool:
    """Whether it names a dataset; the folder of a run is none."""
    if (Path(name) / run_folder.CONFIG).is_file():
        return False
    try:
        registry.resolve(name)
    except ValueError:
        return False
    return True


def _built(experiment: Experiment) -> tuple[Any, Any, Any]:
    """The model that `tfkit train` would train, and the training part."""
    from tfkit.experiment import steps

    steps.make_repeatable(experiment.training.seed)
    prepared = steps.prepare_data(experiment)
    train = prepared.splits.train
    return steps.build_model(experiment, prepared), train.x, train.y


def _show(console: Console, report: Checkup, target: str, *, signals: bool) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("")
    table.add_column("looked at")
    table.add_column("found")
    for finding in report.findings:
        mark, style = _MARKS[finding.level]
        found = Text(finding.measured)
        if finding.level != "ok":
            found.append(f"\nexpected: {finding.expected}")
            found.append(f"\n{finding.advice}", "bold")
        table.add_row(Text(mark, style), finding.name, found)
    console.print(table)
    if signals and report.propagation is not None:
        print(f"{report.propagation}\n")
    pairs = [("verdict", report.verdict)]
    if report.not_run:
        pairs.append(("not looked at", ", ".join(report.not_run)))
    pairs.append(("target", target))
    pairs.append(("time", f"{report.seconds:.1f} s"))
    output.facts(console, pairs)
