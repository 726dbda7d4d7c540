"""L2 by hand and by contrib, and dropout whose keep_prob is fed."""

import numpy as np
import tensorflow as tf

keep_prob = tf.placeholder(tf.float32)
W = tf.get_variable(
    "W",
    [2, 2],
    initializer=tf.constant_initializer([[1.0, 2.0], [3.0, 4.0]]),
    regularizer=tf.contrib.layers.l2_regularizer(0.1),
)
by_hand = 0.1 * tf.nn.l2_loss(W)
collected = tf.add_n(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES))
dropped = tf.nn.dropout(tf.ones([1000]), keep_prob, seed=1)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    assert np.allclose(sess.run([by_hand, collected]), 0.1 * 30 / 2, rtol=1e-6)
    everything = sess.run(dropped, feed_dict={keep_prob: 1.0})
    assert (everything == 1).all()
    half = sess.run(dropped, feed_dict={keep_prob: 0.5})
    assert set(half.tolist()) == {0.0, 2.0}
    # A thousand coins: three standard deviations.
    assert abs(half.mean() - 1) < 0.1
