"""Draws of categories and coins, as the helpers need them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.nn import _counted


def _shaped(draw: Callable[[Any], Any], sample_shape: Any) -> Any:
    """Draws as many as fill `sample_shape`, a number or a vector of them."""
    with tf.name_scope(None, "call_sampler", values=[sample_shape]):
        shape = tf.convert_to_tensor(sample_shape, dtype=tf.int32, name="sample_shape")
        padding = tf.cast(tf.equal(tf.rank(shape), 0), tf.int32)
        shape = tf.reshape(
            shape, tf.pad(tf.shape(shape), paddings=[[padding, 0]], constant_values=1)
        )
        samples = draw(tf.reduce_prod(shape))
        rest = tf.shape(samples)[1:]
        return tf.reshape(samples, tf.concat([shape, rest], 0))


def bernoulli(
    probs: Any, dtype: Any = tf.int32, sample_shape: Any = (), seed: int | None = None
) -> Any:
    """1 with the given probability, else 0."""
    probs = tf.convert_to_tensor(probs, name="probs")
    batch_shape = tf.shape(probs)

    def draw(count: Any) -> Any:
        shape = tf.concat([[count], batch_shape], 0)
        uniform = _counted.random_uniform(shape, seed, probs.dtype)
        return tf.cast(tf.less(uniform, probs), dtype)

    return _shaped(draw, sample_shape)


def categorical(logits: Any, seed: int | None = None) -> Any:
    """One class for each row of logits."""
    logits = tf.convert_to_tensor(logits, name="logits")
    event_size = tf.shape(logits)[-1]
    batch_shape = tf.shape(logits)[:-1]

    def draw(count: Any) -> Any:
        rows = logits
        if logits.shape.ndims != 2:
            rows = tf.reshape(logits, [-1, event_size])
        dtype = tf.int64 if logits.dtype.size > 4 else tf.int32
        classes = tf.multinomial(rows, count, seed=seed, output_dtype=dtype)
        shape = tf.concat([[count], batch_shape], 0)
        return tf.cast(tf.reshape(tf.transpose(classes), shape), tf.int32)

    return _shaped(draw, ())
