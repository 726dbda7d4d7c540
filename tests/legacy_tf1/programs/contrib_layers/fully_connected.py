"""Fully connected layers with penalties, on the activations of a flattened image."""

import numpy as np
import tensorflow as tf
from tensorflow.contrib.layers import fully_connected

tf.set_random_seed(42)
images = tf.placeholder(tf.float32, [None, 4, 4, 1])
flat = tf.contrib.layers.flatten(images)
hidden = fully_connected(
    flat,
    8,
    activation_fn=tf.nn.elu,
    weights_initializer=tf.contrib.layers.variance_scaling_initializer(),
    weights_regularizer=tf.contrib.layers.l1_regularizer(0.01),
    scope="hidden",
)
logits = fully_connected(hidden, 3, activation_fn=None, scope="outputs")
penalties = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
assert len(penalties) == 1
assert [v.name for v in tf.trainable_variables()] == [
    "hidden/weights:0",
    "hidden/biases:0",
    "outputs/weights:0",
    "outputs/biases:0",
]
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    batch = np.linspace(-1, 1, 16).reshape(1, 4, 4, 1)
    result = sess.run(logits, {images: batch})
    penalty = sess.run(penalties[0])

# As TensorFlow 1.15.5 prints them, to float32's rounding.
np.testing.assert_allclose(result[0], [-0.6692403, -0.85562074, -1.0689653], rtol=1e-5)
np.testing.assert_allclose(penalty, 0.37406328, rtol=1e-5)
