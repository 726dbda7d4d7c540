"""`tfkit evaluate` and `tfkit predict`: what can be done with a finished run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro
from rich import box
from rich.console import Console
from rich.table import Table

from tfkit import run_folder
from tfkit.cli import output, parsing, quiet, which_run

# More rows than this are for a file, not for a screen.
_MAX_ROWS = 20


@dataclass(frozen=True)
class _Evaluate:
    """Measure a run's errors again, on the parts it was trained and judged on."""

    run: tyro.conf.Positional[str] = "latest"
    """A run's folder, its name as `tfkit runs` prints it, or `latest` with a model."""
    logs: Path = Path("logs")
    """Folder of all runs."""


@dataclass(frozen=True)
class _Predict:
    """Predict the classes of new examples with a run's network."""

    run: tyro.conf.Positional[str]
    """A run's folder, its name as `tfkit runs` prints it, or `latest` with a model."""
    file: tyro.conf.Positional[Path]
    """Examples: npz (`x`), csv (one column a feature), or png/jpg like the data."""
    output: Path | None = None
    """CSV file for the predictions. Default: a table in the terminal."""
    logs: Path = Path("logs")
    """Folder of all runs."""


def evaluate(arguments: list[str]) -> None:
    """Measures a run again and prints the table and the verdict.

    Args:
        arguments: What follows `tfkit evaluate`.
    """
    options = parsing.parse(_Evaluate, "evaluate", arguments)
    folder = which_run.find(options.run, options.logs, with_model=True)
    with quiet.tensorflow_import():
        from tfkit.experiment import report, saved_run

    evaluation = saved_run.evaluate(folder)
    console = Console()
    console.print(report.error_table(evaluation.errors))
    console.print(f"{evaluation.judgement}\n", highlight=False, soft_wrap=True)
    output.facts(console, [("run", f"{folder.path}")])


def predict(arguments: list[str]) -> None:
    """Predicts a file's examples and prints or writes the classes.

    Args:
        arguments: What follows `tfkit predict`.
    """
    options = parsing.parse(_Predict, "predict", arguments)
    folder = which_run.find(options.run, options.logs, with_model=True)
    if options.output is not None:
        run_folder.require_writable(options.output.parent, option="--output")
    with quiet.tensorflow_import():
        from tfkit.experiment import saved_run

    predictions = saved_run.predict(folder, options.file).table
    console = Console()
    if options.output is not None:
        run_folder.write_text(options.output, predictions.to_csv(index=False))
        console.print(f"{len(predictions)} predictions in {options.output}")
        output.facts(console, [("run", f"{folder.path}")])
        return
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("example", justify="right")
    table.add_column("class")
    table.add_column("probability", justify="right")
    shown = predictions[["class", "probability"]].head(_MAX_ROWS)
    for number, name, probability in shown.itertuples():
        table.add_row(f"{number}", f"{name}", f"{100 * probability:.1f} %")
    console.print(table)
    if len(predictions) > _MAX_ROWS:
        console.print(f"... {len(predictions)} in all; --output FILE writes them all.")
    output.facts(console, [("file", f"{options.file}"), ("run", f"{folder.path}")])
