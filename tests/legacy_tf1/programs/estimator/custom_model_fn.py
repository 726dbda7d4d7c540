"""A model function of its own: train, evaluate, predict, and go on from the checkpoint."""

import numpy as np
import tensorflow as tf

x = np.linspace(-2, 2, 40).astype(np.float32)
y = 2 * x + 1


def model_fn(features, labels, mode, params):
    w = tf.get_variable("w", [], initializer=tf.zeros_initializer())
    b = tf.get_variable("b", [], initializer=tf.zeros_initializer())
    predictions = w * features["x"] + b
    if mode == tf.estimator.ModeKeys.PREDICT:
        return tf.estimator.EstimatorSpec(mode, predictions={"y": predictions})
    loss = tf.losses.mean_squared_error(labels, predictions)
    metrics = {"mae": tf.metrics.mean_absolute_error(labels, predictions)}
    if mode == tf.estimator.ModeKeys.EVAL:
        return tf.estimator.EstimatorSpec(mode, loss=loss, eval_metric_ops=metrics)
    optimizer = tf.train.GradientDescentOptimizer(params["learning_rate"])
    train_op = optimizer.minimize(loss, global_step=tf.train.get_global_step())
    return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train_op)


train_input = tf.estimator.inputs.numpy_input_fn(
    {"x": x}, y, batch_size=40, num_epochs=None, shuffle=False
)
test_input = tf.estimator.inputs.numpy_input_fn(
    {"x": x}, y, batch_size=8, shuffle=False
)
estimator = tf.estimator.Estimator(model_fn, params={"learning_rate": 0.1})
estimator.train(train_input, steps=10)
first = estimator.evaluate(test_input)
# Gradient descent on all 40 points, written in NumPy.
w = b = 0.0
for _ in range(10):
    error = w * x + b - y
    w, b = w - 0.2 * np.mean(error * x), b - 0.2 * np.mean(error)
assert abs(estimator.get_variable_value("w") - w) < 1e-5
assert abs(first["mae"] - np.mean(np.abs(w * x + b - y))) < 1e-5
assert first["global_step"] == 10
estimator.train(train_input, max_steps=60)
assert sorted(estimator.get_variable_names()) == ["b", "global_step", "w"]
last = estimator.evaluate(test_input)
assert last["global_step"] == 60
assert last["loss"] < 1e-3 < first["loss"]
predictions = [p["y"] for p in estimator.predict(test_input)]
assert len(predictions) == 40
assert abs(predictions[0] + 3) < 0.05
print("ok")
