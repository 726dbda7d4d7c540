"""As `tf.layers.experimental` of TensorFlow 1.15."""

from tensorflow.python.layers.base import keras_style_scope as keras_style_scope
from tensorflow.python.layers.base import set_keras_style as set_keras_style

from legacy_tf1.compat import namespace as _namespace

__getattr__, __dir__ = _namespace.attach(__name__)
