"""`tf.keras.layers`, and Keras 1's names of layers and arguments.

A layer that is called on a placeholder makes variables of the program's own graph.
"""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf
from tensorflow.python.keras import backend
from tensorflow.python.keras.layers import (
    convolutional as _convolutional,
)
from tensorflow.python.keras.layers import (
    core as _core,
)
from tensorflow.python.keras.layers import (
    embeddings as _embeddings,
)
from tensorflow.python.keras.layers import (
    merge as merging,
)
from tensorflow.python.keras.layers import (
    pooling as _pooling,
)
from tensorflow.python.keras.layers import (
    recurrent as _recurrent,
)
from tensorflow.python.keras.utils import control_flow_util

from legacy_tf1.compat import seeds
from legacy_tf1.tensorflow import _operations
from legacy_tf1.tensorflow.keras import _frozen, _keras_1
from legacy_tf1.tensorflow.keras._noise import (
    AlphaDropout,
    GaussianDropout,
    GaussianNoise,
)
from legacy_tf1.tensorflow.keras._normalization import (
    BatchNormalization,
    LayerNormalization,
)
from legacy_tf1.tensorflow.keras._wrappers import (
    Bidirectional,
    TimeDistributed,
    Wrapper,
)

__all__ = [
    "GRU",
    "LSTM",
    "AlphaDropout",
    "AtrousConvolution2D",
    "AveragePooling1D",
    "AveragePooling2D",
    "BatchNormalization",
    "Bidirectional",
    "Conv1D",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Convolution1D",
    "Convolution2D",
    "CuDNNGRU",
    "CuDNNLSTM",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "LayerNormalization",
    "MaxPooling1D",
    "MaxPooling2D",
    "SimpleRNN",
    "TimeDistributed",
    "TimeDistributedDense",
    "UpSampling2D",
    "Wrapper",
    "merge",
]


class _Counted:
    """A layer that had more operations in TensorFlow 1; first of a layer's bases."""

    _more = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the layer, and counts for the seeds of later random operations."""
        outputs = super().__call__(*args, **kwargs)  # type: ignore[misc]
        if not tf.executing_eagerly():
            seeds.count(self._more)
        return outputs


@_frozen.register
class Dense(_keras_1.Units, _core.Dense):
    """As `tf.keras.layers.Dense`."""


@_frozen.register
class Dropout(_keras_1.Layer, _core.Dropout):
    """As `tf.keras.layers.Dropout`, with its operations; `p` was Keras 1's `rate`."""

    def call(self, inputs: Any, training: Any = None) -> Any:
        """Returns the input, a share of it zero and the rest scaled up while training."""
        if training is None:
            training = backend.learning_phase()
        return control_flow_util.smart_cond(
            training, lambda: self._dropped(inputs), lambda: tf.identity(inputs)
        )

    def _dropped(self, inputs: Any) -> Any:
        # TensorFlow 2's own has fewer operations, and unseeded operations after it take
        # their seeds from how many there are.
        noise_shape = self._get_noise_shape(inputs)
        return _operations.dropout(
            inputs, noise_shape=noise_shape, seed=self.seed, rate=self.rate
        )


@_frozen.register
class Embedding(_Counted, _keras_1.EmbeddingLayer, _embeddings.Embedding):
    """As `tf.keras.layers.Embedding`."""

    _more = 1


@_frozen.register
class Conv1D(_Counted, _keras_1.Layer, _convolutional.Conv1D):
    """As `tf.keras.layers.Conv1D`."""

    _more = 1


@_frozen.register
class Conv2D(_Counted, _keras_1.Layer, _convolutional.Conv2D):
    """As `tf.keras.layers.Conv2D`."""

    _more = 1


@_frozen.register
class Conv3D(_Counted, _keras_1.Layer, _convolutional.Conv3D):
    """As `tf.keras.layers.Conv3D`."""

    _more = 1


@_frozen.register
class Conv2DTranspose(_Counted, _keras_1.Layer, _convolutional.Conv2DTranspose):
    """As `tf.keras.layers.Conv2DTranspose`."""

    _more = 14


@_frozen.register
class UpSampling2D(_Counted, _keras_1.Layer, _convolutional.UpSampling2D):
    """As `tf.keras.layers.UpSampling2D`."""

    _more = 4


@_frozen.register
class Flatten(_Counted, _core.Flatten):
    """As `tf.keras.layers.Flatten`."""

    _more = 6


class Convolution1D(Conv1D):
    """Keras 1's `Conv1D`."""


class Convolution2D(_keras_1.Convolution, Conv2D):
    """Keras 1's `Conv2D`: `Convolution2D(32, 3, 3)` has a kernel of 3 x 3."""


