"""Luong attention over an encoder, decoded by beam search."""

import numpy as np
import tensorflow as tf

tf.get_variable_scope().set_initializer(tf.random_uniform_initializer(-1, 1, seed=3))
batch, width, vocabulary = 2, 3, 6
embedding = tf.get_variable("embedding", [vocabulary, 4])
encoder_outputs, encoder_state = tf.nn.dynamic_rnn(
    tf.contrib.rnn.BasicLSTMCell(5),
    tf.nn.embedding_lookup(embedding, tf.constant([[1, 2, 3], [4, 5, 0]])),
    sequence_length=[3, 2],
    dtype=tf.float32,
)
memory = tf.contrib.seq2seq.tile_batch(encoder_outputs, multiplier=width)
state = tf.contrib.seq2seq.tile_batch(encoder_state, multiplier=width)
lengths = tf.contrib.seq2seq.tile_batch(tf.constant([3, 2]), multiplier=width)
attention = tf.contrib.seq2seq.LuongAttention(5, memory, lengths)
cell = tf.contrib.seq2seq.AttentionWrapper(
    tf.contrib.rnn.BasicLSTMCell(5), attention, attention_layer_size=5
)
start = cell.zero_state(batch * width, tf.float32).clone(cell_state=state)
decoder = tf.contrib.seq2seq.BeamSearchDecoder(
    cell=cell,
    embedding=embedding,
    start_tokens=tf.fill([batch], 1),
    end_token=0,
    initial_state=start,
    beam_width=width,
    output_layer=tf.layers.Dense(
        vocabulary, kernel_initializer=tf.random_normal_initializer(0, 5, seed=1)
    ),
)
outputs, final, _ = tf.contrib.seq2seq.dynamic_decode(decoder, maximum_iterations=4)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    ids, scores = sess.run([outputs.predicted_ids, final.log_probs])
assert ids.shape == (batch, 4, width)
assert np.all(np.diff(scores, axis=1) <= 0), "the best beam comes first"
# Values that TensorFlow 1.15.5 prints; kernels differ in the last digits of float32.
np.testing.assert_array_equal(
    ids,
    [
        [[0, 3, 4], [0, 0, 3], [0, 0, 0], [0, 0, 0]],
        [[0, 4, 4], [0, 3, 2], [0, 0, 3], [0, 0, 0]],
    ],
)
np.testing.assert_allclose(
    scores,
    [[-0.317446, -3.131169, -3.275889], [-0.187417, -3.138766, -3.839978]],
    rtol=1e-5,
    atol=1e-6,
)
