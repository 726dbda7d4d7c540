"""`tf.contrib.metrics`: predictions come first; today `keras.metrics`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import namespace as _namespace

set_difference = tf.sets.difference
set_intersection = tf.sets.intersection
set_size = tf.sets.size
set_union = tf.sets.union

streaming_mean = tf.metrics.mean
streaming_mean_tensor = tf.metrics.mean_tensor


def accuracy(
    predictions: Any, labels: Any, weights: Any = None, name: str | None = None
) -> Any:
    """The share of right predictions in one batch, as `tf.contrib.metrics.accuracy`."""
    if predictions.dtype != labels.dtype:
        raise ValueError(
            f"dtypes of predictions and labels should match, but got {predictions.dtype} "
            f"and {labels.dtype}. Cast one with tf.cast."
        )
    with tf.name_scope(name, "accuracy", [predictions, labels]):
        right = tf.cast(tf.equal(predictions, labels), tf.float32)
        if weights is None:
            return tf.reduce_mean(right)
        weights = tf.broadcast_to(tf.cast(weights, tf.float32), tf.shape(right))
        total = tf.reduce_sum(weights)
        return tf.reduce_sum(right * weights) / total


def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: int | None = None,
    dtype: Any = tf.int32,
    name: str | None = None,
    weights: Any = None,
) -> Any:
    """Rows are labels, columns predictions, as `tf.contrib.metrics.confusion_matrix`."""
    return tf.confusion_matrix(
        labels, predictions, num_classes, dtype, name=name, weights=weights
    )


def f1_score(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Any:
    """The best F1 over thresholds, as `tf.contrib.metrics.f1_score`."""
    epsilon = 1e-7
    inner = [i / (num_thresholds - 1) for i in range(1, num_thresholds - 1)]
    thresholds = [-epsilon, *inner, 1.0 + epsilon]
    with tf.variable_scope(name, "f1", (labels, predictions, weights)):
        precision, precision_update = tf.metrics.precision_at_thresholds(
            labels, predictions, thresholds, weights
        )
        recall, recall_update = tf.metrics.recall_at_thresholds(
            labels, predictions, thresholds, weights
        )

        def best(p: Any, r: Any) -> Any:
            return tf.reduce_max(2.0 * p * r / (p + r + epsilon))

        value = best(precision, recall)
        update = best(precision_update, recall_update)
        if metrics_collections:
            tf.add_to_collections(metrics_collections, value)
        if updates_collections:
            tf.add_to_collections(updates_collections, update)
        return value, update


def aggregate_metrics(*value_update_tuples: tuple[Any, Any]) -> tuple[list[Any], Any]:
    """From pairs to a list of values and one of updates."""
    if not value_update_tuples:
        raise ValueError("Expected at least one value_tensor/update_op pair")
    values, updates = zip(*value_update_tuples, strict=True)
    return list(values), list(updates)


def aggregate_metric_map(
    names_to_tuples: Mapping[str, tuple[Any, Any]],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """From named pairs to the values and the updates by name."""
    values = {name: pair[0] for name, pair in names_to_tuples.items()}
    return values, {name: pair[1] for name, pair in names_to_tuples.items()}


def _streaming(metric: Callable[..., Any]) -> Callable[..., Any]:
    """A metric of `tf.metrics` whose first argument is the predictions."""

    def streaming(predictions: Any, labels: Any, *args: Any, **kwargs: Any) -> Any:
        return metric(labels, predictions, *args, **kwargs)

    streaming.__name__ = f"streaming_{metric.__name__}"
    streaming.__doc__ = f"`tf.metrics.{metric.__name__}`, predictions first."
    return streaming


streaming_accuracy = _streaming(tf.metrics.accuracy)
streaming_auc = _streaming(tf.metrics.auc)
streaming_false_negatives = _streaming(tf.metrics.false_negatives)
streaming_false_negatives_at_thresholds = _streaming(
    tf.metrics.false_negatives_at_thresholds
)
streaming_false_positives = _streaming(tf.metrics.false_positives)
streaming_false_positives_at_thresholds = _streaming(
    tf.metrics.false_positives_at_thresholds
)
streaming_mean_absolute_error = _streaming(tf.metrics.mean_absolute_error)
streaming_mean_cosine_distance = _streaming(tf.metrics.mean_cosine_distance)
streaming_mean_iou = _streaming(tf.metrics.mean_iou)
streaming_mean_relative_error = _streaming(tf.metrics.mean_relative_error)
streaming_mean_squared_error = _streaming(tf.metrics.mean_squared_error)
streaming_precision = _streaming(tf.metrics.precision)
streaming_precision_at_thresholds = _streaming(tf.metrics.precision_at_thresholds)
streaming_recall = _streaming(tf.metrics.recall)
streaming_recall_at_k = _streaming(tf.metrics.recall_at_k)
streaming_recall_at_thresholds = _streaming(tf.metrics.recall_at_thresholds)
streaming_root_mean_squared_error = _streaming(tf.metrics.root_mean_squared_error)
streaming_sensitivity_at_specificity = _streaming(tf.metrics.sensitivity_at_specificity)
streaming_sparse_average_precision_at_k = _streaming(tf.metrics.average_precision_at_k)
streaming_sparse_precision_at_k = _streaming(tf.metrics.precision_at_k)
streaming_sparse_recall_at_k = _streaming(tf.metrics.recall_at_k)
streaming_specificity_at_sensitivity = _streaming(tf.metrics.specificity_at_sensitivity)
streaming_true_negatives = _streaming(tf.metrics.true_negatives)
streaming_true_negatives_at_thresholds = _streaming(
    tf.metrics.true_negatives_at_thresholds
)
streaming_true_positives = _streaming(tf.metrics.true_positives)
streaming_true_positives_at_thresholds = _streaming(
    tf.metrics.true_positives_at_thresholds
)
streaming_percentage_less = tf.metrics.percentage_below

__getattr__, __dir__ = _namespace.attach(__name__)
