"""Batch normalization with the course's conventions."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import keras

from tfkit._checks import check_number
from tfkit.layers.redundant_biases import RedundantBiasWarning, has_cancelled_bias

__all__ = ["BatchNormalization"]

_CONVENTIONS = {
    "lecture": {"momentum": 0.9, "epsilon": 1e-8},
    "keras": {"momentum": 0.99, "epsilon": 1e-3},
}


@keras.saving.register_keras_serializable(package="tfkit")
class BatchNormalization(keras.layers.BatchNormalization):
    r"""Normalizes each unit over the mini-batch, then scales and shifts it.

    For one unit and the examples $i = 1 \dots m$ of a mini-batch,

    $$\mu = \frac{1}{m}\sum_i z^{(i)}, \quad
    \sigma^2 = \frac{1}{m}\sum_i (z^{(i)} - \mu)^2, \quad
    \tilde z^{(i)} = \gamma \frac{z^{(i)} - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta$$

    with learned $\gamma$ and $\beta$, one each for every unit ($\gamma =
    \sqrt{\sigma^2 + \epsilon}$, $\beta = \mu$ would undo it). At inference $\mu$ and
    $\sigma^2$ are exponentially weighted averages of those of the mini-batches,

    $$\hat\mu := \text{momentum} \cdot \hat\mu + (1 - \text{momentum})\, \mu$$

    which start at 0 and 1 and have no bias correction; `recalibrate` replaces them by
    the exact ones of a data set.

    It is Keras's layer, with two differences:

    - `convention="lecture"` (the default) has `momentum=0.9`, the course's usual beta,
      which looks back on about 10 batches, and `epsilon=1e-8`, as in its optimizers. The
      result is normalized even where a unit varies little; the price is that a unit
      which did not vary at all is blown up by up to $10^4$ once it does.
      `convention="keras"` has 0.99 (100 batches, too slow for short trainings) and 1e-3.
    - It warns, once, if the layer right before it has a bias: the mean takes that away
      again. This needs a layer that is called in a functional model or `Sequential`;
      in a subclassed model nothing says what came before. See `redundant_biases`.

    The noise of the mini-batch statistics regularizes slightly, less with larger
    batches; it is no substitute for L2 or dropout.

    Args:
        axis: The axis of the units, -1 for dense layers and channels-last images.
        convention: "lecture" or "keras": where `momentum` and `epsilon` come from.
        momentum: Share of the old average that is kept, in [0, 1).
        epsilon: Positive number under the root.
        **kwargs: The other arguments of `keras.layers.BatchNormalization`, such as
            `center`, `scale`, `gamma_initializer`, `synchronized`, `name`.

    Raises:
        TypeError: If a number is none, or an argument unknown.
        ValueError: If `convention` is unknown, or a number outside its range.

    Example:
        >>> import keras, numpy as np
        >>> layer = BatchNormalization()
        >>> z = np.array([[1.0, 10.0], [3.0, 50.0]], "float32")
        >>> np.round(np.asarray(layer(z, training=True)), 3).tolist()
        [[-1.0, -1.0], [1.0, 1.0]]

    Reference:
        Ioffe & Szegedy, 2015, https://arxiv.org/abs/1502.03167, algorithm 1;
        Course notes, Normalizing activations in a network; Batch normalization at test
        time.
    """

    def __init__(
        self,
        axis: int = -1,
        convention: Literal["lecture", "keras"] = "lecture",
        *,
        momentum: float | None = None,
        epsilon: float | None = None,
        **kwargs: Any,
    ) -> None:
        if convention not in _CONVENTIONS:
            raise ValueError(
                "`convention` must be 'lecture' (momentum=0.9, epsilon=1e-8) or 'keras' "
                f"(momentum=0.99, epsilon=1e-3). Received: convention={convention!r}"
            )
        defaults = _CONVENTIONS[convention]
        momentum = defaults["momentum"] if momentum is None else momentum
        epsilon = defaults["epsilon"] if epsilon is None else epsilon
        check_number(
            "momentum", momentum, maximum=1.0, hint="0.9 averages about 10 batches."
        )
        check_number(
            "epsilon", epsilon, exclusive=True, hint="It keeps the root above zero."
        )
        if momentum == 1:
            raise ValueError(
                "`momentum` must be below 1. Received: momentum=1. The averages would "
                "stay at 0 and 1, where they start. 0.9 averages about 10 batches."
            )
        super().__init__(axis=axis, momentum=momentum, epsilon=epsilon, **kwargs)
        self.convention = convention
        self._bias_was_checked = False

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Normalizes; in a model under construction, looks at the layer before."""
        # Only here is the symbolic tensor that remembers its layer; `build` gets
        # shapes, and `call` placeholders.
        if not self._bias_was_checked and isinstance(inputs, keras.KerasTensor):
            self._bias_was_checked = True
            previous = inputs._keras_history.operation
            if has_cancelled_bias(previous, self.axis, len(inputs.shape)):
                warnings.warn(
                    f"The bias of layer '{previous.name}' has no effect: the batch "
                    f"normalization '{self.name}' after it subtracts the mean, and its "
                    "own beta takes the bias's place. Pass `use_bias=False` to "
                    f"'{previous.name}', unless its output is used elsewhere too.",
                    RedundantBiasWarning,
                    stacklevel=2,
                )
        return super().__call__(inputs, *args, **kwargs)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> BatchNormalization:
        """Returns a new layer with these arguments."""
        layer = cls(**config)
        # Who loads or clones a model cannot change it; its builder was warned.
        layer._bias_was_checked = True
        return layer

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "convention": self.convention}
