"""One call for step, decay, clipping and summaries: optimize_loss."""

import numpy as np
import tensorflow as tf

x = tf.constant([[1.0], [2.0], [3.0]])
y = 3.0 * x + 1.0
prediction = tf.contrib.layers.linear(
    x, 1, weights_initializer=tf.zeros_initializer(), scope="line"
)
loss = tf.reduce_mean(tf.square(prediction - y))
global_step = tf.contrib.framework.get_or_create_global_step()
train_op = tf.contrib.layers.optimize_loss(
    loss,
    global_step,
    learning_rate=0.1,
    optimizer="Momentum",
    clip_gradients=5.0,
    learning_rate_decay_fn=lambda rate, step: tf.train.exponential_decay(
        rate, step, 10, 0.9, staircase=True
    ),
)
tags = [op.name.rstrip("_1:0") for op in tf.get_collection(tf.GraphKeys.SUMMARIES)]
assert sorted(tags) == [
    "OptimizeLoss/global_norm/clipped_gradient_norm",
    "OptimizeLoss/global_norm/gradient_norm",
    "OptimizeLoss/learning_rate",
    "OptimizeLoss/loss",
], tags
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    losses = [sess.run(train_op) for _ in range(25)]
    assert sess.run(global_step) == 25

# As TensorFlow 1.15.5 prints them, to float32's rounding over 25 steps.
np.testing.assert_allclose(
    losses[::8], [55.0, 15.794304, 4.9544597, 0.61523509], rtol=1e-4
)
