"""Initializers by fan-in and fan-out; today `tf.keras.initializers`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import namespace as _namespace

__all__ = [
    "variance_scaling_initializer",
    "xavier_initializer",
    "xavier_initializer_conv2d",
]

_MODES = ("FAN_IN", "FAN_OUT", "FAN_AVG")


def xavier_initializer(
    uniform: bool = True, seed: int | None = None, dtype: Any = tf.float32
) -> Callable[..., Any]:
    r"""As `tf.contrib.layers.xavier_initializer` of TensorFlow 1.15.

    Uniform within $\pm\sqrt{6 / (n_{in} + n_{out})}$; today
    `tf.keras.initializers.GlorotUniform`.
    """
    return variance_scaling_initializer(1.0, "FAN_AVG", uniform, seed, dtype)


xavier_initializer_conv2d = xavier_initializer


def variance_scaling_initializer(
    factor: float = 2.0,
    mode: str = "FAN_IN",
    uniform: bool = False,
    seed: int | None = None,
    dtype: Any = tf.float32,
) -> Callable[..., Any]:
    r"""As `tf.contrib.layers.variance_scaling_initializer` of TensorFlow 1.15.

    Uniform within $\pm\sqrt{3 f / n}$, or a truncated normal of standard deviation
    $\sqrt{1.3 f / n}$ before truncation: 1.3 makes up for what truncation takes away.
    Today `tf.keras.initializers.VarianceScaling` (`HeNormal` for the defaults).

    Args:
        factor: $f$.
        mode: What $n$ is: the inputs of a unit, its outputs, or their average.
    """
    _require_floating(dtype)
    if mode not in _MODES:
        raise TypeError(f"`mode` must be one of {_MODES}. Received: mode={mode!r}.")

    def initializer(shape: Any, dtype: Any = dtype, partition_info: Any = None) -> Any:
        _require_floating(dtype)
        fan = _fan([float(size) for size in shape], mode)
        if uniform:
            limit = math.sqrt(3.0 * factor / fan)
            return tf.random_uniform(shape, -limit, limit, dtype, seed=seed)
        deviation = math.sqrt(1.3 * factor / fan)
        return tf.truncated_normal(shape, 0.0, deviation, dtype, seed=seed)

    return initializer


def _fan(shape: list[float], mode: str) -> float:
    window = math.prod(shape[:-2])
    # A vector counts as many inputs as outputs; a scalar one.
    fan_in = (shape[-2] if len(shape) > 1 else shape[-1] if shape else 1.0) * window
    fan_out = (shape[-1] if shape else 1.0) * window
    if mode == "FAN_AVG":
        return (fan_in + fan_out) / 2.0
    return fan_in if mode == "FAN_IN" else fan_out


def _require_floating(dtype: Any) -> None:
    if not dtype.is_floating:
        raise TypeError(
            "Cannot create initializer for non-floating point type. "
            f"Received: dtype={dtype}. Use tf.float32."
        )


__getattr__, __dir__ = _namespace.attach(__name__)
