"""Summaries of many tensors at once; today `tf.summary` and TensorBoard's callback."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import namespace as _namespace

__all__ = [
    "summarize_activation",
    "summarize_activations",
    "summarize_biases",
    "summarize_collection",
    "summarize_tensor",
    "summarize_tensors",
    "summarize_variables",
    "summarize_weights",
]


def summarize_tensor(tensor: Any, tag: str | None = None) -> Any:
    """As `tf.contrib.layers.summarize_tensor` of TensorFlow 1.15.

    A scalar or a histogram, nothing for strings and truth values.
    """
    if tensor.dtype.base_dtype in (tf.string, tf.bool):
        return None
    tag = tag or f"{tensor.op.name}_summary"
    if tensor.get_shape().ndims == 0:
        return tf.summary.scalar(tag, tensor)
    return tf.summary.histogram(tag, tensor)


def summarize_activation(op: Any) -> Any:
    """As `tf.contrib.layers.summarize_activation` of TensorFlow 1.15.

    A histogram, with how often a ReLU is at its bounds.
    """
    kind, name = op.op.type, op.op.name
    if kind in ("Relu", "Softplus", "Relu6"):
        before = op.op.inputs[0]
        below = tf.less(before, tf.cast(0.0, before.dtype))
        tf.summary.scalar(f"{name}/zeros", tf.reduce_mean(tf.to_float(below)))
    if kind == "Relu6":
        above = tf.greater(before, tf.cast(6.0, before.dtype))
        tf.summary.scalar(f"{name}/sixes", tf.reduce_mean(tf.to_float(above)))
    return tf.summary.histogram(f"{name}/activation", op)


def summarize_tensors(
    tensors: Iterable[Any], summarizer: Callable[[Any], Any] = summarize_tensor
) -> list[Any]:
    """A summary of each tensor."""
    return [summarizer(tensor) for tensor in tensors]


def summarize_collection(
    collection: str,
    name_filter: str | None = None,
    summarizer: Callable[[Any], Any] = summarize_tensor,
) -> list[Any]:
    """A summary of each tensor of a collection.

    Args:
        name_filter: A pattern that the names begin with.
    """
    return summarize_tensors(
        [
            tensor
            for tensor in tf.get_collection(collection)
            if name_filter is None or re.match(name_filter, tensor.op.name)
        ],
        summarizer,
    )


summarize_biases = functools.partial(summarize_collection, tf.GraphKeys.BIASES)
summarize_variables = functools.partial(
    summarize_collection, tf.GraphKeys.GLOBAL_VARIABLES
)
summarize_weights = functools.partial(summarize_collection, tf.GraphKeys.WEIGHTS)


def summarize_activations(
    name_filter: str | None = None,
    summarizer: Callable[[Any], Any] = summarize_activation,
) -> list[Any]:
    """A summary of each tensor of ACTIVATIONS."""
    return summarize_collection(tf.GraphKeys.ACTIVATIONS, name_filter, summarizer)


__getattr__, __dir__ = _namespace.attach(__name__)
