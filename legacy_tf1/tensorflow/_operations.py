"""Operations that TensorFlow 2 composes otherwise than TensorFlow 1 did.

Their values are the same. But the number of operations in the graph is TensorFlow 1's
seed for the next random one, so they add as many as they did (or count as that).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow.compat.v1 as _tf
from tensorflow.python.framework import random_seed as _random_seed

from legacy_tf1.compat import seeds as _seeds


def random_uniform(
    shape: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = _tf.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """As `tf.random_uniform`, which scaled and shifted even from 0 to 1.

    Today: `tf.random.uniform`.
    """
    dtype = _tf.as_dtype(dtype)
    if not (
        dtype.is_floating and _is(minval, 0) and (maxval is None or _is(maxval, 1))
    ):
        return _tf.random_uniform(shape, minval, maxval, dtype, seed, name)
    with _tf.name_scope(name, "random_uniform", [shape]) as scope:
        shape = _as_shape(shape)
        low = _tf.convert_to_tensor(0, dtype=dtype, name="min")
        high = _tf.convert_to_tensor(1, dtype=dtype, name="max")
        of_graph, of_op = _random_seed.get_seed(seed)
        uniform = _tf.raw_ops.RandomUniform(
            shape=shape, dtype=dtype, seed=of_graph or 0, seed2=of_op or 0
        )
        return _tf.add(uniform * (high - low), low, name=scope)


def dropout(
    x: Any,
    keep_prob: Any = None,
    noise_shape: Any = None,
    seed: int | None = None,
    name: str | None = None,
    rate: Any = None,
) -> Any:
    """As `tf.nn.dropout`: keeps a unit with `keep_prob`, and divides it by that.

    Today: `keras.layers.Dropout(1 - keep_prob)`.
    """
    if (keep_prob is None) == (rate is None):
        raise ValueError(
            "Exactly one of `keep_prob` and `rate` was expected. "
            f"Received: keep_prob={keep_prob!r}, rate={rate!r}."
        )
    if rate is None:
        try:
            rate = 1.0 - keep_prob
        except TypeError:
            raise ValueError(
                "`keep_prob` must be a floating-point number or tensor. "
                f"Received: keep_prob={keep_prob!r}."
            ) from None
    with _tf.name_scope(name, "dropout", [x]):
        x = _tf.convert_to_tensor(x, name="x")
        if not x.dtype.is_floating:
            raise ValueError(
                f"`x` must be a floating-point tensor. Received: dtype {x.dtype}. "
                "Cast it first: tf.cast(x, tf.float32)."
            )
        if isinstance(rate, int | float):
            if not 0 <= rate < 1:
                raise ValueError(
                    "The share that is dropped must be in [0, 1). "
                    f"Received: rate={rate!r} (1 - keep_prob)."
                )
            if rate == 0:
                return x
        rate = _tf.convert_to_tensor(rate, dtype=x.dtype, name="rate")
        if _tf.get_static_value(rate) == 0:
            return x
        noise = random_uniform(_noise_shape(x, noise_shape), dtype=x.dtype, seed=seed)
        scale = 1 / (1 - rate)
        kept = x * scale * _tf.cast(noise >= rate, x.dtype)
        kept.set_shape(x.shape)
        return kept


def lin_space(start: Any, stop: Any, num: Any, name: str | None = None) -> Any:
    """As `tf.lin_space`, one operation. Today: `tf.linspace`."""
    return _tf.raw_ops.LinSpace(
        start=start, stop=stop, num=num, name=name or "LinSpace"
    )


def transpose(
    a: Any, perm: Any = None, name: str = "transpose", conjugate: bool = False
) -> Any:
    """As `tf.transpose`: of an unknown number of dimensions by one operation more."""
    result = _tf.transpose(a, perm, name, conjugate)
    if perm is None and _tf.convert_to_tensor(a).shape.ndims is None:
        _seeds.count(1)
    return result


def clip_by_global_norm(
    t_list: Any, clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> Any:
    """As `tf.clip_by_global_norm`, which asked by one operation more for infinity."""
    result = _tf.clip_by_global_norm(t_list, clip_norm, use_norm, name)
    _seeds.count(1)
    return result


def reduced(reduce: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a `tf.reduce_...` over all axes add the operations that it added then."""

    def reduce_(
        input_tensor: Any,
        axis: Any = None,
        keepdims: Any = None,
        name: str | None = None,
        reduction_indices: Any = None,
        keep_dims: Any = None,
    ) -> Any:
        if axis is None and reduction_indices is None:
            if not isinstance(input_tensor, _tf.Tensor):
                # It asked only tensors for their rank: for a variable or an array it
                # added operations that do.
                axis = _tf.range(0, _tf.rank(input_tensor))
            elif input_tensor.shape.ndims == 0:
                axis = _tf.constant([], dtype=_tf.int32)
        return reduce(input_tensor, axis, keepdims, name, reduction_indices, keep_dims)

    reduce_.__name__ = reduce_.__qualname__ = reduce.__name__
    reduce_.__doc__ = f"As `tf.{reduce.__name__}`; the same today, with `keepdims`."
    return reduce_


reduce_all = reduced(_tf.reduce_all)
reduce_any = reduced(_tf.reduce_any)
reduce_max = reduced(_tf.reduce_max)
reduce_mean = reduced(_tf.reduce_mean)
reduce_min = reduced(_tf.reduce_min)
reduce_prod = reduced(_tf.reduce_prod)
reduce_sum = reduced(_tf.reduce_sum)


def counted(function: Callable[..., Any], more: int) -> Callable[..., Any]:
    """Makes a function count for that many operations more than it adds today."""

    def call(*args: Any, **options: Any) -> Any:
        result = function(*args, **options)
        _seeds.count(more)
        return result

    call.__name__ = call.__qualname__ = function.__name__
    call.__doc__ = f"As `{function.__name__}`, counted as in TensorFlow 1."
    return call


def once(regularizer: Any) -> Any:
    """Makes a regularizer add its operations once for a variable.

    TensorFlow 2 calls it twice, the first time only to see whether it gives None.
    """
    if regularizer is None or regularizer is _tf.no_regularizer:
        return regularizer

    def regularize(variable: Any) -> Any:
        if _tf.get_default_graph().get_name_scope().endswith("/Regularizer"):
            return regularizer(variable)
        return NotImplemented  # any answer but None asks for the second call

    return regularize


def _is(value: Any, number: int) -> bool:
    return isinstance(value, int | float) and value == number


def _as_shape(shape: Any) -> Any:
    if isinstance(shape, _tf.TensorShape):
        shape = shape.as_list()
    return _tf.convert_to_tensor(
        [int(size) for size in shape]
        if isinstance(shape, list | tuple)
        and all(isinstance(size, int | _tf.Dimension) for size in shape)
        else shape,
        dtype=None if _tf.is_tensor(shape) else _tf.int32,
        name="shape",
    )


def _noise_shape(x: Any, noise_shape: Any) -> Any:
    if noise_shape is None:
        return _tf.shape(x)
    try:
        sizes = _tf.TensorShape(noise_shape).as_list()
    except (TypeError, ValueError):
        return noise_shape
    if x.shape.ndims != len(sizes):
        return noise_shape
    # None stands for x's own size.
    pairs = zip(sizes, x.shape.as_list(), strict=True)
    return [own if size is None else size for size, own in pairs]
