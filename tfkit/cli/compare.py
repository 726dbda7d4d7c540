"""`tfkit compare`: what differs between runs, and whether it matters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from tfkit import run_folder
from tfkit.cli import output, parsing, which_run
from tfkit.diagnose.error_rate import ErrorRate
from tfkit.experiment import comparison, run_summary
from tfkit.experiment.comparison import Comparison
from tfkit.experiment.run_summary import RunSummary
from tfkit.run_folder import RunFolder

# An interval fits, "14.4 to 35.4".
_LEAST_WIDTH = 13
_GAP = 2
_INDENT = 2
_MEANING = {
    "high": "more errors, beyond chance",
    "low": "fewer errors, beyond chance",
    "unclear": "no difference beyond chance",
}
# Rows of one section: the fact, and its value of each run.
_Rows = list[tuple[str, Sequence[str]]]


@dataclass(frozen=True)
class _Compare:
    """Compare runs with the first: options, environment, data, results; and plot them."""

    runs: Annotated[
        tyro.conf.Positional[tuple[str, ...]],
        tyro.conf.arg(metavar="RUN RUN ...", help_behavior_hint=""),
    ]
    """Two or more: a run's folder, its name as `tfkit runs` prints it, or `latest`."""
    output: Path = Path("comparison.png")
    """Picture of the costs by epoch (png, svg or pdf); overwritten if it exists."""
    logs: Path = Path("logs")
    """Folder of all runs."""


def compare(arguments: list[str]) -> None:
    """Prints what differs between runs and saves a plot of their costs.

    Args:
        arguments: What follows `tfkit compare`.

    Raises:
        FileNotFoundError: If there is no such run.
        ValueError: If there are fewer than two, or one cannot be read.
    """
    options = parsing.parse(_Compare, "compare", arguments)
    if len(options.runs) < 2:
        raise ValueError(
            "Two runs or more are compared: `tfkit compare RUN RUN`. Received: "
            f"{options.runs[0] if options.runs else 'none'}. "
            f"{which_run.there_are(options.logs)}"
        )
    folders = _different(options)
    found = comparison.compare(folders)
    _require_picture(options.output)

    console = Console()
    _print_tables(console, found)
    _print_data(console, found)
    _print_differences(console, found)
    output.facts(console, [("plot", _save_plot(found, options.output))])


def _different(options: _Compare) -> list[RunFolder]:
    """Finds the runs, and raises ValueError if two names are of the same one."""
    found: dict[Path, tuple[str, RunFolder]] = {}
    for run in options.runs:
        folder = which_run.find(run, options.logs)
        place = folder.path.resolve()
        if place in found:
            first, _ = found[place]
            raise ValueError(
                "Different runs are compared, each given once. Received: "
                f"{first} and {run}, which both are {folder.path.as_posix()}. "
                "`tfkit runs` lists the runs there are."
            )
        found[place] = (run, folder)
    return [folder for _, folder in found.values()]


def _require_picture(path: Path) -> None:
    from matplotlib.figure import Figure  # slow to import: not before runs are found

    suffixes = sorted(Figure().canvas.get_supported_filetypes())
    if path.suffix.removeprefix(".").lower() not in suffixes:
        raise ValueError(
            f"`--output` must be a picture's file, such as {path.stem}.png. Received: "
            f"{path}. Known suffixes: {', '.join(suffixes)}."
        )
    run_folder.require_writable(path.parent, option="--output")


