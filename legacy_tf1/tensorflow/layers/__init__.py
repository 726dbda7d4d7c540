"""As `tf.layers` of TensorFlow 1.15; today `tf.keras.layers`.

TensorFlow 2.21 carries these layers still, without a public name, except for batch
normalization. Here they add as many operations to the graph as they did, since under
`tf.set_random_seed` these are the seeds of all that follows.
"""

from tensorflow.python.layers import base as _base

from legacy_tf1.compat import missing as _missing
from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.layers import convolutional as _convolutional
from legacy_tf1.tensorflow.layers import core as _core
from legacy_tf1.tensorflow.layers import experimental as experimental
from legacy_tf1.tensorflow.layers import normalization as _normalization
from legacy_tf1.tensorflow.layers import pooling as _pooling

InputSpec = _base.InputSpec
Layer = _base.Layer

BatchNormalization = _normalization.BatchNormalization
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

batch_normalization = _normalization.batch_normalization
dense = _core.dense
dropout = _core.dropout
flatten = _core.flatten
conv1d = _convolutional.conv1d
conv2d = _convolutional.conv2d
conv3d = _convolutional.conv3d
conv2d_transpose = _convolutional.conv2d_transpose
conv3d_transpose = _convolutional.conv3d_transpose
separable_conv1d = _convolutional.separable_conv1d
separable_conv2d = _convolutional.separable_conv2d
average_pooling1d = _pooling.average_pooling1d
average_pooling2d = _pooling.average_pooling2d
average_pooling3d = _pooling.average_pooling3d
max_pooling1d = _pooling.max_pooling1d
max_pooling2d = _pooling.max_pooling2d
max_pooling3d = _pooling.max_pooling3d

_namespace.attach(__name__)


def __getattr__(name: str) -> object:
    """Tells what replaces a name; what TensorFlow 2 has here asks for tf-keras."""
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    raise _missing.error(f"tensorflow.layers.{name}", tuple(globals()))
