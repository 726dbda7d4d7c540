"""`tfkit diagnose`: what is wrong with a finished run, and what to try next."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import tyro
from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from tfkit import run_folder
from tfkit.cli import output, parsing, quiet, which_run
from tfkit.diagnose.bias_variance import BiasVariance
from tfkit.diagnose.error_rate import ErrorRate
from tfkit.run_folder import RunFolder

if TYPE_CHECKING:
    import numpy as np

    from tfkit.experiment.saved_run import SavedRun
    from tfkit.experiment.steps import PreparedData

Part = Literal["errors", "actions", "classes", "distribution", "duplicates"]

_SPLITS = ("train", "dev", "test")
# Of all comparisons of parts together; the usual level.
_FALSE_ALARMS = 0.05


@dataclass(frozen=True)
class _Diagnose:
    """Diagnose a run: bias, variance, what to try, weak classes, faults of the data."""

    run: tyro.conf.Positional[str] = "latest"
    """A run's folder, its name below LOGS, or `latest`: the last that has a model."""
    only: tuple[Part, ...] = ()
    """Parts of the diagnosis. Default: all of them."""
    log: bool = True
    """Add the reports to the run's TensorBoard, under `diagnosis`."""
    json: bool = False
    """Print everything as JSON."""
    logs: Path = Path("logs")
    """Folder of all runs."""


@dataclass(frozen=True)
class _Finding:
    """What one part of the diagnosis came to.

    Args:
        name: In JSON and TensorBoard.
        title: Heading in the terminal.
        report: Has a text, and `to_dict`; a picture, as a rule.
        shown: What the terminal shows. Default: the text.
    """

    name: str
    title: str
    report: Any
    shown: Sequence[RenderableType] = ()


@dataclass(frozen=True)
class _NewErrors:
    """Errors on the examples that are in no earlier part, as a report."""

    errors: Mapping[str, ErrorRate]

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON types, by part."""
        return {
            part: {**asdict(error), "rate": error.rate}
            for part, error in self.errors.items()
        }

    def __str__(self) -> str:
        return "\n".join(
            f"  {part:<5} {error}, {error.errors} of {error.examples} wrong"
            for part, error in self.errors.items()
        )


@dataclass(frozen=True, eq=False)
class _Subject:
    """A run's model and data, and what several parts of the diagnosis need of them."""

    folder: RunFolder
    run: SavedRun

    @property
    def model(self) -> Any:
        """The model that came of the run."""
        return self.run.model

    @property
    def data(self) -> PreparedData:
        """The data as they are now."""
        return self.run.data

    @cached_property
    def parts(self) -> Mapping[str, Any]:
        """Train, dev and test, those that hold examples."""
        return self.data.parts()

    @cached_property
    def errors(self) -> dict[str, ErrorRate]:
        """Of each part, measured again in inference mode."""
        from tfkit.experiment import steps

        return steps.measure(self.model, self.data)

    @cached_property
    def judgement(self) -> BiasVariance:
        """Bias and variance, and what to try."""
        from tfkit.experiment import saved_run

        return saved_run.judge(self.folder, self.run, self.errors)


def diagnose(arguments: list[str]) -> None:
    """Measures a run again, looks at its data, and says what to try.

    Args:
        arguments: What follows `tfkit diagnose`.

    Raises:
        FileNotFoundError: If there is no such run, or it has no model.
        PermissionError: If the reports cannot be logged into the run.
    """
    options = parsing.parse(_Diagnose, "diagnose", arguments)
    folder = which_run.find(options.run, options.logs, with_model=True)
    if options.log:
        _require_loggable(folder)
    subject = _load(folder)
    console = Console(quiet=options.json)
    record: dict[str, Any] = {"run": folder.path.as_posix()}
    # In the order of the diagnosis, whatever the order they are asked for in.
    for part in get_args(Part):
        if options.only and part not in options.only:
            continue
        for finding in _PARTS[part](subject):
            _show(console, finding)
            record[finding.name] = finding.report.to_dict()
            if options.log:
                from tfkit.diagnose.log_report import log_report

                log_report(finding.report, folder.path, name=finding.name)
    if options.json:
        print(json.dumps(record, indent=2))
        return
    see = f"{output.program()} board {folder.path}"
    output.facts(
        console,
        [("run", f"{folder.path}"), *([("see it", see)] if options.log else [])],
    )


