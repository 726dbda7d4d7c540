"""A sine predicted by a projected cell: `OutputProjectionWrapper`, trained by Adam."""

import numpy as np
import tensorflow as tf

tf.set_random_seed(5)
n_steps = 6
X = tf.placeholder(tf.float32, [None, n_steps, 1])
y = tf.placeholder(tf.float32, [None, n_steps, 1])
cell = tf.contrib.rnn.OutputProjectionWrapper(
    tf.contrib.rnn.BasicRNNCell(num_units=10, activation=tf.nn.relu), output_size=1
)
outputs, states = tf.nn.dynamic_rnn(cell, X, dtype=tf.float32)
loss = tf.reduce_mean(tf.square(outputs - y))
training_op = tf.train.AdamOptimizer(learning_rate=0.01).minimize(loss)
t = np.linspace(0, 5, 4 * (n_steps + 1)).reshape(4, n_steps + 1, 1)
batch = {X: np.sin(t[:, :-1]), y: np.sin(t[:, 1:])}
with tf.Session() as sess:
    tf.global_variables_initializer().run()
    first = loss.eval(batch)
    for _ in range(100):
        sess.run(training_op, feed_dict=batch)
    last = loss.eval(batch)
# The first value is what TensorFlow 1.15.5 prints. Adam's hundred steps add up what
# kernels round differently; it ends at 0.01132 there.
np.testing.assert_allclose(first, 0.97109538, rtol=1e-5)
np.testing.assert_allclose(last, 0.01132087, rtol=0.02)
