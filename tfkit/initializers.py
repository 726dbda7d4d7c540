r"""Initial weights: He, Xavier, Glorot's average and a plain scale.

All draw from the plain (untruncated) normal distribution, as the course and both papers
do, and differ only in its standard deviation:

| class | standard deviation | for |
|---|---|---|
| `He` | $\sqrt{2 / n_{in}}$ | ReLU and its relatives |
| `Xavier` | $\sqrt{1 / n_{in}}$ | tanh, sigmoid, linear, selu |
| `GlorotAverage` | $\sqrt{2 / (n_{in} + n_{out})}$ | the same, balanced for the backward pass |
| `ScaledNormal` | `scale` | the course's zero and large-random comparisons |

**Seeds.** A Keras initializer with an int seed gives the same stream at every call, so
that one object, or one seed, in several layers starts them with scaled copies of the
same numbers. Here the stream of a call is made from three things: the seed, how many
draws this object made before, and the shape. Hence

- one object for all layers of a model gives each layer numbers of its own, and the same
  ones whenever the model is built again, in this process or another;
- two objects with the same seed give differently shaped layers unrelated numbers, and
  equally shaped layers equal numbers: so two models can start alike. Inside one model
  that is a mistake; two such draws of a square kernel one after the other, as stacked
  hidden layers make them, raise a `SharedSeedWarning`. Share one object, or count the
  seeds up;
- a copy made from a config (`keras.models.clone_model`, or layers that copy their
  initializer, such as `MultiHeadAttention`) starts counting anew, like a new object.

With `seed=None` the seed is drawn from Python's generator, which
`keras.utils.set_random_seed` sets. Everything here runs on every Keras backend.
"""

from __future__ import annotations

import abc
import math
import random
import warnings
import weakref
from collections.abc import Sequence
from typing import Any, Literal

import keras
import numpy as np

from tfkit._checks import check_count, check_number

__all__ = [
    "GlorotAverage",
    "He",
    "ScaledNormal",
    "SharedSeedWarning",
    "Xavier",
    "fans",
    "for_activation",
]

Layout = Literal["in_out", "out_in"]
_LAYOUTS = ("in_out", "out_in")

# fmt: off
_RECTIFIERS = frozenset((
    "relu", "relu6", "leaky_relu", "elu", "celu", "gelu", "silu", "swish", "hard_silu",
    "hard_swish", "mish", "softplus", "squareplus",
))
_SATURATING_OR_LINEAR = frozenset((
    "linear", "tanh", "hard_tanh", "sigmoid", "hard_sigmoid", "log_sigmoid", "softsign",
    "softmax", "log_softmax", "selu",
))
# fmt: on


class SharedSeedWarning(UserWarning):
    """Two initializers with the same seed gave two weights the same numbers."""


def fans(shape: Sequence[int], *, layout: Layout = "in_out") -> tuple[int, int]:
    r"""The numbers of inputs and outputs of one unit of a weight.

    For a dense kernel these are $n^{[l-1]}$ and $n^{[l]}$; for a convolution each counts
    once for every position of the receptive field.

    Args:
        shape: The weight's shape. A vector or scalar counts as its own fan, as in Keras.
        layout: "in_out" is Keras's order, `(*receptive_field, inputs, outputs)`;
            "out_in" is the course's $W^{[l]}$ of shape $(n^{[l]}, n^{[l-1]})$, in
            general `(outputs, inputs, *receptive_field)`.

    Returns:
        `(fan_in, fan_out)`.

    Raises:
        ValueError: If `layout` is neither, or a dimension is not positive.

    Example:
        >>> fans((784, 25)), fans((3, 3, 16, 32)), fans((25, 784), layout="out_in")
        ((784, 25), (144, 288), (784, 25))
    """
    _check_layout(layout)
    shape = tuple(shape)
    if any(size < 1 for size in shape):
        raise ValueError(
            "`shape` must have positive dimensions: a unit without inputs has no "
            f"variance to scale. Received: shape={shape}"
        )
    if len(shape) < 2:
        size = math.prod(shape)
        return size, size
    if layout == "in_out":
        *receptive_field, inputs, outputs = shape
    else:
        outputs, inputs, *receptive_field = shape
    positions = math.prod(receptive_field)
    return inputs * positions, outputs * positions


