"""Coefficients come in through a placeholder: one graph minimizes any parabola.

A placeholder is an input of the graph. It holds nothing: each run must feed it, as
each step of mini-batch gradient descent feeds the next mini-batch.
"""

import numpy as np
import tensorflow as tf

x = tf.placeholder(tf.float32, [3, 1])
w = tf.Variable(0, dtype=tf.float32)
cost = x[0][0] * w**2 + x[1][0] * w + x[2][0]
train = tf.train.GradientDescentOptimizer(0.01).minimize(cost)

init = tf.global_variables_initializer()

for coefficients in ([[1.0], [-10.0], [25.0]], [[1.0], [-20.0], [100.0]]):
    data = np.array(coefficients)
    with tf.Session() as session:
        session.run(init)
        print("Coefficients", data.ravel().tolist())

        session.run(train, feed_dict={x: data})
        print("w after one step:", session.run(w))

        for _ in range(1000):
            session.run(train, feed_dict={x: data})
        print("w after 1000 more:", session.run(w))

try:
    with tf.Session() as session:
        session.run(init)
        session.run(cost)
except tf.errors.InvalidArgumentError:
    print("Without feed_dict: the placeholder has no value")
