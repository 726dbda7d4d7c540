"""A tensor is a promise: printing it shows its name and shape, running it the value."""

import tensorflow as tf

a = tf.constant(2)
b = tf.constant(10)
c = tf.multiply(a, b)
print("c is", c)

with tf.Session() as session:
    print("its value is", session.run(c))

# The value of a placeholder is given when the session runs.
x = tf.placeholder(tf.int64, name="x")
double = 2 * x
print("2x is", double)

with tf.Session() as session:
    print("its value for x = 3 is", session.run(double, feed_dict={x: 3}))
    # Any tensor can be fed; what leads to it is then not computed.
    print("c with a fed as 5 is", session.run(c, feed_dict={a: 5}))
