"""Names and argument orders of TensorFlow before 1.0 (November 2015 to February 2017).

Much teaching code was written for them, and 1.0 took them away without a period of
grace. The old order of arguments is told from the new one by their types: 1.x refused
what is taken for the old order here.
"""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf


def batch_matmul(
    x: Any, y: Any, adj_x: bool = False, adj_y: bool = False, name: str | None = None
) -> Any:
    """As `tf.batch_matmul` before TensorFlow 1.0; `tf.matmul` does it today."""
    return tf.matmul(x, y, adjoint_a=adj_x, adjoint_b=adj_y, name=name)


def concat(
    values: Any = None,
    axis: Any = None,
    name: str = "concat",
    *,
    concat_dim: Any = None,
) -> Any:
    """As `tf.concat`, with the `(concat_dim, values)` of before 1.0 as well."""
    if concat_dim is not None:
        # The list was called "values" in both.
        return tf.concat(values if values is not None else axis, concat_dim, name=name)
    if _is_number(values) and isinstance(axis, Sequence | np.ndarray):
        values, axis = axis, values
    return tf.concat(values, axis, name=name)


def split(
    value: Any = None,
    num_or_size_splits: Any = None,
    axis: Any = 0,
    num: int | None = None,
    name: str = "split",
    *,
    split_dim: int | None = None,
    num_split: int | None = None,
) -> Any:
    """As `tf.split`, with the `(split_dim, num_split, value)` of before 1.0 as well."""
    if num_split is not None:
        if split_dim is None:  # split(0, num_split=2, value=x) cannot be written
            split_dim = axis
        value, num_or_size_splits, axis = value, num_split, split_dim
    elif split_dim is not None:
        axis = split_dim
    elif _is_number(value) and not _is_number(axis):
        value, axis = axis, value
    if isinstance(num_or_size_splits, numbers.Integral):
        # TensorFlow 1 turned the number into a tensor that nothing read. It counts:
        # the number of operations is the next seed.
        tf.constant(int(num_or_size_splits))
    return tf.split(value, num_or_size_splits, axis=axis, num=num, name=name)


def reverse(
    tensor: Any, axis: Any = None, name: str | None = None, *, dims: Any = None
) -> Any:
    """As `tf.reverse`, with one bool for each dimension of before 1.0 as well."""
    chosen = axis if dims is None else dims
    if isinstance(chosen, Sequence | np.ndarray) and any(
        isinstance(flag, bool | np.bool_) for flag in chosen
    ):
        chosen = [dimension for dimension, flag in enumerate(chosen) if flag]
    return tf.reverse(tensor, chosen, name=name)


def scalar_summary(
    tags: Any, values: Any, collections: Any = None, name: str | None = None
) -> Any:
    """As `tf.scalar_summary` before TensorFlow 1.0: the tag is the text that is given."""
    with tf.name_scope(name, "ScalarSummary", [tags, values]) as scope:
        summary = tf.raw_ops.ScalarSummary(tags=tags, values=values, name=scope)
    return _collected(summary, collections)


def histogram_summary(
    tag: Any, values: Any, collections: Any = None, name: str | None = None
) -> Any:
    """As `tf.histogram_summary` before TensorFlow 1.0."""
    with tf.name_scope(name, "HistogramSummary", [tag, values]) as scope:
        summary = tf.raw_ops.HistogramSummary(tag=tag, values=values, name=scope)
    return _collected(summary, collections)


def image_summary(
    tag: Any,
    tensor: Any,
    max_images: int = 3,
    collections: Any = None,
    name: str | None = None,
) -> Any:
    """As `tf.image_summary` before TensorFlow 1.0."""
    with tf.name_scope(name, "ImageSummary", [tag, tensor]) as scope:
        summary = tf.raw_ops.ImageSummary(
            tag=tag, tensor=tensor, max_images=max_images, name=scope
        )
    return _collected(summary, collections)


def audio_summary(
    tag: Any,
    tensor: Any,
    sample_rate: float,
    max_outputs: int = 3,
    collections: Any = None,
    name: str | None = None,
) -> Any:
    """As `tf.audio_summary` before TensorFlow 1.0."""
    with tf.name_scope(name, "AudioSummary", [tag, tensor]) as scope:
        summary = tf.raw_ops.AudioSummaryV2(
            tag=tag,
            tensor=tensor,
            sample_rate=sample_rate,
            max_outputs=max_outputs,
            name=scope,
        )
    return _collected(summary, collections)


