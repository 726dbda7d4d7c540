"""Results as tables: in the terminal, and as Markdown for docs/PERFORMANCE.md."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from harness import Result, Row
from rich.console import Console
from rich.table import Table

_FACTORS = {"ms": 1e3, "s": 1.0, "MB": 1e-6, "%": 1e2}
_DIGITS = {"ms": 2, "s": 2, "MB": 0, "%": 1}


def header(result: Result) -> list[str]:
    """The names of the columns."""
    middle = "mean" if result.unit == "%" else "median"
    columns = ["", f"{middle}, {result.unit}", "lowest to highest"]
    if result.relative:
        columns.append("first / this")
    if any(row.first is not None for row in result.rows):
        columns.append("first time, s")
    if any(row.share is not None for row in result.rows):
        columns.append("of copy bandwidth")
    if any(row.rate for row in result.rows):
        columns.append("rate")
    return columns


def cells(result: Result) -> Iterable[list[str]]:
    """A row for each contender, in the columns of `header`."""
    columns = header(result)
    first = result.rows[0] if result.rows else None
    for row in result.rows:
        yield [_cell(column, row, first, result.unit) for column in columns]
    for name, reason in result.missing.items():
        yield [name, reason, *[""] * (len(columns) - 2)]


def _cell(column: str, row: Row, first: Row | None, unit: str) -> str:
    if column == "":
        return row.name
    if row.error is not None or not row.values:
        return "failed" if column.startswith(("median", "mean")) else ""
    factor, digits = _FACTORS[unit], _DIGITS[unit]
    match column:
        case "lowest to highest":
            low, high = min(row.values), max(row.values)
            return f"{factor * low:.{digits}f} to {factor * high:.{digits}f}"
        case "first / this":
            known = first is not None and first.values
            return f"{first.median / row.median:.2f}" if first and known else ""
        case "first time, s":
            return "" if row.first is None else f"{row.first:.1f}"
        case "of copy bandwidth":
            return "" if row.share is None else f"{100 * row.share:.0f} %"
        case "rate":
            return row.rate
    middle = statistics.mean(row.values) if unit == "%" else row.median
    return f"{factor * middle:.{digits}f}"


def show(console: Console, result: Result) -> None:
    """Prints a result in the terminal."""
    table = Table(title=result.title, title_justify="left")
    for column in header(result):
        table.add_column(column, justify="right" if column else "left")
    for row in cells(result):
        table.add_row(*row)
    console.print(table)
    for line in _lines(result):
        console.print(f"  {line}", highlight=False, markup=False)
    for row in result.rows:
        if row.error is not None:
            console.print(f"{row.name} failed: {row.error}", markup=False)
    console.print()


def markdown(result: Result) -> str:
    """A result as a section of Markdown."""
    columns = header(result)
    lines = [f"### {result.title}", "", f"| {' | '.join(columns)} |"]
    lines.append("|---|" + "---:|" * (len(columns) - 1))
    lines += [f"| {' | '.join(row)} |" for row in cells(result)]
    if result.limits:
        lines += ["", f"Limited by {result.limits}."]
    notes = _lines(result)
    if notes:
        lines += ["", *(f"- {line}" for line in notes)]
    return "\n".join([*lines, ""])


def machine_markdown(machine: dict[str, str]) -> str:
    """The machine as a line of Markdown."""
    return ", ".join(f"{name} {value}" for name, value in machine.items()) + ".\n"


def _lines(result: Result) -> list[str]:
    """The bars, then what the contenders had to tell."""
    bars = [
        f"{bar['bar']}: {bar['value']:.2f}, {'met' if bar['met'] else 'not met'}"
        for bar in result.bars
    ]
    notes = [
        f"{row.name}: {'; '.join(f'{name} {text}' for name, text in row.facts.items())}"
        for row in result.rows
        if row.facts
    ]
    return bars + notes
