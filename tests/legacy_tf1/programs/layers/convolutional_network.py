"""The network of many tutorials for digits: two convolutions, dense, dropout."""

import numpy as np
import tensorflow as tf


def network(images, training):
    net = tf.reshape(images, [-1, 28, 28, 1])
    net = tf.layers.conv2d(net, 4, [5, 5], padding="same", activation=tf.nn.relu)
    net = tf.layers.max_pooling2d(net, pool_size=[2, 2], strides=2)
    net = tf.layers.conv2d(net, 8, 5, activation=tf.nn.relu, name="second")
    net = tf.layers.average_pooling2d(net, 2, 2)
    net = tf.layers.flatten(net)
    net = tf.layers.dense(net, 16, activation=tf.nn.relu)
    net = tf.layers.dropout(net, rate=0.4, training=training)
    return tf.layers.dense(net, 10)


tf.set_random_seed(7)
images = tf.placeholder(tf.float32, [None, 784])
training = tf.placeholder(tf.bool)
logits = network(images, training)
assert logits.shape.as_list() == [None, 10]
assert [v.op.name for v in tf.global_variables()][:4] == [
    "conv2d/kernel",
    "conv2d/bias",
    "second/kernel",
    "second/bias",
]

batch = np.linspace(0, 1, 2 * 784).reshape(2, 784)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    trained = sess.run(logits, {images: batch, training: True})
    tested = sess.run(logits, {images: batch, training: False})

# As TensorFlow 1.15.5 prints them; float32 convolutions differ in their last digits.
np.testing.assert_allclose(
    tested[0, :3], [-0.087597035, 0.085541323, -0.041064635], rtol=1e-4
)
np.testing.assert_allclose(
    trained[1, :3], [-0.17259488, 0.012758513, -0.0049346564], rtol=1e-4
)
