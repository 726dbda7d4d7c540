"""The course's epochs: a seed that grows, shuffled columns, a shorter last batch."""

import math

import numpy as np
import tensorflow as tf


def random_mini_batches(X, Y, mini_batch_size=64, seed=0):
    m = X.shape[1]
    np.random.seed(seed)  # noqa: NPY002
    permutation = list(np.random.permutation(m))  # noqa: NPY002
    shuffled_X = X[:, permutation]
    shuffled_Y = Y[:, permutation].reshape((Y.shape[0], m))
    batches = []
    for k in range(math.ceil(m / mini_batch_size)):
        columns = slice(k * mini_batch_size, (k + 1) * mini_batch_size)
        batches.append((shuffled_X[:, columns], shuffled_Y[:, columns]))
    return batches


random = np.random.RandomState(0)
X_train = random.randn(3, 200)
Y_train = np.array([[2.0, -1.0, 0.5]]).dot(X_train) + 1
X = tf.placeholder(tf.float32, [3, None])
Y = tf.placeholder(tf.float32, [1, None])
W = tf.Variable(tf.zeros([1, 3]))
b = tf.Variable(tf.zeros([1, 1]))
cost = tf.reduce_mean(tf.square(tf.matmul(W, X) + b - Y))
optimizer = tf.train.AdamOptimizer(learning_rate=0.05).minimize(cost)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    seed = 3
    for _ in range(40):
        epoch_cost = 0.0
        seed = seed + 1
        minibatches = random_mini_batches(X_train, Y_train, 64, seed)
        assert [x.shape[1] for x, _ in minibatches] == [64, 64, 64, 8]
        for batch_x, batch_y in minibatches:
            _, c = sess.run([optimizer, cost], feed_dict={X: batch_x, Y: batch_y})
            epoch_cost += c / len(minibatches)
    assert np.allclose(sess.run(W), [[2, -1, 0.5]], atol=0.05)
    assert abs(sess.run(b)[0, 0] - 1) < 0.05
    assert epoch_cost < 0.01
