"""The five steps of a TensorFlow program, with the loss (39 - 36)^2."""

import tensorflow as tf

# 1. Create tensors. Nothing is computed yet.
y_hat = tf.constant(36, name="y_hat")
y = tf.constant(39, name="y")

# 2. Write operations between them.
loss = tf.Variable((y - y_hat) ** 2, name="loss")

# 3. Initialize the variables: first the operation that will do it ...
init = tf.global_variables_initializer()

# 4. Create a session.
with tf.Session() as session:
    # 5. Run it: ... here it is done, and here the loss is computed.
    session.run(init)
    print("loss:", session.run(loss))
