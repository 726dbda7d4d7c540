"""The logistic loss in one line: sigmoid_cross_entropy_with_logits.

It takes logits, that is z and not sigmoid(z), and gives one loss per example; the cost
is their mean.
"""

import numpy as np
import tensorflow as tf

z = tf.placeholder(tf.float32, name="z")
y = tf.placeholder(tf.float32, name="y")
losses = tf.nn.sigmoid_cross_entropy_with_logits(logits=z, labels=y)
cost = tf.reduce_mean(losses)

scores = np.array([0.2, 0.4, 0.7, 0.9])
labels = np.array([0, 0, 1, 1])

with tf.Session() as session:
    values, mean = session.run([losses, cost], feed_dict={z: scores, y: labels})
    print("The scores as logits:", values)
    print("cost:", mean)

    # Two rounds of sigmoid, as the exercise of 2017 had it: nothing warns of it.
    squashed = session.run(tf.sigmoid(scores))
    values, mean = session.run([losses, cost], feed_dict={z: squashed, y: labels})
    print("Their sigmoid as logits:", values)
    print("cost:", mean)
