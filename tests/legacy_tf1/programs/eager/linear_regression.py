"""Linear regression with implicit gradients."""

import numpy as np
import tensorflow as tf

tf.enable_eager_execution()
tfe = tf.contrib.eager

train_x = np.array([3.3, 4.4, 5.5, 6.71, 6.93, 4.168], dtype=np.float32)
train_y = np.array([1.7, 2.76, 2.09, 3.19, 1.694, 1.573], dtype=np.float32)
W = tfe.Variable(0.5)
b = tfe.Variable(-0.5)


def mean_square(model, inputs, labels):
    return tf.reduce_sum(tf.pow(model(inputs) - labels, 2)) / (2 * len(train_x))


def line(inputs):
    return inputs * W + b


optimizer = tf.train.GradientDescentOptimizer(learning_rate=0.01)
grad = tfe.implicit_gradients(mean_square)
for _step in range(100):
    optimizer.apply_gradients(grad(line, train_x, train_y))
print(W.numpy(), b.numpy())

# The same 100 steps by hand
w, c = 0.5, -0.5
for _step in range(100):
    error = w * train_x.astype(float) + c - train_y
    w, c = w - 0.01 * (error * train_x).mean(), c - 0.01 * error.mean()
assert np.allclose([W.numpy(), b.numpy()], [w, c], atol=1e-5)
