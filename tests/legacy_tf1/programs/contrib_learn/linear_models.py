"""The last layers of tf.contrib.learn.models and parts of learn.ops, in a session."""

import numpy as np
import tensorflow as tf
from tensorflow.contrib import learn
from tensorflow.contrib.learn.python.learn.estimators import rnn_common

x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]])
y = tf.constant([1.0, 2.0, 4.0])
classes = tf.constant([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
tf.set_random_seed(4)
predictions, loss = learn.models.linear_regression_zero_init(x, y)
probabilities, entropy = learn.models.logistic_regression(
    x, classes, init_mean=0.0, init_stddev=0.1
)
train = tf.train.GradientDescentOptimizer(0.01).minimize(loss)

outputs = tf.reshape(tf.range(12.0), [2, 3, 2])
last = rnn_common.select_last_activations(outputs, tf.constant([1, 3]))
all_last = rnn_common.select_last_activations(outputs, None)
kept, labels = rnn_common.mask_activations_and_labels(
    outputs, tf.constant([[1, 2, 3], [4, 5, 6]]), tf.constant([1, 2])
)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    start = sess.run([predictions, loss, probabilities, entropy])
    for _ in range(200):
        sess.run(train)
    trained = sess.run(loss)
    rows = sess.run([last, all_last, kept, labels])

np.testing.assert_allclose(start[0], [0, 0, 0])
np.testing.assert_allclose(start[1], (1 + 4 + 16) / 3, rtol=1e-6)
# As TensorFlow 1.15.5 prints them.
np.testing.assert_allclose(
    start[2],
    [
        [0.39012587, 0.3734073, 0.23646681],
        [0.42282984, 0.38307348, 0.1940967],
        [0.46968552, 0.39537996, 0.13493443],
    ],
    rtol=1e-5,
)
np.testing.assert_allclose([start[3], trained], [1.3012602, 0.02204592], rtol=1e-4)
np.testing.assert_array_equal(rows[0], [[0, 1], [10, 11]])
np.testing.assert_array_equal(rows[1], [[4, 5], [10, 11]])
np.testing.assert_array_equal(rows[2], [[0, 1], [6, 7], [8, 9]])
np.testing.assert_array_equal(rows[3], [1, 4, 5])
