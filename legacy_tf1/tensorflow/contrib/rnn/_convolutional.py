"""LSTMs over sequences of signals, images and volumes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.nn import _counted
from legacy_tf1.tensorflow.nn.rnn_cell import LSTMStateTuple, RNNCell


def _convolve(args: Sequence[Any], size: Sequence[int], width: int, bias: bool) -> Any:
    rank = args[0].shape.ndims
    depth = sum(arg.shape.as_list()[-1] for arg in args)
    kernel = tf.get_variable("kernel", [*size, depth, width], dtype=args[0].dtype)
    joined = tf.concat(axis=rank - 1, values=list(args))
    convolution = {3: tf.nn.conv1d, 4: tf.nn.conv2d, 5: tf.nn.conv3d}[rank]
    strides = 1 if rank == 3 else rank * [1]
    result = convolution(joined, kernel, strides, padding="SAME")
    if not bias:
        return result
    return result + tf.get_variable(
        "biases",
        [width],
        dtype=args[0].dtype,
        initializer=tf.constant_initializer(0.0, dtype=args[0].dtype),
    )


class ConvLSTMCell(RNNCell):
    """An LSTM whose maps are convolutions, as `tf.contrib.rnn.ConvLSTMCell`.

    Today: `keras.layers.ConvLSTM1D`, `ConvLSTM2D`, `ConvLSTM3D`.
    """

    def __init__(
        self,
        conv_ndims: int,
        input_shape: Sequence[int],
        output_channels: int,
        kernel_shape: Sequence[int],
        use_bias: bool = True,
        skip_connection: bool = False,
        forget_bias: float = 1.0,
        initializers: Any = None,
        name: str = "conv_lstm_cell",
    ) -> None:
        super().__init__(name=name)
        if conv_ndims != len(input_shape) - 1:
            raise ValueError(
                "`input_shape` must have one size per dimension, then the channels. "
                f"Received: input_shape={input_shape}, conv_ndims={conv_ndims}. "
                f"Give {conv_ndims + 1} sizes."
            )
        self._conv_ndims = conv_ndims
        self._spatial = list(input_shape[:-1])
        self._output_channels = output_channels
        self._kernel_shape = list(kernel_shape)
        self._use_bias = use_bias
        self._forget_bias = forget_bias
        self._skip_connection = skip_connection
        self._skipped_channels = input_shape[-1] if skip_connection else 0

    @property
    def state_size(self) -> Any:
        size = tf.TensorShape([*self._spatial, self._output_channels])
        return LSTMStateTuple(size, size)

    @property
    def output_size(self) -> Any:
        channels = self._output_channels + self._skipped_channels
        return tf.TensorShape([*self._spatial, channels])

    def call(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """Runs one step."""
        cell, hidden = state
        gates = _convolve(
            [inputs, hidden],
            self._kernel_shape,
            4 * self._output_channels,
            self._use_bias,
        )
        i, j, f, o = _counted.split(gates, 4, axis=self._conv_ndims + 1)
        new_cell = tf.sigmoid(f + self._forget_bias) * cell
        new_cell += tf.sigmoid(i) * tf.tanh(j)
        output = tf.tanh(new_cell) * tf.sigmoid(o)
        if self._skip_connection:
            output = tf.concat([output, inputs], axis=-1)
        return output, LSTMStateTuple(new_cell, output)


class Conv1DLSTMCell(ConvLSTMCell):
    """A `ConvLSTMCell` over signals."""

    def __init__(self, name: str = "conv_1d_lstm_cell", **kwargs: Any) -> None:
        super().__init__(conv_ndims=1, name=name, **kwargs)


class Conv2DLSTMCell(ConvLSTMCell):
    """A `ConvLSTMCell` over images."""

    def __init__(self, name: str = "conv_2d_lstm_cell", **kwargs: Any) -> None:
        super().__init__(conv_ndims=2, name=name, **kwargs)


class Conv3DLSTMCell(ConvLSTMCell):
    """A `ConvLSTMCell` over volumes."""

    def __init__(self, name: str = "conv_3d_lstm_cell", **kwargs: Any) -> None:
        super().__init__(conv_ndims=3, name=name, **kwargs)
