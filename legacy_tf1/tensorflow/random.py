"""`tf.random`, by TensorFlow 1's rule for seeds."""

from tensorflow.python.framework import random_seed as _random_seed

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow import _operations

get_seed = _random_seed.get_seed
uniform = _operations.random_uniform

__getattr__, __dir__ = _namespace.attach(__name__)
