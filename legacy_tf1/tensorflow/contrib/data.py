"""`tf.contrib.data`: transformations that are `tf.data`'s own, or experimental, today."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import missing as _missing

Dataset = tf.data.Dataset
FixedLengthRecordDataset = tf.data.FixedLengthRecordDataset
Iterator = tf.data.Iterator
TFRecordDataset = tf.data.TFRecordDataset
TextLineDataset = tf.data.TextLineDataset
AUTOTUNE = tf.data.experimental.AUTOTUNE

_Apply = Callable[[Any], Any]


def batch_and_drop_remainder(batch_size: Any) -> _Apply:
    """Today: `dataset.batch(batch_size, drop_remainder=True)`."""
    return lambda dataset: dataset.batch(batch_size, drop_remainder=True)


def padded_batch_and_drop_remainder(
    batch_size: Any, padded_shapes: Any, padding_values: Any = None
) -> _Apply:
    """Today: `dataset.padded_batch(..., drop_remainder=True)`."""
    return lambda dataset: dataset.padded_batch(
        batch_size, padded_shapes, padding_values, drop_remainder=True
    )


def assert_element_shape(expected_shapes: Any) -> _Apply:
    """Today: `dataset.apply(tf.data.experimental.assert_cardinality)` and `ensure_shape`."""

    def shaped(*components: Any) -> Any:
        flat = [
            tf.ensure_shape(component, shape)
            for component, shape in zip(
                tf.nest.flatten(components), _shapes(expected_shapes), strict=True
            )
        ]
        packed = tf.nest.pack_sequence_as(components, flat)
        return packed[0] if len(components) == 1 else packed

    return lambda dataset: dataset.map(shaped)


def _shapes(expected: Any) -> list[Any]:
    return [expected] if isinstance(expected, tf.TensorShape) else list(expected)


def map_and_batch(
    map_func: Callable[..., Any],
    batch_size: Any,
    num_parallel_batches: int | None = None,
    drop_remainder: bool = False,
    num_parallel_calls: int | None = None,
) -> _Apply:
    """Today: `dataset.map(function).batch(size)`."""

    def apply(dataset: Any) -> Any:
        mapped = dataset.map(map_func, num_parallel_calls=num_parallel_calls)
        return mapped.batch(batch_size, drop_remainder=drop_remainder)

    return apply


def unbatch() -> _Apply:
    """Today: `dataset.unbatch()`."""
    return lambda dataset: dataset.unbatch()


def enumerate_dataset(start: int = 0) -> _Apply:
    """Today: `dataset.enumerate(start)`."""
    return lambda dataset: dataset.enumerate(start)


def shuffle_and_repeat(
    buffer_size: int, count: int | None = None, seed: int | None = None
) -> _Apply:
    """Today: `dataset.shuffle(buffer_size).repeat(count)`."""
    return lambda dataset: dataset.shuffle(buffer_size, seed=seed).repeat(count)


def sloppy_interleave(
    map_func: Callable[..., Any], cycle_length: int, block_length: int = 1
) -> _Apply:
    """Today: `dataset.interleave(..., deterministic=False)`."""
    return lambda dataset: dataset.interleave(map_func, cycle_length, block_length)


def parallel_interleave(
    map_func: Callable[..., Any],
    cycle_length: int,
    block_length: int = 1,
    sloppy: bool = False,
    buffer_output_elements: int | None = None,
    prefetch_input_elements: int | None = None,
) -> _Apply:
    """Today: `dataset.interleave(..., num_parallel_calls=...)`."""
    return lambda dataset: dataset.interleave(map_func, cycle_length, block_length)


def read_batch_features(
    file_pattern: Any,
    batch_size: int,
    features: Any,
    reader: Any = tf.data.TFRecordDataset,
    randomize_input: bool = True,
    num_epochs: int | None = None,
    capacity: int = 10000,
) -> Any:
    """Today: `tf.data.experimental.make_batched_features_dataset`."""
    dataset = tf.data.experimental.make_batched_features_dataset(
        file_pattern,
        batch_size,
        features,
        reader=reader,
        shuffle=randomize_input,
        shuffle_buffer_size=capacity,
        num_epochs=num_epochs,
    )
    return dataset.make_one_shot_iterator().get_next()


_EXPERIMENTAL = (
    "Counter",
    "CsvDataset",
    "Optional",
    "RandomDataset",
    "Reducer",
    "SqlDataset",
    "TFRecordWriter",
    "bucket_by_sequence_length",
    "choose_from_datasets",
    "copy_to_device",
    "dense_to_ragged_batch",
    "dense_to_sparse_batch",
    "get_next_as_optional",
    "get_single_element",
    "group_by_reducer",
    "group_by_window",
    "ignore_errors",
    "make_batched_features_dataset",
    "make_csv_dataset",
    "make_saveable_from_iterator",
    "parse_example_dataset",
    "prefetch_to_device",
    "rejection_resample",
    "sample_from_datasets",
    "scan",
    "unique",
)


__path__: list[str] = []  # so that tf.contrib.data.python can be imported


def __getattr__(name: str) -> Any:
    if name in _EXPERIMENTAL and hasattr(tf.data.experimental, name):
        return getattr(tf.data.experimental, name)
    raise _missing.error(f"tensorflow.contrib.data.{name}")
