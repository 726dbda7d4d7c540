"""What a graph is made of; today `model.summary()`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from legacy_tf1.compat import namespace as _namespace

__all__ = ["analyze_ops", "analyze_vars", "tensor_description"]

_RULE = "---------"


def tensor_description(var: Any) -> str:
    """Type and shape, as "(float32 3x4)"."""
    return f"({var.dtype.name} {'x'.join(str(size) for size in var.get_shape())})"


def _size(value: Any) -> int:
    return value.get_shape().num_elements() or 0


def analyze_ops(graph: Any, print_info: bool = False) -> int:
    """Returns how many numbers the outputs of a graph's operations have together."""
    if print_info:
        print(_RULE, "Operations: name -> (type shapes) [size]", _RULE, sep="\n")
    total = 0
    for op in graph.get_operations():
        size = sum(_size(output) for output in op.outputs)
        total += size
        if print_info:
            shaped = [output for output in op.outputs if output.get_shape()]
            shapes = ", ".join(tensor_description(output) for output in shaped)
            print(op.name, "\t->", shapes, f"[{size}]")
    return total


def analyze_vars(variables: Iterable[Any], print_info: bool = False) -> tuple[int, int]:
    """Returns how many numbers variables have together, and how many bytes.

    Example:
        >>> import legacy_tf1.tensorflow as tf
        >>> with tf.Graph().as_default():
        ...     _ = tf.layers.dense(tf.placeholder(tf.float32, [None, 4]), 3)
        ...     analyze_vars(tf.global_variables(), print_info=True)
        ---------
        Variables: name (type shape) [size]
        ---------
        dense/kernel:0 (float32_ref 4x3) [12, bytes: 48]
        dense/bias:0 (float32_ref 3) [3, bytes: 12]
        Total size of variables: 15
        Total bytes of variables: 60
        (15, 60)
    """
    if print_info:
        print(_RULE, "Variables: name (type shape) [size]", _RULE, sep="\n")
    total = total_bytes = 0
    for var in variables:
        size = _size(var)
        total += size
        total_bytes += size * var.dtype.size
        if print_info:
            described = tensor_description(var)
            print(var.name, described, f"[{size}, bytes: {size * var.dtype.size}]")
    if print_info:
        print(f"Total size of variables: {total}")
        print(f"Total bytes of variables: {total_bytes}")
    return total, total_bytes


__getattr__, __dir__ = _namespace.attach(__name__)
