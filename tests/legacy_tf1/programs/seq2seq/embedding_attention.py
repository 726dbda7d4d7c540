"""The translation model of lists of symbols, with attention, fed its own outputs."""

import numpy as np
import tensorflow as tf

tf.set_random_seed(4)
encoder_inputs = [tf.constant([1, 2]), tf.constant([3, 4])]
decoder_inputs = [tf.constant([0, 0]), tf.constant([1, 1]), tf.constant([2, 2])]
targets = [tf.constant([1, 2]), tf.constant([3, 4]), tf.constant([0, 0])]
weights = [tf.ones([2]) for _ in targets]
outputs, state = tf.contrib.legacy_seq2seq.embedding_attention_seq2seq(
    encoder_inputs,
    decoder_inputs,
    tf.contrib.rnn.GRUCell(4),
    num_encoder_symbols=5,
    num_decoder_symbols=5,
    embedding_size=3,
    feed_previous=True,
)
loss = tf.contrib.legacy_seq2seq.sequence_loss(outputs, targets, weights)
noise = tf.random_uniform([2])
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    loss_value, first, noise_value = sess.run([loss, outputs[0], noise])
# Values that TensorFlow 1.15.5 prints; kernels differ in the last digits of float32.
np.testing.assert_allclose(loss_value, 1.512256, rtol=1e-5, atol=1e-6)
np.testing.assert_allclose(
    first[0],
    [0.1666035, 0.02442334, -0.2512682, 0.1682321, -0.1724885],
    rtol=1e-5,
    atol=1e-6,
)
np.testing.assert_allclose(noise_value, [0.5402637, 0.674376], rtol=1e-5, atol=1e-6)
