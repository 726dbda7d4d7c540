"""What was loaded from where, and what was not."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Match:
    """A weight of the model and the variable that filled it.

    Args:
        weight: The weight's path in the model, as "sequential/dense/kernel".
        variable: The variable's name in the checkpoint; the cell's scope where a GRU's
            weight is made of two.
        shape: The weight's shape.
        how: "mapping", "name", "layer" (beside the variable that filled another weight
            of the layer), "shape" (the only one of that shape) or "order" (one of a
            numbered series, as Variable, Variable_1).
        conversion: What was done to the value, "" for nothing.
    """

    weight: str
    variable: str
    shape: tuple[int, ...]
    how: str
    conversion: str = ""


@dataclass(frozen=True)
class Left:
    """A variable of the checkpoint that the model has no place for.

    Args:
        variable: Its name.
        shape: Its shape.
        why: "optimizer", "step", or "no weight takes it".
    """

    variable: str
    shape: tuple[int, ...]
    why: str


@dataclass(frozen=True)
class Report:
    """What `load_into` did; `str(report)` is a table.

    Args:
        checkpoint: Path of the checkpoint that was read.
        matched: The weights that were filled, in the model's order.
        unfilled: Paths of the weights that kept their values.
        left: The variables that were not used.
        proposals: For an unfilled weight, the (variable, conversion) pairs that would
            fit it: what to write into `mapping` once you know that it is meant so.
        notes: Why weights were not filled though variables seemed to be theirs: a
            sentence for each, with names and shapes.
    """

    checkpoint: str
    matched: tuple[Match, ...]
    unfilled: tuple[str, ...]
    left: tuple[Left, ...]
    proposals: Mapping[str, tuple[tuple[str, str], ...]]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        rows = [
            (m.weight, "<-", m.variable, str(m.shape), f"by {m.how} {m.conversion}")
            for m in self.matched
        ]
        for weight in self.unfilled:
            fits = " or ".join(map(str, self.proposals.get(weight, ())))
            rows.append((weight, "  ", "-", "", f"would fit: {fits}" if fits else ""))
        rows += [("-", "  ", v.variable, str(v.shape), v.why) for v in self.left]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(
                cell.ljust(width) for cell, width in zip(row, widths, strict=True)
            ).rstrip()
            for row in rows
        ]
        return "\n".join([f"{self.checkpoint}: {self._counts()}", *lines, *self.notes])

    def _counts(self) -> str:
        return (
            f"{len(self.matched)} weights filled, {len(self.unfilled)} not, "
            f"{len(self.left)} variables left"
        )


def unfilled_message(report: Report) -> str:
    """The error's text: what to write into `mapping`, and the table."""
    unique = {w: p[0] for w, p in report.proposals.items() if len(p) == 1}
    entries = "".join(
        f"\n    {weight!r}: {(name, how) if how else name!r},"
        for weight, (name, how) in unique.items()
    )
    proposal = (
        f"By their shapes these would fit; pass them if they are meant:\n"
        f"mapping={{{entries}\n}}\n"
        if unique
        else ""
    )
    return (
        "Each weight of the model must have a variable in the checkpoint. Received: no "
        f"variable for {', '.join(report.unfilled)}. {_sentences(report.notes)}"
        "Say in `mapping` where they come from, or pass partial=True to let them keep "
        f"their values. {proposal}\n{dataclasses.replace(report, notes=())}"
    )


def _sentences(notes: tuple[str, ...]) -> str:
    return "".join(f"{note} " for note in notes)
