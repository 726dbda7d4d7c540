"""get_variable with Xavier and zeros, in the course's layout (out, in)."""

import numpy as np
import tensorflow as tf

tf.reset_default_graph()
tf.set_random_seed(1)
xavier = tf.contrib.layers.xavier_initializer
W1 = tf.get_variable("W1", [25, 12288], initializer=xavier(seed=1))
b1 = tf.get_variable("b1", [25, 1], initializer=tf.zeros_initializer())
W2 = tf.get_variable("W2", [12, 25], initializer=xavier(seed=1))

assert W1.get_shape().as_list() == [25, 12288]
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    first, zeros, second = sess.run([W1, b1, W2])

# TensorFlow 1.15.5; float32 scaling rounds at 1e-7.
assert np.allclose(first[0, :3], [-0.01962241, -0.02124912, -0.01894845], rtol=1e-6)
assert np.allclose(second[0, :3], [-0.3579591, -0.38763413, -0.34566438], rtol=1e-6)
assert not zeros.any()

refused = ""
try:
    tf.get_variable("W1", [25, 12288])
except ValueError as error:
    refused = str(error)
assert "W1 already exists" in refused
tf.reset_default_graph()
tf.get_variable("W1", [25, 12288])
