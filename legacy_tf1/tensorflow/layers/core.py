"""Dense, dropout and flatten."""

from __future__ import annotations

import math
from typing import Any

import tensorflow.compat.v1 as tf
from tensorflow.python.layers import core

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.compat import seeds
from legacy_tf1.tensorflow import _operations
from legacy_tf1.tensorflow.layers._branches import smart_cond
from legacy_tf1.tensorflow.layers._functional import Applied, functional


class Dense(Applied, core.Dense):
    """As `tf.layers.Dense` of TensorFlow 1.15; today `tf.keras.layers.Dense`."""

    def call(self, inputs: Any) -> Any:
        """Multiplies by the kernel over the last axis, adds the bias, activates."""
        if inputs.shape.ndims is not None and inputs.shape.ndims > 2:
            # tf.tensordot transposed and reshaped the kernel, though to no effect, and
            # transposed inputs whose shape is known.
            seeds.count(6 if inputs.shape.is_fully_defined() else 4)
        return super().call(inputs)


class Dropout(Applied, core.Dropout):
    """As `tf.layers.Dropout` of TensorFlow 1.15; today `tf.keras.layers.Dropout`."""

    def call(self, inputs: Any, training: Any = False) -> Any:
        """Drops units where training, and makes up for it in those that are kept."""
        return smart_cond(
            training,
            lambda: _operations.dropout(
                inputs,
                noise_shape=self._get_noise_shape(inputs),
                seed=self.seed,
                rate=self.rate,
            ),
            lambda: tf.identity(inputs),
        )


class Flatten(Applied, core.Flatten):
    """As `tf.layers.Flatten` of TensorFlow 1.15; today `tf.keras.layers.Flatten`."""

    def call(self, inputs: Any) -> Any:
        """Keeps the first axis and makes one of the others."""
        rank = inputs.shape.ndims
        if self.data_format == "channels_first" and rank is not None and rank > 1:
            inputs = tf.transpose(inputs, [0, *range(2, rank), 1])
        # TensorFlow 2 needs no more than [-1, size] where the size is known. Not so
        # TensorFlow 1, whose seven operations are part of the seeds that follow.
        batch = inputs.shape.dims[0].value if rank else None
        outputs = tf.reshape(inputs, (batch or tf.shape(inputs)[0], -1))
        sizes = inputs.shape.as_list()[1:] if rank else [None]
        outputs.set_shape([batch, None if None in sizes else math.prod(sizes)])
        return outputs


dense = functional(core.dense, Dense)
dropout = functional(core.dropout, Dropout)
flatten = functional(core.flatten, Flatten)

FullyConnected, fully_connected = Dense, dense

__getattr__, __dir__ = _namespace.attach(__name__)
