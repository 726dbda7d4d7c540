"""The loss over sequences of logits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow.compat.v1 as tf


def sequence_loss(
    logits: Any,
    targets: Any,
    weights: Any,
    average_across_timesteps: bool = True,
    average_across_batch: bool = True,
    sum_over_timesteps: bool = False,
    sum_over_batch: bool = False,
    softmax_loss_function: Callable[..., Any] | None = None,
    name: str | None = None,
) -> Any:
    """Weighted cross-entropy of logits of shape (batch, time, classes).

    As `tf.contrib.seq2seq.sequence_loss` of TensorFlow 1.15. Today:
    `keras.losses.SparseCategoricalCrossentropy(from_logits=True)` with sample weights.
    """
    for what, value, rank in (
        ("logits", logits, 3),
        ("targets", targets, 2),
        ("weights", weights, 2),
    ):
        if len(value.shape) != rank:
            raise ValueError(
                f"`{what}` must be of rank {rank}: batch, time"
                f"{', classes' if rank == 3 else ''}. Received: {value.shape}. "
                "Reshape it."
            )
    if (average_across_timesteps and sum_over_timesteps) or (
        average_across_batch and sum_over_batch
    ):
        raise ValueError(
            "An axis is averaged or summed, not both. Received: "
            f"average_across_timesteps={average_across_timesteps}, "
            f"sum_over_timesteps={sum_over_timesteps}, "
            f"average_across_batch={average_across_batch}, "
            f"sum_over_batch={sum_over_batch}. Set one of each pair to False."
        )
    with tf.name_scope(name, "sequence_loss", [logits, targets, weights]):
        flat = tf.reshape(logits, [-1, tf.shape(logits)[2]])
        targets = tf.reshape(targets, [-1])
        loss_function = (
            softmax_loss_function or tf.nn.sparse_softmax_cross_entropy_with_logits
        )
        losses = loss_function(labels=targets, logits=flat)
        losses *= tf.reshape(weights, [-1])
        if average_across_timesteps and average_across_batch:
            return tf.div_no_nan(tf.reduce_sum(losses), tf.reduce_sum(weights))
        if sum_over_timesteps and sum_over_batch:
            total = tf.reduce_sum(losses)
            return tf.div_no_nan(total, tf.cast(tf.count_nonzero(weights), total.dtype))
        losses = tf.reshape(losses, tf.shape(logits)[0:2])
        if average_across_timesteps or average_across_batch:
            axis = [0] if average_across_batch else [1]
            total = tf.reduce_sum(losses, axis=axis)
            return tf.div_no_nan(total, tf.reduce_sum(weights, axis=axis))
        if sum_over_timesteps or sum_over_batch:
            axis = [0] if sum_over_batch else [1]
            total = tf.reduce_sum(losses, axis=axis)
            count = tf.cast(tf.count_nonzero(weights, axis=axis), dtype=total.dtype)
            return tf.div_no_nan(total, count)
        return losses
