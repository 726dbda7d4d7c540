"""Summaries under names of their own; today `tf.summary`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import namespace as _namespace

__all__ = [
    "add_histogram_summaries",
    "add_histogram_summary",
    "add_image_summaries",
    "add_image_summary",
    "add_scalar_summaries",
    "add_scalar_summary",
    "add_zero_fraction_summaries",
    "add_zero_fraction_summary",
]


def _name(tensor: Any, name: str | None, prefix: str | None) -> str:
    name = name or tensor.op.name
    return f"{prefix}/{name}" if prefix else name


def _printed(summary: Any, tensor: Any, name: str) -> Any:
    """The summary, which prints the tensor when it is run."""
    summary = tf.Print(summary, [tensor], name)
    tf.add_to_collection(tf.GraphKeys.SUMMARIES, summary)
    return summary


def add_histogram_summary(
    tensor: Any, name: str | None = None, prefix: str | None = None
) -> Any:
    """A histogram under `prefix/name`; the tensor's name if none is given."""
    return tf.summary.histogram(_name(tensor, name, prefix), tensor)


def add_scalar_summary(
    tensor: Any,
    name: str | None = None,
    prefix: str | None = None,
    print_summary: bool = False,
) -> Any:
    """A scalar under `prefix/name`; printed too if `print_summary`."""
    name = _name(tensor, name, prefix)
    if not print_summary:
        return tf.summary.scalar(name, tensor)
    return _printed(tf.summary.scalar(name, tensor, collections=[]), tensor, name)


def add_image_summary(
    tensor: Any,
    name: str | None = None,
    prefix: str | None = None,
    print_summary: bool = False,
) -> Any:
    """Images under `prefix/name`; printed too if `print_summary`."""
    name = _name(tensor, name, prefix)
    if not print_summary:
        return tf.summary.image(name, tensor)
    return _printed(tf.summary.image(name, tensor, collections=[]), tensor, name)


def add_zero_fraction_summary(
    tensor: Any,
    name: str | None = None,
    prefix: str | None = None,
    print_summary: bool = False,
) -> Any:
    """How much of a tensor is 0, as of a ReLU's output."""
    name = f"{_name(tensor, name, prefix)}/Fraction_of_Zero_Values"
    fraction = tf.nn.zero_fraction(tensor)
    return add_scalar_summary(fraction, name, print_summary=print_summary)


def add_histogram_summaries(
    tensors: Iterable[Any], prefix: str | None = None
) -> list[Any]:
    """`add_histogram_summary` of each."""
    return [add_histogram_summary(tensor, prefix=prefix) for tensor in tensors]


def add_image_summaries(tensors: Iterable[Any], prefix: str | None = None) -> list[Any]:
    """`add_image_summary` of each."""
    return [add_image_summary(tensor, prefix=prefix) for tensor in tensors]


def add_scalar_summaries(
    tensors: Iterable[Any], prefix: str | None = None, print_summary: bool = False
) -> list[Any]:
    """`add_scalar_summary` of each."""
    return [
        add_scalar_summary(tensor, prefix=prefix, print_summary=print_summary)
        for tensor in tensors
    ]


def add_zero_fraction_summaries(
    tensors: Iterable[Any], prefix: str | None = None
) -> list[Any]:
    """`add_zero_fraction_summary` of each."""
    return [add_zero_fraction_summary(tensor, prefix=prefix) for tensor in tensors]


__getattr__, __dir__ = _namespace.attach(__name__)
