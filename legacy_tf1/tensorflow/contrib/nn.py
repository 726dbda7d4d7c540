"""`tf.contrib.nn`: what became part of `tf.nn`, and `alpha_dropout`."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import missing as _missing


def alpha_dropout(
    x: Any,
    keep_prob: Any,
    noise_shape: Any = None,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Drops units of a SELU network so that mean and variance stay.

    Klambauer et al., 2017, https://arxiv.org/abs/1706.02515. Today:
    `keras.layers.AlphaDropout(1 - keep_prob)`.
    """
    with tf.name_scope(name, "alpha_dropout", [x]):
        x = tf.convert_to_tensor(x, name="x")
        if isinstance(keep_prob, float) and not 0 < keep_prob <= 1:
            raise ValueError(
                f"`keep_prob` must be in (0, 1]. Received: keep_prob={keep_prob}."
            )
        if keep_prob == 1:
            return x
        keep_prob = tf.convert_to_tensor(keep_prob, dtype=x.dtype, name="keep_prob")
        alpha = -1.7580993408473766  # SELU's lowest value, -scale * alpha
        shape = tf.shape(x) if noise_shape is None else noise_shape
        kept = tf.floor(keep_prob + tf.random_uniform(shape, seed=seed, dtype=x.dtype))
        mixed = x * kept + alpha * (1 - kept)
        a = tf.rsqrt(keep_prob + keep_prob * (1 - keep_prob) * alpha**2)
        b = -(a * alpha * (1 - keep_prob))
        result = a * mixed + b
        result.set_shape(x.shape)
        return result


def deprecated_flipped_softmax_cross_entropy_with_logits(
    logits: Any, labels: Any, dim: int = -1, name: str | None = None
) -> Any:
    """The order of arguments before 1.0."""
    return tf.nn.softmax_cross_entropy_with_logits(
        labels=labels, logits=logits, dim=dim, name=name
    )


def deprecated_flipped_sparse_softmax_cross_entropy_with_logits(
    logits: Any, labels: Any, name: str | None = None
) -> Any:
    """The order of arguments before 1.0."""
    return tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=labels, logits=logits, name=name
    )


def deprecated_flipped_sigmoid_cross_entropy_with_logits(
    logits: Any, targets: Any, name: str | None = None
) -> Any:
    """The order of arguments before 1.0."""
    return tf.nn.sigmoid_cross_entropy_with_logits(
        labels=targets, logits=logits, name=name
    )


def nth_element(
    input: Any, n: Any, reverse: bool = False, name: str | None = None
) -> Any:
    """The n-th smallest (largest) value of each row. Today: `tf.sort` or `tf.math.top_k`."""
    return tf.raw_ops.NthElement(input=input, n=n, reverse=reverse, name=name)


def __getattr__(name: str) -> Any:
    raise _missing.error(f"tensorflow.contrib.nn.{name}")
