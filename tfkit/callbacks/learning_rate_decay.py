"""Learning-rate decay, once an epoch, that leaves room for other hands on the rate."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from numbers import Real
from typing import Any, Protocol, runtime_checkable

import keras

from tfkit.callbacks import _optimizer
from tfkit.callbacks.state import CallbackState, Resumable


@runtime_checkable
class EpochSchedule(Protocol):
    """Anything that gives the learning rate of an epoch, counted from 0."""

    def at_epoch(self, epoch: int) -> float:
        """Returns the learning rate of this epoch."""
        ...


class LearningRateDecay(Resumable, keras.callbacks.Callback):
    r"""Sets the learning rate at the start of every epoch.

    $$\alpha_e = \mathrm{schedule}(e) \cdot f$$

    with $e$ the epoch counted from 0 (also after a resume with `initial_epoch`) and $f$
    the product of what others did to the rate. When at an epoch's start the optimizer
    holds another rate than the one set here, because `ReduceLROnPlateau` has cut it or
    somebody changed it by hand, the ratio of the two goes into $f$ and stays there: the
    decay goes on from the changed rate. Keras's `LearningRateScheduler` would overwrite
    the cut.

    The rate in force goes into the logs as `"learning_rate"`. Put this callback first
    in the list, so that those that write logs find it there.

    Args:
        schedule: Object with `at_epoch(epoch) -> float`, such as those of
            `tfkit.schedules`, or a function of the epoch. It must be a pure function:
            before training it is asked for every epoch, so that a bad value shows at
            once and not after hours.
        verbose: 1 prints the rate of every epoch, 0 nothing.

    Attributes:
        factor: $f$. 1.0 at the start of every `fit`.

    Raises:
        TypeError: If `schedule` is neither, or is a Keras schedule that counts steps.
        ValueError: At the start of training, if the schedule gives anything but a
            finite number >= 0, or if the optimizer holds a schedule of its own.

    Example:
        >>> import numpy as np
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(keras.optimizers.SGD(0.1), loss="mse")
        >>> x = np.ones((4, 1), "float32")
        >>> decay = LearningRateDecay(lambda epoch: 0.1 / (1 + epoch))
        >>> history = model.fit(x, x, epochs=3, callbacks=[decay], verbose=0)
        >>> [round(rate, 4) for rate in history.history["learning_rate"]]
        [0.1, 0.05, 0.0333]

    Reference:
        Course notes, "Learning rate decay".
    """

    def __init__(
        self, schedule: EpochSchedule | Callable[[int], float], verbose: int = 0
    ) -> None:
        super().__init__()
        if isinstance(schedule, EpochSchedule):
            self._rate_of_epoch: Callable[[int], float] = schedule.at_epoch
        elif isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
            raise TypeError(
                "`schedule` must count epochs: an object with `at_epoch(epoch)`, or a "
                f"function of the epoch. Received: schedule={type(schedule).__name__}, "
                "which counts steps. Give it to the optimizer as `learning_rate`."
            )
        elif callable(schedule):
            self._rate_of_epoch = schedule
        else:
            raise TypeError(
                "`schedule` must be an object with `at_epoch(epoch)`, or a function of "
                f"the epoch. Received: schedule={schedule!r}. For a constant rate, "
                "leave the callback out."
            )
        if verbose not in (0, 1):
            raise ValueError(
                "`verbose` must be 0 (silent) or 1 (one line an epoch). "
                f"Received: verbose={verbose!r}"
            )
        self.schedule = schedule
        self.verbose = verbose
        self.reset_state()

    def reset_state(self) -> None:
        """Forgets factor and last rate of the last training."""
        self.factor = 1.0
        self._scheduled: float | None = None
        self._last_set: float | None = None
        self._checked = False

    def get_state(self) -> CallbackState:
        """Returns the factor and the rates that it is computed from."""
        return CallbackState(
            {
                "factor": self.factor,
                "scheduled": self._scheduled,
                "last_set": self._last_set,
            }
        )

    def load_state(self, state: CallbackState) -> None:
        """Takes over what `get_state` returned."""
        self.factor = state.values["factor"]
        self._scheduled = state.values["scheduled"]
        self._last_set = state.values["last_set"]

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Checks the optimizer, and starts with factor 1 unless a state was set."""
        _optimizer.require_settable_rate(self.model.optimizer, "LearningRateDecay")
        super().on_train_begin(logs)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Sets the rate of this epoch."""
        super().on_epoch_begin(epoch, logs)
        if not self._checked:
            self._check_schedule(epoch)
        optimizer = self.model.optimizer
        self._take_over(_optimizer.learning_rate(optimizer), epoch)
        self._scheduled = self._scheduled_rate(epoch)
        optimizer.learning_rate = self._scheduled * self.factor
        # Read back: the optimizer rounds to float32, which is no change by others.
        self._last_set = _optimizer.learning_rate(optimizer)
        if self.verbose:
            print(f"Epoch {epoch + 1}: learning rate {self._last_set:.6g}")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Adds the rate to the logs."""
        if logs is not None:
            # A callback that changes the rate at the epoch's end (ReduceLROnPlateau)
            # writes the rate before its change, and that is the one in force.
            logs.setdefault(
                "learning_rate", _optimizer.learning_rate(self.model.optimizer)
            )

    def _take_over(self, current: float, epoch: int) -> None:
        """Puts what others did to the rate since the last epoch into the factor."""
        if self._last_set is None or current == self._last_set:
            return
        # The quotient with the scheduled rate, not with the one last set: after a rate
        # of 0 set by hand a later change by hand still counts.
        if self._scheduled:
            self.factor = current / self._scheduled
        else:
            warnings.warn(
                f"The learning rate was changed to {current:.6g} before epoch "
                f"{epoch + 1}, in an epoch for which the schedule says 0. No factor "
                "leads from 0 to that rate, so the schedule takes over again.",
                stacklevel=2,
            )

    def _check_schedule(self, first: int) -> None:
        """Asks for the rates to come, so that a bad one shows before the work."""
        # Nobody waits for epoch 10 000 to learn of a typing error, and some give `fit`
        # a huge number of epochs and leave the end to early stopping.
        for epoch in range(first, min(self.params["epochs"], first + 10_000)):
            self._scheduled_rate(epoch)
        self._checked = True

    def _scheduled_rate(self, epoch: int) -> float:
        rate = self._rate_of_epoch(epoch)
        if isinstance(rate, Real) or getattr(rate, "shape", None) == ():
            value = float(rate)
            if math.isfinite(value) and value >= 0:
                return value
        raise ValueError(
            "`schedule` must give a finite learning rate >= 0 for every epoch. "
            f"Received: {rate!r} for epoch {epoch} (counted from 0). Correct the "
            "schedule; k/sqrt(epoch), for one, needs epoch + 1."
        )