@_frozen.register
class MaxPooling1D(_keras_1.Layer, _pooling.MaxPooling1D):
    """As `tf.keras.layers.MaxPooling1D`."""


@_frozen.register
class MaxPooling2D(_keras_1.Layer, _pooling.MaxPooling2D):
    """As `tf.keras.layers.MaxPooling2D`."""


@_frozen.register
class AveragePooling1D(_keras_1.Layer, _pooling.AveragePooling1D):
    """As `tf.keras.layers.AveragePooling1D`."""


@_frozen.register
class AveragePooling2D(_keras_1.Layer, _pooling.AveragePooling2D):
    """As `tf.keras.layers.AveragePooling2D`."""


class _Recurrent(_keras_1.Units):
    """A recurrent layer whose weights are called `lstm/kernel`, as in TensorFlow 1."""

    cell: Any

    def build(self, input_shape: Any) -> None:
        """Builds the cell in the layer's own scope; later Keras gave it one of its own."""
        first = input_shape[0] if isinstance(input_shape, list) else input_shape
        batch, _, *step = tf.TensorShape(first).as_list()
        if not self.cell.built:
            self.cell.build(tf.TensorShape([batch, *step]))
            self.cell.built = True
        super().build(input_shape)  # type: ignore[misc]


@_frozen.register
class SimpleRNN(_Counted, _Recurrent, _recurrent.SimpleRNN):
    """As `tf.keras.layers.SimpleRNN`."""

    _more = 5


@_frozen.register
class LSTM(_Counted, _Recurrent, _recurrent.LSTM):
    """As `tf.keras.layers.LSTM` of TensorFlow 1, with its hard sigmoid."""

    _more = 13


@_frozen.register
class GRU(_Counted, _Recurrent, _recurrent.GRU):
    """As `tf.keras.layers.GRU` of TensorFlow 1, with its hard sigmoid."""

    _more = 5


@_frozen.register
class CuDNNLSTM(LSTM):
    """As `tf.keras.layers.CuDNNLSTM`, on any device; weights of the program's own shape.

    Today: `keras.layers.LSTM`, which uses cuDNN by itself where it can.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        kwargs.setdefault("recurrent_activation", "sigmoid")
        super().__init__(units, **kwargs)


@_frozen.register
class CuDNNGRU(GRU):
    """As `tf.keras.layers.CuDNNGRU`, on any device.

    Today: `keras.layers.GRU`, which uses cuDNN by itself where it can.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        kwargs.setdefault("recurrent_activation", "sigmoid")
        kwargs.setdefault("reset_after", True)
        super().__init__(units, **kwargs)


def AtrousConvolution2D(  # noqa: N802
    *args: Any, atrous_rate: Any = (1, 1), **kwargs: Any
) -> Any:
    """Keras 1's `Conv2D` with a dilation."""
    return Convolution2D(*args, dilation_rate=atrous_rate, **kwargs)


def TimeDistributedDense(output_dim: int, **kwargs: Any) -> Any:  # noqa: N802
    """Keras 1's `TimeDistributed(Dense(output_dim))`: a `Dense` takes sequences itself."""
    return Dense(output_dim, **kwargs)


_MERGES = {
    "sum": merging.Add,
    "mul": merging.Multiply,
    "ave": merging.Average,
    "max": merging.Maximum,
    "concat": merging.Concatenate,
    "dot": merging.Dot,
}


def merge(
    inputs: Any,
    mode: str = "sum",
    concat_axis: int = -1,
    dot_axes: Any = -1,
    name: str | None = None,
) -> Any:
    """Keras 1's `merge`; today `keras.layers.add`, `concatenate`, `multiply`, ..."""
    if mode not in _MERGES:
        raise ValueError(
            f"`mode` must be one of {', '.join(_MERGES)}. Received: mode={mode!r}. "
            "Functions of one's own are `Lambda` layers."
        )
    options: dict[str, Any] = {"name": name}
    if mode == "concat":
        options["axis"] = concat_axis
    elif mode == "dot":
        options["axes"] = dot_axes
    return _MERGES[mode](**options)(inputs)


_ALIASES = {
    "MaxPool1D": MaxPooling1D,
    "MaxPool2D": MaxPooling2D,
    "AvgPool1D": AveragePooling1D,
    "AvgPool2D": AveragePooling2D,
    "Deconvolution2D": Conv2DTranspose,
}

__getattr__, __dir__ = _frozen.attach(
    __name__,
    "layers",
    "layers.recurrent",
    "layers.core",
    "engine.base_layer_v1",
    also=_ALIASES,
)
