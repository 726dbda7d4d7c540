"""The judgement of a run in words: the report's text and its tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

from tfkit.diagnose.bias_variance import BiasVariance
from tfkit.diagnose.error_rate import ErrorRate

if TYPE_CHECKING:
    from tfkit.experiment.runner import RunResult

_PERCENT_NOTE = "95 % interval (Wilson), measured in inference mode"


def error_table(errors: Mapping[str, ErrorRate]) -> Table:
    """Returns a rich table of the errors of train, dev and test."""
    table = Table(box=box.SIMPLE_HEAD, caption=_PERCENT_NOTE, caption_justify="left")
    table.add_column("part")
    for column in ("examples", "wrong", "error", "95 % interval", "accuracy"):
        table.add_column(column, justify="right")
    for part, cells in _error_rows(errors):
        table.add_row(part, *cells)
    return table


def summary(result: RunResult) -> list[tuple[str, str]]:
    """Returns what happened, as pairs of a label and a text."""
    return [
        ("best epoch", f"{result.best_epoch} of {result.epochs} ({result.stopped})"),
        ("training", f"{result.seconds:.1f} s"),
    ]


def markdown(result: RunResult) -> str:
    """Returns the text of report.md."""
    experiment = result.experiment
    return "\n".join(
        [
            f"# {experiment.dataset}: {result.folder.path.name}",
            "",
            *_markdown_table(
                ("part", "examples", "wrong", "error", "95 % interval", "accuracy"),
                [(part, *cells) for part, cells in _error_rows(result.errors)],
            ),
            "",
            f"{_PERCENT_NOTE[0].upper()}{_PERCENT_NOTE[1:]}.",
            "",
            *_judgement(result.judgement),
            "",
            "## Training",
            "",
            *(f"- {label}: {text}" for label, text in summary(result)),
            f"- seed: {experiment.training.seed}",
            *(f"- noticed: {finding}" for finding in result.findings),
            "",
            "![training curves](curves.png)",
            "",
            "## Repeat it",
            "",
            f"    tfkit train --config {result.folder.config}",
            "",
            "The run gets a new name. `environment.json` says with which versions this "
            "one was made, `data.json` on which data, `history.csv` holds each epoch.",
            "",
        ]
    )


def _error_rows(errors: Mapping[str, ErrorRate]) -> list[tuple[str, list[str]]]:
    return [
        (
            part,
            [
                f"{error.examples}",
                f"{error.errors}",
                f"{100 * error.rate:.1f} %",
                f"{100 * error.low:.1f} to {100 * error.high:.1f} %",
                f"{100 * (1 - error.rate):.1f} %",
            ],
        )
        for part, error in errors.items()
    ]


def _judgement(judgement: BiasVariance) -> list[str]:
    lines = [
        f"## Verdict: {judgement.verdict}",
        "",
        *_markdown_table(
            ("gap", "size", "95 % interval", "level"),
            [
                (
                    gap.name,
                    f"{100 * gap.value:.1f} %",
                    f"{100 * gap.low:.1f} to {100 * gap.high:.1f} %",
                    gap.level,
                )
                for gap in judgement.gaps
            ],
        ),
        "",
        f"A gap is high above {100 * judgement.tolerance:g} %, and unclear when its "
        "interval holds that value; human-level error is taken as "
        f"{100 * judgement.errors['human']:g} %.",
    ]
    if judgement.actions is None:
        steps = list(judgement.advice)
    else:
        steps = [str(action) for action in judgement.actions]
    if steps:
        lines += ["", "What to try, in this order:", ""]
        lines += [f"{number}. {step}" for number, step in enumerate(steps, 1)]
    return lines


def _markdown_table(header: tuple[str, ...], rows: list[Any]) -> list[str]:
    return [
        "| " + " | ".join(row) + " |" for row in (header, ("---",) * len(header), *rows)
    ]
