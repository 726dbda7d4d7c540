"""Learning rates that decay with the global step, clipped gradients, averages."""

import numpy as np
import tensorflow as tf

global_step = tf.Variable(0, trainable=False, name="global_step")
rate = tf.train.exponential_decay(0.1, global_step, 5, 0.5, staircase=True)
other_rates = [
    tf.train.piecewise_constant(global_step, [3, 8], [1.0, 0.5, 0.1]),
    tf.train.polynomial_decay(0.1, global_step, 20, power=2.0),
    tf.train.inverse_time_decay(0.1, global_step, 5, 0.5),
    tf.train.natural_exp_decay(0.1, global_step, 5, 0.5),
    tf.train.cosine_decay(0.1, global_step, 20),
]
w = tf.Variable([3.0, -4.0])
cost = tf.reduce_sum(w * w)
optimizer = tf.train.GradientDescentOptimizer(rate)
gradients, variables = zip(*optimizer.compute_gradients(cost))  # noqa: B905
clipped, norm = tf.clip_by_global_norm(gradients, 5.0)
pairs = zip(clipped, variables)  # noqa: B905 - as it was written then
train = optimizer.apply_gradients(pairs, global_step=global_step)
ema = tf.train.ExponentialMovingAverage(0.9, num_updates=global_step)
with tf.control_dependencies([train]):
    train_and_average = ema.apply([w])

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    first_norm = sess.run(norm)
    for _ in range(12):
        sess.run(train_and_average)
    values = sess.run([rate, w, ema.average(w), *other_rates])
    step = tf.train.global_step(sess, global_step)

assert step == 12
assert first_norm == 10.0
# What TensorFlow 1.15.5 prints; float32, twelve steps.
rates = [values[0], *values[3:]]
expected = [0.025, 0.1, 0.016083999, 0.045454547, 0.03011942, 0.034549147]
np.testing.assert_allclose(rates, expected, rtol=1e-6)
np.testing.assert_allclose(values[1], [0.79937583, -1.0658343], rtol=1e-5)
np.testing.assert_allclose(values[2], [0.8805188, -1.1740249], rtol=1e-5)
