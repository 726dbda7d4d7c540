"""The feature columns of `tf.contrib.layers`, on those of `tf.feature_column`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow.compat.v1 as tf
from tensorflow.python.feature_column import feature_column_v2 as fc

__all__ = [
    "bucketized_column",
    "create_feature_spec_for_parsing",
    "crossed_column",
    "embedding_column",
    "one_hot_column",
    "real_valued_column",
    "sparse_column_with_hash_bucket",
    "sparse_column_with_integerized_feature",
    "sparse_column_with_keys",
    "sparse_column_with_vocabulary_file",
    "weighted_sparse_column",
]


def real_valued_column(
    column_name: str,
    dimension: int = 1,
    default_value: Any = None,
    dtype: Any = tf.float32,
    normalizer: Callable[[Any], Any] | None = None,
) -> Any:
    """As `tf.contrib.layers.real_valued_column`; today `keras.layers.Normalization`."""
    return fc.numeric_column(
        column_name,
        shape=(dimension or 1,),
        default_value=default_value,
        dtype=dtype,
        normalizer_fn=normalizer,
    )


def sparse_column_with_hash_bucket(
    column_name: str,
    hash_bucket_size: int,
    combiner: str = "sum",
    dtype: Any = tf.string,
    hash_keys: Any = None,
) -> Any:
    """As the name says; today `keras.layers.Hashing`."""
    del combiner, hash_keys  # sums are what the columns of today do
    return fc.categorical_column_with_hash_bucket(column_name, hash_bucket_size, dtype)


def sparse_column_with_integerized_feature(
    column_name: str, bucket_size: int, combiner: str = "sum", dtype: Any = tf.int64
) -> Any:
    """Ids as they are; today `keras.layers.CategoryEncoding`."""
    del combiner, dtype
    return fc.categorical_column_with_identity(column_name, bucket_size)


def sparse_column_with_keys(
    column_name: str,
    keys: Sequence[Any],
    default_value: int = -1,
    combiner: str = "sum",
    dtype: Any = tf.string,
) -> Any:
    """Ids by a vocabulary; today `keras.layers.StringLookup`."""
    del combiner
    return fc.categorical_column_with_vocabulary_list(
        column_name, list(keys), dtype=dtype, default_value=default_value
    )


def sparse_column_with_vocabulary_file(
    column_name: str,
    vocabulary_file: str,
    num_oov_buckets: int = 0,
    vocab_size: int | None = None,
    default_value: int = -1,
    combiner: str = "sum",
    dtype: Any = tf.string,
) -> Any:
    """Ids by a file's lines; today `keras.layers.StringLookup`."""
    del combiner
    return fc.categorical_column_with_vocabulary_file(
        column_name,
        vocabulary_file,
        vocabulary_size=vocab_size,
        num_oov_buckets=num_oov_buckets,
        default_value=None if num_oov_buckets else default_value,
        dtype=dtype,
    )


def weighted_sparse_column(
    sparse_id_column: Any, weight_column_name: str, dtype: Any = tf.float32
) -> Any:
    """Ids with a weight each."""
    return fc.weighted_categorical_column(sparse_id_column, weight_column_name, dtype)


def one_hot_column(sparse_id_column: Any) -> Any:
    """A column of zeros and ones for a network."""
    return fc.indicator_column(sparse_id_column)


def embedding_column(
    sparse_id_column: Any,
    dimension: int,
    combiner: str = "mean",
    initializer: Any = None,
    ckpt_to_load_from: str | None = None,
    tensor_name_in_ckpt: str | None = None,
    max_norm: float | None = None,
    trainable: bool = True,
) -> Any:
    """A vector for each id; today `keras.layers.Embedding`."""
    return fc.embedding_column(
        sparse_id_column,
        dimension,
        combiner,
        initializer,
        ckpt_to_load_from,
        tensor_name_in_ckpt,
        max_norm,
        trainable,
    )


def bucketized_column(source_column: Any, boundaries: Sequence[float]) -> Any:
    """Ranges of a number; today `keras.layers.Discretization`."""
    return fc.bucketized_column(source_column, list(boundaries))


def crossed_column(
    columns: Sequence[Any],
    hash_bucket_size: int,
    combiner: str = "sum",
    ckpt_to_load_from: str | None = None,
    tensor_name_in_ckpt: str | None = None,
    hash_key: int | None = None,
) -> Any:
    """Pairs of values, hashed; today `keras.layers.HashedCrossing`."""
    del combiner, ckpt_to_load_from, tensor_name_in_ckpt
    keys = [
        column.key if isinstance(column, fc.HashedCategoricalColumn) else column
        for column in columns
    ]
    # A hashed column is crossed by its feature: it is hashed but once.
    return fc.crossed_column(keys, hash_bucket_size, hash_key)


def create_feature_spec_for_parsing(feature_columns: Sequence[Any]) -> dict[str, Any]:
    """The spec of `tf.parse_example` for these columns."""
    return fc.make_parse_example_spec_v2(feature_columns)
