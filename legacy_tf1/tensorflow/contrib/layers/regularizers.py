"""Penalties on weights; today `tf.keras.regularizers`.

They are added to the loss by the program: `tf.losses.get_regularization_loss()` sums
what layers put into `GraphKeys.REGULARIZATION_LOSSES`. Mind that Keras's `l2` is the
sum of squares, and this one half of it.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import namespace as _namespace

__all__ = [
    "apply_regularization",
    "l1_l2_regularizer",
    "l1_regularizer",
    "l2_regularizer",
    "sum_regularizer",
]

Regularizer = Callable[..., Any]


def l1_regularizer(scale: Any, scope: str | None = None) -> Regularizer:
    r"""As `tf.contrib.layers.l1_regularizer` of TensorFlow 1.15: $s \sum |w|$."""

    def penalty(weights: Any) -> Any:
        return tf.reduce_sum(tf.abs(weights))

    return _scaled(scale, scope, "l1_regularizer", penalty)


def l2_regularizer(scale: Any, scope: str | None = None) -> Regularizer:
    r"""As `tf.contrib.layers.l2_regularizer` of TensorFlow 1.15: $s \sum w^2 / 2$."""
    return _scaled(scale, scope, "l2_regularizer", tf.nn.l2_loss)


def _scaled(
    scale: Any, scope: str | None, default_name: str, penalty: Callable[[Any], Any]
) -> Regularizer:
    _require_float("scale", scale)
    if isinstance(scale, numbers.Real):
        if scale < 0:
            raise ValueError(
                "Setting a scale less than 0 on a regularizer would reward large "
                f"weights. Received: scale={scale:g}. Use 0.0 for no penalty."
            )
        if scale == 0:
            tf.logging.info("Scale of 0 disables regularizer.")
            return lambda _: None

    def regularizer(weights: Any, name: str | None = None) -> Any:
        with tf.name_scope(scope, default_name, [weights]) as opened:
            factor = tf.convert_to_tensor(
                scale, dtype=weights.dtype.base_dtype, name="scale"
            )
            return tf.multiply(factor, penalty(weights), name=opened)

    return regularizer


def _require_float(name: str, scale: Any) -> None:
    if isinstance(scale, numbers.Integral):
        raise ValueError(
            f"`{name}` cannot be an integer. "
            f"Received: {name}={scale}. Write {float(scale)}."
        )


def l1_l2_regularizer(
    scale_l1: Any = 1.0, scale_l2: Any = 1.0, scope: str | None = None
) -> Regularizer | None:
    """As `tf.contrib.layers.l1_l2_regularizer` of TensorFlow 1.15: the sum of both."""
    _require_float("scale_l1", scale_l1)
    _require_float("scale_l2", scale_l2)
    scope = scope or "l1_l2_regularizer"
    if scale_l1 == 0.0:
        return l2_regularizer(scale_l2, scope)
    if scale_l2 == 0.0:
        return l1_regularizer(scale_l1, scope)
    return sum_regularizer([l1_regularizer(scale_l1), l2_regularizer(scale_l2)], scope)


def sum_regularizer(
    regularizer_list: Sequence[Regularizer | None], scope: str | None = None
) -> Regularizer | None:
    """As `tf.contrib.layers.sum_regularizer` of TensorFlow 1.15."""
    regularizers = [each for each in regularizer_list if each is not None]
    if not regularizers:
        return None

    def regularizer(weights: Any) -> Any:
        with tf.name_scope(scope, "sum_regularizer", [weights]) as opened:
            penalties = [each(weights) for each in regularizers]
            penalties = [penalty for penalty in penalties if penalty is not None]
            return tf.add_n(penalties, name=opened) if penalties else None

    return regularizer


def apply_regularization(
    regularizer: Regularizer, weights_list: Sequence[Any] | None = None
) -> Any:
    """As `tf.contrib.layers.apply_regularization` of TensorFlow 1.15.

    Returns the summed penalty, which it also adds to REGULARIZATION_LOSSES.

    Args:
        weights_list: The variables; None for those of the collection WEIGHTS.
    """
    if not weights_list:
        weights_list = tf.get_collection(tf.GraphKeys.WEIGHTS)
    if not weights_list:
        raise ValueError(
            "No weights to regularize. Received: an empty list, and the collection "
            "WEIGHTS is empty. Pass the variables."
        )
    with tf.name_scope("get_regularization_penalty", values=weights_list) as scope:
        penalties = [regularizer(weights) for weights in weights_list]
        penalties = [tf.constant(0.0) if p is None else p for p in penalties]
        for penalty in penalties:
            if penalty.shape.ndims != 0:
                raise ValueError(
                    "regularizer must return a scalar Tensor. "
                    f"Received: shape {penalty.shape}. Sum over the weights in it."
                )
        total = tf.add_n(penalties, name=scope)
        tf.add_to_collection(tf.GraphKeys.REGULARIZATION_LOSSES, total)
        return total


__getattr__, __dir__ = _namespace.attach(__name__)
