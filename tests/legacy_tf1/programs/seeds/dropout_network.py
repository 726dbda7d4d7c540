"""Two layers with dropout between: each layer's seed counts what is before it."""

import numpy as np
import tensorflow as tf

tf.set_random_seed(1)
x = tf.placeholder(tf.float32, [None, 4])
y = tf.placeholder(tf.float32, [None, 2])
keep_prob = tf.placeholder(tf.float32)

w1 = tf.get_variable("w1", [4, 5], initializer=tf.truncated_normal_initializer())
b1 = tf.Variable(tf.zeros([5]) + 0.1)
hidden = tf.nn.dropout(tf.nn.relu(tf.matmul(x, w1) + b1), keep_prob)
w2 = tf.Variable(tf.random_uniform([5, 2]))
logits = tf.matmul(hidden, w2)
loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=logits))
step = tf.train.AdamOptimizer(0.05).minimize(loss)

inputs = np.linspace(-1, 1, 12).reshape(3, 4)
targets = np.eye(2)[[0, 1, 0]]
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    first = sess.run(w2)[:, 0]
    losses = [
        sess.run([loss, step], {x: inputs, y: targets, keep_prob: 0.5})[0]
        for _ in range(5)
    ]

# Values of TensorFlow 1.15.5; float32, five steps.
np.testing.assert_allclose(
    first, [0.42575455, 0.02454221, 0.90869915, 0.25544834, 0.7414808], rtol=1e-6
)
np.testing.assert_allclose(
    losses, [0.6247881, 0.525942, 0.5891418, 0.43019274, 0.5766658], rtol=1e-5
)
