"""Feature columns as buckets: the features that trees ask about."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import tensorflow.compat.v1 as tf
from tensorflow.python.feature_column import feature_column_v2 as fc

from legacy_tf1.tensorflow.estimator.canned.columns import Variables


class Groups(NamedTuple):
    """Features by the number of their buckets."""

    num_buckets: list[int]
    feature_ids: list[list[int]]


def in_order(feature_columns: Iterable[Any]) -> list[Any]:
    """Returns the columns in the order of their names.

    Raises:
        ValueError: If there is none, or one is of a kind that trees cannot use, or two
            have the same name.
    """
    columns = list(feature_columns)
    if not columns:
        raise ValueError("feature_columns must not be empty: the trees split by them.")
    for column in columns:
        _check(column)
    columns.sort(key=lambda column: column.name)
    for one, other in itertools.pairwise(columns):
        if one.name == other.name:
            raise ValueError(
                f"Duplicate feature column name found for columns: {one} and {other}"
            )
    return columns


def _check(column: Any) -> None:
    if isinstance(column, (fc.IndicatorColumn, fc.BucketizedColumn)):
        return
    if isinstance(column, fc.CategoricalColumn):
        raise ValueError(
            f"CategoricalColumn must be wrapped by IndicatorColumn, got: {column}"
        )
    if not isinstance(column, fc.DenseColumn) or not hasattr(column, "dtype"):
        raise ValueError(
            f"Encountered unexpected column {column!r}. Boosted trees take "
            "numeric_column, bucketized_column and indicator_column of "
            "tf.feature_column."
        )
    if not column.dtype.is_floating:
        raise ValueError(
            f"The column {column.name} is of {column.dtype}: boosted trees need "
            "numbers of a floating type, or a bucketized_column of them."
        )
    if column.variable_shape.rank > 1:
        raise ValueError(
            "For now, we only support Dense column with rank of 1, but column "
            f"`{column.name}` got: {column.variable_shape}"
        )


def numbers(columns: Iterable[Any]) -> list[Any]:
    """Those columns that are numbers, which have no buckets of their own."""
    known = (fc.IndicatorColumn, fc.BucketizedColumn)
    return [column for column in columns if not isinstance(column, known)]


def names(columns: Iterable[Any]) -> list[str]:
    """The column's name of each feature."""
    result = []
    for column in columns:
        if isinstance(column, fc.IndicatorColumn):
            categories = column.categorical_column
            result += [categories.name] * categories.num_buckets
        elif isinstance(column, fc.BucketizedColumn):
            result.append(column.name)
        else:
            result += [column.name] * (column.variable_shape.num_elements() or 1)
    return result


def groups(columns: Sequence[Any], num_quantiles: int) -> Groups:
    """Groups the features: categories, numbers, and columns with boundaries."""
    ids: dict[int, list[int]] = {}
    bucketized: list[int] = []
    most, feature = 2, 0
    for column in columns:
        here = list(range(feature, feature + len(names([column]))))
        feature += len(here)
        if isinstance(column, fc.BucketizedColumn):
            most = max(most, len(column.boundaries) + 1)
            bucketized += here
        else:
            is_category = isinstance(column, fc.IndicatorColumn)
            ids.setdefault(2 if is_category else num_quantiles, []).extend(here)
    if bucketized:
        ids.setdefault(most, []).extend(bucketized)
    return Groups(list(ids), list(ids.values()))


def raw(features: Any, columns: Iterable[Any]) -> list[Any]:
    """The values of columns of numbers, as tensors of shape [batch]."""
    cache, state = fc.FeatureTransformationCache(features), Variables()
    result = []
    for column in columns:
        result += tf.unstack(cache.get(column, state), axis=1)
    return result


def buckets(
    features: Any, columns: Iterable[Any], boundaries: Sequence[Any] = ()
) -> list[Any]:
    """The bucket of each feature, as tensors of shape [batch].

    Args:
        features: Those of the model, by name.
        columns: As of `in_order`.
        boundaries: Of the buckets of the columns of numbers.
    """
    cache, state = fc.FeatureTransformationCache(features), Variables()
    following = iter(boundaries)
    result = []
    for column in columns:
        with tf.name_scope(None, default_name=column.name):
            tensor = cache.get(column, state)
            if isinstance(column, fc.BucketizedColumn):
                squeezed = tf.squeeze(tensor, axis=1)
                if squeezed.shape.ndims is not None and squeezed.shape.ndims > 1:
                    raise ValueError(
                        "For now, only supports features equivalent to rank 1 but "
                        f"column `{column.source_column.name}` got: {tensor.shape}"
                    )
                result.append(tf.cast(squeezed, tf.int32))
            elif isinstance(column, fc.IndicatorColumn):
                if tensor.shape.ndims is not None and tensor.shape.ndims > 2:
                    raise ValueError(
                        "Rank of indicator column must be no more than 2, but column "
                        f"`{column.categorical_column.name}` got: {tensor.shape}"
                    )
                result += tf.unstack(tf.cast(tensor, tf.int32), axis=1)
            else:
                for values in tf.unstack(tensor, axis=1):
                    result.append(_bucketized(values, next(following)))
    return result


def _bucketized(values: Any, boundaries: Any) -> Any:
    """How many boundaries lie below; values past the last one are in its bucket."""
    below = tf.cast(boundaries < tf.expand_dims(values, 1), tf.int32)
    last = tf.maximum(tf.size(boundaries) - 1, 0)
    return tf.minimum(tf.reduce_sum(below, axis=1), last)
