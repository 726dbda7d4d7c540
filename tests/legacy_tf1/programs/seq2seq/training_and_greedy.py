"""A decoder trained on given inputs, and run greedily with the same weights."""

import numpy as np
import tensorflow as tf
from tensorflow.python.layers.core import Dense

tf.set_random_seed(1)
vocabulary, units, batch = 5, 8, 3
sources = tf.constant([[1, 2, 3], [3, 2, 1], [2, 2, 2]])
targets = tf.constant([[3, 2, 4], [1, 2, 4], [2, 4, 4]])
lengths = tf.constant([3, 3, 2])
embedding = tf.get_variable("embedding", [vocabulary, 6])
_, state = tf.nn.dynamic_rnn(
    tf.nn.rnn_cell.GRUCell(units),
    tf.nn.embedding_lookup(embedding, sources),
    dtype=tf.float32,
)
go = tf.fill([batch, 1], 0)
given = tf.concat([go, targets[:, :-1]], 1)
projection = Dense(vocabulary)


def decode(helper, reuse):
    with tf.variable_scope("decode", reuse=reuse):
        cell = tf.contrib.rnn.GRUCell(units)
        decoder = tf.contrib.seq2seq.BasicDecoder(cell, helper, state, projection)
        outputs, _, _ = tf.contrib.seq2seq.dynamic_decode(decoder, maximum_iterations=3)
    return outputs


training = decode(
    tf.contrib.seq2seq.TrainingHelper(
        tf.nn.embedding_lookup(embedding, given), lengths
    ),
    None,
)
predicted = decode(
    tf.contrib.seq2seq.GreedyEmbeddingHelper(embedding, tf.fill([batch], 0), 4), True
)
masks = tf.sequence_mask(lengths, 3, dtype=tf.float32)
cost = tf.contrib.seq2seq.sequence_loss(training.rnn_output, targets, masks)
optimizer = tf.train.AdamOptimizer(0.1)
step = optimizer.minimize(cost)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    first = sess.run(cost)
    for _ in range(60):
        sess.run(step)
    last, ids = sess.run([cost, predicted.sample_id])
# Values that TensorFlow 1.15.5 prints; kernels differ in the last digits of float32.
np.testing.assert_allclose(first, 1.5537686, rtol=1e-5, atol=1e-6)
assert last < 0.05
np.testing.assert_array_equal(ids[:2], [[3, 2, 4], [1, 2, 4]])
np.testing.assert_array_equal(ids[2, :2], [2, 4])
