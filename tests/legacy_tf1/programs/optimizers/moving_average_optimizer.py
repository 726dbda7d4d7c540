"""An optimizer that keeps averages, and a checkpoint that holds them instead."""

import os
import shutil
import tempfile

import numpy as np
import tensorflow as tf

folder = tempfile.mkdtemp()
try:
    w = tf.get_variable("w", [2], initializer=tf.constant_initializer([1.0, 2.0]))
    loss = tf.reduce_sum(tf.square(w))
    optimizer = tf.contrib.opt.MovingAverageOptimizer(
        tf.train.GradientDescentOptimizer(0.25), average_decay=0.5
    )
    train = optimizer.minimize(loss)
    saver = optimizer.swapping_saver()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(3):
            sess.run(train)
        trained = sess.run(w)
        path = saver.save(sess, os.path.join(folder, "model.ckpt"))
    # Each step halves w; the average goes half the way to it.
    value = average = np.array([1.0, 2.0])
    for _ in range(3):
        value = value / 2
        average = (average + value) / 2
    np.testing.assert_allclose(trained, value, rtol=1e-6)
    reader = tf.train.NewCheckpointReader(path)
    np.testing.assert_allclose(reader.get_tensor("w"), average, rtol=1e-6)
    swapped = reader.get_tensor("w/ExponentialMovingAverage")
    np.testing.assert_allclose(swapped, value, rtol=1e-6)
finally:
    shutil.rmtree(folder)
