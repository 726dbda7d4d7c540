"""A digit read row by row by an LSTM, and its last output classified."""

import numpy as np
import tensorflow as tf
from tensorflow.contrib import rnn

tf.set_random_seed(1)
timesteps, num_input, num_hidden, num_classes = 7, 4, 8, 3
X = tf.placeholder("float", [None, timesteps, num_input])
Y = tf.placeholder("float", [None, num_classes])
weights = {"out": tf.Variable(tf.random_normal([num_hidden, num_classes]))}
biases = {"out": tf.Variable(tf.random_normal([num_classes]))}


def network(x, weights, biases):
    x = tf.unstack(x, timesteps, 1)
    lstm_cell = rnn.BasicLSTMCell(num_hidden, forget_bias=1.0)
    outputs, _ = rnn.static_rnn(lstm_cell, x, dtype=tf.float32)
    return tf.matmul(outputs[-1], weights["out"]) + biases["out"]


logits = network(X, weights, biases)
loss_op = tf.reduce_mean(
    tf.nn.softmax_cross_entropy_with_logits(logits=logits, labels=Y)
)
train_op = tf.train.GradientDescentOptimizer(0.5).minimize(loss_op)

batch_x = np.linspace(-1, 1, 6 * 28).reshape(6, timesteps, num_input)
batch_y = np.eye(3)[[0, 1, 2, 0, 1, 2]]
losses = []
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(5):
        losses.append(sess.run(loss_op, feed_dict={X: batch_x, Y: batch_y}))
        sess.run(train_op, feed_dict={X: batch_x, Y: batch_y})
# Values that TensorFlow 1.15.5 prints; kernels differ in the last digits of float32.
np.testing.assert_allclose(
    losses,
    [1.1844097, 1.0975994, 1.0398453, 1.0124338, 0.9934533],
    rtol=1e-5,
    atol=1e-6,
)
