"""A queue of batches made ahead; today `tf.data.Dataset.prefetch`."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf

__all__ = ["prefetch_queue"]


def prefetch_queue(
    tensors: Any,
    capacity: int = 8,
    num_threads: int = 1,
    dynamic_pad: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """As `slim.prefetch_queue.prefetch_queue`: a queue that is filled with tensors.

    Args:
        tensors: A list of tensors, or a dict of them.
        capacity: How many of them wait at most.
        num_threads: How many threads fill it.
        dynamic_pad: Whether dimensions may be unknown.
        shared_name: For a queue that several sessions share.
        name: Of the operations.

    Returns:
        The queue; its `dequeue()` gives what `tensors` is.
    """
    names = sorted(tensors) if isinstance(tensors, dict) else None
    values = list(tensors) if names is None else [tensors[each] for each in names]
    queue_class = tf.PaddingFIFOQueue if dynamic_pad else tf.FIFOQueue
    with tf.name_scope(name, "prefetch_queue", values):
        queue = queue_class(
            capacity=capacity,
            dtypes=[value.dtype for value in values],
            shapes=[value.shape for value in values],
            names=names,
            shared_name=shared_name,
        )
        enqueue = queue.enqueue(tensors)
        tf.train.add_queue_runner(tf.train.QueueRunner(queue, [enqueue] * num_threads))
        tf.summary.scalar(
            f"fraction_of_{capacity}_full",
            tf.cast(queue.size(), tf.float32) * (1.0 / capacity),
        )
    return queue
