r"""Adam."""

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
    bias_correction,
    check_convention,
    check_epsilon,
    check_epsilon_fits,
)


@keras.saving.register_keras_serializable(package="tfkit")
class Adam(Optimizer):
    r"""Momentum and RMSprop together, both averages corrected for their start at zero.

    As in the course and in Algorithm 1 of the paper, in the $t$-th step:

    $$V \leftarrow \beta_1 V + (1-\beta_1)\,dw, \qquad
    S \leftarrow \beta_2 S + (1-\beta_2)\,dw^2$$
    $$w \leftarrow w - \alpha\,
    \frac{V / (1-\beta_1^t)}{\sqrt{S / (1-\beta_2^t)} + \epsilon}$$

    The corrected values are used, not kept. With `convention="keras"`, as
    `keras.optimizers.Adam` has it (the paper's "epsilon hat", TensorFlow's also):

    $$w \leftarrow w - \alpha\,\frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t}\,
    \frac{V}{\sqrt{S} + \epsilon}$$

    The two agree where Keras's $\epsilon$ is $\epsilon\sqrt{1-\beta_2^t}$. Keras's
    default of 1e-7 thus acts like 3.2e-6 in the first step: gradients near 1e-6, usual
    in deep or well-trained networks, begin with a quarter of the step.

    Args:
        learning_rate: $\alpha$: number >= 0, `LearningRateSchedule`, or a function
            without arguments. The one to tune.
        beta_1: $\beta_1$ of the gradients' average, in [0, 1).
        beta_2: $\beta_2$ of the squares' average, in [0, 1).
        epsilon: $\epsilon$, positive. Without it a zero gradient would give 0/0.
        convention: "lecture" or "keras", see above. It does not change the default of
            `epsilon`, which is 1e-7 in Keras.
        **options: Keras's base options; see `tfkit.optimizers.Optimizer`.

    Raises:
        TypeError: If an argument is no number or an option is unknown.
        ValueError: If a number is out of its range or `convention` is neither; when
            built on float16 variables in which `epsilon` is zero.

    Example:
        The first step has the length of the learning rate, whatever the gradient:

        >>> w = keras.Variable([1.0, 1.0])
        >>> optimizer = Adam(0.1)
        >>> optimizer.apply([keras.ops.convert_to_tensor([100.0, -0.001])], [w])
        >>> print(w.numpy().round(4))
        [0.9 1.1]

    Reference:
        Course notes, Adam optimization algorithm. Kingma & Ba, 2014,
        https://arxiv.org/abs/1412.6980
    """

    slot_names: ClassVar[tuple[str, ...]] = ("momentum", "velocity")
    joins_small_variables: ClassVar[bool] = True

    def __init__(
        self,
        learning_rate: Any = 1e-3,
        beta_1: float = 0.9,
        *,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        convention: Convention = "lecture",
        **options: Unpack[BaseOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1 = check_beta(beta_1, "beta_1")
        self.beta_2 = check_beta(beta_2, "beta_2")
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
        """See the class; the slots are $V$ and $S$."""
        v, s = slots
        v = self.beta_1 * v + (1.0 - self.beta_1) * gradient
        s = self.beta_2 * s + (1.0 - self.beta_2) * ops.square(gradient)
        v_correction = bias_correction(self.beta_1, step, v.dtype)
        s_correction = bias_correction(self.beta_2, step, s.dtype)
        if self.convention == "keras":
            rate = learning_rate * ops.sqrt(s_correction) / v_correction
            return rate * v / (ops.sqrt(s) + self.epsilon), (v, s)
        divisor = ops.sqrt(s / s_correction) + self.epsilon
        return learning_rate * (v / v_correction) / divisor, (v, s)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "convention": self.convention,
        }
