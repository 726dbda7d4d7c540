r"""RMSprop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Unpack

import keras
from keras import ops

from tfkit.averages import check_beta

from .base import (
    BaseOptions,
    Convention,
    Optimizer,
    check_convention,
    check_epsilon,
    check_epsilon_fits,
)


@keras.saving.register_keras_serializable(package="tfkit")
class RMSprop(Optimizer):
    r"""Divides the gradient by the root of the average of its squares.

    Steep directions are damped and flat ones are not, which allows a larger learning
    rate. As in the course, squares and root taken element by element:

    $$S \leftarrow \beta S + (1-\beta)\,dw^2, \qquad
    w \leftarrow w - \alpha\,\frac{dw}{\sqrt{S} + \epsilon}$$

    and with `convention="keras"`, as `keras.optimizers.RMSprop(rho=beta)` has it, with
    $\epsilon$ inside the root:

    $$w \leftarrow w - \alpha\,\frac{dw}{\sqrt{S + \epsilon}}$$

    The same $\epsilon$ acts there as its root acts here: Keras's 1e-7 takes almost a third
    off the steps of gradients near 3e-4; the course's 1e-8 halves those near 1e-8.

    Args:
        learning_rate: $\alpha$: number >= 0, `LearningRateSchedule`, or a function
            without arguments.
        beta: $\beta$ ($\beta_2$ beside momentum, `rho` in Keras), the share of the old
            average that is kept, in [0, 1).
        epsilon: $\epsilon$, positive. Without it a zero gradient would give 0/0.
        convention: "lecture" or "keras", see above. It does not change the default of
            `epsilon`, which is 1e-7 in Keras.
        **options: Keras's base options; see `tfkit.optimizers.Optimizer`.

    Raises:
        TypeError: If an argument is no number or an option is unknown.
        ValueError: If a number is out of its range or `convention` is neither; when
            built on float16 variables in which `epsilon` is zero.

    Example:
        >>> w = keras.Variable([1.0, 1.0])
        >>> optimizer = RMSprop(0.01, beta=0.75)
        >>> optimizer.apply([keras.ops.convert_to_tensor([100.0, 0.01])], [w])
        >>> print(w.numpy().round(4))  # a steep and a flat direction
        [0.98 0.98]

    Reference:
        Course notes, RMSprop. Tieleman & Hinton, 2012, Coursera lecture 6e,
        https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf
    """

    slot_names: ClassVar[tuple[str, ...]] = ("velocity",)
    joins_small_variables: ClassVar[bool] = True

    def __init__(
        self,
        learning_rate: Any,
        beta: float = 0.9,
        *,
        epsilon: float = 1e-8,
        convention: Convention = "lecture",
        **options: Unpack[BaseOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta = check_beta(beta)
        self.epsilon = check_epsilon(epsilon)
        self.convention = check_convention(convention)

    def build(self, variables: Sequence[Any]) -> None:
        """Creates the slots, all zero.

        Args:
            variables: The model's trainable variables.
        """
        check_epsilon_fits(self.epsilon, variables)
        super().build(variables)

    def formula(
        self, gradient: Any, slots: tuple[Any, ...], learning_rate: Any, step: Any
    ) -> tuple[Any, tuple[Any, ...]]:
        """See the class; the slot is $S$."""
        (s,) = slots
        s = self.beta * s + (1.0 - self.beta) * ops.square(gradient)
        if self.convention == "keras":
            divisor = ops.sqrt(s + self.epsilon)
        else:
            divisor = ops.sqrt(s) + self.epsilon
        return learning_rate * gradient / divisor, (s,)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "beta": self.beta,
            "epsilon": self.epsilon,
            "convention": self.convention,
        }
