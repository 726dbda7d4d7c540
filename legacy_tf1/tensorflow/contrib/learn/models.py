"""`tf.contrib.learn.models`: a last layer with its loss; today `keras.layers.Dense`."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.contrib.learn import ops

__all__ = [
    "linear_regression",
    "linear_regression_zero_init",
    "logistic_regression",
    "logistic_regression_zero_init",
]


def linear_regression(
    x: Any, y: Any, init_mean: float | None = None, init_stddev: float = 1.0
) -> tuple[Any, Any]:
    """As `tf.contrib.learn.models.linear_regression`: predictions and squared error.

    Args:
        x: (batch, features).
        y: (batch,) or (batch, outputs).
        init_mean: Of the normal numbers that weights and biases start with; by the
            scope's initializer if None.
        init_stddev: Their standard deviation.
    """
    with tf.variable_scope("linear_regression"):
        width = 1 if len(y.shape) == 1 else y.shape[1]
        weights, bias = _variables(x, y, width, init_mean, init_stddev)
        return ops.mean_squared_error_regressor(x, y, weights, bias)


def linear_regression_zero_init(x: Any, y: Any) -> tuple[Any, Any]:
    """`linear_regression` that starts with zeros."""
    return linear_regression(x, y, init_mean=0.0, init_stddev=0.0)


def logistic_regression(
    x: Any,
    y: Any,
    class_weight: Any = None,
    init_mean: float | None = None,
    init_stddev: float = 1.0,
) -> tuple[Any, Any]:
    """As `tf.contrib.learn.models.logistic_regression`: probabilities, cross-entropy.

    Args:
        x: (batch, features).
        y: (batch, classes), one-hot.
        class_weight: Of each class; the graph's tensor `class_weight:0` if None.
        init_mean: As in `linear_regression`.
        init_stddev: As in `linear_regression`.
    """
    with tf.variable_scope("logistic_regression"):
        weights, bias = _variables(x, y, y.shape[-1], init_mean, init_stddev)
        if class_weight is None:
            try:
                graph = tf.get_default_graph()
                class_weight = graph.get_tensor_by_name("class_weight:0")
            except KeyError:
                pass
        return ops.softmax_classifier(x, y, weights, bias, class_weight)


def logistic_regression_zero_init(x: Any, y: Any) -> tuple[Any, Any]:
    """`logistic_regression` that starts with zeros."""
    return logistic_regression(x, y, init_mean=0.0, init_stddev=0.0)


def _variables(
    x: Any, y: Any, width: Any, mean: float | None, stddev: float
) -> tuple[Any, Any]:
    scope, dtype = tf.get_variable_scope().name, x.dtype.base_dtype
    tf.summary.histogram(f"{scope}.x", x)
    tf.summary.histogram(f"{scope}.y", y)

    def start() -> Any:
        if mean is None:
            return None
        return tf.random_normal_initializer(mean, stddev, dtype=dtype)

    weights = tf.get_variable(
        "weights", [x.shape[1], width], dtype=dtype, initializer=start()
    )
    bias = tf.get_variable("bias", [width], dtype=dtype, initializer=start())
    tf.summary.histogram(f"{scope}.weights", weights)
    tf.summary.histogram(f"{scope}.bias", bias)
    return weights, bias


__getattr__, __dir__ = _namespace.attach(__name__)
