"""Losses over lists of steps, and models for sequences of several lengths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow.compat.v1 as tf


def sequence_loss_by_example(
    logits: Sequence[Any],
    targets: Sequence[Any],
    weights: Sequence[Any],
    average_across_timesteps: bool = True,
    softmax_loss_function: Callable[..., Any] | None = None,
    name: str | None = None,
) -> Any:
    """Weighted cross-entropy of each sequence, from lists with a tensor per step.

    As `tf.contrib.legacy_seq2seq.sequence_loss_by_example` of TensorFlow 1.15. Today:
    `keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=None)`.
    """
    if not len(logits) == len(targets) == len(weights):
        raise ValueError(
            "Logits, targets and weights must be lists with a tensor for each step. "
            f"Received: {len(logits)}, {len(targets)} and {len(weights)} tensors."
        )
    with tf.name_scope(name, "sequence_loss_by_example", [*logits, *targets, *weights]):
        losses = []
        for logit, target, weight in zip(logits, targets, weights, strict=True):
            if softmax_loss_function is None:
                loss = tf.nn.sparse_softmax_cross_entropy_with_logits(
                    labels=tf.reshape(target, [-1]), logits=logit
                )
            else:
                loss = softmax_loss_function(labels=target, logits=logit)
            losses.append(loss * weight)
        total = tf.add_n(losses)
        if not average_across_timesteps:
            return total
        # Against sequences all of whose weights are zero.
        return total / (tf.add_n(weights) + 1e-12)


def sequence_loss(
    logits: Sequence[Any],
    targets: Sequence[Any],
    weights: Sequence[Any],
    average_across_timesteps: bool = True,
    average_across_batch: bool = True,
    softmax_loss_function: Callable[..., Any] | None = None,
    name: str | None = None,
) -> Any:
    """Weighted cross-entropy of a batch, from lists with a tensor per step.

    As `tf.contrib.legacy_seq2seq.sequence_loss` of TensorFlow 1.15.
    """
    with tf.name_scope(name, "sequence_loss", [*logits, *targets, *weights]):
        cost = tf.reduce_sum(
            sequence_loss_by_example(
                logits,
                targets,
                weights,
                average_across_timesteps=average_across_timesteps,
                softmax_loss_function=softmax_loss_function,
            )
        )
        if not average_across_batch:
            return cost
        batch_size = tf.shape(targets[0])[0]
        return cost / tf.cast(batch_size, cost.dtype)


def model_with_buckets(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    targets: Sequence[Any],
    weights: Sequence[Any],
    buckets: Sequence[tuple[int, int]],
    seq2seq: Callable[[Any, Any], Any],
    softmax_loss_function: Callable[..., Any] | None = None,
    per_example_loss: bool = False,
    name: str | None = None,
) -> tuple[list[Any], list[Any]]:
    """A model for each pair of lengths, all with the same weights.

    As `tf.contrib.legacy_seq2seq.model_with_buckets` of TensorFlow 1.15. Today:
    `tf.data.Dataset.bucket_by_sequence_length` before one model.
    """
    for what, steps, needed in (
        ("encoder_inputs", encoder_inputs, buckets[-1][0]),
        ("targets", targets, buckets[-1][1]),
        ("weights", weights, buckets[-1][1]),
    ):
        if len(steps) < needed:
            raise ValueError(
                f"`{what}` must have at least as many steps as the last bucket, "
                f"{needed}. Received: {len(steps)}. Add steps, or make buckets shorter."
            )
    loss_function = sequence_loss_by_example if per_example_loss else sequence_loss
    losses: list[Any] = []
    outputs: list[Any] = []
    with tf.name_scope(
        name,
        "model_with_buckets",
        [*encoder_inputs, *decoder_inputs, *targets, *weights],
    ):
        for encoder_length, decoder_length in buckets:
            reuse = True if outputs else None
            with tf.variable_scope(tf.get_variable_scope(), reuse=reuse):
                bucket_outputs, _ = seq2seq(
                    encoder_inputs[:encoder_length], decoder_inputs[:decoder_length]
                )
                outputs.append(bucket_outputs)
                losses.append(
                    loss_function(
                        bucket_outputs,
                        targets[:decoder_length],
                        weights[:decoder_length],
                        softmax_loss_function=softmax_loss_function,
                    )
                )
    return outputs, losses
