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
    *args: Any,
    values: Any = None,
    axis: Any = None,
    concat_dim: Any = None,
    name: str = "concat",
) -> Any:
    """As `tf.concat(values, axis)`, and `(concat_dim, values)` as before 1.0."""
    if args and _is_number(args[0]):
        concat_dim, values, name = _over(args, concat_dim, values, name)
    else:
        values, axis, name = _over(args, values, axis, name)
    return tf.concat(values, axis if concat_dim is None else concat_dim, name=name)


def split(
    *args: Any,
    value: Any = None,
    num_or_size_splits: Any = None,
    axis: Any = 0,
    num: int | None = None,
    split_dim: Any = None,
    num_split: int | None = None,
    name: str = "split",
) -> Any:
    """As `tf.split(value, number, axis)`, and `(axis, number, value)` as before 1.0."""
    if args and _is_number(args[0]):
        split_dim, num_split, value, name = _over(
            args, split_dim, num_split, value, name
        )
    else:
        value, num_or_size_splits, axis, num, name = _over(
            args, value, num_or_size_splits, axis, num, name
        )
    number = num_or_size_splits if num_split is None else num_split
    if isinstance(number, numbers.Integral):
        # TensorFlow 1 turned the number into a tensor that nothing read. It counts:
        # the number of operations is the next seed.
        tf.constant(int(number))
    axis = axis if split_dim is None else split_dim
    return tf.split(value, number, axis=axis, num=num, name=name)


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
    logits, labels, dim, name = _over(positional, logits, labels, dim, name)
    return tf.nn.softmax_cross_entropy_with_logits(
        labels=labels, logits=logits, dim=dim if axis is None else axis, name=name
    )


def sparse_softmax_cross_entropy_with_logits(
    *positional: Any, labels: Any = None, logits: Any = None, name: str | None = None
) -> Any:
    """As `tf.nn.sparse_softmax_cross_entropy_with_logits`, positional as before 1.0."""
    logits, labels, name = _over(positional, logits, labels, name)
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
    logits, labels, name = _over(positional, logits, labels, name)
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
        size = [size, args[0] if args else options.pop("new_width")]
        args = args[1:]
    return tf.image.resize_images(images, size, *args, **options)


class zeros_initializer(tf.zeros_initializer):  # noqa: N801
    """As `tf.zeros_initializer`; called with a shape, as before 0.12, it gives zeros."""

    def __new__(cls, dtype: Any = tf.float32, *args: Any, **options: Any) -> Any:
        """A tensor of zeros for a shape, else the initializer."""
        return _filled(cls, tf.zeros, dtype, args, options)


class ones_initializer(tf.ones_initializer):  # noqa: N801
    """As `tf.ones_initializer`; called with a shape, as before 0.12, it gives ones."""

    def __new__(cls, dtype: Any = tf.float32, *args: Any, **options: Any) -> Any:
        """A tensor of ones for a shape, else the initializer."""
        return _filled(cls, tf.ones, dtype, args, options)


# Keras writes an initializer's class by its name.
zeros_initializer.__name__ = tf.zeros_initializer.__name__
ones_initializer.__name__ = tf.ones_initializer.__name__


def _filled(cls: Any, fill: Any, first: Any, args: Any, options: Any) -> Any:
    """The tensor if the first argument is a shape, else a new initializer."""
    shape = options.pop("shape", first)
    if isinstance(shape, Sequence | tf.TensorShape) and not isinstance(shape, str):
        dtype = args[0] if args else options.get("dtype", tf.float32)
        return fill(shape, dtype)
    return object.__new__(cls)


def _over(positional: Sequence[Any], *named: Any) -> tuple[Any, ...]:
    """Puts positional arguments over the named ones."""
    if len(positional) > len(named):
        raise TypeError(
            f"At most {len(named)} positional arguments were expected. "
            f"Received: {len(positional)}. Name the arguments."
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
