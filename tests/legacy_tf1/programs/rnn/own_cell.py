"""A cell of one's own, as before the layers had `build`."""

import numpy as np
import tensorflow as tf


class LeakyCell(tf.nn.rnn_cell.RNNCell):
    def __init__(self, num_units, leak):
        self._num_units = num_units
        self._leak = leak

    @property
    def state_size(self):
        return self._num_units

    @property
    def output_size(self):
        return self._num_units

    def __call__(self, inputs, state, scope=None):
        with tf.variable_scope(scope or type(self).__name__):
            w = tf.get_variable(
                "w",
                [inputs.get_shape()[1], self._num_units],
                initializer=tf.ones_initializer(),
            )
            new = self._leak * state + tf.matmul(inputs, w)
        return new, new


x = np.arange(6, dtype=np.float32).reshape(1, 3, 2)
outputs, state = tf.nn.dynamic_rnn(LeakyCell(1, 0.5), x, dtype=tf.float32)
assert [v.name for v in tf.global_variables()] == ["rnn/LeakyCell/w:0"]
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    values = sess.run(outputs)
# Sums of the inputs are 1, 5, 9; each is added to half of what was before. Exact.
np.testing.assert_array_equal(values.ravel(), [1.0, 5.5, 11.75])
