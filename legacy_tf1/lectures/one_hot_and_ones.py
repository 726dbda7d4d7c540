"""Class numbers become columns with a single 1; tf.ones makes an array of ones."""

import tensorflow as tf

labels = [1, 2, 3, 0, 2, 1]
C = tf.constant(4, name="C")
# axis 0: a column per example, the course's layout. The default is a row per example.
one_hot = tf.one_hot(labels, C, axis=0)
ones = tf.ones([3])

with tf.Session() as session:
    print("one_hot =")
    print(session.run(one_hot))
    print("ones =", session.run(ones))
