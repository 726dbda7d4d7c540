"""`tf.keras.initializers`, as TensorFlow's own copy of Keras 2 has them."""

from legacy_tf1.tensorflow.keras import _frozen as _frozen

__getattr__, __dir__ = _frozen.attach(__name__, "initializers")
