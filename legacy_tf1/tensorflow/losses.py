"""`tf.losses`, with as many operations as they had.

TensorFlow 2 makes a range of the dimensions of a scalar, three operations more than
the constant that TensorFlow 1 had. Today: `keras.losses`.
"""

import tensorflow.compat.v1 as _tf

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow import _operations

absolute_difference = _operations.counted(_tf.losses.absolute_difference, -3)
compute_weighted_loss = _operations.counted(_tf.losses.compute_weighted_loss, -3)
cosine_distance = _operations.counted(_tf.losses.cosine_distance, -3)
hinge_loss = _operations.counted(_tf.losses.hinge_loss, -3)
huber_loss = _operations.counted(_tf.losses.huber_loss, -3)
log_loss = _operations.counted(_tf.losses.log_loss, -3)
mean_squared_error = _operations.counted(_tf.losses.mean_squared_error, -3)
sigmoid_cross_entropy = _operations.counted(_tf.losses.sigmoid_cross_entropy, -3)
softmax_cross_entropy = _operations.counted(_tf.losses.softmax_cross_entropy, -3)
sparse_softmax_cross_entropy = _operations.counted(
    _tf.losses.sparse_softmax_cross_entropy, -3
)

__getattr__, __dir__ = _namespace.attach(__name__)
