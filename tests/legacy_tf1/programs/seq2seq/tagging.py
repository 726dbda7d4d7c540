"""Tags by a conditional random field: likelihood, training and Viterbi's path."""

import itertools

import numpy as np
import tensorflow as tf

tf.set_random_seed(0)
scores = np.array([[[1.0, 0.2], [0.1, 0.3], [0.7, 0.8]]], np.float32)
tags = np.array([[0, 1, 0]])
lengths = np.array([3])
likelihood, transitions = tf.contrib.crf.crf_log_likelihood(
    tf.constant(scores), tf.constant(tags), tf.constant(lengths)
)
train_op = tf.train.GradientDescentOptimizer(1.0).minimize(-tf.reduce_mean(likelihood))
decoded, best = tf.contrib.crf.crf_decode(
    tf.constant(scores), transitions, tf.constant(lengths)
)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    start = sess.run(transitions)
    for _ in range(20):
        sess.run(train_op)
    value, learned, path = sess.run([likelihood, transitions, decoded])
    viterbi, _ = tf.contrib.crf.viterbi_decode(scores[0], learned)


def score(path):
    own = sum(scores[0, t, tag] for t, tag in enumerate(path))
    return own + sum(learned[path[t], path[t + 1]] for t in range(2))


paths = list(itertools.product(range(2), repeat=3))
total = np.log(sum(np.exp(score(path)) for path in paths))
# All eight paths, one by one; float32 rounds at 6e-8 and values are near 1.
np.testing.assert_allclose(value, score((0, 1, 0)) - total, atol=1e-5)
assert viterbi == [0, 1, 0]
np.testing.assert_array_equal(path, tags)
# Values that TensorFlow 1.15.5 prints; kernels differ in the last digits of float32.
np.testing.assert_allclose(
    start.ravel(), [-0.03127253, 0.827473, -0.1311173, -0.8255108], rtol=1e-5, atol=1e-6
)
