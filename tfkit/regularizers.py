r"""Penalties on large weights: L1 and L2 with the course's $\lambda$ and $m$.

The cost becomes

$$J = \frac{1}{m}\sum_i L(\hat y^{(i)}, y^{(i)}) + \frac{\lambda}{2m}\sum_l P(W^{[l]})$$

with $P$ the sum of squares (L2) or of absolute values (L1) of the entries. Here $m$ is the
number of examples of the whole training set, not of a mini-batch: Keras adds the penalty
to the mean loss of each batch, so that the batch size is already out of the balance.

Weights only: hand a penalty to a layer as `kernel_regularizer`. Biases are few and do no
harm; they stay free unless the layer gets a `bias_regularizer` of its own.

Everything here runs on every Keras backend.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from tfkit._checks import check_count, check_number

__all__ = ["L1", "L2", "weight_decay_factor"]


class _Penalty(keras.regularizers.Regularizer):
    """What L1 and L2 share: the factor and the arguments behind it."""

    def __init__(self, lambd: float, examples: int | None = None) -> None:
        if examples is None:
            # What Keras's regularizers take alone is lambda / 2m.
            raise TypeError(
                f"{type(self).__name__} needs the number of training examples, too: "
                f"the penalty is lambd / (2 * examples). Received: lambd={lambd!r} "
                f"alone. Use {type(self).__name__}({lambd!r}, examples=len(y_train)), "
                f"or keras.regularizers.{type(self).__name__} for a factor."
            )
        self.lambd = _check_lambd(lambd)
        self.examples = _check_examples(examples)

    @property
    def factor(self) -> float:
        r"""$\lambda / (2m)$, what Keras's own regularizers call `l1` or `l2`."""
        return self.lambd / (2 * self.examples)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"lambd": self.lambd, "examples": self.examples}


@keras.saving.register_keras_serializable(package="tfkit")
class L2(_Penalty):
    r"""Penalizes the squared Frobenius norm, which makes all weights smaller.

    $$\frac{\lambda}{2m} \|W\|_F^2 = \frac{\lambda}{2m}\sum_{ij} W_{ij}^2,
    \qquad \frac{\partial}{\partial W} = \frac{\lambda}{m} W$$

    The same as `keras.regularizers.L2(lambd / (2 * examples))`. Under plain gradient
    descent it is weight decay by `weight_decay_factor`; under Adam it is not, as the
    penalty's gradient is scaled like the rest.

    Args:
        lambd: $\lambda$, a number >= 0; tuned on the dev set, often between 0.01 and 10.
        examples: $m$, the number of training examples. Positive.

    Raises:
        TypeError: If an argument is not a number.
        ValueError: If `lambd` is negative, or `examples` not positive.

    Example:
        >>> import keras
        >>> round(float(L2(0.1, examples=5)(keras.ops.ones((2, 3)))), 4)
        0.06
        >>> layer = keras.layers.Dense(3, kernel_regularizer=L2(0.7, examples=211))

    Reference:
        Course notes, Regularization.
    """

    def __call__(self, x: Any) -> Any:
        """Returns the penalty of one weight, a scalar."""
        # Keras's own L2 casts its factor through float32 and loses float64's digits.
        return ops.sum(ops.square(x)) * self.factor


@keras.saving.register_keras_serializable(package="tfkit")
class L1(_Penalty):
    r"""Penalizes absolute values, which makes many weights (almost) exactly zero.

    $$\frac{\lambda}{2m} \|W\|_1 = \frac{\lambda}{2m}\sum_{ij} |W_{ij}|,
    \qquad \frac{\partial}{\partial W} = \frac{\lambda}{2m} \mathrm{sign}(W)$$

    The same as `keras.regularizers.L1(lambd / (2 * examples))`. Other texts write
    $\lambda/m$: their $\lambda$ is half of this one. Little is gained in model size;
    the course uses L2.

    Args:
        lambd: $\lambda$, a number >= 0.
        examples: $m$, the number of training examples. Positive.

    Raises:
        TypeError: If an argument is not a number.
        ValueError: If `lambd` is negative, or `examples` not positive.

    Example:
        >>> import keras
        >>> round(float(L1(0.1, examples=5)(keras.ops.full((2, 3), -2.0))), 4)
        0.12

    Reference:
        Course notes, Regularization.
    """

    def __call__(self, x: Any) -> Any:
        """Returns the penalty of one weight, a scalar."""
        return ops.sum(ops.absolute(x)) * self.factor


def weight_decay_factor(learning_rate: float, lambd: float, examples: int) -> float:
    r"""What one step of plain gradient descent under `L2` multiplies weights with.

    $$W := \left(1 - \frac{\alpha\lambda}{m}\right) W - \alpha\, dW_{\text{backprop}}$$

    with $dW_{\text{backprop}}$ the gradient of the data term alone: the penalty is in the
    factor and must not be counted again. A factor below 0 means that the weights change
    sign at each step, one below -1 that they grow without bound.

    Args:
        learning_rate: $\alpha$, a number >= 0.
        lambd: $\lambda$ of `L2`, a number >= 0.
        examples: $m$, the number of training examples. Positive.

    Raises:
        TypeError: If an argument is not a number.
        ValueError: If one is outside its range.

    Example:
        >>> round(weight_decay_factor(0.3, lambd=0.7, examples=210), 6)
        0.999

    Reference:
        Course notes, Regularization (which drops the learning rate in one of its lines).
    """
    learning_rate = check_number(
        "learning_rate", learning_rate, hint="It is the step size of gradient descent."
    )
    return 1.0 - learning_rate * _check_lambd(lambd) / _check_examples(examples)


def _check_lambd(lambd: float) -> float:
    return check_number("lambd", lambd, hint="Use lambd=0 for no penalty.")


def _check_examples(examples: int) -> int:
    hint = "It is the size of the training set, such as len(x_train)."
    return check_count("examples", examples, hint=hint)
