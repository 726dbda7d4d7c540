r"""The course's smooth decays: inverse time, exponential, inverse square root."""

from __future__ import annotations

from typing import Any

import keras

from tfkit._checks import check_number

from .base import Schedule, check_initial


@keras.saving.register_keras_serializable(package="tfkit")
class InverseTimeDecay(Schedule):
    r"""Divides the learning rate by one plus a multiple of the epoch.

    $$\alpha(e) = \frac{\alpha_0}{1 + k\,e}$$

    The first choice of the course. It meets the Robbins-Monro conditions, under which
    mini-batch descent settles at the optimum instead of hovering round it. Keras's
    class of the same name counts steps; this one counts epochs.

    Args:
        initial: $\alpha_0$, the learning rate of the first epoch. Positive.
        decay_rate: $k$, per epoch: at `decay_rate=1` the second epoch has half the
            rate. Positive or zero.
        steps_per_epoch: Optimizer steps in an epoch, for use as an optimizer's
            `learning_rate`; None for use by epoch only.
        staircase: True holds the rate for an epoch (the course's form); False lowers
            it with every step.

    Raises:
        TypeError: If an argument is not a number.
        ValueError: If an argument is out of its range.

    Example:
        >>> InverseTimeDecay(0.2, decay_rate=1.0).at_epoch([0, 1, 3])
        array([0.2 , 0.1 , 0.05])
        >>> schedule = InverseTimeDecay(0.2, decay_rate=1.0, steps_per_epoch=100)
        >>> [round(float(schedule(step)), 3) for step in (0, 99, 100, 300)]
        [0.2, 0.2, 0.1, 0.05]

    Reference:
        Course notes, Learning rate decay. Robbins & Monro, 1951,
        https://doi.org/10.1214/aoms/1177729586
    """

    def __init__(
        self,
        initial: float,
        decay_rate: float = 1.0,
        steps_per_epoch: int | None = None,
        *,
        staircase: bool = True,
    ) -> None:
        super().__init__(steps_per_epoch=steps_per_epoch, staircase=staircase)
        self.initial = check_initial(initial)
        self.decay_rate = check_number(
            "decay_rate", decay_rate, hint="At 1 the second epoch has half the rate."
        )

    def formula(self, epoch: Any, xp: Any) -> Any:
        """See the class."""
        return self.initial / (1.0 + self.decay_rate * epoch)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "initial": self.initial,
            "decay_rate": self.decay_rate,
            **super().get_config(),
        }


@keras.saving.register_keras_serializable(package="tfkit")
class ExponentialDecay(Schedule):
    r"""Multiplies the learning rate by a fixed factor every epoch.

    $$\alpha(e) = \alpha_0\, b^{e}$$

    Args:
        initial: $\alpha_0$, the learning rate of the first epoch. Positive.
        base: $b$, what an epoch leaves of the rate, above 0 and at most 1. The course
            uses 0.95.
        steps_per_epoch: Optimizer steps in an epoch, for use as an optimizer's
            `learning_rate`; None for use by epoch only.
        staircase: True holds the rate for an epoch (the course's form); False lowers
            it with every step.

    Raises:
        TypeError: If an argument is not a number.
        ValueError: If an argument is out of its range.

    Example:
        >>> ExponentialDecay(0.1).at_epoch([0, 1, 14]).round(4)
        array([0.1   , 0.095 , 0.0488])

    Reference:
        Course notes, Learning rate decay.
    """

    def __init__(
        self,
        initial: float,
        base: float = 0.95,
        steps_per_epoch: int | None = None,
        *,
        staircase: bool = True,
    ) -> None:
        super().__init__(steps_per_epoch=steps_per_epoch, staircase=staircase)
        self.initial = check_initial(initial)
        self.base = check_number(
            "base",
            base,
            exclusive=True,
            maximum=1.0,
            hint="It is what an epoch leaves of the rate; the course uses 0.95.",
        )

    def formula(self, epoch: Any, xp: Any) -> Any:
        """See the class."""
        return self.initial * self.base**epoch

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"initial": self.initial, "base": self.base, **super().get_config()}


@keras.saving.register_keras_serializable(package="tfkit")
class SquareRootDecay(Schedule):
    r"""Divides the learning rate by the root of the epoch's number.

    $$\alpha(e) = \alpha_0\,\frac{k}{\sqrt{e + 1}}$$

    The notes write $k/\sqrt{e}$, which is infinite in an epoch 0: their epochs count
    from 1. Here $e$ counts from 0, as everywhere in Keras, so the same numbers come out
    and the first epoch has $k\,\alpha_0$.

    Args:
        initial: $\alpha_0$, a learning rate. Positive.
        k: The constant of the notes, positive. It only multiplies `initial`.
        steps_per_epoch: Optimizer steps in an epoch, for use as an optimizer's
            `learning_rate`; None for use by epoch only.
        staircase: True holds the rate for an epoch (the course's form); False lowers
            it with every step.

    Raises:
        TypeError: If an argument is not a number.
        ValueError: If an argument is out of its range.

    Example:
        >>> SquareRootDecay(0.1).at_epoch([0, 3, 99])
        array([0.1 , 0.05, 0.01])

    Reference:
        Course notes, Learning rate decay.
    """

    def __init__(
        self,
        initial: float,
        k: float = 1.0,
        steps_per_epoch: int | None = None,
        *,
        staircase: bool = True,
    ) -> None:
        super().__init__(steps_per_epoch=steps_per_epoch, staircase=staircase)
        self.initial = check_initial(initial)
        self.k = check_number(
            "k", k, exclusive=True, hint="It multiplies `initial`; 1 leaves it alone."
        )

    def formula(self, epoch: Any, xp: Any) -> Any:
        """See the class."""
        return self.initial * self.k / xp.sqrt(epoch + 1.0)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"initial": self.initial, "k": self.k, **super().get_config()}
