"""What the recurrent estimators of `tf.contrib.learn` shared; today Keras's masks."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import namespace as _namespace

__all__ = ["mask_activations_and_labels", "select_last_activations"]


def select_last_activations(activations: Any, sequence_lengths: Any) -> Any:
    """Returns each sequence's last outputs: (batch, steps, k) becomes (batch, k).

    Args:
        activations: The outputs of all steps.
        sequence_lengths: How many steps each sequence has; all if None.
    """
    with tf.name_scope(
        None, "select_last_activations", [activations, sequence_lengths]
    ):
        shape = tf.shape(activations)
        batch, steps, width = shape[0], shape[1], shape[2]
        lengths = steps if sequence_lengths is None else sequence_lengths
        rows = tf.reshape(activations, [-1, width])
        last = tf.gather(rows, tf.range(batch) * steps + lengths - 1)
        last.set_shape([activations.shape[0], activations.shape[2]])
        return last


def mask_activations_and_labels(
    activations: Any, labels: Any, sequence_lengths: Any
) -> tuple[Any, Any]:
    """Returns outputs and labels of the steps that are there, one after the other."""
    with tf.name_scope(
        None, "mask_activations_and_labels", [activations, labels, sequence_lengths]
    ):
        shape = tf.shape(labels)
        if sequence_lengths is None:
            number = shape[0] * shape[1]
            outputs = tf.reshape(activations, tf.stack([number, -1]))
            return outputs, tf.reshape(labels, [number])
        mask = tf.sequence_mask(sequence_lengths, shape[1])
        return tf.boolean_mask(activations, mask), tf.boolean_mask(labels, mask)


__getattr__, __dir__ = _namespace.attach(__name__)
