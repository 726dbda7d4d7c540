r"""Gradient descent with momentum."""

from __future__ import annotations

from typing import Any, ClassVar, Unpack

import keras

from tfkit.averages import check_beta

from .base import BaseOptions, Convention, Optimizer, bias_correction, check_convention


@keras.saving.register_keras_serializable(package="tfkit")
class Momentum(Optimizer):
    r"""Steps along the exponentially weighted average of the gradients.

    The average damps the directions in which gradients change sign and keeps the one
    they share. As in the course:

    $$v \leftarrow \beta v + (1-\beta)\,dw, \qquad w \leftarrow w - \alpha v$$

    with `bias_correction=True`, in the $t$-th step:

    $$w \leftarrow w - \alpha\,\frac{v}{1-\beta^t}$$

    and with `convention="keras"`, as `keras.optimizers.SGD(momentum=beta)` has it,

    $$v \leftarrow \beta v - \alpha\,dw, \qquad w \leftarrow w + v$$

    whose steps are $1/(1-\beta)$ times as long (10 times at 0.9): at a constant learning
    rate the two walk the same path if Keras's rate is $\alpha(1-\beta)$.

    Args:
        learning_rate: $\alpha$: number >= 0, `LearningRateSchedule`, or a function
            without arguments.
        beta: $\beta$, the share of the old average that is kept, in [0, 1). It averages
            about $1/(1-\beta)$ gradients; 0 is gradient descent.
        bias_correction: Whether to correct for the average's start at zero. In practice
            few do: after thirty steps of beta 0.9 the correction is below 5 %.
        convention: "lecture" or "keras", see above.
        **options: Keras's base options; see `tfkit.optimizers.Optimizer`.

    Raises:
        TypeError: If an argument is no number or an option is unknown.
        ValueError: If a number is out of its range, `convention` is neither, or
            `bias_correction` is asked of Keras's form, which has none.

    Example:
        >>> w = keras.Variable(1.0)
        >>> optimizer = Momentum(0.5, beta=0.9)
        >>> optimizer.apply([keras.ops.convert_to_tensor(2.0)], [w])
        >>> print(round(float(optimizer.slot(w, "momentum")), 6), round(float(w), 6))
        0.2 0.9

    Reference:
        Course notes, Gradient descent with momentum. Polyak, 1964,
        https://doi.org/10.1016/0041-5553(64)90137-5
    """

    slot_names: ClassVar[tuple[str, ...]] = ("momentum",)

    def __init__(
        self,
        learning_rate: Any,
        beta: float = 0.9,
        *,
        bias_correction: bool = False,
        convention: Convention = "lecture",
        **options: Unpack[BaseOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta = check_beta(beta)
        self.bias_correction = bias_correction
        self.convention = check_convention(convention)
        if bias_correction and convention == "keras":
            raise ValueError(
                "`bias_correction` must be False with Keras's form, whose velocity is "
                'no average. Received: bias_correction=True, convention="keras". '
                'Use convention="lecture".'
            )

    def formula(
        self, gradient: Any, slots: tuple[Any, ...], learning_rate: Any, step: Any
    ) -> tuple[Any, tuple[Any, ...]]:
        """See the class; the slot is $v$."""
        (v,) = slots
        if self.convention == "keras":
            v = self.beta * v - learning_rate * gradient
            return -v, (v,)
        v = self.beta * v + (1.0 - self.beta) * gradient
        if self.bias_correction:
            return learning_rate * v / bias_correction(self.beta, step, v.dtype), (v,)
        return learning_rate * v, (v,)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "beta": self.beta,
            "bias_correction": self.bias_correction,
            "convention": self.convention,
        }
