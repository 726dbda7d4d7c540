"""A language model over lists of steps: `legacy_seq2seq` decoder, loss, clipped steps."""

import numpy as np
import tensorflow as tf
from tensorflow.contrib import legacy_seq2seq, rnn

tf.set_random_seed(2)
batch, steps, size, vocabulary = 2, 4, 6, 5
input_data = tf.placeholder(tf.int32, [batch, steps])
targets = tf.placeholder(tf.int32, [batch, steps])
cell = rnn.MultiRNNCell([rnn.BasicLSTMCell(size) for _ in range(2)])
initial_state = cell.zero_state(batch, tf.float32)
with tf.variable_scope("rnnlm"):
    softmax_w = tf.get_variable("softmax_w", [size, vocabulary])
    softmax_b = tf.get_variable("softmax_b", [vocabulary])
    embedding = tf.get_variable("embedding", [vocabulary, size])
    inputs = tf.split(tf.nn.embedding_lookup(embedding, input_data), steps, 1)
    inputs = [tf.squeeze(step, [1]) for step in inputs]
outputs, last_state = legacy_seq2seq.rnn_decoder(
    inputs, initial_state, cell, scope="rnnlm"
)
output = tf.reshape(tf.concat(outputs, 1), [-1, size])
logits = tf.matmul(output, softmax_w) + softmax_b
loss = legacy_seq2seq.sequence_loss_by_example(
    [logits], [tf.reshape(targets, [-1])], [tf.ones([batch * steps])]
)
cost = tf.reduce_sum(loss) / batch / steps
tvars = tf.trainable_variables()
grads, norm = tf.clip_by_global_norm(tf.gradients(cost, tvars), 5.0)
train_op = tf.train.GradientDescentOptimizer(1.0).apply_gradients(zip(grads, tvars))  # noqa: B905
x = np.array([[0, 1, 2, 3], [3, 2, 1, 0]])
y = np.array([[1, 2, 3, 4], [2, 1, 0, 4]])
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    state = sess.run(initial_state)
    costs = []
    for _ in range(4):
        feed = {input_data: x, targets: y}
        for (c, h), value in zip(initial_state, state):  # noqa: B905
            feed[c], feed[h] = value.c, value.h
        value, state, _ = sess.run([cost, last_state, train_op], feed)
        costs.append(float(value))
# Values that TensorFlow 1.15.5 prints; kernels differ in the last digits of float32.
np.testing.assert_allclose(
    costs, [1.654133, 1.603145, 1.573467, 1.561975], rtol=1e-5, atol=1e-6
)
