"""`tf.contrib.losses`: predictions come first; today `keras.losses`."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import namespace as _namespace

add_loss = tf.losses.add_loss
get_losses = tf.losses.get_losses
get_regularization_losses = tf.losses.get_regularization_losses
get_total_loss = tf.losses.get_total_loss


def compute_weighted_loss(losses: Any, weights: Any = 1.0, scope: Any = None) -> Any:
    """The mean over the elements whose weight is not zero; it is also collected."""
    return tf.losses.compute_weighted_loss(losses, weights, scope)


def _needed(name: str, value: Any) -> Any:
    if value is None:
        raise ValueError(f"{name} is required.")
    return value


def absolute_difference(
    predictions: Any, labels: Any = None, weights: Any = 1.0, scope: Any = None
) -> Any:
    """As `tf.contrib.losses.absolute_difference` of TensorFlow 1.15."""
    labels = _needed("labels", labels)
    return tf.losses.absolute_difference(labels, predictions, weights, scope)


def mean_squared_error(
    predictions: Any, labels: Any = None, weights: Any = 1.0, scope: Any = None
) -> Any:
    """As `tf.contrib.losses.mean_squared_error` of TensorFlow 1.15."""
    labels = _needed("labels", labels)
    return tf.losses.mean_squared_error(labels, predictions, weights, scope)


def log_loss(
    predictions: Any,
    labels: Any = None,
    weights: Any = 1.0,
    epsilon: float = 1e-7,
    scope: Any = None,
) -> Any:
    """As `tf.contrib.losses.log_loss` of TensorFlow 1.15."""
    labels = _needed("labels", labels)
    return tf.losses.log_loss(labels, predictions, weights, epsilon, scope)


def hinge_loss(logits: Any, labels: Any = None, scope: Any = None) -> Any:
    """The losses themselves, of which no mean is taken: max(0, 1 - y logit)."""
    labels = tf.cast(_needed("labels", labels), tf.float32)
    with tf.name_scope(scope, "hinge_loss", [logits, labels]):
        return tf.nn.relu(1.0 - (2.0 * labels - 1.0) * logits)


def sigmoid_cross_entropy(
    logits: Any,
    multi_class_labels: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: Any = None,
) -> Any:
    """As `tf.contrib.losses.sigmoid_cross_entropy` of TensorFlow 1.15."""
    return tf.losses.sigmoid_cross_entropy(
        multi_class_labels, logits, weights, label_smoothing, scope
    )


def softmax_cross_entropy(
    logits: Any,
    onehot_labels: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: Any = None,
) -> Any:
    """As `tf.contrib.losses.softmax_cross_entropy` of TensorFlow 1.15."""
    return tf.losses.softmax_cross_entropy(
        onehot_labels, logits, weights, label_smoothing, scope
    )


def sparse_softmax_cross_entropy(
    logits: Any, labels: Any, weights: Any = 1.0, scope: Any = None
) -> Any:
    """As `tf.contrib.losses.sparse_softmax_cross_entropy` of TensorFlow 1.15."""
    labels = tf.reshape(labels, tf.shape(logits)[:-1])
    return tf.losses.sparse_softmax_cross_entropy(labels, logits, weights, scope)


def mean_pairwise_squared_error(
    predictions: Any, labels: Any = None, weights: Any = 1.0, scope: Any = None
) -> Any:
    """As `tf.contrib.losses.mean_pairwise_squared_error` of TensorFlow 1.15."""
    labels = _needed("labels", labels)
    return tf.losses.mean_pairwise_squared_error(labels, predictions, weights, scope)


def cosine_distance(
    predictions: Any,
    labels: Any = None,
    axis: int | None = None,
    weights: Any = 1.0,
    scope: Any = None,
    dim: int | None = None,
) -> Any:
    """As `tf.contrib.losses.cosine_distance` of TensorFlow 1.15."""
    labels = _needed("labels", labels)
    axis = dim if axis is None else axis
    return tf.losses.cosine_distance(labels, predictions, axis, weights, scope)


__getattr__, __dir__ = _namespace.attach(__name__)
