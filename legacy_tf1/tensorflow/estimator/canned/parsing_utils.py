"""How serialized examples with labels are parsed for the canned estimators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow.compat.v1 as tf


def classifier_parse_example_spec(
    feature_columns: Sequence[Any],
    label_key: str,
    label_dtype: Any = tf.int64,
    label_default: Any = None,
    weight_column: Any = None,
) -> dict[str, Any]:
    """The `tf.parse_example` spec of a classifier's features and label."""
    label = tf.FixedLenFeature((1,), label_dtype, label_default)
    return _with_label(feature_columns, label_key, label, weight_column)


def regressor_parse_example_spec(
    feature_columns: Sequence[Any],
    label_key: str,
    label_dtype: Any = tf.float32,
    label_default: Any = None,
    label_dimension: int = 1,
    weight_column: Any = None,
) -> dict[str, Any]:
    """The `tf.parse_example` spec of a regressor's features and label."""
    label = tf.FixedLenFeature((label_dimension,), label_dtype, label_default)
    return _with_label(feature_columns, label_key, label, weight_column)


def _with_label(
    feature_columns: Sequence[Any], label_key: str, label: Any, weight_column: Any
) -> dict[str, Any]:
    columns = list(feature_columns)
    if isinstance(weight_column, str):
        weight_column = tf.feature_column.numeric_column(weight_column)
    if weight_column is not None:
        columns.append(weight_column)
    spec = dict(tf.feature_column.make_parse_example_spec(columns))
    if label_key in spec:
        raise ValueError(
            f"label should not be used as feature. label_key: {label_key}, features: "
            f"{sorted(spec)}"
        )
    return {**spec, label_key: label}
