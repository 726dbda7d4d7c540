"""`tfkit runs`: the runs there are, in a terminal of any width."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from tfkit import run_folder
from tfkit.cli import output, parsing
from tfkit.diagnose.bias_variance import BiasVariance
from tfkit.diagnose.error_rate import ErrorRate
from tfkit.experiment import run_summary
from tfkit.experiment.run_summary import RunSummary

_LOGS = Path("logs")
# Two spaces between columns.
_GAP = 2
# What is left of a column that does not fit must still say something.
_LEAST_WIDTH = 12
_INDENT = "  "
_MORE = "..."
_STYLES = {
    "finished": "green",
    "running": "cyan",
    "interrupted": "yellow",
    "broken": "red",
}
_SHORT = {"avoidable bias": "bias"}


@dataclass(frozen=True)
class _Runs:
    """List the runs: state, errors, verdict, and what was varied between them."""

    logs: tyro.conf.Positional[Path] = _LOGS
    """Folder of all runs, or of one experiment, or the name of one below logs/."""
    sort: Literal["dev", "test", "train", "time", "seconds", "name"] = "dev"
    """Order in each experiment: lowest error, latest start, shortest training, name."""
    json: bool = False
    """Print everything that is known as JSON."""


@dataclass(frozen=True)
class _Column:
    """A column and its rank: where not all fit, the highest ranks go first."""

    title: str
    rank: int
    cell: Callable[[RunSummary], str]
    justify: Literal["left", "right"] = "left"


def runs(arguments: list[str]) -> None:
    """Prints the runs below a folder, the best of each experiment first.

    Args:
        arguments: What follows `tfkit runs`.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    options = parsing.parse(_Runs, "runs", arguments)
    folder = _folder(options.logs)
    summaries = [run_summary.summarize(run) for run in run_folder.all_below(folder)]
    order = _order(options.sort)
    summaries.sort(key=lambda run: (run.experiment, order(run), run.name))
    if options.json:
        print(json.dumps([_record(run) for run in summaries], indent=2))
        return
    if not summaries:
        print(
            f"There are no runs in {folder}. `{output.program()} train` makes one in "
            "logs/; `tfkit runs FOLDER` looks elsewhere."
        )
        return
    console = _console()
    console.print(_table(summaries, console.width), end="")
    for run in summaries:
        if run.problems and run.state == "broken":
            console.print(
                f"{run.experiment}/{run.name} is broken: {'; '.join(run.problems)}",
                soft_wrap=True,
                highlight=False,
                markup=False,
            )


def _folder(given: Path) -> Path:
    for folder in (given, _LOGS / given):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f"There is no folder {given}. `tfkit train` makes one; name another with "
        "`tfkit runs FOLDER`."
    )


