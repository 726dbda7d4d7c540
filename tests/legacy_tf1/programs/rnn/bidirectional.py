"""A bidirectional GRU over sequences of several lengths."""

import numpy as np
import tensorflow as tf

tf.set_random_seed(11)
x = tf.constant(np.linspace(-1, 1, 24).reshape(2, 4, 3), tf.float32)
lengths = tf.constant([2, 4])
(fw, bw), (state_fw, state_bw) = tf.nn.bidirectional_dynamic_rnn(
    tf.nn.rnn_cell.GRUCell(2),
    tf.nn.rnn_cell.GRUCell(2),
    x,
    sequence_length=lengths,
    dtype=tf.float32,
)
outputs = tf.concat([fw, bw], 2)
noise = tf.random_normal([2])
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    out, last, noise = sess.run([outputs, state_bw, noise])
assert not out[0, 2:].any(), "steps beyond a sequence's end are zero"
np.testing.assert_array_equal(last, out[:, 0, 2:])
# Values that TensorFlow 1.15.5 prints; kernels differ in the last digits of float32.
np.testing.assert_allclose(
    out[1, 0], [-0.02232813, -0.01606129, 0.03306649, 0.04851352], rtol=1e-5, atol=1e-6
)
np.testing.assert_allclose(
    out[1, 3], [-0.3718043, -0.1070753, -0.0141223, 0.07935443], rtol=1e-5, atol=1e-6
)
np.testing.assert_allclose(noise, [0.6964625, -1.66825], rtol=1e-5, atol=1e-6)
