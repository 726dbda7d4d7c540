"""`tf.math`, with as many operations as in TensorFlow 1."""

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow import _operations

reduce_all = _operations.reduce_all
reduce_any = _operations.reduce_any
reduce_max = _operations.reduce_max
reduce_mean = _operations.reduce_mean
reduce_min = _operations.reduce_min
reduce_prod = _operations.reduce_prod
reduce_sum = _operations.reduce_sum

__getattr__, __dir__ = _namespace.attach(__name__)
