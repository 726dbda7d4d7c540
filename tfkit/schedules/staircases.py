r"""Schedules that hold the rate for several epochs: staircase, interval, by hand."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import keras

from tfkit._checks import check_count, check_number

from .base import Schedule, check_initial
from .decays import InverseTimeDecay


@keras.saving.register_keras_serializable(package="tfkit")
class StaircaseDecay(Schedule):
    r"""Cuts the learning rate by a factor every so many epochs.

    $$\alpha(e) = \alpha_0\, d^{\lfloor e / n \rfloor}$$

    The discrete decay of the lecture: halve the rate every ten epochs, say.

    Args:
        initial: $\alpha_0$, the learning rate of the first stair. Positive.
        drop: $d$, what a cut leaves of the rate, above 0 and at most 1.
        every: $n$, epochs from one cut to the next. Int >= 1.
        steps_per_epoch: Optimizer steps in an epoch, for use as an optimizer's
            `learning_rate`; None for use by epoch only.

    Raises:
        TypeError: If an argument is not a number.
        ValueError: If an argument is out of its range.

    Example:
        >>> StaircaseDecay(0.1, drop=0.5, every=10).at_epoch([0, 9, 10, 20])
        array([0.1  , 0.1  , 0.05 , 0.025])

    Reference:
        Lecture "Learning rate decay" (the notes leave it out).
    """

    def __init__(
        self,
        initial: float,
        drop: float = 0.5,
        every: int = 10,
        steps_per_epoch: int | None = None,
    ) -> None:
        super().__init__(steps_per_epoch=steps_per_epoch, staircase=True)
        self.initial = check_initial(initial)
        self.drop = check_number(
            "drop",
            drop,
            exclusive=True,
            maximum=1.0,
            hint="It is what a cut leaves of the rate: 0.5 halves it.",
        )
        self.every = check_count(
            "every", every, hint="It counts the epochs from one cut to the next."
        )

    def formula(self, epoch: Any, xp: Any) -> Any:
        """See the class."""
        return self.initial * self.drop ** _stair(epoch, self.every, xp)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "initial": self.initial,
            "drop": self.drop,
            "every": self.every,
            "steps_per_epoch": self.steps_per_epoch,
        }


@keras.saving.register_keras_serializable(package="tfkit")
class IntervalDecay(InverseTimeDecay):
    r"""Inverse-time decay that moves only every so many epochs.

    $$\alpha(e) = \frac{\alpha_0}{1 + k\,\lfloor e / n \rfloor}$$

    The fixed-interval scheduling of the course's 2021 assignment, for runs of thousands
    of short epochs, which plain inverse-time decay would freeze early.

    Args:
        initial: $\alpha_0$, the learning rate of the first interval. Positive.
        decay_rate: $k$, per interval. Positive or zero.
        interval: $n$, in epochs. Int >= 1; 1 is `InverseTimeDecay`.
        steps_per_epoch: Optimizer steps in an epoch, for use as an optimizer's
            `learning_rate`; None for use by epoch only.

    Raises:
        TypeError: If an argument is not a number.
        ValueError: If an argument is out of its range.

    Example:
        >>> IntervalDecay(0.5, decay_rate=0.3, interval=100).at_epoch([10, 100])
        array([0.5       , 0.38461538])

    Reference:
        Programming assignment "Optimization methods", 2021.
    """

    def __init__(
        self,
        initial: float,
        decay_rate: float = 1.0,
        interval: int = 1000,
        steps_per_epoch: int | None = None,
    ) -> None:
        super().__init__(initial, decay_rate, steps_per_epoch)
        self.interval = check_count("interval", interval, hint="It counts epochs.")

    def formula(self, epoch: Any, xp: Any) -> Any:
        """See the class."""
        return super().formula(_stair(epoch, self.interval, xp), xp)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "initial": self.initial,
            "decay_rate": self.decay_rate,
            "interval": self.interval,
            "steps_per_epoch": self.steps_per_epoch,
        }


@keras.saving.register_keras_serializable(package="tfkit")
class PiecewiseConstantDecay(Schedule):
    r"""The learning rate by hand: a table of epochs and the rates from then on.

    $$\alpha(e) = r_i \quad\text{for}\quad e_i \le e < e_{i+1}$$

    The "manual decay" of the course, written down, so that a run that was nursed by
    hand can be repeated. A rate may also rise. Keras's class of the same name counts
    steps and includes the boundary in the piece before it; here the new rate holds from
    the given epoch on.

    Args:
        rates: The table: a mapping, or pairs, of epoch and learning rate. The first
            epoch must be 0; the rates positive. Epochs with a fraction are changes
            inside an epoch.
        steps_per_epoch: Optimizer steps in an epoch, for use as an optimizer's
            `learning_rate`; None for use by epoch only.

    Raises:
        TypeError: If an epoch or a rate is not a number.
        ValueError: If the table is empty, does not begin at epoch 0, names an epoch
            twice or has a rate that is not positive.

    Example:
        >>> by_hand = PiecewiseConstantDecay({0: 0.1, 30: 0.01, 60: 0.001})
        >>> by_hand.at_epoch([0, 29, 30, 100])
        array([0.1  , 0.1  , 0.01 , 0.001])

    Reference:
        Course notes, Learning rate decay ("changing the learning rate manually").
    """

    def __init__(
        self,
        rates: Mapping[float, float] | Iterable[tuple[float, float]],
        steps_per_epoch: int | None = None,
    ) -> None:
        rates = dict(rates) if isinstance(rates, Mapping) else list(rates)
        pairs = rates.items() if isinstance(rates, dict) else rates
        hint = "Each entry is an epoch and the learning rate from then on."
        self.rates = sorted(
            (
                check_number("epoch", epoch, hint=hint),
                check_number("rate", rate, exclusive=True, hint=hint),
            )
            for epoch, rate in pairs
        )
        epochs = [epoch for epoch, _ in self.rates]
        if not epochs or epochs[0] != 0 or len(set(epochs)) != len(epochs):
            raise ValueError(
                "`rates` must name each epoch once and begin with epoch 0. "
                f"Received: rates={rates!r}. For example {{0: 0.1, 30: 0.01}}."
            )
        super().__init__(
            steps_per_epoch=steps_per_epoch,
            staircase=all(epoch.is_integer() for epoch in epochs),
        )

    def formula(self, epoch: Any, xp: Any) -> Any:
        """See the class."""
        rate = xp.zeros_like(epoch) + self.rates[0][1]
        for start, later_rate in self.rates[1:]:
            rate = xp.where(epoch >= start, later_rate, rate)
        return rate

    def __call__(self, step: Any) -> Any:
        """See `Schedule`."""
        # In whole steps: a float32 fraction of an epoch, which compilers round in their
        # own way, would miss some of the changes by a step.
        steps_per_epoch = self._known_steps_per_epoch()
        rate = keras.ops.convert_to_tensor(self.rates[0][1], keras.config.floatx())
        for start, later_rate in self.rates[1:]:
            # 0.29 * 100 is 28.999999999999996, 0.07 * 100 is 7.000000000000001.
            first_step = math.ceil(round(start * steps_per_epoch, 6))
            rate = keras.ops.where(step >= first_step, later_rate, rate)
        return rate

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; the table as pairs, since JSON keys are text."""
        return {
            "rates": [list(pair) for pair in self.rates],
            "steps_per_epoch": self.steps_per_epoch,
        }


def _stair(epoch: Any, width: int, xp: Any) -> Any:
    """How many stairs of `width` epochs lie behind a whole epoch."""
    # TensorFlow's graphs and XLA divide by multiplying with the reciprocal: 41 / 41 is
    # 0.99999994 there. The half keeps the quotient off the edge.
    return xp.floor((epoch + 0.5) / width)