def _print_tables(console: Console, found: Comparison) -> None:
    """Prints as many runs side by side as fit, then the next."""
    sections = _sections(found)
    rows = [row for _, rows in sections for row in rows]
    facts = max(cell_len(fact) for fact, _ in rows) + _INDENT
    widest = max(cell_len(value) for _, values in rows for value in values)
    # Long values go on in the next line, as far as that lets more runs fit.
    least = max(*map(cell_len, found.labels), min(widest, _LEAST_WIDTH))
    share = (console.width - facts - _GAP) // len(found.runs) - _GAP
    width = max(least, min(widest, share))
    at_once = max(1, (console.width - facts) // (width + _GAP))
    for start in range(0, len(found.runs), at_once):
        part = slice(start, start + at_once)
        table = Table(box=box.SIMPLE_HEAD, padding=(0, _GAP, 0, 0), pad_edge=False)
        table.add_column("", no_wrap=True)
        for label in found.labels[part]:
            table.add_column(label, max_width=width, overflow="fold")
        for title, rows in sections:
            table.add_row(title, style="bold")
            for fact, values in rows:
                table.add_row(f"  {fact}", *values[part])
        console.print(table)


def _sections(found: Comparison) -> list[tuple[str, _Rows]]:
    options: _Rows = [
        (
            run_summary.option_label(name),
            [run_summary.value_text(value) for value in values],
        )
        for name, values in found.options.items()
    ]
    environment: _Rows = [
        (name, [_fact(name, value) for value in values])
        for name, values in found.environment.items()
    ]
    nothing: _Rows = [("no difference", [""] * len(found.runs))]
    return [
        ("options", options or nothing),
        ("environment", environment or nothing),
        ("results", _results(found.runs)),
    ]


def _fact(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if name == "commit":
        # As short as git shows it; the mark of changed files behind it counts.
        return str(value)[:10] + ("+" if str(value).endswith("+") else "")
    return str(value)


def _results(runs: Sequence[RunSummary]) -> _Rows:
    def error(part: str, text: Callable[[ErrorRate], str]) -> list[str]:
        return [text(run.errors[part]) if part in run.errors else "-" for run in runs]

    rows: _Rows = []
    if any(run.state != "finished" for run in runs):
        rows.append(("state", [run.state for run in runs]))
    for part in ("train", "dev", "test"):
        if any(part in run.errors for run in runs):
            rows.append((f"{part} error", error(part, _percent)))
            rows.append(("  95 % interval", error(part, _interval)))
    rows += [
        (
            "verdict",
            [run.judgement.verdict if run.judgement else "-" for run in runs],
        ),
        (
            "best epoch",
            [f"{run.best_epoch or '-'} of {run.epochs or '-'}" for run in runs],
        ),
        (
            "training",
            ["-" if run.seconds is None else f"{run.seconds:.1f} s" for run in runs],
        ),
    ]
    return rows


def _percent(error: ErrorRate) -> str:
    return f"{100 * error.rate:.1f} %"


def _interval(error: ErrorRate) -> str:
    return f"{100 * error.low:.1f} to {100 * error.high:.1f}"


def _print_data(console: Console, found: Comparison) -> None:
    parts = found.same_data
    unknown = not parts or any(None in same for same in parts.values())
    other = [part for part, same in parts.items() if False in same]
    if not other:
        text = "not recorded for all runs" if unknown else "the same examples"
    else:
        text = f"not the same examples in {', '.join(other)}"
    output.facts(console, [("data", text)])
    if "dev" in other and "training.seed" in found.options:
        _say(
            console,
            "The seed decides the split: runs with one `--seed` have one dev set.",
        )
    if "regularization.lambd" in found.options:
        _say(console, "The costs hold the penalty, which differs: compare the errors.")
    console.print()


def _print_differences(console: Console, found: Comparison) -> None:
    _say(console, f"dev error against {found.labels[0]}, with 95 % interval (Newcombe)")
    dev_is_same = found.same_data.get("dev", (None,) * len(found.runs))
    pairs = []
    for label, run, gap, is_same in zip(
        found.labels[1:],
        found.runs[1:],
        found.differences[1:],
        dev_is_same[1:],
        strict=True,
    ):
        if gap is not None:
            text = (
                f"{100 * gap.value:+.1f} % ({100 * gap.low:+.1f} to "
                f"{100 * gap.high:+.1f}): {_MEANING[gap.level]}"
            )
        elif is_same is False:
            text = "not comparable: measured on another dev set"
        elif is_same is None:
            text = "not comparable: which dev set was used is not recorded"
        else:
            missing = [r for r in (found.runs[0], run) if "dev" not in r.errors]
            text = f"no dev error of {missing[0].name} yet"
        pairs.append((f"  {label}", text))
    output.facts(console, pairs)
    console.print()


def _say(console: Console, text: str) -> None:
    console.print(text, soft_wrap=True, highlight=False, markup=False)


def _save_plot(found: Comparison, path: Path) -> str:
    from tfkit.experiment import comparison_plot

    histories = {}
    for label, run in zip(found.labels, found.runs, strict=True):
        try:
            histories[label] = run_summary.read_history(run.folder)
        except FileNotFoundError:
            histories[label] = {}
    if not any(histories.values()):
        return "none: no run has ended an epoch"
    best = [run.best_epoch for run in found.runs]
    figure = comparison_plot.costs(
        histories, best_epochs=dict(zip(found.labels, best, strict=True))
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with run_folder.replacing(path) as temporary:
        figure.savefig(temporary, dpi=110)
    return str(path)
