"""The linear map that the cells of `tf.contrib.rnn` are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow.compat.v1 as tf

KERNEL, BIAS = "kernel", "bias"


def _as_list(args: Any) -> list[Any]:
    if args is None or (isinstance(args, (list, tuple)) and not args):
        raise ValueError(
            "A linear map needs at least one tensor. "
            f"Received: args={args!r}. Pass a tensor or a list of tensors."
        )
    return list(args) if isinstance(args, (list, tuple)) else [args]


def _depth(args: Sequence[Any]) -> int:
    shapes = [arg.shape for arg in args]
    if any(shape.ndims != 2 or shape.dims[1].value is None for shape in shapes):
        raise ValueError(
            "A linear map needs tensors of shape (batch, depth) with a known depth. "
            f"Received shapes: {[str(shape) for shape in shapes]}. "
            "Reshape them, or set the depth by `set_shape`."
        )
    return sum(shape.dims[1].value for shape in shapes)


def _variables(
    args: Sequence[Any],
    output_size: int,
    with_bias: bool,
    bias_initializer: Any,
    kernel_initializer: Any,
) -> tuple[Any, Any]:
    dtype = args[0].dtype
    with tf.variable_scope(tf.get_variable_scope()) as outer:
        kernel = tf.get_variable(
            KERNEL,
            [_depth(args), output_size],
            dtype=dtype,
            initializer=kernel_initializer,
        )
        if not with_bias:
            return kernel, None
        with tf.variable_scope(outer) as inner:
            inner.set_partitioner(None)
            bias = tf.get_variable(
                BIAS,
                [output_size],
                dtype=dtype,
                initializer=bias_initializer
                or tf.constant_initializer(0.0, dtype=dtype),
            )
    return kernel, bias


class Linear:
    """`[args] W + b`: makes its variables on construction, applies them when called.

    As `_Linear` of TensorFlow 1.15's contrib cells. Today: `keras.layers.Dense`.
    """

    def __init__(
        self,
        args: Any,
        output_size: int,
        build_bias: bool,
        bias_initializer: Any = None,
        kernel_initializer: Any = None,
    ) -> None:
        self._kernel, self._bias = _variables(
            _as_list(args),
            output_size,
            build_bias,
            bias_initializer,
            kernel_initializer,
        )

    def __call__(self, args: Any) -> Any:
        args = _as_list(args)
        if len(args) > 1:
            axis = tf.constant(1, dtype=tf.int32)
            args = [tf.concat(args, axis)]
        product = tf.matmul(args[0], self._kernel)
        return product if self._bias is None else tf.nn.bias_add(product, self._bias)


def linear(
    args: Any,
    output_size: int,
    bias: bool,
    bias_initializer: Any = None,
    kernel_initializer: Any = None,
) -> Any:
    """`[args] W + b` in one call, as `_linear` of TensorFlow 1.15's contrib cells."""
    args = _as_list(args)
    kernel, offset = _variables(
        args, output_size, bias, bias_initializer, kernel_initializer
    )
    joined = args[0] if len(args) == 1 else tf.concat(args, 1)
    product = tf.matmul(joined, kernel)
    return tf.nn.bias_add(product, offset) if bias else product
