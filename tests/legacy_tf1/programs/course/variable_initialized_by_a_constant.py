"""The exercise's first cell: constants, a variable of them, init, run."""

import tensorflow as tf

y_hat = tf.constant(36, name="y_hat")
y = tf.constant(39, name="y")
loss = tf.Variable((y - y_hat) ** 2, name="loss")
init = tf.global_variables_initializer()

with tf.Session() as session:
    session.run(init)
    assert session.run(loss) == 9
    assert loss.name == "loss:0"
    assert y_hat.eval() == 36
