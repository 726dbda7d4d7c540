"""Batch normalization and dropout: one behaviour in training, another at test.

In a graph a placeholder says which it is. The running averages of batch normalization
are updated by operations of their own: the training step must be made to depend on them.
"""

import argparse

import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--keep-prob", type=float, default=0.8)
options = parser.parse_args()

# By hand: zero mean and variance one for each unit, then scale and shift.
tf.set_random_seed(1)
Z = tf.constant(np.random.RandomState(0).normal(3, 2, [256, 2]), tf.float32)
mean, variance = tf.nn.moments(Z, axes=[0])
Z_tilde = tf.nn.batch_normalization(
    Z, mean, variance, offset=[0.0, 5.0], scale=[1.0, 2.0], variance_epsilon=1e-8
)
with tf.Session() as session:
    for title, tensor in (("Z", Z), ("Z tilde", Z_tilde)):
        value = session.run(tensor)
        print(title, "has mean", value.mean(axis=0), "deviation", value.std(axis=0))

    # Inverted dropout: what is kept is divided by keep_prob, the mean stays.
    kept = session.run(tf.nn.dropout(tf.ones([10000]), keep_prob=0.8))
    print("dropout of ones gives", np.unique(kept), "with mean", kept.mean().round(2))

# As layers, in a network for the digits.
tf.reset_default_graph()
tf.set_random_seed(1)

x = tf.placeholder(tf.float32, [None, 64])
y = tf.placeholder(tf.int64, [None])
training = tf.placeholder(tf.bool, name="training")

hidden = tf.layers.dense(x, 64, use_bias=False)
hidden = tf.layers.batch_normalization(hidden, momentum=0.9, training=training)
hidden = tf.nn.relu(hidden)
hidden = tf.layers.dropout(hidden, rate=1 - options.keep_prob, training=training)
logits = tf.layers.dense(hidden, 10)
losses = tf.nn.sparse_softmax_cross_entropy_with_logits(logits=logits, labels=y)
cost = tf.reduce_mean(losses)
correct = tf.equal(tf.argmax(logits, 1), y)
accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))

# Without these the averages stay at 0 and 1, and the test accuracy is poor.
update_ops = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
with tf.control_dependencies(update_ops):
    train = tf.train.AdamOptimizer(0.01).minimize(cost)
print("trained:", [variable.name for variable in tf.trainable_variables()])
print("updates:", len(update_ops))

digits = load_digits()
random = np.random.RandomState(0)
order = random.permutation(len(digits.target))
X, Y = digits.data[order] / 16, digits.target[order]
X_train, X_test, Y_train, Y_test = X[:1440], X[1440:], Y[:1440], Y[1440:]

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for _ in range(options.epochs):
        order = random.permutation(len(X_train))
        for start in range(0, len(X_train), 64):
            batch = order[start : start + 64]
            feed = {x: X_train[batch], y: Y_train[batch], training: True}
            session.run(train, feed_dict=feed)

    feed = {x: X_train, y: Y_train, training: False}
    print(f"train accuracy: {session.run(accuracy, feed_dict=feed):.4f}")
    feed = {x: X_test, y: Y_test, training: False}
    print(f"test accuracy: {session.run(accuracy, feed_dict=feed):.4f}")
    one, again = session.run(cost, feed), session.run(cost, feed)
    print("At test two runs agree:", one == again)
    feed[training] = True
    one, again = session.run(cost, feed), session.run(cost, feed)
    print("In training two runs agree:", one == again)
