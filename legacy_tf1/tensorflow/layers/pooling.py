"""Pooling over one to three axes."""

from __future__ import annotations

from tensorflow.python.layers import pooling

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.layers._functional import Applied, functional


class AveragePooling1D(Applied, pooling.AveragePooling1D):
    """As `tf.layers.AveragePooling1D`; today `tf.keras.layers.AveragePooling1D`."""


class AveragePooling2D(Applied, pooling.AveragePooling2D):
    """As `tf.layers.AveragePooling2D`; today `tf.keras.layers.AveragePooling2D`."""


class AveragePooling3D(Applied, pooling.AveragePooling3D):
    """As `tf.layers.AveragePooling3D`; today `tf.keras.layers.AveragePooling3D`."""


class MaxPooling1D(Applied, pooling.MaxPooling1D):
    """As `tf.layers.MaxPooling1D`; today `tf.keras.layers.MaxPooling1D`."""


class MaxPooling2D(Applied, pooling.MaxPooling2D):
    """As `tf.layers.MaxPooling2D`; today `tf.keras.layers.MaxPooling2D`."""


class MaxPooling3D(Applied, pooling.MaxPooling3D):
    """As `tf.layers.MaxPooling3D`; today `tf.keras.layers.MaxPooling3D`."""


average_pooling1d = functional(pooling.average_pooling1d, AveragePooling1D)
average_pooling2d = functional(pooling.average_pooling2d, AveragePooling2D)
average_pooling3d = functional(pooling.average_pooling3d, AveragePooling3D)
max_pooling1d = functional(pooling.max_pooling1d, MaxPooling1D)
max_pooling2d = functional(pooling.max_pooling2d, MaxPooling2D)
max_pooling3d = functional(pooling.max_pooling3d, MaxPooling3D)

AvgPool2D, MaxPool2D = AveragePooling2D, MaxPooling2D
avg_pool2d, max_pool2d = average_pooling2d, max_pooling2d

__getattr__, __dir__ = _namespace.attach(__name__)
