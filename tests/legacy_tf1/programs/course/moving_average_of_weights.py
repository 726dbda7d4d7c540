"""ExponentialMovingAverage keeps shadows of the weights, corrected by the step."""

import tensorflow as tf

w = tf.Variable(0.0, name="w")
step = tf.Variable(0, trainable=False, name="step")
ema = tf.train.ExponentialMovingAverage(0.9, step)
update = ema.apply([w])

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    average = 0.0
    for t in range(5):
        sess.run([w.assign(t + 1.0), step.assign(t)])
        sess.run(update)
        decay = min(0.9, (1.0 + t) / (10.0 + t))
        average = decay * average + (1 - decay) * (t + 1.0)
        assert abs(sess.run(ema.average(w)) - average) < 1e-5
assert ema.average_name(w) == "w/ExponentialMovingAverage"
