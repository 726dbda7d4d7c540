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
print(out[1].ravel().tolist(), noise.tolist())
