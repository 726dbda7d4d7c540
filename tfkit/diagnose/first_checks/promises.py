r"""What an initializer promises: the size of the weights, and of a layer's output.

With $n$ inputs of second moment $E[a^2]$ and independent weights of mean 0,

$$E[z^2] = n\,E[W^2]\,E[a^2] + E[b^2], \qquad
  E[g(z)^2] \approx \int g(\sqrt{E[z^2]}\,\xi)^2\, \phi(\xi)\,d\xi$$

(a sum of many independent terms is about normal). He's $E[W^2] = 2/n$ keeps the second
moment under ReLU, which halves it; Xavier's $1/n$ keeps it where $g$ is about linear.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np

from tfkit import initializers

# Odd, so that ReLU's kink is a node and the halves on both sides are exact.
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(61)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
# Keras cuts a truncated normal at 2 standard deviations and does not scale it up.
_TRUNCATED = 0.87962566103423978


def expected_rms(layer: Any, kernel_rms: float, input_rms: float) -> float | None:
    """The root mean square of a dense or convolutional layer's output.

    Args:
        layer: The layer; its kernel's shape, bias and activation are used.
        kernel_rms: Root mean square of the kernel.
        input_rms: That of the layer's inputs.

    Returns:
        None where this is not known: for other layers, and for activations that mix
        units.
    """
    if not is_plain(layer):
        return None
    fan_in, _ = initializers.fans(layer.kernel.shape)
    moment = fan_in * kernel_rms**2 * input_rms**2
    if layer.use_bias:
        moment += float(np.square(to_numpy(layer.bias)).mean())
    return _after(layer.activation, math.sqrt(moment))


def promised_rms(layer: Any) -> float | None:
    """Root mean square of the kernel that the layer's initializer draws."""
    if not is_plain(layer):
        return None
    shape = tuple(layer.kernel.shape)
    given = layer.kernel_initializer
    rows, units = math.prod(shape[:-1]), shape[-1]
    known = keras.initializers
    if isinstance(given, initializers._Normal):
        return given.stddev(shape)
    if isinstance(given, known.VarianceScaling):
        fan_in, fan_out = initializers.fans(shape)
        fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
        return math.sqrt(given.scale / fans[given.mode])
    if isinstance(given, known.RandomNormal):
        return math.hypot(given.mean, given.stddev)
    if isinstance(given, known.TruncatedNormal):
        return math.hypot(given.mean, _TRUNCATED * given.stddev)
    if isinstance(given, known.RandomUniform):
        low, high = given.minval, given.maxval
        return math.sqrt((low**2 + low * high + high**2) / 3)
    if isinstance(given, (known.Orthogonal, known.Identity)):
        return abs(given.gain) / math.sqrt(max(rows, units))
    if isinstance(given, known.Zeros):
        return 0.0
    if isinstance(given, known.Ones):
        return 1.0
    if isinstance(given, known.Constant) and np.ndim(given.value) == 0:
        return abs(float(given.value))
    return None


def is_plain(layer: Any) -> bool:
    """Whether each output is a weighted sum of inputs, and `layer.kernel` the weights."""
    return type(layer) in (
        keras.layers.Dense,
        keras.layers.Conv1D,
        keras.layers.Conv2D,
        keras.layers.Conv3D,
    )


def to_numpy(tensor: Any) -> np.ndarray:
    """A tensor or variable as float64."""
    return np.asarray(keras.ops.convert_to_numpy(tensor)).astype(np.float64)


def _after(activation: Any, rms: float) -> float | None:
    name = getattr(activation, "__name__", None)
    if activation is None or name == "linear":
        return rms
    if name in ("softmax", "log_softmax", "sparsemax"):
        return None
    values = to_numpy(activation(keras.ops.convert_to_tensor(rms * _NODES, "float32")))
    return math.sqrt(float((_WEIGHTS * values**2).sum()))
