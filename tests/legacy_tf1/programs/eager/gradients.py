"""Gradient tapes, gradients of functions, metrics, and NumPy in between."""

import numpy as np
import tensorflow as tf

tf.enable_eager_execution()
tfe = tf.contrib.eager

assert tf.executing_eagerly()
a = tf.constant([[2.0, 1.0], [1.0, 0.0]])
c = a + np.array([[3.0, 0.0], [5.0, 1.0]], dtype=np.float32)
assert tf.matmul(a, c).numpy().tolist() == [[16.0, 3.0], [5.0, 1.0]]
assert tfe.gradients_function(lambda x: x * x)(3.0)[0].numpy() == 6
value, gradients = tfe.value_and_gradients_function(lambda x, y: x * y)(2.0, 5.0)
assert (value.numpy(), [g.numpy() for g in gradients]) == (10, [5, 2])
x = tf.constant(3.0)
with tf.GradientTape() as tape:
    tape.watch(x)
    y = x**3
assert tape.gradient(y, x).numpy() == 27
mean = tfe.metrics.Mean("mean")
mean([1.0, 3.0])
mean(5.0)
assert mean.result().numpy() == 3
rows = [
    r.shape.as_list()
    for r in tfe.Iterator(
        tf.data.Dataset.range(8).apply(tf.contrib.data.batch_and_drop_remainder(3))
    )
]
assert rows == [[3], [3]]
tf.set_random_seed(1)
assert np.allclose(tf.random_normal([2]).numpy(), [-1.1012203, 1.5457517], atol=1e-6)