def softmax_cross_entropy_with_logits(
    *positional: Any,
    labels: Any = None,
    logits: Any = None,
    dim: int = -1,
    axis: int | None = None,
    name: str | None = None,
) -> Any:
    """As `tf.nn.softmax_cross_entropy_with_logits`, positional arguments as before 1.0.

    They were (logits, labels); from 1.0 to 1.15 they were refused; TensorFlow 2 takes
    them as (labels, logits).
    """
    logits, labels, dim, name = _as_before_1_0(positional, logits, labels, dim, name)
    return tf.nn.softmax_cross_entropy_with_logits(
        labels=labels, logits=logits, dim=dim if axis is None else axis, name=name
    )


def sparse_softmax_cross_entropy_with_logits(
    *positional: Any, labels: Any = None, logits: Any = None, name: str | None = None
) -> Any:
    """As `tf.nn.sparse_softmax_cross_entropy_with_logits`, positional as before 1.0."""
    logits, labels, name = _as_before_1_0(positional, logits, labels, name)
    return tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=labels, logits=logits, name=name
    )


def sigmoid_cross_entropy_with_logits(
    *positional: Any,
    labels: Any = None,
    logits: Any = None,
    targets: Any = None,
    name: str | None = None,
) -> Any:
    """As `tf.nn.sigmoid_cross_entropy_with_logits`, positional as before 1.0."""
    labels = targets if labels is None else labels  # its name before 1.0
    logits, labels, name = _as_before_1_0(positional, logits, labels, name)
    return tf.nn.sigmoid_cross_entropy_with_logits(
        labels=labels, logits=logits, name=name
    )


def nce_loss(
    weights: Any, biases: Any, labels: Any, inputs: Any, *args: Any, **options: Any
) -> Any:
    """As `tf.nn.nce_loss`, with `(inputs, labels)` of before 1.0 as well."""
    labels, inputs = _labels_first(labels, inputs)
    return tf.nn.nce_loss(weights, biases, labels, inputs, *args, **options)


def sampled_softmax_loss(
    weights: Any, biases: Any, labels: Any, inputs: Any, *args: Any, **options: Any
) -> Any:
    """As `tf.nn.sampled_softmax_loss`, with `(inputs, labels)` of before 1.0 as well."""
    labels, inputs = _labels_first(labels, inputs)
    return tf.nn.sampled_softmax_loss(weights, biases, labels, inputs, *args, **options)


def resize_images(
    images: Any, size: Any = None, *args: Any, new_height: Any = None, **options: Any
) -> Any:
    """As `tf.image.resize_images`, with `(height, width)` of before 1.0 as well."""
    if new_height is not None:
        size = [new_height, options.pop("new_width")]
    elif _is_number(size):
        width, *args = args if args else (options.pop("new_width"),)
        size = [size, width]
    return tf.image.resize_images(images, size, *args, **options)


def _as_before_1_0(positional: Sequence[Any], *named: Any) -> tuple[Any, ...]:
    """Puts positional arguments, in the order of before 1.0, over the named ones."""
    if len(positional) > len(named):
        raise TypeError(
            f"At most {len(named)} positional arguments were expected: (logits, "
            f"labels, ...). Received: {len(positional)}. Name them: labels=, logits=."
        )
    return (*positional, *named[len(positional) :])


def _labels_first(labels: Any, inputs: Any) -> tuple[Any, Any]:
    """Labels are of an integer type, inputs are not: so the order is seen."""
    if tf.convert_to_tensor(labels).dtype.is_floating:
        return inputs, labels
    return labels, inputs


def _is_number(value: Any) -> bool:
    """Whether it is a number: of Python, of NumPy, or a tensor without dimensions."""
    if isinstance(value, numbers.Number):
        return True
    if isinstance(value, Sequence) or not hasattr(value, "shape"):
        return False
    return tf.TensorShape(value.shape).ndims == 0


def _collected(summary: Any, collections: Any) -> Any:
    for key in [tf.GraphKeys.SUMMARIES] if collections is None else collections:
        tf.add_to_collection(key, summary)
    return summary
