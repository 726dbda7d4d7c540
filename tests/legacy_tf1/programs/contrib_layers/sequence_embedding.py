"""Word ids to vectors to a vector for the sentence."""

import numpy as np
import tensorflow as tf

tf.set_random_seed(5)
ids = tf.constant([[1, 2, 3], [3, 3, 0]])
words = tf.contrib.layers.embed_sequence(ids, vocab_size=6, embed_dim=4, scope="words")
again = tf.contrib.layers.embed_sequence(ids, 6, 4, scope="words", reuse=True)
unique = tf.contrib.layers.embed_sequence(
    ids, 6, 4, unique=True, scope="words", reuse=True
)
bag = tf.contrib.layers.bow_encoder(ids, 6, 4, sparse_lookup=False)
normed = tf.contrib.layers.layer_norm(words)
one_hot = tf.contrib.layers.one_hot_encoding([2, 0], 3)
assert [v.op.name for v in tf.trainable_variables()] == [
    "words/embeddings",
    "bow_encoder/embeddings",
    "LayerNorm/beta",
    "LayerNorm/gamma",
]
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    vectors = sess.run(words)
    assert (vectors == sess.run(again)).all()
    assert (vectors == sess.run(unique)).all()
    bags, norms, hot = sess.run([bag, normed, one_hot])

assert hot.tolist() == [[0, 0, 1], [1, 0, 0]]
# As TensorFlow 1.15.5 prints them, to float32's rounding.
np.testing.assert_allclose(
    vectors[0, 0], [0.17921084, 0.4093138, 0.77003956, 0.32870376], rtol=1e-6
)
np.testing.assert_allclose(
    bags[1], [-0.35615209, 0.36907724, 0.33722886, -0.28732643], rtol=1e-5
)
np.testing.assert_allclose(
    norms[1, 0], [-1.199984, 0.9287436, 1.0279394, -0.20933282], rtol=1e-4
)