class _Normal(keras.initializers.Initializer, abc.ABC):
    """A centered normal distribution; subclasses say how wide.

    The module's docstring says what decides the numbers.
    """

    # The last draw of all: what a second object must not repeat unnoticed.
    _last_draw: tuple[weakref.ref[_Normal], tuple[Any, ...]] | None = None

    def __init__(self, seed: int | None = None) -> None:
        if seed is not None:
            seed = check_count(
                "seed", seed, minimum=0, hint="Use seed=None for a random one."
            )
        self.seed = seed
        self._entropy = random.getrandbits(32) if seed is None else seed
        self._num_draws = 0
        self._is_copy = False

    @abc.abstractmethod
    def stddev(self, shape: Sequence[int]) -> float:
        """The standard deviation of a weight of this shape."""

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        """Draws a weight of this shape."""
        shape = tuple(shape)
        stddev = self.stddev(shape)
        key = (self._num_draws, *shape)
        self._warn_if_repeated(shape, (self._entropy, *key))
        self._num_draws += 1
        # SeedSequence mixes well and is the same for ever, on every machine. Keras
        # takes one int; 31 bits fit the seed type of every backend.
        stream = np.random.SeedSequence(self._entropy, spawn_key=key)
        return keras.random.normal(
            shape,
            stddev=stddev,
            dtype=dtype,
            seed=int(stream.generate_state(1)[0] >> 1),
        )

    def _warn_if_repeated(self, shape: tuple[int, ...], key: tuple[Any, ...]) -> None:
        last, _Normal._last_draw = _Normal._last_draw, (weakref.ref(self), key)
        if last is None or last[1] != key:
            return
        other = last[0]()
        # A model that is loaded or cloned repeats the draws of its original. So does a
        # one-layer model that is built twice, but its kernel is hardly ever square.
        square = len(shape) > 1 and len(set(fans(shape))) == 1
        if other is None or other is self or self._is_copy or not square:
            return
        warnings.warn(
            f"Two initializers with seed={self.seed} drew the same numbers for two "
            f"weights of shape {shape}. In one model give both layers the same "
            "initializer object, which gives each its own numbers, or different seeds. "
            "Two models that shall start alike are right to do so.",
            SharedSeedWarning,
            stacklevel=3,
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> _Normal:
        """Returns a new initializer with these arguments."""
        initializer = cls(**config)
        initializer._is_copy = True
        return initializer

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"seed": self.seed}


class _FanScaledNormal(_Normal):
    """A normal distribution whose width follows the layer's inputs and outputs."""

    def __init__(self, seed: int | None = None, *, layout: Layout = "in_out") -> None:
        super().__init__(seed)
        _check_layout(layout)
        self.layout = layout

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "layout": self.layout}


@keras.saving.register_keras_serializable(package="tfkit")
class He(_FanScaledNormal):
    r"""Draws weights that keep the scale of activations through ReLU layers.

    $$W \sim N\!\left(0, \frac{2}{n_{in}}\right)$$

    ReLU passes half of the variance on; the 2 makes up for that. The distribution is the
    plain normal one of the course and the paper. `keras.initializers.HeNormal` has the
    same variance, but cuts the normal off at two (corrected) standard deviations.

    A depthwise kernel's shape does not tell that an output sees one channel only; use
    `ScaledNormal(math.sqrt(2 / (height * width)))` there.

    Args:
        seed: Int >= 0, or None for a random one. The module's docstring tells what a
            seed decides when several layers share it.
        layout: "in_out" for Keras's kernels, "out_in" for the course's
            $(n^{[l]}, n^{[l-1]})$; see `fans`.

    Raises:
        TypeError: If `seed` is not an int.
        ValueError: If `seed` is negative or `layout` unknown.

    Example:
        >>> import keras
        >>> he = He(seed=1)
        >>> round(he.stddev((50, 10)), 3)
        0.2
        >>> hidden = keras.layers.Dense(10, activation="relu", kernel_initializer=he)

    Reference:
        He et al., 2015, https://arxiv.org/abs/1502.01852, eq. 10;
        Course notes, Weight Initialization for Deep Networks.
    """

    def stddev(self, shape: Sequence[int]) -> float:
        r"""$\sqrt{2 / n_{in}}$."""
        fan_in, _ = fans(shape, layout=self.layout)
        return math.sqrt(2.0 / fan_in)


@keras.saving.register_keras_serializable(package="tfkit")
class Xavier(_FanScaledNormal):
    r"""Draws weights that keep the scale of activations through tanh or linear layers.

    $$W \sim N\!\left(0, \frac{1}{n_{in}}\right)$$

    This is the form that the course calls Xavier: the forward half of Glorot's
    condition (`keras.initializers.LecunNormal`, but for the truncation). Glorot and
    Bengio's own compromise between both directions is `GlorotAverage`.

    Args:
        seed: Int >= 0, or None for a random one; see the module's docstring.
        layout: "in_out" for Keras's kernels, "out_in" for the course's; see `fans`.

    Raises:
        TypeError: If `seed` is not an int.
        ValueError: If `seed` is negative or `layout` unknown.

    Example:
        >>> Xavier(seed=1).stddev((100, 10))
        0.1

    Reference:
        Glorot & Bengio, 2010, https://proceedings.mlr.press/v9/glorot10a.html;
        Course notes, Weight Initialization for Deep Networks.
    """

    def stddev(self, shape: Sequence[int]) -> float:
        r"""$\sqrt{1 / n_{in}}$."""
        fan_in, _ = fans(shape, layout=self.layout)
        return math.sqrt(1.0 / fan_in)