def _require_loggable(folder: RunFolder) -> None:
    try:
        run_folder.require_writable(folder.tensorboard)
    except PermissionError:
        raise PermissionError(
            f"The reports are added to {folder.tensorboard}, which cannot be written "
            "to. Use `--no-log` to print them only, or change its permissions."
        ) from None


def _load(folder: RunFolder) -> _Subject:
    with quiet.tensorflow_import():
        from tfkit.experiment import saved_run

    return _Subject(folder, saved_run.load(folder))


def _errors(subject: _Subject) -> Iterator[_Finding]:
    from tfkit.experiment import report

    judgement = subject.judgement
    yield _Finding(
        "bias_variance",
        "Bias and variance",
        judgement,
        # Not its own text: what to try stands under the actions, for this run.
        [
            f"verdict: {judgement.verdict}",
            report.error_table(subject.errors),
            _gap_table(judgement),
        ],
    )


def _gap_table(judgement: BiasVariance) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("gap")
    for column in ("size", "interval"):
        table.add_column(column, justify="right")
    table.add_column("level")
    for gap in judgement.gaps:
        ends = f"{100 * gap.low:.1f} to {100 * gap.high:.1f} %"
        table.add_row(gap.name, f"{100 * gap.value:.1f} %", ends, gap.level)
    return table


def _actions(subject: _Subject) -> Iterator[_Finding]:
    actions = subject.judgement.actions
    yield _Finding("actions", "What to try, in this order", actions)


def _classes(subject: _Subject) -> Iterator[_Finding]:
    from tfkit.diagnose.predictions import judge_predictions

    dev = subject.parts["dev"]
    probabilities = subject.model.predict(dev.x, batch_size=1024, verbose=0)
    report = judge_predictions(dev.y, probabilities, subject.data.class_names)
    yield _Finding("classes", "Class by class, dev part", report)


def _distribution(subject: _Subject) -> Iterator[_Finding]:
    from tfkit.diagnose.distribution_shift import distribution_shift

    parts = subject.parts
    pairs = list(pairwise(name for name in _SPLITS if name in parts))
    for a, b in pairs:
        report = distribution_shift(
            parts[a].x,
            parts[b].x,
            labels_a=parts[a].y,
            labels_b=parts[b].y,
            feature_names=subject.data.feature_names or None,
            class_names=subject.data.class_names,
            alpha=_FALSE_ALARMS / len(pairs),
            names=(a, b),
        )
        title = f"One distribution? {a} and {b} part"
        yield _Finding(f"distribution_{a}_{b}", title, report)


def _duplicates(subject: _Subject) -> Iterator[_Finding]:
    from tfkit.diagnose.distribution_shift import find_duplicates

    parts = subject.parts
    report = find_duplicates(
        *(part.x for part in parts.values()),
        labels=[part.y for part in parts.values()],
    )
    yield _Finding("duplicates", "Examples that occur more than once", report)
    leaking = {leak.split for leak in report.leaks}
    new = {name: report.new_examples(name) for name in parts if name in leaking}
    errors = {
        name: _error_on(subject, name, kept) for name, kept in new.items() if len(kept)
    }
    if errors:
        title = "Errors without the examples that an earlier part has"
        yield _Finding("errors_on_new_examples", title, _NewErrors(errors))


def _error_on(subject: _Subject, part: str, kept: np.ndarray) -> ErrorRate:
    from tfkit.diagnose.error_rate import error_rate

    x, y = subject.parts[part].x[kept], subject.parts[part].y[kept]
    return error_rate(y, subject.model.predict(x, batch_size=1024, verbose=0))


_PARTS: Mapping[Part, Callable[[_Subject], Iterator[_Finding]]] = {
    "errors": _errors,
    "actions": _actions,
    "classes": _classes,
    "distribution": _distribution,
    "duplicates": _duplicates,
}


def _show(console: Console, finding: _Finding) -> None:
    console.print(Text(finding.title, style="bold"))
    for item in finding.shown or (f"{finding.report}",):
        console.print(item, soft_wrap=True, highlight=False, markup=False)
    console.print()
