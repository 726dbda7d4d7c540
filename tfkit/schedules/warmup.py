r"""Gradual warm-up in front of any schedule."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras.optimizers.schedules import LearningRateSchedule

from tfkit._checks import check_number

from .base import Schedule


@keras.saving.register_keras_serializable(package="tfkit")
class Warmup(Schedule):
    r"""Lets a schedule begin small: its rate times a factor that climbs to one.

    $$\alpha(e) = \alpha_{\text{inner}}(e)\cdot
    \left(f + (1-f)\min(e/w, 1)\right)$$

    The inner schedule is not shifted: its epoch 30 is epoch 30 of the run, with a
    warm-up or without. The start factor $f$ is above zero, so that no step is wasted
    and the rate can be scaled from the first step on.

    Args:
        schedule: What is warmed up: any schedule of this package, a
            `keras.optimizers.schedules.LearningRateSchedule`, or a number (a constant
            rate).
        epochs: $w$, length of the warm-up. Positive; fractions of an epoch are fine.
        steps_per_epoch: Optimizer steps in an epoch. None takes it over from a schedule
            of this package.
        start_factor: $f$, the factor of the first step, above 0 and at most 1.
        staircase: False raises the factor with every step; True once per epoch. The
            inner schedule keeps its own form.

    Raises:
        TypeError: If `schedule` is none of the above or an argument is not a number.
        ValueError: If an argument is out of its range, or `steps_per_epoch` contradicts
            the inner schedule's.

    Example:
        >>> from tfkit.schedules import ExponentialDecay
        >>> warm = Warmup(ExponentialDecay(1.0, base=0.5), epochs=2)
        >>> warm.at_epoch([0, 1, 2, 3])
        array([0.1  , 0.275, 0.25 , 0.125])

    Reference:
        Goyal et al., 2017, section 2.2, https://arxiv.org/abs/1706.02677
    """

    def __init__(
        self,
        schedule: LearningRateSchedule | float,
        epochs: float,
        steps_per_epoch: int | None = None,
        *,
        start_factor: float = 0.1,
        staircase: bool = False,
    ) -> None:
        if not isinstance(schedule, LearningRateSchedule):
            schedule = check_number(
                "schedule",
                schedule,
                exclusive=True,
                hint="Pass a schedule, or a constant learning rate.",
            )
        inner_steps = getattr(schedule, "steps_per_epoch", None)
        if steps_per_epoch is None:
            steps_per_epoch = inner_steps
        elif isinstance(schedule, Schedule) and inner_steps != steps_per_epoch:
            raise ValueError(
                "`steps_per_epoch` must be that of the inner schedule, "
                f"{inner_steps!r}. Received: steps_per_epoch={steps_per_epoch!r}. "
                "Give it to the inner schedule only; it is taken over from there."
            )
        super().__init__(steps_per_epoch=steps_per_epoch, staircase=staircase)
        self.schedule = schedule
        self.epochs = check_number(
            "epochs", epochs, exclusive=True, hint="It is the length of the warm-up."
        )
        self.start_factor = check_number(
            "start_factor",
            start_factor,
            exclusive=True,
            maximum=1.0,
            hint="It is the factor of the first step; 1 is no warm-up.",
        )

    def formula(self, epoch: Any, xp: Any) -> Any:
        """The factor alone; `at_epoch` and the call multiply the schedule by it."""
        climb = (1.0 - self.start_factor) / self.epochs
        return xp.minimum(self.start_factor + climb * epoch, 1.0)

    def at_epoch(self, epoch: Any) -> Any:
        """See `Schedule.at_epoch`."""
        rates = super().at_epoch(epoch) * self._inner_at_epoch(epoch)
        return float(rates) if np.ndim(rates) == 0 else rates

    def __call__(self, step: Any) -> Any:
        """See `Schedule`."""
        inner = self.schedule(step) if callable(self.schedule) else self.schedule
        return super().__call__(step) * inner

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; a schedule in Keras's serialized form."""
        schedule = self.schedule
        if isinstance(schedule, LearningRateSchedule):
            schedule = keras.saving.serialize_keras_object(schedule)
        return {
            "schedule": schedule,
            "epochs": self.epochs,
            "start_factor": self.start_factor,
            **super().get_config(),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Warmup:
        """The reverse of `get_config`."""
        schedule = config["schedule"]
        if isinstance(schedule, dict):
            schedule = keras.saving.deserialize_keras_object(schedule)
        return cls(**{**config, "schedule": schedule})

    def _inner_at_epoch(self, epoch: Any) -> Any:
        if isinstance(self.schedule, Schedule):
            return self.schedule.at_epoch(epoch)
        if not isinstance(self.schedule, LearningRateSchedule):
            return self.schedule
        if self.steps_per_epoch is None:
            raise ValueError(
                f"`steps_per_epoch` must be given to ask {type(self.schedule).__name__}"
                ", which counts steps, by epoch. Received: steps_per_epoch=None. "
                "Pass it, or warm up a schedule of tfkit.schedules."
            )
        steps = np.asarray(epoch, dtype=np.float64) * self.steps_per_epoch
        # 0.29 epochs of 100 steps are 28.999999999999996 steps; 29 are meant.
        steps = np.floor(steps.round(6)).astype(int)
        rates = [float(self.schedule(int(step))) for step in steps.ravel()]
        return np.reshape(rates, steps.shape)
