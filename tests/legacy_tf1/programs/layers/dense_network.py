"""Two dense layers, trained by gradient descent; all random numbers from one seed."""

import numpy as np
import tensorflow as tf

tf.set_random_seed(1234)

x = tf.placeholder(tf.float32, [None, 3], name="x")
y = tf.placeholder(tf.float32, [None, 1], name="y")
hidden = tf.layers.dense(x, 4, activation=tf.nn.tanh)
prediction = tf.layers.dense(hidden, 1, name="prediction")
loss = tf.losses.mean_squared_error(y, prediction)
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)

assert [v.name for v in tf.trainable_variables()] == [
    "dense/kernel:0",
    "dense/bias:0",
    "prediction/kernel:0",
    "prediction/bias:0",
]
inputs = np.arange(12, dtype=np.float32).reshape(4, 3) / 12
targets = inputs.sum(axis=1, keepdims=True)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    feed = {x: inputs, y: targets}
    losses = [sess.run([loss, train], feed)[0] for _ in range(20)]

# As TensorFlow 1.15.5 prints them; float32 sums differ in their last digits.
np.testing.assert_allclose(losses[0], 1.1023865, rtol=1e-5)
np.testing.assert_allclose(losses[-1], 0.02496762, rtol=1e-4)
