r"""Gradient descent."""

from __future__ import annotations

from typing import Any, ClassVar, Unpack

import keras
from keras import ops

from .base import BaseOptions, Optimizer


@keras.saving.register_keras_serializable(package="tfkit")
class GradientDescent(Optimizer):
    r"""Steps against the gradient.

    $$w \leftarrow w - \alpha\, dw$$

    Batch, mini-batch and stochastic gradient descent are this with a batch of all
    examples, some, and one. It equals `keras.optimizers.SGD` without momentum.

    Args:
        learning_rate: $\alpha$: number >= 0, `LearningRateSchedule`, or a function
            without arguments.
        **options: Keras's base options; see `tfkit.optimizers.Optimizer`.

    Raises:
        TypeError: If an argument is no number or an option is unknown.
        ValueError: If a number is out of its range.

    Example:
        >>> w = keras.Variable(0.0)
        >>> optimizer = GradientDescent(0.01)
        >>> optimizer.apply([2.0 * w - 10.0], [w])  # of (w - 5)**2
        >>> print(round(float(w), 6))
        0.1

    Reference:
        Course notes, Mini-batch gradient descent.
    """

    additive: ClassVar[bool] = True

    def __init__(self, learning_rate: Any, **options: Unpack[BaseOptions]) -> None:
        super().__init__(learning_rate, **options)

    def formula(
        self, gradient: Any, slots: tuple[Any, ...], learning_rate: Any, step: Any
    ) -> tuple[Any, tuple[Any, ...]]:
        """See the class; no slots."""
        # ops.multiply, not `*`, which tf.IndexedSlices do not have.
        return ops.multiply(gradient, learning_rate), ()
