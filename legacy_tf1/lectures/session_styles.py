"""Three ways to hold a session: close it, `with`, and InteractiveSession."""

import tensorflow as tf

w = tf.Variable(2.0, name="w")
square = w * w
init = tf.global_variables_initializer()

# 1. A session has memory, and threads, until it is closed.
session = tf.Session()
session.run(init)
print("session.run:", session.run(square))
session.close()

# 2. `with` closes it, also after an error, and makes it the default session.
with tf.Session() as session:
    init.run()
    print("in a with block:", session.run(square), "=", square.eval())

# 3. An interactive session is the default one from the start: for notebooks.
session = tf.InteractiveSession()
init.run()
print("interactive:", square.eval())
session.close()

# Variables belong to their session: what one of them assigns, no other sees.
with tf.Session() as first, tf.Session() as second:
    first.run(init)
    second.run(init)
    first.run(w.assign(10.0))
    print("in two sessions:", first.run(square), "and", second.run(square))

# A closed session runs no more.
try:
    session.run(square)
except RuntimeError as error:
    print("after close:", error)
