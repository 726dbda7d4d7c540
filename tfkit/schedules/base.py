r"""What the learning-rate schedules share: one formula, read by epoch or by step."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from numpy.typing import ArrayLike

from tfkit._checks import check_count, check_number

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Schedule(keras.optimizers.schedules.LearningRateSchedule, abc.ABC):
    r"""A learning rate as a function of the epoch, usable per step and per epoch.

    A subclass writes `formula`, $\alpha(e)$, once. The same line then serves

    - `schedule.at_epoch(e)`: the pure function, in NumPy float64, on a number or array;
    - `schedule(step)`: Keras's per-step form, so that the schedule can be an
      optimizer's `learning_rate`; here $e$ is the step divided by `steps_per_epoch`;
    - `tfkit.callbacks.LearningRateDecay(schedule)`: once per epoch, which needs no
      `steps_per_epoch`;
    - `schedule.plot(epochs)`: a look at it before training.

    Epochs count from 0, as Keras counts them. A step is a call of the optimizer: with
    `gradient_accumulation_steps` it is a mini-batch, not an update, so that
    `steps_per_epoch` stays the number of mini-batches.

    Args:
        steps_per_epoch: Optimizer steps (mini-batches) in an epoch; None where the
            schedule is only asked by epoch.
        staircase: Whether the rate is held for a whole epoch (the course's form) or
            follows the formula inside the epoch too.

    Raises:
        TypeError: If `steps_per_epoch` is not an int.
        ValueError: If `steps_per_epoch` is below 1.

    Example:
        >>> @keras.saving.register_keras_serializable(package="my_package")
        ... class Halving(Schedule):
        ...     def formula(self, epoch, xp):
        ...         return 0.5**epoch
        >>> Halving(steps_per_epoch=10).at_epoch([0, 1, 2])
        array([1.  , 0.5 , 0.25])
        >>> float(Halving(steps_per_epoch=10)(19))
        0.5
    """

    def __init__(
        self, *, steps_per_epoch: int | None = None, staircase: bool = True
    ) -> None:
        if steps_per_epoch is not None:
            steps_per_epoch = check_count(
                "steps_per_epoch",
                steps_per_epoch,
                hint="It is ceil(examples / batch_size); "
                "None serves a schedule that is only asked by epoch.",
            )
        self.steps_per_epoch = steps_per_epoch
        self.staircase = staircase

    @abc.abstractmethod
    def formula(self, epoch: Any, xp: Any) -> Any:
        """The learning rate at `epoch`.

        Args:
            epoch: Epochs since the start, counted from 0: a float64 array where `xp` is
                `numpy`, a tensor of Keras's float type where `xp` is `keras.ops`.
            xp: The module to compute with. Both know `sqrt`, `where`, `floor`, ...

        Returns:
            The rate, in the shape of `epoch`.
        """

    def at_epoch(self, epoch: ArrayLike) -> Any:
        """The learning rate of an epoch, in float64 and without TensorFlow's help.

        Args:
            epoch: Epochs counted from 0: a number or an array of any shape. Fractions
                are inside an epoch, where a staircase gives the rate of its start.

        Returns:
            A float for a number, else a float64 array of the same shape.

        Raises:
            ValueError: If an epoch is negative or not a number.
        """
        epochs = np.asarray(epoch, dtype=np.float64)
        if not np.all(epochs >= 0):
            raise ValueError(
                "`epoch` must be >= 0 (epochs count from 0). "
                f"Received: epoch={epoch!r}. The first epoch is epoch 0."
            )
        if self.staircase:
            epochs = np.floor(epochs)
        rates = np.asarray(self.formula(epochs, np), dtype=np.float64)
        return float(rates) if rates.ndim == 0 else rates

    def __call__(self, step: Any) -> Any:
        """The learning rate at an optimizer step, as a scalar of Keras's float type."""
        return self.formula(self._epoch_of(step), keras.ops)

    def plot(self, epochs: int) -> Figure:
        """Draws the learning rate over the first `epochs` epochs.

        Args:
            epochs: Length of the run to look at, in epochs. Int >= 1.

        Returns:
            A matplotlib Figure that belongs to no window; `figure.savefig(path)` keeps
            it and a notebook shows it.

        Raises:
            TypeError: If `epochs` is not an int.
            ValueError: If `epochs` is below 1.
        """
        # matplotlib takes a second to import.
        from tfkit import plots

        epochs = check_count("epochs", epochs, hint="It is the length of the run.")
        points_per_epoch = 1 if self.staircase else 50
        grid = np.linspace(0, epochs, epochs * points_per_epoch + 1)
        return plots.learning_rate(
            grid,
            self.at_epoch(grid),
            title=type(self).__name__,
            staircase=self.staircase,
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments of the base; subclasses add theirs."""
        return {"steps_per_epoch": self.steps_per_epoch, "staircase": self.staircase}

    def _known_steps_per_epoch(self) -> int:
        """`steps_per_epoch`, or the error of a schedule that was not given it."""
        if self.steps_per_epoch is None:
            raise ValueError(
                f"{type(self).__name__} needs `steps_per_epoch` to be asked by step "
                "(as an optimizer's `learning_rate`). Received: steps_per_epoch=None. "
                "Pass steps_per_epoch=ceil(examples / batch_size), or use the schedule "
                "by epoch with tfkit.callbacks.LearningRateDecay."
            )
        return self.steps_per_epoch

    def _epoch_of(self, step: Any) -> Any:
        """The epoch, whole or with its fraction, in which an optimizer step lies."""
        steps_per_epoch = self._known_steps_per_epoch()
        # Dividing in whole numbers: float32 would turn an epoch some steps early or
        # late once the step count is past 2**24.
        whole = keras.ops.floor_divide(step, steps_per_epoch)
        epoch = keras.ops.cast(whole, keras.config.floatx())
        if self.staircase:
            return epoch
        rest = keras.ops.subtract(step, whole * steps_per_epoch)
        rest = keras.ops.cast(rest, keras.config.floatx())
        return epoch + rest / steps_per_epoch


def check_initial(initial: Any) -> float:
    """Returns the starting rate of a decay as a float, or raises."""
    return check_number(
        "initial",
        initial,
        exclusive=True,
        hint="It is the learning rate before any decay, such as 0.1.",
    )
