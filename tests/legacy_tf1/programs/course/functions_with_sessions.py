"""The exercise's way: each function makes a placeholder, runs it and closes."""

import numpy as np
import tensorflow as tf


def sigmoid(z):
    x = tf.placeholder(tf.float32, name="x")
    with tf.Session() as sess:
        return sess.run(tf.sigmoid(x), feed_dict={x: z})


def cost(logits, labels):
    z = tf.placeholder(tf.float32, name="z")
    y = tf.placeholder(tf.float32, name="y")
    losses = tf.nn.sigmoid_cross_entropy_with_logits(logits=z, labels=y)
    sess = tf.Session()
    value = sess.run(losses, feed_dict={z: logits, y: labels})
    sess.close()
    return value


def one_hot_matrix(labels, C):
    C = tf.constant(value=C, name="C")
    matrix = tf.one_hot(labels, C, axis=0)
    sess = tf.Session()
    value = sess.run(matrix)
    sess.close()
    return value


def ones(shape):
    sess = tf.Session()
    value = sess.run(tf.ones(shape))
    sess.close()
    return value


assert sigmoid(0) == 0.5
assert abs(sigmoid(12) - 0.9999938) < 1e-6
published = [0.79813886, 0.91301525, 0.40318605, 0.34115386]
assert np.allclose(cost([0.2, 0.4, 0.7, 0.9], [0, 0, 1, 1]), published, atol=2e-7)
assert (one_hot_matrix([1, 2, 0], 3) == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]).all()
assert ones([3]).tolist() == [1, 1, 1]
