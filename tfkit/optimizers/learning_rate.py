r"""A learning rate that a schedule, a callback and a hand can all change."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras.optimizers.schedules import LearningRateSchedule


class ComposableLearningRate(keras.optimizers.Optimizer):
    r"""Lets a schedule, plateau cuts and manual changes compose.

    $$\alpha_t = s \cdot \text{schedule}(t)$$

    A stock Keras optimizer with a schedule raises TypeError as soon as a callback such
    as `ReduceLROnPlateau` sets its learning rate, possibly hours into a run. Here the
    assignment sets the scale $s$ so that the rate is the wanted one now, and the
    schedule's shape goes on from there: a cut to a tenth leaves every later rate a
    tenth of what the schedule says. With a plain number as learning rate there is
    nothing to compose; an assignment changes the number, and $s$ stays 1.

    The scale is one of the optimizer's variables, hence saved and restored with them.

    All optimizers of this package have it. A stock one gets it as a mix-in, named
    before the Keras class.

    Args:
        *args: Passed on to the optimizer.
        **kwargs: Passed on to the optimizer.

    Example:
        >>> @keras.saving.register_keras_serializable(package="my_package")
        ... class Lion(ComposableLearningRate, keras.optimizers.Lion):
        ...     "Keras's Lion whose schedule can be cut."
        >>> halving = keras.optimizers.schedules.ExponentialDecay(0.8, 1, 0.5)
        >>> optimizer = Lion(halving)
        >>> optimizer.learning_rate = 0.2  # a plateau, say
        >>> optimizer.learning_rate_scale
        0.25
        >>> optimizer.iterations.assign(1)  # where the schedule says 0.4
        <...>
        >>> print(round(float(optimizer.learning_rate), 6))
        0.1

    Reference:
        keras-team/keras `ReduceLROnPlateau` with schedules: tensorflow issue 36612.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # There from the start, with a number too: a variable that came with a later
        # schedule would stand elsewhere in the saved list than after loading.
        self._learning_rate_scale = self.add_variable(
            shape=(),
            initializer="ones",
            aggregation="only_first_replica",
            name="learning_rate_scale",
        )

    @property
    def learning_rate(self) -> Any:
        """The rate of the next step: a variable, or the scaled schedule's value.

        Assigning a number changes the rate from now on (see the class); assigning a
        schedule makes it the driver, unscaled.

        Raises:
            ValueError: If a number is assigned that is negative or not finite, or while
                the schedule gives zero, which no factor can change.
        """
        return self._get_current_learning_rate()

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if isinstance(value, LearningRateSchedule) or callable(value):
            keras.optimizers.Optimizer.learning_rate.fset(self, value)
            self._learning_rate_scale.assign(1.0)
            return
        rate = float(keras.ops.convert_to_numpy(value))
        if not (math.isfinite(rate) and rate >= 0):
            raise ValueError(
                "`learning_rate` must be a finite number >= 0. "
                f"Received: learning_rate={value!r}."
            )
        if isinstance(self._learning_rate, keras.Variable):
            self._learning_rate.assign(rate)
            return
        driven = keras.ops.convert_to_numpy(super()._get_current_learning_rate())
        if float(driven) == 0.0 and rate != 0.0:
            raise ValueError(
                "`learning_rate` can't be set while the schedule gives 0: the scale "
                f"multiplies it. Received: learning_rate={rate} at step "
                f"{int(self._iterations)}. Use a schedule that stays positive, such as "
                "those of tfkit.schedules."
            )
        self._learning_rate_scale.assign(rate / float(driven) if rate else 0.0)

    @property
    def learning_rate_scale(self) -> float:
        """$s$, by which cuts and manual changes have moved the schedule; 1.0 at first.

        Set `learning_rate` to change it.
        """
        return float(keras.ops.convert_to_numpy(self._learning_rate_scale))

    def _get_current_learning_rate(self) -> Any:
        rate = super()._get_current_learning_rate()
        if isinstance(self._learning_rate, keras.Variable):
            # The variable itself, as in Keras, so that it can be assigned to.
            return rate
        return keras.ops.multiply(rate, self._learning_rate_scale)
