"""The sigmoid of a number, fed through a placeholder."""

import tensorflow as tf

x = tf.placeholder(tf.float32, name="x")
sigmoid = tf.sigmoid(x)

with tf.Session() as session:
    for z in (-1, 0, 12):
        print(f"sigmoid({z}) =", session.run(sigmoid, feed_dict={x: z}))
