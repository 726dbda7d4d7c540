"""Inverted dropout with a mask that can be held fixed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from tfkit._checks import check_number
from tfkit.layers.random_state import SavesRandomState

__all__ = ["InvertedDropout", "fixed_masks"]


@keras.saving.register_keras_serializable(package="tfkit")
class InvertedDropout(SavesRandomState, keras.layers.Dropout):
    r"""Removes units at random in training, without changing the expected activation.

    $$d \sim U[0, 1), \qquad
    A := \begin{cases} A / \text{keep\_prob} & d < \text{keep\_prob} \\
    0 & \text{else} \end{cases}$$

    A fresh mask for each example of each training step; nothing at inference. With
    `keep_prob=1` the layer hands its input on, bit for bit: the way to see the cost
    fall monotonically before dropout makes it noisy. Keras's `Dropout(rate)` is told the
    complement, `rate = 1 - keep_prob`.

    Choose a lower `keep_prob` where a layer has many weights, and 1 or nearly 1 on
    inputs. The mask is drawn in float32 under every precision policy.

    Args:
        keep_prob: Probability of keeping a unit, in (0, 1].
        seed: Int that makes the masks reproducible, or None.
        noise_shape: Shape of the mask where it shall be shared, with None for "as the
            input": `(None, 1, None)` drops features of a sequence for all its steps.
        **kwargs: `name`, `dtype` and `trainable`, as for every layer.

    Call arguments:
        inputs: Tensor of any shape.
        training: Whether to drop; `fit` sets it.

    Raises:
        TypeError: If `keep_prob` is not a number.
        ValueError: If `keep_prob` is outside (0, 1].

    Example:
        >>> import keras, numpy as np
        >>> layer = InvertedDropout(0.8, seed=0)
        >>> x = keras.ops.ones((1000, 10))
        >>> dropped = np.asarray(layer(x, training=True))
        >>> np.unique(dropped).tolist(), round(float(dropped.mean()), 1)
        ([0.0, 1.25], 1.0)
        >>> bool(np.all(np.asarray(layer(x)) == 1))
        True

    Reference:
        Srivastava et al., 2014, https://jmlr.org/papers/v15/srivastava14a.html;
        Course notes, Dropout Regularization (whose mask is drawn with `randn` where
        the uniform `rand` is meant).
    """

    def __init__(
        self,
        keep_prob: float,
        seed: int | None = None,
        *,
        noise_shape: tuple[int | None, ...] | None = None,
        **kwargs: Any,
    ) -> None:
        self.keep_prob = check_number(
            "keep_prob",
            keep_prob,
            exclusive=True,
            maximum=1.0,
            hint="keep_prob=0.8 keeps 80 % of the units (Keras: rate=0.2), 1 keeps all.",
        )
        super().__init__(
            1.0 - self.keep_prob, noise_shape=noise_shape, seed=seed, **kwargs
        )
        self._fixed: int | np.ndarray | None = None

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Drops units if `training`."""
        if not training or self.keep_prob == 1.0:
            return inputs
        # Weak Python numbers keep bfloat16 inputs bfloat16.
        return ops.where(
            self._keep(inputs), inputs / self.keep_prob, ops.zeros_like(inputs)
        )

    def _keep(self, inputs: Any) -> Any:
        """The mask for these inputs, True where a unit stays."""
        if isinstance(self._fixed, np.ndarray):
            return ops.convert_to_tensor(self._fixed, dtype="bool")
        shape = ops.shape(inputs)
        if self.noise_shape is not None:
            shape = tuple(
                size if wanted is None else wanted
                for size, wanted in zip(shape, self.noise_shape, strict=True)
            )
        if self._fixed is not None and all(isinstance(size, int) for size in shape):
            # From NumPy: XLA draws other numbers for a seed than eager execution does.
            uniform = np.random.default_rng(self._fixed).random(tuple(shape))
            return ops.convert_to_tensor(uniform < self.keep_prob)
        # Half precision has too few numbers below 1: drawn in bfloat16, a mask with
        # keep_prob=0.999 keeps every unit, and one with 0.7 keeps 70.3 %.
        uniform = keras.random.uniform(
            shape,
            dtype="float32",
            seed=self.seed_generator if self._fixed is None else self._fixed,
        )
        return uniform < self.keep_prob

    @contextlib.contextmanager
    def fixed_mask(self, mask: ArrayLike | None = None) -> Iterator[None]:
        """Uses one and the same mask for every training call inside the context.

        The cost is then a function of the parameters alone, so that gradient checking
        works with dropout on. A function that was compiled before (such as a model's
        `train_function`) keeps its fresh masks: compile it inside the context. One that
        was compiled for any batch size has a fixed mask too, but another one.

        Args:
            mask: The mask, 1 or True where a unit stays, of the input's shape (or one
                that broadcasts to it). None draws one: calls with inputs of the same
                shape then share it.

        Raises:
            ValueError: If `mask` holds anything but 0 and 1.

        Example:
            >>> import keras, numpy as np
            >>> layer, x = InvertedDropout(0.5, seed=0), keras.ops.ones((4, 3))
            >>> with layer.fixed_mask():
            ...     first, second = layer(x, training=True), layer(x, training=True)
            >>> bool(np.all(np.asarray(first) == np.asarray(second)))
            True
        """
        before = self._fixed
        self._fixed = self._draw_seed() if mask is None else _checked(mask)
        try:
            yield
        finally:
            self._fixed = before

    def _draw_seed(self) -> int:
        if self.keep_prob == 1.0:
            return 0
        return int(keras.random.randint((), 0, 2**31 - 1, seed=self.seed_generator))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        config = {**super().get_config(), "keep_prob": self.keep_prob}
        del config["rate"]
        return config


@contextlib.contextmanager
def fixed_masks(model: keras.Model) -> Iterator[None]:
    """Holds the masks of all `InvertedDropout` layers of a model fixed.

    See `InvertedDropout.fixed_mask`.

    Args:
        model: Any Keras model, nested ones included.

    Example:
        >>> import keras, numpy as np
        >>> model = keras.Sequential([keras.Input((8,)), InvertedDropout(0.5, seed=0)])
        >>> x = keras.ops.ones((2, 8))
        >>> with fixed_masks(model):
        ...     first, second = model(x, training=True), model(x, training=True)
        >>> bool(np.all(np.asarray(first) == np.asarray(second)))
        True
    """
    with contextlib.ExitStack() as stack:
        for layer in model._flatten_layers(include_self=False):
            if isinstance(layer, InvertedDropout):
                stack.enter_context(layer.fixed_mask())
        yield


def _checked(mask: ArrayLike) -> np.ndarray:
    array = np.asarray(mask)
    if not np.isin(array, (0, 1)).all():
        raise ValueError(
            "`mask` must hold only 0 (dropped) and 1 (kept). Received: "
            f"mask={np.array2string(array, threshold=8)}. Uniform numbers become a mask "
            "by `numbers < keep_prob`."
        )
    return array.astype(bool)
