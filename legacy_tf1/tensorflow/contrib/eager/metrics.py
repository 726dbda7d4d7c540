"""`tfe.metrics`: `Mean` and `Accuracy`, collected call by call.

Today: `keras.metrics`.
"""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf


class Mean:
    """As `tfe.metrics.Mean`: the weighted mean of all values so far, in float64."""

    def __init__(self, name: str | None = None, dtype: Any = tf.float64) -> None:
        self.name = name or type(self).__name__.lower()
        self._dtype = dtype
        self.init_variables()

    def init_variables(self) -> None:
        """Starts anew."""
        self._total = tf.constant(0, self._dtype)
        self._count = tf.constant(0, self._dtype)

    def call(self, values: Any, weights: Any = None) -> Any:
        """Adds values."""
        values = tf.cast(values, self._dtype)
        if weights is None:
            weights = tf.ones_like(values)
        weights = tf.broadcast_to(tf.cast(weights, self._dtype), tf.shape(values))
        self._total += tf.reduce_sum(values * weights)
        self._count += tf.reduce_sum(weights)
        return values

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Adds values."""
        return self.call(*args, **kwargs)

    def result(self) -> Any:
        """The mean so far."""
        return self._total / self._count


class Accuracy(Mean):
    """As `tfe.metrics.Accuracy`: the share of predictions that equal their labels."""

    def call(  # type: ignore[override]
        self, labels: Any, predictions: Any, weights: Any = None
    ) -> Any:
        """Adds class numbers."""
        labels = tf.cast(labels, tf.as_dtype(tf.convert_to_tensor(predictions).dtype))
        super().call(tf.equal(labels, predictions), weights)
        return labels, predictions


class CategoricalAccuracy(Accuracy):
    """As `tfe.metrics.CategoricalAccuracy`, of one-hot labels and scores."""

    def call(  # type: ignore[override]
        self, labels: Any, predictions: Any, weights: Any = None
    ) -> Any:
        """Adds rows of labels and scores."""
        super().call(tf.argmax(labels, -1), tf.argmax(predictions, -1), weights)
        return labels, predictions


class SparseAccuracy(Accuracy):
    """As `tfe.metrics.SparseAccuracy`, of class numbers and scores."""

    def call(  # type: ignore[override]
        self, labels: Any, predictions: Any, weights: Any = None
    ) -> Any:
        """Adds class numbers and rows of scores."""
        super().call(labels, tf.argmax(predictions, -1), weights)
        return labels, predictions


class BinaryAccuracy(Accuracy):
    """As `tfe.metrics.BinaryAccuracy`, of labels and probabilities."""

    def __init__(self, threshold: float = 0.5, **options: Any) -> None:
        super().__init__(**options)
        self._threshold = threshold

    def call(  # type: ignore[override]
        self, labels: Any, predictions: Any, weights: Any = None
    ) -> Any:
        """Adds labels of 0 and 1, and probabilities."""
        over = tf.cast(tf.greater(predictions, self._threshold), tf.int64)
        super().call(tf.cast(labels, tf.int64), over, weights)
        return labels, predictions
