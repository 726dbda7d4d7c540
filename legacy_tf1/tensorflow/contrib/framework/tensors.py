"""Checks of tensors and small helpers on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.python.ops import check_ops
from tensorflow.python.util import nest

from legacy_tf1.compat import namespace as _namespace

__all__ = [
    "assert_same_float_dtype",
    "assert_scalar",
    "assert_scalar_int",
    "convert_to_tensor_or_sparse_tensor",
    "get_graph_from_inputs",
    "get_name_scope",
    "get_placeholders",
    "is_numeric_tensor",
    "is_tensor",
    "py_func",
    "reduce_sum_n",
    "remove_squeezable_dimensions",
    "with_same_shape",
    "with_shape",
]

assert_same_float_dtype = check_ops.assert_same_float_dtype
assert_scalar = tf.assert_scalar
convert_to_tensor_or_sparse_tensor = tf.convert_to_tensor_or_sparse_tensor
is_numeric_tensor = tf.debugging.is_numeric_tensor
is_tensor = tf.is_tensor


def get_name_scope() -> str:
    """The name scope now open."""
    return tf.get_default_graph().get_name_scope()


def get_placeholders(graph: tf.Graph) -> list[Any]:
    """The placeholders of a graph."""
    return [op.outputs[0] for op in graph.get_operations() if op.type == "Placeholder"]


def get_graph_from_inputs(
    op_input_list: Sequence[Any], graph: tf.Graph | None = None
) -> tf.Graph:
    """The graph that tensors belong to, the default one if there are none."""
    for value in op_input_list:
        graph = graph or getattr(value, "graph", None)
    return graph or tf.get_default_graph()


def assert_scalar_int(tensor: Any, name: str | None = None) -> Any:
    """Returns `tensor`, which must be a whole number of rank 0."""
    with tf.name_scope(name, "assert_scalar_int", [tensor]) as scope:
        tensor = tf.convert_to_tensor(tensor)
        if not tensor.dtype.base_dtype.is_integer:
            raise ValueError(
                f"{tensor.name} must be of an integer type. "
                f"Received: {tensor.dtype}. Use tf.cast."
            )
        return tf.assert_scalar(tensor, name=scope)


def reduce_sum_n(tensors: Sequence[Any], name: str | None = None) -> Any:
    """The sum of all elements of all tensors."""
    if not tensors:
        raise ValueError("reduce_sum_n expects at least one tensor. Received: none.")
    with tf.name_scope(name, "reduce_sum_n", tensors) as scope:
        sums = [tf.reduce_sum(value, name=f"{value.op.name}/sum") for value in tensors]
        return sums[0] if len(sums) == 1 else tf.add_n(sums, name=scope)


def remove_squeezable_dimensions(
    predictions: Any, labels: Any, name: str | None = None
) -> tuple[Any, Any]:
    """Removes the last axis of whichever has one more than the other, if its size is 1."""
    with tf.name_scope(name, "remove_squeezable_dimensions", [predictions, labels]):
        predictions = tf.convert_to_tensor(predictions)
        labels = tf.convert_to_tensor(labels)
        ranks = predictions.shape.ndims, labels.shape.ndims
        if None not in ranks:
            surplus = ranks[0] - ranks[1]
            if surplus == 1:
                predictions = tf.squeeze(predictions, [-1])
            elif surplus == -1:
                labels = tf.squeeze(labels, [-1])
            return predictions, labels
        surplus = tf.rank(predictions) - tf.rank(labels)
        return (
            _squeezed_if(tf.equal(1, surplus), predictions),
            _squeezed_if(tf.equal(-1, surplus), labels),
        )


def _squeezed_if(condition: Any, value: Any) -> Any:
    if value.shape.ndims is not None and not value.shape.dims[-1].is_compatible_with(1):
        return value
    return tf.cond(condition, lambda: tf.squeeze(value, [-1]), lambda: value)


def with_same_shape(expected_tensor: Any, tensor: Any) -> Any:
    """Returns `tensor`, which must have the shape of the other."""
    shape = expected_tensor.shape
    known = shape.is_fully_defined()
    return with_shape(shape.as_list() if known else tf.shape(expected_tensor), tensor)


def with_shape(expected_shape: Any, tensor: Any) -> Any:
    """Returns `tensor`, which must have this shape; where unknown, checked when run."""
    static = None if tf.is_tensor(expected_shape) else [int(d) for d in expected_shape]
    if static is not None and not tensor.shape.is_compatible_with(static):
        if not static and tensor.shape.is_compatible_with([1]):
            return tf.reshape(tensor, [])
        raise ValueError(
            f"Invalid shape for tensor {tensor.name}, expected {static}, "
            f"got {tensor.shape}. Use tf.reshape."
        )
    if static is not None and tensor.shape.is_fully_defined():
        return tensor
    expected = expected_shape if static is None else np.asarray(static, np.int32)
    with tf.name_scope(f"{tensor.op.name}/"):
        check = tf.assert_equal(tf.shape(tensor), expected, message="Wrong shape")
        with tf.control_dependencies([check]):
            result = tf.identity(tensor)
        if static is not None:
            result.set_shape(static)
        return result


def py_func(
    func: Callable[..., Any],
    args: Any = (),
    kwargs: Any = None,
    output_types: Any = None,
    output_shapes: Any = None,
    stateful: bool = True,
    name: str | None = None,
) -> Any:
    """As `tf.contrib.framework.py_func` of TensorFlow 1.15; today `tf.numpy_function`.

    Unlike `tf.py_func` it takes and returns nested structures.
    """
    given = (tuple(args), dict(kwargs or {}))
    flat_types = tf.nest.flatten(output_types)

    def flat(*values: Any) -> list[Any]:
        positional, named = tf.nest.pack_sequence_as(given, values)
        results = tf.nest.flatten(func(*positional, **named))
        return [
            np.asarray(value, dtype=dtype.as_numpy_dtype)
            for value, dtype in zip(results, flat_types, strict=True)
        ]

    outputs = tf.py_func(flat, tf.nest.flatten(given), flat_types, stateful, name)
    if output_shapes is not None:
        shapes = nest.flatten_up_to(output_types, output_shapes)
        for output, shape in zip(outputs, shapes, strict=True):
            output.set_shape(shape)
    return tf.nest.pack_sequence_as(output_types, outputs)


__getattr__, __dir__ = _namespace.attach(__name__)
