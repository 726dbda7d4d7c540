"""Linear regression from seeded weights, with the usual feed_dict loop."""

import numpy as np
import tensorflow as tf

tf.set_random_seed(777)
x_data = [1.0, 2.0, 3.0]
y_data = [1.0, 2.0, 3.0]

X = tf.placeholder(tf.float32, shape=[None])
Y = tf.placeholder(tf.float32, shape=[None])
W = tf.Variable(tf.random_normal([1]), name="weight")
b = tf.Variable(tf.random_normal([1]), name="bias")
hypothesis = X * W + b
cost = tf.reduce_mean(tf.square(hypothesis - Y))
train = tf.train.GradientDescentOptimizer(learning_rate=0.01).minimize(cost)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    start = sess.run([W, b])
    for _ in range(201):
        cost_val, W_val, b_val, _ = sess.run(
            [cost, W, b, train], feed_dict={X: x_data, Y: y_data}
        )

# Values of TensorFlow 1.15.5. The last bits of float32 (6e-8) add up over 200 steps.
np.testing.assert_allclose(start, [[0.80269563], [0.45847914]], rtol=1e-6)
np.testing.assert_allclose(cost_val, 0.011433671, rtol=1e-4)
np.testing.assert_allclose(W_val, [0.87610793], rtol=1e-5)
np.testing.assert_allclose(b_val, [0.28163582], rtol=1e-5)
