"""`tf.contrib.learn.ops`: parts of models; today Keras's layers and losses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow import losses
from legacy_tf1.tensorflow.contrib import layers

__all__ = [
    "dnn",
    "mean_squared_error_regressor",
    "one_hot_matrix",
    "sequence_classifier",
    "softmax_classifier",
    "split_squeeze",
]


def split_squeeze(dim: int, num_split: int, tensor_in: Any) -> list[Any]:
    """Returns the parts of a tensor along a dimension, without that dimension."""
    return [tf.squeeze(part, [dim]) for part in tf.split(tensor_in, num_split, dim)]


def one_hot_matrix(
    tensor_in: Any, num_classes: int, on_value: float = 1.0, off_value: float = 0.0
) -> Any:
    """As `tf.contrib.learn.ops.one_hot_matrix`; today `tf.one_hot`."""
    return tf.one_hot(
        tf.cast(tensor_in, tf.int64),
        num_classes,
        on_value=on_value,
        off_value=off_value,
    )


def dnn(
    tensor_in: Any,
    hidden_units: Sequence[int],
    activation: Callable[[Any], Any] | None = tf.nn.relu,
    dropout: float | None = None,
) -> Any:
    """As `tf.contrib.learn.ops.dnn` before 1.0: dense layers one after the other.

    Args:
        tensor_in: (batch, features).
        hidden_units: The width of each layer.
        activation: Of all of them; none if None.
        dropout: The share of units that is kept, in all phases as it was then.
    """
    with tf.variable_scope("dnn"):
        for number, width in enumerate(hidden_units):
            with tf.variable_scope(f"layer{number}"):
                tensor_in = layers.fully_connected(
                    tensor_in, width, activation_fn=activation
                )
                if dropout is not None:
                    tensor_in = tf.nn.dropout(tensor_in, rate=1 - dropout)
    return tensor_in


def mean_squared_error_regressor(
    tensor_in: Any, labels: Any, weights: Any, biases: Any, name: str | None = None
) -> tuple[Any, Any]:
    """Returns the predictions of a linear layer, and their mean squared error."""
    with tf.name_scope(name, "mean_squared_error_regressor", [tensor_in, labels]):
        predictions = tf.nn.xw_plus_b(tensor_in, weights, biases)
        if len(labels.shape) == 1 and len(predictions.shape) == 2:
            predictions = tf.squeeze(predictions, axis=[1])
        return predictions, losses.mean_squared_error(labels, predictions)


def softmax_classifier(
    tensor_in: Any,
    labels: Any,
    weights: Any,
    biases: Any,
    class_weight: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """Returns the probabilities of a linear layer, and their cross-entropy.

    Args:
        tensor_in: (batch, features).
        labels: (batch, classes), one-hot.
        weights: (features, classes).
        biases: (classes,).
        class_weight: Each class's logits are multiplied by it.
        name: Of the operations.
    """
    with tf.name_scope(name, "softmax_classifier", [tensor_in, labels]):
        logits = tf.nn.xw_plus_b(tensor_in, weights, biases)
        if class_weight is not None:
            logits = tf.multiply(logits, class_weight)
        loss = losses.softmax_cross_entropy(labels, logits)
        return tf.nn.softmax(logits), loss


def sequence_classifier(
    decoding: Sequence[Any],
    labels: Any,
    sampling_decoding: Any = None,
    name: Any = None,
) -> tuple[Any, Any]:
    """Returns the probabilities of each step, and the sum of all cross-entropies."""
    with tf.name_scope(name, "sequence_classifier", [*decoding, *labels]):
        steps = [
            tf.nn.softmax_cross_entropy_with_logits(labels=label, logits=logits)
            for logits, label in zip(decoding, labels, strict=True)
        ]
        loss = tf.reduce_sum(tf.add_n(steps))
        chosen = [tf.nn.softmax(each) for each in sampling_decoding or decoding]
        return tf.stack(chosen, axis=1), loss


__getattr__, __dir__ = _namespace.attach(__name__)
