"""Which steps of a training are observed."""

from __future__ import annotations

import dataclasses
from typing import Literal

#: Steps from one observation to the next, beginning with the first of all; "epoch" for
#: the first step of each epoch, None for none.
Every = int | Literal["epoch"] | None

# As far off as no call is long, and so little that the sum with a step fits an int32.
_NEVER = 2**30


@dataclasses.dataclass(frozen=True)
class Periods:
    """The steps that several observers want together.

    Args:
        steps: Of every so many steps the first; increasing.
        epoch: Whether the first step of each epoch is wanted.

    Example:
        >>> periods = Periods.of(4) | Periods.of(6) | Periods.of("epoch")
        >>> periods.places(periods.dues(0, begins_epoch=True), 12)
        [0, 4, 6, 8]
        >>> periods.places(periods.dues(5, begins_epoch=False), 8)
        [1, 3, 7]
    """

    steps: tuple[int, ...] = ()
    epoch: bool = False

    @classmethod
    def of(cls, every: Every) -> Periods:
        """Those of one observer."""
        return cls((every,) if isinstance(every, int) else (), every == "epoch")

    def __or__(self, other: Periods) -> Periods:
        steps = tuple(sorted({*self.steps, *other.steps}))
        return Periods(steps, self.epoch or other.epoch)

    def __bool__(self) -> bool:
        return bool(self.steps) or self.epoch

    @property
    def lengths(self) -> tuple[int, ...]:
        """Steps from one due step to the next within a call, one for each period."""
        return (*self.steps, _NEVER) if self.epoch else self.steps

    def dues(self, done: int, *, begins_epoch: bool) -> tuple[int, ...]:
        """The next step due of each period, counted from the one that comes next, 0.

        Args:
            done: Steps done before.
            begins_epoch: Whether the one that comes next is the first of an epoch.
        """
        of_steps = tuple([-done % every for every in self.steps])
        return (*of_steps, 0 if begins_epoch else _NEVER) if self.epoch else of_steps

    def places(self, dues: tuple[int, ...], count: int) -> list[int]:
        """Which of the next `count` steps are observed."""
        found = {
            place
            for due, length in zip(dues, self.lengths, strict=True)
            for place in range(due, count, length)
        }
        return sorted(found)

    def slots(self, count: int) -> int:
        """How many of `count` steps are observed at most."""
        return sum(-(-count // every) for every in self.steps) + self.epoch

    def include(self, step: int, *, begins_epoch: bool) -> bool:
        """Whether a step is among them.

        Args:
            step: Its number since the optimizer began, from 1.
            begins_epoch: Whether it is the first of an epoch.
        """
        by_number = any((step - 1) % every == 0 for every in self.steps)
        return by_number or (self.epoch and begins_epoch)
