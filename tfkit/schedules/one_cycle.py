r"""The one-cycle policy: up to a high learning rate once, then down to almost none."""

from __future__ import annotations

import math
from typing import Any

import keras

from tfkit._checks import check_number

from .base import Schedule


@keras.saving.register_keras_serializable(package="tfkit")
class OneCycle(Schedule):
    r"""Raises the learning rate to a peak along a cosine, then anneals it away.

    With $w = $ `warmup_fraction` $\cdot$ `epochs`, $p = \min(e/w, 1)$ and
    $q = \min(\max((e-w)/(\text{epochs}-w), 0), 1)$:

    $$\alpha(e) = \begin{cases}
    \alpha_s + (\alpha_p - \alpha_s)\,(1-\cos \pi p)/2 & e < w\\
    \alpha_e + (\alpha_p - \alpha_e)\,(1+\cos \pi q)/2 & e \ge w\end{cases}$$

    with $\alpha_s = \alpha_p/$`start_divisor` and $\alpha_e = \alpha_p/$`end_divisor`.
    After the cycle the rate stays at $\alpha_e$. Find the peak with
    a range test: raise the rate until the cost diverges, and stay below.

    Args:
        peak: $\alpha_p$, the highest learning rate. Positive.
        epochs: Length of the cycle, as a rule of the whole run. Positive.
        steps_per_epoch: Optimizer steps in an epoch, for use as an optimizer's
            `learning_rate`; None for use by epoch only.
        warmup_fraction: Share of the cycle that goes up, in [0, 1].
        start_divisor: How many times below the peak the cycle starts. 1 or more.
        end_divisor: How many times below the peak it ends. 1 or more.
        staircase: False moves the rate with every step, as the method is meant; True
            holds it for an epoch.

    Raises:
        TypeError: If an argument is not a number.
        ValueError: If an argument is out of its range.

    Example:
        >>> cycle = OneCycle(1.0, epochs=20)
        >>> cycle.at_epoch([0, 2.5, 5, 12.5, 20]).round(3)
        array([0.04, 0.52, 1.  , 0.5 , 0.  ])

    Reference:
        Smith & Topin, 2018, https://arxiv.org/abs/1708.07120; cosine form and defaults
        as in fastai's `fit_one_cycle`.
    """

    def __init__(
        self,
        peak: float,
        epochs: float,
        steps_per_epoch: int | None = None,
        *,
        warmup_fraction: float = 0.25,
        start_divisor: float = 25.0,
        end_divisor: float = 1e5,
        staircase: bool = False,
    ) -> None:
        super().__init__(steps_per_epoch=steps_per_epoch, staircase=staircase)
        divisor_hint = "The rate is the peak divided by it; 1 is the peak itself."
        self.peak = check_number(
            "peak", peak, exclusive=True, hint="It is the highest learning rate."
        )
        self.epochs = check_number(
            "epochs", epochs, exclusive=True, hint="It is the length of the cycle."
        )
        self.warmup_fraction = check_number(
            "warmup_fraction",
            warmup_fraction,
            maximum=1.0,
            hint="It is the share of the cycle that goes up.",
        )
        self.start_divisor = check_number(
            "start_divisor", start_divisor, minimum=1.0, hint=divisor_hint
        )
        self.end_divisor = check_number(
            "end_divisor", end_divisor, minimum=1.0, hint=divisor_hint
        )

    def formula(self, epoch: Any, xp: Any) -> Any:
        """See the class."""
        warmup = self.warmup_fraction * self.epochs
        start, end = self.peak / self.start_divisor, self.peak / self.end_divisor
        # A part of length zero is never chosen; its divisor only must not be zero.
        up = xp.minimum(epoch / (warmup or 1.0), 1.0)
        down = (epoch - warmup) / ((self.epochs - warmup) or 1.0)
        down = xp.minimum(xp.maximum(down, 0.0), 1.0)
        rising = start + (self.peak - start) * (1.0 - xp.cos(math.pi * up)) / 2.0
        falling = end + (self.peak - end) * (1.0 + xp.cos(math.pi * down)) / 2.0
        rate = xp.where(epoch < warmup, rising, falling)
        return xp.where(epoch < self.epochs, rate, end)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "peak": self.peak,
            "epochs": self.epochs,
            "warmup_fraction": self.warmup_fraction,
            "start_divisor": self.start_divisor,
            "end_divisor": self.end_divisor,
            **super().get_config(),
        }
