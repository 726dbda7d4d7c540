"""Stacked LSTMs with dropout between, run step by step from `zero_state`."""

import numpy as np
import tensorflow as tf

tf.set_random_seed(3)
batch_size, num_steps, hidden = 2, 3, 4
keep_prob = tf.placeholder_with_default(0.75, [])


def lstm_cell():
    lstm = tf.contrib.rnn.BasicLSTMCell(hidden, state_is_tuple=True)
    return tf.contrib.rnn.DropoutWrapper(lstm, output_keep_prob=keep_prob)


cell = tf.contrib.rnn.MultiRNNCell([lstm_cell() for _ in range(2)])
initial_state = state = cell.zero_state(batch_size, tf.float32)
inputs = tf.constant(np.linspace(-2, 2, 24).reshape(2, 3, 4), tf.float32)
outputs = []
with tf.variable_scope("RNN"):
    for time_step in range(num_steps):
        if time_step > 0:
            tf.get_variable_scope().reuse_variables()
        output, state = cell(inputs[:, time_step, :], state)
        outputs.append(output)
assert [v.name for v in tf.trainable_variables()] == [
    "RNN/multi_rnn_cell/cell_0/basic_lstm_cell/kernel:0",
    "RNN/multi_rnn_cell/cell_0/basic_lstm_cell/bias:0",
    "RNN/multi_rnn_cell/cell_1/basic_lstm_cell/kernel:0",
    "RNN/multi_rnn_cell/cell_1/basic_lstm_cell/bias:0",
]
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    last, final = sess.run([outputs[-1], state])
    assert sess.run(initial_state)[1].c.shape == (2, 4)
# Values that TensorFlow 1.15.5 prints; kernels differ in the last digits of float32.
np.testing.assert_allclose(
    last.ravel(),
    [
        0.01149076,
        0.001285197,
        -0.02203744,
        0.01745122,
        0.0,
        -0.05195517,
        -0.02280795,
        0.07092464,
    ],
    rtol=1e-5,
    atol=1e-6,
)
np.testing.assert_allclose(
    final[1].h[0],
    [0.00861807, 0.0009638974, -0.01652808, 0.01308841],
    rtol=1e-5,
    atol=1e-6,
)
