"""`dynamic_rnn`, and weights drawn after it: their seed counts what it added."""

import numpy as np
import tensorflow as tf

tf.set_random_seed(42)
x = tf.constant(np.linspace(0, 1, 24).reshape(2, 4, 3), tf.float32)
cell = tf.nn.rnn_cell.BasicRNNCell(5)
outputs, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
w = tf.Variable(tf.truncated_normal([5, 2], stddev=0.1))
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    state_value, w_value = sess.run([state, w])
# Values that TensorFlow 1.15.5 prints; kernels differ in the last digits of float32.
np.testing.assert_allclose(
    state_value[0],
    [-0.236747, -0.3062042, -0.3322126, 0.3271963, -0.198798],
    rtol=1e-5,
    atol=1e-6,
)
np.testing.assert_allclose(
    w_value[:, 0],
    [-0.05905952, -0.1636391, 0.01181895, 0.05367211, -0.01984716],
    rtol=1e-5,
    atol=1e-6,
)
