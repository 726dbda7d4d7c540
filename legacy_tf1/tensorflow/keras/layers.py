"""`tf.keras.layers`, and Keras 1's names of layers and arguments.

A layer that is called on a placeholder makes variables of the program's own graph.
"""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf
from tensorflow.python.keras import backend
from tensorflow.python.keras.layers import (
    convolutional,
    core,
    embeddings,
    merge as merging,
    pooling,
    recurrent,
)
from tensorflow.python.keras.utils import control_flow_util

from legacy_tf1.tensorflow.keras import _frozen, _keras_1
from legacy_tf1.tensorflow.keras._noise import AlphaDropout, GaussianDropout, GaussianNoise
from legacy_tf1.tensorflow.keras._normalization import (
    BatchNormalization,
    LayerNormalization,
)
from legacy_tf1.tensorflow.keras._wrappers import Bidirectional, TimeDistributed, Wrapper

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
    "Convolution1D",
    "Convolution2D",
    "CuDNNGRU",
    "CuDNNLSTM",
    "Dense",
    "Dropout",
    "Embedding",
    "GaussianDropout",
    "GaussianNoise",
    "LayerNormalization",
    "MaxPooling1D",
    "MaxPooling2D",
    "Merge",
    "SimpleRNN",
    "TimeDistributed",
    "TimeDistributedDense",
    "Wrapper",
    "merge",
]


@_frozen.register
class Dense(_keras_1.Units, core.Dense):
    """As `tf.keras.layers.Dense`."""


@_frozen.register
class Dropout(_keras_1.Layer, core.Dropout):
    """As `tf.keras.layers.Dropout`, with its operations; `p` was Keras 1's `rate`."""

    def call(self, inputs: Any, training: Any = None) -> Any:
        """Returns the input, a share of it zero and the rest scaled up while training."""
        if training is None:
            training = backend.learning_phase()
        return control_flow_util.smart_cond(
            training, lambda: self._dropped(inputs), lambda: tf.identity(inputs)
        )

    def _dropped(self, inputs: Any) -> Any:
        # TensorFlow 2's `nn.dropout` has fewer operations, and unseeded operations
        # after it take their seeds from how many there are.
        with tf.name_scope("dropout"):
            rate = tf.convert_to_tensor(self.rate, dtype=inputs.dtype, name="rate")
            shape = self._get_noise_shape(inputs)
            shape = tf.shape(inputs) if shape is None else shape
            random = tf.random_uniform(shape, seed=self.seed, dtype=inputs.dtype)
            scale = 1 / (1 - rate)
            kept = random >= rate
            return inputs * scale * tf.cast(kept, inputs.dtype)


@_frozen.register
class Embedding(_keras_1.EmbeddingLayer, embeddings.Embedding):
    """As `tf.keras.layers.Embedding`."""


@_frozen.register
class Conv1D(_keras_1.Layer, convolutional.Conv1D):
    """As `tf.keras.layers.Conv1D`."""


@_frozen.register
class Conv2D(_keras_1.Layer, convolutional.Conv2D):
    """As `tf.keras.layers.Conv2D`."""


class Convolution1D(Conv1D):
    """Keras 1's `Conv1D`."""


class Convolution2D(_keras_1.Convolution, Conv2D):
    """Keras 1's `Conv2D`: `Convolution2D(32, 3, 3)` has a kernel of 3 x 3."""


@_frozen.register
class MaxPooling1D(_keras_1.Layer, pooling.MaxPooling1D):
    """As `tf.keras.layers.MaxPooling1D`."""


@_frozen.register
class MaxPooling2D(_keras_1.Layer, pooling.MaxPooling2D):
    """As `tf.keras.layers.MaxPooling2D`."""


@_frozen.register
class AveragePooling1D(_keras_1.Layer, pooling.AveragePooling1D):
    """As `tf.keras.layers.AveragePooling1D`."""


@_frozen.register
class AveragePooling2D(_keras_1.Layer, pooling.AveragePooling2D):
    """As `tf.keras.layers.AveragePooling2D`."""


class _Recurrent(_keras_1.Units):
    """A recurrent layer whose weights are called `lstm/kernel`, as in TensorFlow 1."""

    def build(self, input_shape: Any) -> None:
        """Builds the cell in the layer's own scope; later Keras gave it one of its own."""
        first = input_shape[0] if isinstance(input_shape, list) else input_shape
        batch, _, *step = tf.TensorShape(first).as_list()
        if not self.cell.built:
            self.cell.build(tf.TensorShape([batch, *step]))
            self.cell.built = True
        super().build(input_shape)  # type: ignore[misc]


@_frozen.register
class SimpleRNN(_Recurrent, recurrent.SimpleRNN):
    """As `tf.keras.layers.SimpleRNN`."""


@_frozen.register
class LSTM(_Recurrent, recurrent.LSTM):
    """As `tf.keras.layers.LSTM` of TensorFlow 1, with its hard sigmoid."""


@_frozen.register
class GRU(_Recurrent, recurrent.GRU):
    """As `tf.keras.layers.GRU` of TensorFlow 1, with its hard sigmoid."""


@_frozen.register
class CuDNNLSTM(LSTM):
    """As `tf.keras.layers.CuDNNLSTM`, on any device; weights of the program's own shape.

    Today: `keras.layers.LSTM`, which uses cuDNN by itself where it can.
    """

    def __init__(self, units: int, **kwargs: Any):
        kwargs.setdefault("recurrent_activation", "sigmoid")
        super().__init__(units, **kwargs)


@_frozen.register
class CuDNNGRU(GRU):
    """As `tf.keras.layers.CuDNNGRU`, on any device.

    Today: `keras.layers.GRU`, which uses cuDNN by itself where it can.
    """

    def __init__(self, units: int, **kwargs: Any):
        kwargs.setdefault("recurrent_activation", "sigmoid")
        kwargs.setdefault("reset_after", True)
        super().__init__(units, **kwargs)


def AtrousConvolution2D(*args: Any, atrous_rate: Any = (1, 1), **kwargs: Any) -> Any:
    """Keras 1's `Conv2D` with a dilation."""
    return Convolution2D(*args, dilation_rate=atrous_rate, **kwargs)


def TimeDistributedDense(output_dim: int, **kwargs: Any) -> Any:
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


def Merge(layers: Any, mode: str = "sum", concat_axis: int = -1, **kwargs: Any) -> Any:
    """Keras 1's first layer of a `Sequential` that joins other models' outputs.

    Returns a model; it is `add`ed to a `Sequential` as the layer was.
    """
    from legacy_tf1.tensorflow.keras import models

    inputs = [tensor for model in layers for tensor in model.inputs]
    outputs = merge([model.output for model in layers], mode, concat_axis, **kwargs)
    return models.Model(inputs, outputs)


_ALIASES = {
    "MaxPool1D": MaxPooling1D,
    "MaxPool2D": MaxPooling2D,
    "AvgPool1D": AveragePooling1D,
    "AvgPool2D": AveragePooling2D,
    "Deconvolution2D": convolutional.Conv2DTranspose,
}

__getattr__, __dir__ = _frozen.attach(
    __name__,
    "layers",
    "layers.recurrent",
    "layers.core",
    "engine.base_layer_v1",
    also=_ALIASES,
)
