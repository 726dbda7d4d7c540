"""Softmax regression by mini-batches: handwritten digits, without a hidden layer."""

import argparse

import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--epochs", type=int, default=30)
parser.add_argument("--learning-rate", type=float, default=0.5)
parser.add_argument("--batch-size", type=int, default=64)
options = parser.parse_args()

# A row per example, TensorFlow's own layout; gray levels 0 to 16 become 0 to 1.
digits = load_digits()
random = np.random.RandomState(0)
order = random.permutation(len(digits.target))
X = digits.data[order] / 16
Y = np.eye(10)[digits.target[order]]
X_train, X_test, Y_train, Y_test = X[:1440], X[1440:], Y[:1440], Y[1440:]

x = tf.placeholder(tf.float32, [None, 64], name="x")
y = tf.placeholder(tf.float32, [None, 10], name="y")
W = tf.Variable(tf.zeros([64, 10]), name="W")
b = tf.Variable(tf.zeros([10]), name="b")
logits = tf.matmul(x, W) + b
losses = tf.nn.softmax_cross_entropy_with_logits_v2(logits=logits, labels=y)
cost = tf.reduce_mean(losses)
train = tf.train.GradientDescentOptimizer(options.learning_rate).minimize(cost)
# Softmax keeps the order of the scores: the largest logit is the likeliest class.
correct = tf.equal(tf.argmax(logits, 1), tf.argmax(y, 1))
accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))

init = tf.global_variables_initializer()

with tf.Session() as session:
    session.run(init)
    for epoch in range(options.epochs + 1):
        if epoch % 10 == 0 or epoch == options.epochs:
            now = session.run(cost, feed_dict={x: X_train, y: Y_train})
            print(f"cost after {epoch} epochs: {now:.6f}")
        if epoch == options.epochs:
            break
        order = random.permutation(len(X_train))
        for start in range(0, len(X_train), options.batch_size):
            batch = order[start : start + options.batch_size]
            session.run(train, feed_dict={x: X_train[batch], y: Y_train[batch]})

    train_accuracy = session.run(accuracy, feed_dict={x: X_train, y: Y_train})
    test_accuracy = session.run(accuracy, feed_dict={x: X_test, y: Y_test})
    print(f"train accuracy: {train_accuracy:.4f}")
    print(f"test accuracy: {test_accuracy:.4f}")
