"""Gradient descent finds the lowest point of w^2 - 10w + 25.

The cost is (w - 5)^2, so w must come out as 5. Only the cost is written down: the
derivative, 2w - 10, is TensorFlow's work.
"""

import tensorflow as tf

# With functions ...
w = tf.Variable(0, dtype=tf.float32)
cost = tf.add(tf.add(w**2, tf.multiply(-10.0, w)), 25.0)
train = tf.train.GradientDescentOptimizer(0.01).minimize(cost)

init = tf.global_variables_initializer()
session = tf.Session()
session.run(init)
print("With tf.add and tf.multiply")
print("w at the start:", session.run(w))

session.run(train)
print("w after one step:", session.run(w))

for _ in range(1000):
    session.run(train)
print("w after 1000 more:", session.run(w))
session.close()

# ... and with operators, which TensorFlow overloads: the same graph, the same numbers.
w = tf.Variable(0, dtype=tf.float32)
cost = w**2 - 10 * w + 25
train = tf.train.GradientDescentOptimizer(0.01).minimize(cost)

init = tf.global_variables_initializer()
session = tf.Session()
session.run(init)
print("With operators")
print("w at the start:", session.run(w))

session.run(train)
print("w after one step:", session.run(w))

for _ in range(1000):
    session.run(train)
print("w after 1000 more:", session.run(w))
session.close()