def _console() -> Console:
    """Returns a console that is as wide as need be where no terminal sets a width."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS"):
        return Console()
    return Console(width=10_000)


def _order(sort: str) -> Callable[[RunSummary], Any]:
    def key(run: RunSummary) -> Any:
        if sort == "name":
            return run.name
        if sort == "time":
            return -run.started.timestamp() if run.started else math.inf
        if sort == "seconds":
            return math.inf if run.seconds is None else run.seconds
        return run.errors[sort].rate if sort in run.errors else math.inf

    return key


def _table(runs: Sequence[RunSummary], width: int) -> Text:
    """Returns a line for each run, below one for its experiment.

    rich's own tables take as long for two hundred lines as the runs take to read.
    """
    groups: dict[str, list[RunSummary]] = {}
    for run in runs:
        groups.setdefault(run.experiment, []).append(run)
    columns = _columns(all(run.state == "finished" for run in runs))
    columns.append(_Column("varied", 4, lambda run: ""))
    # By row, the titles of the columns first.
    cells = {column.title: [column.title] for column in columns}
    for experiment, members in groups.items():
        for column in columns:
            heading = experiment if column.rank == 0 else ""
            cells[column.title] += [heading, *map(column.cell, members)]
    # Aligned within an experiment, since each varies options of its own.
    varied = [_varied(members) for members in groups.values()]
    cells["varied"][1:] = _lines(varied, width)
    widths = _widths(columns, cells, width)
    cells["varied"][1:] = _lines(varied, widths.get("varied", 0))
    shown = [column for column in columns if column.title in widths]

    lines = Text(no_wrap=True)
    for number, row in enumerate(zip(*(cells[c.title] for c in shown), strict=True)):
        # The names of experiments are not indented, those of their runs are.
        is_heading = number == 0 or not row[0].startswith(_INDENT)
        fitted = [
            Text(
                _fit(cell, widths[column.title], column.justify), _STYLES.get(cell, "")
            )
            for column, cell in zip(shown, row, strict=True)
        ]
        line = Text(" " * _GAP).join(fitted)
        line.rstrip()
        lines.append_text(line).append("\n")
        if is_heading:
            lines.stylize("bold", len(lines) - len(line) - 1)
    if "verdict" in widths and any("?" in cell for cell in cells["verdict"]):
        lines.append("?: not enough data to say\n")
    return lines


def _fit(cell: str, width: int, justify: Literal["left", "right"]) -> str:
    if cell_len(cell) > width:
        return set_cell_size(cell, width - 1) + "…"
    room = " " * (width - cell_len(cell))
    return room + cell if justify == "right" else cell + room


def _columns(all_finished: bool) -> list[_Column]:
    return [
        _Column("run", 0, lambda run: _INDENT + run.name),
        _Column("state", 6 if all_finished else 2, lambda run: run.state),
        _Column("dev error", 1, lambda run: _error(run, "dev"), "right"),
        _Column("train", 8, lambda run: _rate(run, "train"), "right"),
        _Column("test", 9, lambda run: _rate(run, "test"), "right"),
        _Column("verdict", 3, lambda run: _verdict(run.judgement)),
        _Column("epoch", 10, _epoch, "right"),
        _Column("time", 7, _seconds, "right"),
        _Column("started", 5, _started),
    ]


def _widths(
    columns: Sequence[_Column], cells: dict[str, list[str]], width: int
) -> dict[str, int]:
    """Gives columns the width they want, by rank, as long as there is some.

    Only the first is cut off where it must be, and the last to what is left.
    """
    widths: dict[str, int] = {}
    for column in sorted(columns, key=lambda column: column.rank):
        if not any(cells[column.title][1:]):
            continue
        wanted = max(map(cell_len, cells[column.title]))
        left = width - sum(widths.values()) - _GAP * len(widths)
        if left >= wanted or not widths:
            widths[column.title] = min(left, wanted)
        elif column.title == "varied" and left >= _LEAST_WIDTH:
            widths[column.title] = left
    return widths


def _varied(runs: Sequence[RunSummary]) -> list[list[str]]:
    """Returns a column for each option that was varied: its name, a value for each run.

    Where nothing was, there is one column of nothing.
    """
    columns = [
        [
            run_summary.option_label(name),
            *(
                run_summary.value_text(run.options.get(name)) if run.options else ""
                for run in runs
            ),
        ]
        for name in run_summary.varied(runs)
    ]
    return columns or [[""] * (len(runs) + 1)]


def _lines(groups: Sequence[list[list[str]]], width: int) -> list[str]:
    """Returns the varied options of all experiments, row by row.

    An option that does not fit is left out; three dots behind the names say so.
    """
    lines: list[str] = []
    for columns in groups:
        rows, left_out = [""] * len(columns[0]), False
        for column in columns:
            wide = max(map(cell_len, column)) + _GAP
            # Behind the last there is no gap, and room for dots behind any other.
            room = width + _GAP if column is columns[-1] else width - len(_MORE)
            if cell_len(rows[0]) + wide > room - (len(_MORE) + _GAP) * left_out:
                left_out = True
                continue
            rows = [
                row + cell.ljust(wide) for row, cell in zip(rows, column, strict=True)
            ]
        rows[0] += _MORE if left_out else ""
        lines += [row.rstrip() for row in rows]
    return lines


def _error(run: RunSummary, part: str) -> str:
    if part not in run.errors:
        return ""
    low, high = run.errors[part].low, run.errors[part].high
    return f"{_rate(run, part)} ({100 * low:.1f} to {100 * high:.1f})"


def _rate(run: RunSummary, part: str) -> str:
    return f"{100 * run.errors[part].rate:.1f} %" if part in run.errors else ""


def _verdict(judgement: BiasVariance | None) -> str:
    """Shortens the verdict: a gap of unclear size gets a question mark.

    The test set's gap is left out unless it is high: it is seldom anything but unclear.
    """
    if judgement is None:
        return ""
    if judgement.actions is not None and judgement.actions.training_failed:
        return "did not train"
    named = [(_SHORT.get(gap.name, gap.name), gap.level) for gap in judgement.gaps]
    high = [name for name, level in named if level == "high"]
    parts = ["high " + " and ".join(high)] if high else []
    parts += [
        f"{name}?"
        for name, level in named
        if level == "unclear" and name != "overfitting to dev"
    ]
    return ", ".join(parts) or "low bias, low variance"


def _epoch(run: RunSummary) -> str:
    if run.epochs is None:
        return ""
    return f"{'-' if run.best_epoch is None else run.best_epoch} of {run.epochs}"


def _seconds(run: RunSummary) -> str:
    if run.seconds is None:
        return ""
    if run.seconds < 100:
        return f"{run.seconds:.1f} s"
    minutes, seconds = divmod(round(run.seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _started(run: RunSummary) -> str:
    return f"{run.started:%Y-%m-%d %H:%M}" if run.started else ""


def _record(run: RunSummary) -> dict[str, Any]:
    def with_interval(error: ErrorRate) -> dict[str, Any]:
        low, high = error.low, error.high
        return {
            "errors": error.errors,
            "examples": error.examples,
            "rate": error.rate,
            "low": low,
            "high": high,
        }

    return {
        "experiment": run.experiment,
        "name": run.name,
        "path": run.folder.path.as_posix(),
        "state": run.state,
        "problems": list(run.problems),
        "started": run.started.isoformat() if run.started else None,
        "options": run.options,
        "errors": {part: with_interval(error) for part, error in run.errors.items()},
        "verdict": run.judgement.verdict if run.judgement else None,
        "best_epoch": run.best_epoch,
        "epochs": run.epochs,
        "stopped": run.stopped or None,
        "seconds": run.seconds,
    }
