"""A module of the program's own folder; exact values."""

import tensorflow as tf

import _own_layers
from _own_layers import dense

x = tf.placeholder(tf.float32, [None, 4])
with tf.variable_scope("one"):
    h = dense(x, 3)
with tf.variable_scope("two"):
    y = _own_layers.dense(h, 1)
assert [v.name for v in tf.trainable_variables()] == ["one/W:0", "two/W:0"]
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    # Each of 3 hidden units is 4 * 0.5, their sum times 0.5 is 3.
    assert sess.run(y, {x: [[1, 1, 1, 1]]}).tolist() == [[3.0]]
