"""The linear function WX + b of a layer, with random W, X and b."""

import numpy as np
import tensorflow as tf

random = np.random.RandomState(1)
X = tf.constant(random.randn(3, 1), name="X")
W = tf.constant(random.randn(4, 3), name="W")
b = tf.constant(random.randn(4, 1), name="b")
Y = tf.add(tf.matmul(W, X), b)

with tf.Session() as session:
    print("WX + b =")
    print(session.run(Y))
