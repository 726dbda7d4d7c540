"""As `tf.layers` of TensorFlow 1.15; today `tf.keras.layers`.

TensorFlow 2.21 carries these layers still, without a public name, except for batch
normalization. The functions are its own, without their word on deprecation: TensorFlow
1.15 logged it, and a program of that time cannot act on a `UserWarning`.
"""

import functools
import warnings
from collections.abc import Callable
from typing import Any

from tensorflow.python.layers import base as _base
from tensorflow.python.layers import convolutional as _convolutional
from tensorflow.python.layers import core as _core
from tensorflow.python.layers import pooling as _pooling

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.layers import experimental as experimental
from legacy_tf1.tensorflow.layers.normalization import (
    BatchNormalization as BatchNormalization,
)
from legacy_tf1.tensorflow.layers.normalization import (
    batch_normalization as batch_normalization,
)


def _quietly(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def layer(*args: Any, **kwargs: Any) -> Any:
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", r"`(tf\.layers\.\w+|layer\.apply)` is deprecated", UserWarning
            )
            return function(*args, **kwargs)

    return layer


InputSpec = _base.InputSpec
Layer = _base.Layer

Dense = _core.Dense
Dropout = _core.Dropout
Flatten = _core.Flatten
Conv1D = _convolutional.Conv1D
Conv2D = _convolutional.Conv2D
Conv3D = _convolutional.Conv3D
Conv2DTranspose = _convolutional.Conv2DTranspose
Conv3DTranspose = _convolutional.Conv3DTranspose
SeparableConv1D = _convolutional.SeparableConv1D
SeparableConv2D = _convolutional.SeparableConv2D
AveragePooling1D = _pooling.AveragePooling1D
AveragePooling2D = _pooling.AveragePooling2D
AveragePooling3D = _pooling.AveragePooling3D
MaxPooling1D = _pooling.MaxPooling1D
MaxPooling2D = _pooling.MaxPooling2D
MaxPooling3D = _pooling.MaxPooling3D

dense = _quietly(_core.dense)
dropout = _quietly(_core.dropout)
flatten = _quietly(_core.flatten)
conv1d = _quietly(_convolutional.conv1d)
conv2d = _quietly(_convolutional.conv2d)
conv3d = _quietly(_convolutional.conv3d)
conv2d_transpose = _quietly(_convolutional.conv2d_transpose)
conv3d_transpose = _quietly(_convolutional.conv3d_transpose)
separable_conv1d = _quietly(_convolutional.separable_conv1d)
separable_conv2d = _quietly(_convolutional.separable_conv2d)
average_pooling1d = _quietly(_pooling.average_pooling1d)
average_pooling2d = _quietly(_pooling.average_pooling2d)
average_pooling3d = _quietly(_pooling.average_pooling3d)
max_pooling1d = _quietly(_pooling.max_pooling1d)
max_pooling2d = _quietly(_pooling.max_pooling2d)
max_pooling3d = _quietly(_pooling.max_pooling3d)

__getattr__, __dir__ = _namespace.attach(__name__)
