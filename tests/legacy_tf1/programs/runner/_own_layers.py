"""A module beside a program, which is TensorFlow 1 too."""

import tensorflow as tf


def dense(x, units):
    W = tf.get_variable("W", [x.get_shape()[1].value, units], tf.float32,
                        tf.constant_initializer(0.5))
    return tf.matmul(x, W)
