"""Logistic regression by mini-batches: tumours, benign or malignant."""

import argparse

import numpy as np
import tensorflow as tf
from sklearn.datasets import load_breast_cancer

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--epochs", type=int, default=30)
parser.add_argument("--learning-rate", type=float, default=0.1)
parser.add_argument("--batch-size", type=int, default=64)
options = parser.parse_args()

# A column per example, as in the course; mean and variance are the training set's.
cancer = load_breast_cancer()
random = np.random.RandomState(0)
order = random.permutation(len(cancer.target))
X = cancer.data[order].T
Y = cancer.target[order].reshape(1, -1)
X_train, X_test, Y_train, Y_test = X[:, :455], X[:, 455:], Y[:, :455], Y[:, 455:]
mean = X_train.mean(axis=1, keepdims=True)
deviation = X_train.std(axis=1, keepdims=True)
X_train, X_test = (X_train - mean) / deviation, (X_test - mean) / deviation

x = tf.placeholder(tf.float32, [30, None], name="x")
y = tf.placeholder(tf.float32, [1, None], name="y")
w = tf.get_variable("w", [1, 30], initializer=tf.zeros_initializer())
b = tf.get_variable("b", [1, 1], initializer=tf.zeros_initializer())
z = tf.matmul(w, x) + b
cost = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(logits=z, labels=y))
train = tf.train.GradientDescentOptimizer(options.learning_rate).minimize(cost)
# The score is positive where the probability is above one half.
correct = tf.equal(tf.cast(z > 0, tf.float32), y)
accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))

init = tf.global_variables_initializer()
m = X_train.shape[1]

with tf.Session() as session:
    session.run(init)
    for epoch in range(options.epochs + 1):
        if epoch % 10 == 0 or epoch == options.epochs:
            now = session.run(cost, feed_dict={x: X_train, y: Y_train})
            print(f"cost after {epoch} epochs: {now:.6f}")
        if epoch == options.epochs:
            break
        order = random.permutation(m)
        for start in range(0, m, options.batch_size):
            batch = order[start : start + options.batch_size]
            session.run(train, feed_dict={x: X_train[:, batch], y: Y_train[:, batch]})

    train_accuracy = session.run(accuracy, feed_dict={x: X_train, y: Y_train})
    test_accuracy = session.run(accuracy, feed_dict={x: X_test, y: Y_test})
    print(f"train accuracy: {train_accuracy:.4f}")
    print(f"test accuracy: {test_accuracy:.4f}")
