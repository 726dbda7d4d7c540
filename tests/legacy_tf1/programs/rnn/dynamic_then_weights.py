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
print(state_value.ravel().tolist(), w_value.ravel().tolist())
