"""One network for two inputs: reuse, scopes, and the penalties counted once."""

import tensorflow as tf


def tower(inputs, reuse=None):
    with tf.variable_scope("tower", reuse=reuse):
        penalty = tf.contrib.layers.l2_regularizer(0.5)
        net = tf.layers.dense(inputs, 2, kernel_regularizer=penalty, name="first")
        return tf.layers.dense(net, 1, name="second")


left = tower(tf.ones([1, 3]))
right = tower(tf.ones([1, 3]), reuse=True)
with tf.variable_scope("auto", reuse=tf.AUTO_REUSE):
    layer = tf.layers.Dense(2, name="same")
    a = layer(tf.ones([1, 2]))
    b = layer.apply(tf.ones([1, 2]))
    c = tf.layers.dense(tf.ones([1, 2]), 2, name="same")

names = [v.op.name for v in tf.global_variables()]
assert names == [
    "tower/first/kernel",
    "tower/first/bias",
    "tower/second/kernel",
    "tower/second/bias",
    "auto/same/kernel",
    "auto/same/bias",
], names
assert len(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)) == 1
assert layer.kernel.name == "auto/same/kernel:0"
message = ""
try:
    tower(tf.ones([1, 3]))
except ValueError as error:
    message = str(error)
assert "already exists" in message

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    kernel = sess.run(tf.trainable_variables()[0])
    assert sess.run(left) == sess.run(right)
    assert (sess.run(a) == sess.run(b)).all()
    assert (sess.run(a) == sess.run(c)).all()
    # 0.5 times half the sum of squares; float32 sums differ in their last digits.
    penalty = sess.run(tf.losses.get_regularization_loss())
    assert abs(penalty - 0.25 * (kernel**2).sum()) < 1e-6 * penalty
