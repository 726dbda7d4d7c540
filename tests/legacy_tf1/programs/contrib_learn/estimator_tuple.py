"""A model function of (features, targets, mode, params) that returns a tuple."""

import numpy as np
import tensorflow as tf
from tensorflow.contrib import learn


def model(features, targets, mode, params):
    w = tf.get_variable("w", [1, 1], initializer=tf.zeros_initializer())
    b = tf.get_variable("b", [1], initializer=tf.zeros_initializer())
    y = tf.reshape(tf.matmul(features["x"], w) + b, [-1])
    loss = None
    train_op = None
    if mode != learn.ModeKeys.INFER:
        loss = tf.reduce_mean(tf.square(y - targets))
    if mode == learn.ModeKeys.TRAIN:
        train_op = tf.group(
            tf.train.GradientDescentOptimizer(params["rate"]).minimize(loss),
            tf.assign_add(tf.train.get_global_step(), 1),
        )
    return learn.ModelFnOps(mode=mode, predictions=y, loss=loss, train_op=train_op)


x = np.array([[1.0], [2.0], [3.0], [4.0]], dtype=np.float32)
y = np.array([0.0, -1.0, -2.0, -3.0], dtype=np.float32)
estimator = learn.Estimator(model_fn=model, params={"rate": 0.01})
train = tf.estimator.inputs.numpy_input_fn(
    {"x": x}, y, 4, num_epochs=None, shuffle=False
)
estimator.fit(input_fn=train, steps=1000)
test = tf.estimator.inputs.numpy_input_fn({"x": x}, y, 4, num_epochs=1, shuffle=False)
result = estimator.evaluate(input_fn=test)
w = b = 0.0
for _ in range(1000):  # the same in NumPy, in float64
    error = w * x[:, 0] + b - y
    w, b = w - 0.02 * np.mean(error * x[:, 0]), b - 0.02 * np.mean(error)
assert abs(result["loss"] - np.mean((w * x[:, 0] + b - y) ** 2)) < 1e-5
assert abs(estimator.get_variable_value("b")[0] - b) < 1e-4
print("ok")
