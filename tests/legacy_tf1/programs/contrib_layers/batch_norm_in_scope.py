"""Batch normalization as normalizer_fn, its arguments from arg_scope."""

import numpy as np
import tensorflow as tf
from tensorflow.contrib.framework import arg_scope
from tensorflow.contrib.layers import batch_norm, fully_connected

tf.set_random_seed(3)
x = tf.placeholder(tf.float32, [None, 4])
is_training = tf.placeholder(tf.bool, shape=())
params = {
    "is_training": is_training,
    "decay": 0.9,
    "updates_collections": None,
    "scale": True,
}
with arg_scope([fully_connected], normalizer_fn=batch_norm, normalizer_params=params):
    hidden = fully_connected(x, 3, scope="hidden")
    outputs = fully_connected(hidden, 1, activation_fn=None, scope="outputs")

assert tf.get_collection(tf.GraphKeys.UPDATE_OPS) == []
names = [v.op.name for v in tf.global_variables()]
assert "hidden/biases" not in names
assert "hidden/BatchNorm/moving_mean" in names
assert "hidden/BatchNorm/gamma" in [v.op.name for v in tf.trainable_variables()]
batch = np.arange(12.0).reshape(3, 4) % 5
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    # The moving averages follow while the outputs are computed.
    for _ in range(2):
        trained = sess.run(outputs, {x: batch, is_training: True})
    tested = sess.run(outputs, {x: batch, is_training: False})

# As TensorFlow 1.15.5 prints them, to float32's rounding.
np.testing.assert_allclose(
    trained[:, 0], [-0.99165809, -0.37621769, 1.3678757], rtol=1e-4
)
np.testing.assert_allclose(tested[:, 0], [0.31865978, 2.3896878, 3.4013362], rtol=1e-4)
