"""All batches of an epoch in a shuffled order, without a model."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from .base import Contender, Timed


def tf_data(examples: int) -> Contender:
    """`tf.data` as its guide has it."""
    dataset = tf.data.Dataset.from_tensor_slices(_data(examples))
    return _drained(
        dataset.shuffle(examples, seed=0).batch(64).prefetch(tf.data.AUTOTUNE)
    )


def pipeline(examples: int) -> Contender:
    """`tfkit.data.pipeline`."""
    import tfkit

    x, y = _data(examples)
    return _drained(tfkit.data.pipeline(x, y, batch_size=64, shuffle=True, seed=0))


def _data(examples: int) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros((examples, 28, 28, 1), "uint8"), np.zeros(examples, "int64")


def _drained(dataset: tf.data.Dataset) -> Contender:
    return Timed(lambda: dataset.reduce(0, lambda count, _: count + 1).numpy())