@keras.saving.register_keras_serializable(package="tfkit")
class GlorotAverage(_FanScaledNormal):
    r"""Draws weights that keep activations and gradients about equally well in scale.

    $$W \sim N\!\left(0, \frac{2}{n_{in} + n_{out}}\right)$$

    `keras.initializers.GlorotNormal` has the same variance with a truncated normal;
    Keras's default `GlorotUniform` has it with a uniform distribution.

    Args:
        seed: Int >= 0, or None for a random one; see the module's docstring.
        layout: "in_out" or "out_in"; the result is the same, the sum is symmetric.

    Raises:
        TypeError: If `seed` is not an int.
        ValueError: If `seed` is negative or `layout` unknown.

    Example:
        >>> GlorotAverage(seed=1).stddev((150, 50))
        0.1

    Reference:
        Glorot & Bengio, 2010, https://proceedings.mlr.press/v9/glorot10a.html, eq. 12.
    """

    def stddev(self, shape: Sequence[int]) -> float:
        r"""$\sqrt{2 / (n_{in} + n_{out})}$."""
        return math.sqrt(2.0 / sum(fans(shape, layout=self.layout)))


@keras.saving.register_keras_serializable(package="tfkit")
class ScaledNormal(_Normal):
    r"""Draws standard normal numbers times a fixed scale, whatever the layer's size.

    $$W \sim N(0, \text{scale}^2)$$

    For comparisons: 0 starts all units of a layer equal, so that they stay equal
    (symmetry is never broken); the course's large-random case has scale 10 and starts
    saturated; 0.01 is the rule of thumb for shallow networks.

    Args:
        scale: Standard deviation, a number >= 0.
        seed: Int >= 0, or None for a random one; see the module's docstring.

    Raises:
        TypeError: If an argument is not a number.
        ValueError: If `scale` is negative or not finite, or `seed` negative.

    Example:
        >>> import numpy as np
        >>> bool(np.all(np.asarray(ScaledNormal(0)((3, 2))) == 0))
        True

    Reference:
        Course notes, Weight Initialization for Deep Networks.
    """

    def __init__(self, scale: float, seed: int | None = None) -> None:
        super().__init__(seed)
        self.scale = check_number(
            "scale", scale, hint="0 gives zeros, 10 the course's large random weights."
        )

    def stddev(self, shape: Sequence[int]) -> float:
        """The scale, for every shape."""
        return self.scale

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"scale": self.scale, **super().get_config()}


def for_activation(
    name: str | None, seed: int | None = None, *, layout: Layout = "in_out"
) -> He | Xavier:
    """The initializer that suits the activation which follows the weights.

    `He` for ReLU and its relatives, which lose about half of the variance; `Xavier` for
    those that are about linear round zero (tanh, sigmoid, softmax, none) and for selu.

    Args:
        name: Name of a Keras activation; None means linear, as in Keras's layers.
        seed: Passed on.
        layout: Passed on.

    Raises:
        ValueError: If the name is unknown; write the initializer out then.

    Example:
        >>> type(for_activation("relu")).__name__, type(for_activation("tanh")).__name__
        ('He', 'Xavier')

    Reference:
        Course notes, Weight Initialization for Deep Networks;
        for selu: Klambauer et al., 2017, https://arxiv.org/abs/1706.02515.
    """
    if name in _RECTIFIERS:
        return He(seed, layout=layout)
    if name is None or name in _SATURATING_OR_LINEAR:
        return Xavier(seed, layout=layout)
    raise ValueError(
        "`name` must be a Keras activation with a known initializer. Received: "
        f"name={name!r}. He: {', '.join(sorted(_RECTIFIERS))}; Xavier: "
        f"{', '.join(sorted(_SATURATING_OR_LINEAR))}. For others choose a class yourself."
    )


def _check_layout(layout: str) -> None:
    if layout not in _LAYOUTS:
        raise ValueError(
            "`layout` must be 'in_out' (Keras's kernels) or 'out_in' (the course's "
            f"W of shape (units, inputs)). Received: layout={layout!r}"
        )
