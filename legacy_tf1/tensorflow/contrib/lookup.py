"""`tf.contrib.lookup`: tables from strings to numbers and back.

Today: `tf.lookup.StaticHashTable`, `tf.lookup.StaticVocabularyTable`,
`keras.layers.StringLookup`.
"""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf
from tensorflow.python.ops import lookup_ops as _lookup

from legacy_tf1.compat import missing as _missing

HashTable = _lookup.StaticHashTableV1
MutableHashTable = _lookup.MutableHashTable
MutableDenseHashTable = _lookup.DenseHashTable
KeyValueTensorInitializer = _lookup.KeyValueTensorInitializer
TextFileInitializer = _lookup.TextFileInitializer
TextFileIdTableInitializer = _lookup.TextFileIdTableInitializer
TextFileStringTableInitializer = _lookup.TextFileStringTableInitializer
TextFileIndex = _lookup.TextFileIndex
IdTableWithHashBuckets = _lookup.IdTableWithHashBuckets
FastHashSpec, StrongHashSpec = _lookup.FastHashSpec, _lookup.StrongHashSpec
index_table_from_file = _lookup.index_table_from_file
index_to_string_table_from_file = _lookup.index_to_string_table_from_file


def index_table_from_tensor(
    mapping: Any,
    num_oov_buckets: int = 0,
    default_value: int = -1,
    hasher_spec: Any = FastHashSpec,
    dtype: Any = tf.string,
    name: str | None = None,
) -> Any:
    """A table from each string of a list to its place; needs `tf.tables_initializer`."""
    return _lookup.index_table_from_tensor(
        mapping, num_oov_buckets, default_value, hasher_spec, dtype, name
    )


def index_to_string_table_from_tensor(
    mapping: Any, default_value: str = "UNK", name: str | None = None
) -> Any:
    """A table from a place in a list to its string; needs `tf.tables_initializer`."""
    return _lookup.index_to_string_table_from_tensor(mapping, default_value, name)


def string_to_index_table_from_tensor(mapping: Any, **options: Any) -> Any:
    """`index_table_from_tensor`'s first name."""
    return index_table_from_tensor(mapping, **options)


def string_to_index(
    tensor: Any, mapping: Any, default_value: int = -1, name: str | None = None
) -> Any:
    """Looks strings up in a list at once."""
    return index_table_from_tensor(mapping, default_value=default_value).lookup(
        tensor, name
    )


def index_to_string(
    tensor: Any, mapping: Any, default_value: str = "UNK", name: str | None = None
) -> Any:
    """Looks places up in a list at once."""
    return index_to_string_table_from_tensor(mapping, default_value).lookup(
        tensor, name
    )


def __getattr__(name: str) -> Any:
    raise _missing.error(f"tensorflow.contrib.lookup.{name}")
