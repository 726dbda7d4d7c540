"""What a gradient check found."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.figure import Figure

from tfkit.diagnose.gradient_check.differences import Level, pass_bar

Mode = Literal["full", "directional"]

# Relative differences that are fine only where both sides are rounding.
_LARGE = 1e-3
_RANK: dict[Level, int] = {"fine": 0, "look closer": 1, "bug": 2}
# Lines of each part in the text; to_dict has all.
_ROWS, _WORST = 30, 8
_WIDTH = 88


@dataclass(frozen=True)
class WorstCoordinate:
    """A coordinate, or direction, at which gradient and differences are far apart.

    Args:
        tensor: Path of the parameter tensor.
        index: Place in the tensor; the number of the direction in directional mode.
        analytic: What backpropagation says.
        numeric: What the differences say.
    """

    tensor: str
    index: tuple[int, ...]
    analytic: float
    numeric: float


@dataclass(frozen=True)
class TensorCheck:
    """The check of one parameter tensor.

    Args:
        path: Its path, such as "dense/kernel".
        layer: Name of the layer that it belongs to, "" where there is none.
        shape: Its shape.
        difference: Relative difference of gradient and differences.
        level: "fine", "look closer" or "bug".
        analytic_norm: Norm of the gradient (of its projections, in directional mode).
        numeric_norm: Norm of the differences.
        kinks: Number of coordinates whose step crossed a kink, or that lie at one.
        forward_difference: Relative difference of reverse and forward mode; None where
            it was not taken.
        hint: What the error looks like; "" where nothing is wrong.
    """

    path: str
    layer: str
    shape: tuple[int, ...]
    difference: float
    level: Level
    analytic_norm: float
    numeric_norm: float
    kinks: int = 0
    forward_difference: float | None = None
    hint: str = ""


@dataclass(frozen=True)
class GradientCheck:
    """What `gradient_check` found. Printed, it is a table.

    Args:
        mode: "full" (each coordinate) or "directional" (random directions).
        difference: Relative difference of the whole vector.
        epsilon: The step asked for; None for one near the best.
        tensors: The check of each tensor, in the order of the model.
        worst: The coordinates with the largest errors, the largest first.
        cost: The cost J at which it was checked, penalties included.
        penalty: The part of it that comes from regularizers and `add_loss`.
        noise: Rounding error of J, estimated.
        checked: Number of derivatives compared.
        notes: What a reader has to know: mode of batch norm, dropout, kinks.
        later: The check after some training steps; None where none was asked for.
    """

    mode: Mode
    difference: float
    epsilon: float | None
    tensors: tuple[TensorCheck, ...]
    worst: tuple[WorstCoordinate, ...]
    cost: float
    penalty: float
    noise: float
    checked: int
    notes: tuple[str, ...] = ()
    later: GradientCheck | None = None

    @property
    def level(self) -> Level:
        """The worst level of the tensors, now and later."""
        levels = [tensor.level for tensor in self.tensors]
        levels += [self.later.level] if self.later is not None else []
        return max(levels, key=_RANK.__getitem__, default="fine")

    @property
    def passed(self) -> bool:
        """Whether all is fine."""
        return self.level == "fine"

    @property
    def kinks(self) -> int:
        """Number of coordinates at or near a kink."""
        return sum(tensor.kinks for tensor in self.tensors)

    @property
    def suspects(self) -> tuple[TensorCheck, ...]:
        """The tensors that are not fine, the one nearest the cost first."""
        return tuple(t for t in reversed(self.tensors) if t.level != "fine")

    @property
    def verdict(self) -> str:
        """One line: whether the gradient is right, and where it is not."""
        if not self.suspects:
            if self.later is not None and not self.later.passed:
                return f"after training: {self.later.verdict}"
            size = _brief(self.difference)
            return f"the gradient is right: relative difference {size}"
        names = [tensor.path for tensor in self.suspects]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        what = (
            "a bug" if any(t.level == "bug" for t in self.suspects) else "look closer"
        )
        worst = max(tensor.difference for tensor in self.suspects)
        return f"{what}: {', '.join(names[:3])}{more} (difference {_brief(worst)})"

    @property
    def advice(self) -> tuple[str, ...]:
        """Where to look, the likeliest place first."""
        later = () if self.later is None else self.later.advice
        return (*self._advice_now(), *(f"after training: {line}" for line in later))

    def _advice_now(self) -> list[str]:
        found = [f"{t.path}: {t.hint}" for t in self.suspects if t.hint]
        if self.suspects:
            found.insert(0, self._where())
        if self.noise > 1e-11 * max(1.0, abs(self.cost)):
            found.append(
                f"the cost is rounded to {self.noise:.1e}, far from float64: look for "
                "a cast to float32 in the model or its loss"
            )
        return found

    def _where(self) -> str:
        order = [tensor.path for tensor in self.tensors]
        nearest = self.suspects[0]
        behind = self.tensors[order.index(nearest.path) + 1 :]
        place = f"layer {nearest.layer!r}" if nearest.layer else nearest.path
        if len(self.suspects) == 1 and len(self.tensors) > 1:
            return f"only {nearest.path} is wrong: its own derivative in {place}"
        if not any(tensor.layer != nearest.layer for tensor in behind):
            return f"all the way to {place}: look there, then at the loss"
        return (
            f"start at {place}, or between it and the next one with weights: what lies "
            "nearer the cost is right, and an error spreads to all before it"
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON types, with level, verdict and advice."""
        found = asdict(self)
        found["tensors"] = [
            {**asdict(tensor), "shape": list(tensor.shape)} for tensor in self.tensors
        ]
        found["worst"] = [
            {**asdict(worst), "index": list(worst.index)} for worst in self.worst
        ]
        found["notes"] = list(self.notes)
        found["later"] = None if self.later is None else self.later.to_dict()
        return {
            **found,
            "level": self.level,
            "verdict": self.verdict,
            "advice": list(self.advice),
        }

    def plot(self) -> Figure:
        """Draws the relative difference of each tensor in the course's bands."""
        from tfkit.plots.gradient_check import gradient_differences

        return gradient_differences(self)

    def __str__(self) -> str:
        return "\n".join(line for text in self._lines() for line in _wrapped(text))

    def _lines(self) -> Iterator[str]:
        step = "near the best one" if self.epsilon is None else f"{self.epsilon:g}"
        what = "derivatives" if self.mode == "full" else "directions"
        yield f"verdict: {self.verdict}"
        yield (
            f"  whole vector {self.difference:.2e}, fine up to "
            f"{pass_bar(self.epsilon):.0e}; {self.checked} {what}, step {step}"
        )
        yield f"  cost {self.cost:.6g}, of which penalties {self.penalty:.6g}"
        yield from (f"  {note}" for note in self.notes)
        yield from (f"  look: {advice}" for advice in self._advice_now())
        rows = self.tensors
        if len(rows) > _ROWS:
            rows = tuple(sorted(rows, key=lambda row: -_RANK[row.level])[:_ROWS])
        width = min(max([len(row.path) for row in rows] + [len("tensor")]), 28)
        yield ""
        yield f"  {'tensor':<{width}}  difference  |gradient|  |numeric|  kinks"
        for row in rows:
            yield (
                f"{'>' if row.level != 'fine' else ' '} {_tail(row.path, width):<{width}}"
                f"  {row.difference:10.1e}  {row.analytic_norm:10.3g}"
                f"  {row.numeric_norm:9.3g}  {row.kinks:5d}  {_in_words(row)}"
            )
        if len(rows) < len(self.tensors):
            yield f"  ({len(rows)} of {len(self.tensors)} tensors)"
        if self.suspects and self.worst:
            yield ""
            yield f"  {'worst coordinate':<{width + 12}}  {'gradient':>13}  {'numeric':>13}"
            for worst in self.worst[:_WORST]:
                index = "[" + ", ".join(map(str, worst.index)) + "]"
                name = f"{_tail(worst.tensor, width)}{index}"
                yield (
                    f"  {name:<{width + 12}}  {worst.analytic:13.6g}"
                    f"  {worst.numeric:13.6g}"
                )
        if self.later is not None:
            yield ""
            yield "after training"
            yield from (f"  {line}".rstrip() for line in self.later._lines())


def _wrapped(text: str) -> list[str]:
    """A line of at most 88 columns, or several."""
    if len(text) <= _WIDTH:
        return [text]
    indent = " " * (len(text) - len(text.lstrip()) + 2)
    return textwrap.wrap(
        text,
        _WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _brief(number: float) -> str:
    return "NaN" if np.isnan(number) else f"{number:.1e}"


def _in_words(row: TensorCheck) -> str:
    # Of two numbers that are 0 up to rounding the relative difference says nothing.
    only_rounding = row.level == "fine" and row.difference > _LARGE
    return "fine: zero" if only_rounding else row.level


def _tail(text: str, length: int) -> str:
    """The end of a path, which tells more than its beginning."""
    return text if len(text) <= length else f"…{text[1 - length :]}"
