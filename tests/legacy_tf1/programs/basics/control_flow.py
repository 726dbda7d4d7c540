"""Conditions, loops, and Python inside the graph."""

import numpy as np
import tensorflow as tf

x = tf.placeholder(tf.float32, [3])
branch = tf.cond(tf.reduce_sum(x) > 0, lambda: x * 2.0, lambda: -x)
count, total = tf.while_loop(
    lambda i, s: tf.less(i, 5),
    lambda i, s: [i + 1, s + tf.to_float(i)],
    [tf.constant(0), tf.constant(0.0)],
)
squares = tf.map_fn(lambda each: each * each, x)
running = tf.scan(lambda a, each: a + each, x)
folded = tf.foldl(lambda a, each: a * each, x)
plus_one = tf.py_func(lambda value: value + np.float32(1), [x], tf.float32)
picked = tf.case([(tf.less(x[0], 0), lambda: tf.constant(1))], lambda: tf.constant(2))
with tf.control_dependencies([tf.assert_equal(tf.size(x), 3)]):
    same = tf.identity(x)
counter = tf.Variable(0)
bump = tf.assign_add(counter, 1)

sess = tf.InteractiveSession()
tf.global_variables_initializer().run()
feed = {x: [1.0, 2.0, 4.0]}
np.testing.assert_array_equal(branch.eval(feed), [2, 4, 8])
np.testing.assert_array_equal(branch.eval({x: [-1.0, -2.0, 0.0]}), [1, 2, 0])
assert sess.run([count, total]) == [5, 10.0]
np.testing.assert_array_equal(squares.eval(feed), [1, 4, 16])
np.testing.assert_array_equal(running.eval(feed), [1, 3, 7])
assert folded.eval(feed) == 8.0
np.testing.assert_array_equal(plus_one.eval(feed), [2, 3, 5])
assert picked.eval(feed) == 2
np.testing.assert_array_equal(same.eval(feed), [1, 2, 4])
for _ in range(3):
    sess.run(bump)
assert counter.eval() == 3
grad = tf.gradients(total * x[0], x)[0]
np.testing.assert_array_equal(grad.eval(feed), [10, 0, 0])
sess.close()
