"""Operations in the number that TensorFlow 1.15 added for them.

Under `tf.set_random_seed` the number of operations in the graph is the seed of the next
random one, so that what has become shorter since then would shift all that follows.
"""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as _tf
from tensorflow.python.framework import random_seed as _random_seed


def split(value: Any, num_splits: int, axis: Any) -> list[Any]:
    """`tf.split` into equal parts; TensorFlow 1.15 made a constant of their number."""
    _tf.constant(num_splits)
    return _tf.split(value, num_splits, axis)


def random_uniform(shape: Any, seed: int | None, dtype: Any) -> Any:
    """`tf.random_uniform` in [0, 1), which scaled and shifted even where it need not."""
    with _tf.name_scope(None, "random_uniform", [shape]) as name:
        shape = _tf.convert_to_tensor(shape, dtype=_tf.int32, name="shape")
        low = _tf.convert_to_tensor(0, dtype=dtype, name="min")
        high = _tf.convert_to_tensor(1, dtype=dtype, name="max")
        of_graph, of_op = _random_seed.get_seed(seed)
        uniform = _tf.raw_ops.RandomUniform(
            shape=shape, dtype=dtype, seed=of_graph or 0, seed2=of_op or 0
        )
        return _tf.add(uniform * (high - low), low, name=name)


def dropout(x: Any, rate: Any, seed: int | None) -> Any:
    """`tf.nn.dropout` by the rate of what is dropped."""
    with _tf.name_scope(None, "dropout", [x]):
        rate = _tf.convert_to_tensor(rate, dtype=x.dtype, name="rate")
        noise = random_uniform(_tf.shape(x), seed, x.dtype)
        scale = 1 / (1 - rate)
        kept = x * scale * _tf.cast(noise >= rate, x.dtype)
        kept.set_shape(x.shape)
        return kept
