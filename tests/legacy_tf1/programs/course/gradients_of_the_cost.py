"""tf.gradients, compute_gradients, clipping and apply_gradients."""

import numpy as np
import tensorflow as tf

w = tf.Variable([3.0, 4.0])
cost = tf.reduce_sum(w**2)
(gradient,) = tf.gradients(cost, [w])

optimizer = tf.train.GradientDescentOptimizer(learning_rate=0.5)
pairs = optimizer.compute_gradients(cost)
clipped = [(tf.clip_by_norm(g, 1.0), v) for g, v in pairs]
train = optimizer.apply_gradients(clipped)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    assert sess.run(gradient).tolist() == [6.0, 8.0]
    sess.run(train)
    # The gradient has norm 10; clipped to 1 it is (0.6, 0.8).
    assert np.allclose(sess.run(w), [2.7, 3.6], rtol=1e-6)
