"""The three layers in the course's layout, and the cost on transposed logits."""

import numpy as np
import tensorflow as tf

X = tf.placeholder(tf.float32, [4, None], name="X")
Y = tf.placeholder(tf.float32, [2, None], name="Y")
random = np.random.RandomState(0)
sizes = [4, 5, 3, 2]
numbers = {}
A = X
for layer in range(1, 4):
    w0 = random.randn(sizes[layer], sizes[layer - 1])
    b0 = random.randn(sizes[layer], 1)
    numbers[layer] = w0, b0
    W = tf.Variable(w0.astype(np.float32))
    b = tf.Variable(b0.astype(np.float32))
    Z = tf.add(tf.matmul(W, A), b)
    A = tf.nn.relu(Z)

logits = tf.transpose(Z)
labels = tf.transpose(Y)
cost = tf.reduce_mean(
    tf.nn.softmax_cross_entropy_with_logits(logits=logits, labels=labels)
)
assert cost.name == "Mean:0"

x, y = random.randn(4, 6), np.eye(2)[random.randint(2, size=6)].T
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    value = sess.run(cost, feed_dict={X: x, Y: y})

a = x
for layer in range(1, 4):
    w0, b0 = numbers[layer]
    z = w0.dot(a) + b0
    a = np.maximum(z, 0)
expected = np.mean(np.log(np.exp(z).sum(axis=0)) - (z * y).sum(axis=0))
assert abs(value - expected) < 1e-5 * abs(expected)  # float32
