"""Feeds arrays and data frames through a queue, in a thread of its own."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf


class FeedingQueueRunner(tf.train.QueueRunner):
    """A queue runner that feeds its enqueue ops from Python."""

    def __init__(
        self, queue: Any, enqueue_ops: Sequence[Any], feeds: Sequence[Callable[[], Any]]
    ) -> None:
        closing = (tf.errors.OutOfRangeError, tf.errors.CancelledError)
        super().__init__(queue, enqueue_ops, queue_closed_exception_types=closing)
        self._feeds = dict(zip(enqueue_ops, feeds, strict=True))

    def _run(self, sess: Any, enqueue_op: Any, coord: Any = None) -> None:
        if coord:
            coord.register_thread(threading.current_thread())
        feed = self._feeds[enqueue_op]
        counted = True
        try:
            while not (coord and coord.should_stop()):
                try:
                    sess.run(enqueue_op, feed_dict=feed())
                except self._queue_closed_exception_types:
                    with self._lock:
                        self._runs_per_session[sess] -= 1
                        counted = False
                        if not self._runs_per_session[sess]:
                            self._close(sess)
                    return
        except Exception as error:
            if not coord:
                tf.logging.error("Exception in QueueRunner: %s", error)
                with self._lock:
                    self._exceptions_raised.append(error)
                raise
            coord.request_stop(error)
        finally:
            if counted:
                with self._lock:
                    self._runs_per_session[sess] -= 1

    def _close(self, sess: Any) -> None:
        try:
            sess.run(self._close_op)
        except Exception as error:
            # The session may be closed already: then nobody waits for the queue.
            tf.logging.vlog(1, "Ignored exception: %s", error)


class _Feed:
    """Walks over the rows, so many times, and begins at a random one if asked."""

    def __init__(
        self,
        placeholders: Sequence[Any],
        columns: Sequence[np.ndarray],
        size: int,
        random_start: bool,
        num_epochs: int | None,
    ) -> None:
        self._placeholders, self._columns = placeholders, columns
        self._size, self._rows = size, len(columns[0])
        self._left = None if num_epochs is None else num_epochs * self._rows
        self._next = random.randrange(self._rows) if random_start else 0

    def __call__(self) -> dict[Any, np.ndarray]:
        size = self._size if self._left is None else min(self._size, self._left)
        if not size:
            raise tf.errors.OutOfRangeError(None, None, "All epochs have been emitted.")
        rows = np.arange(self._next, self._next + size) % self._rows
        self._next = int(rows[-1] + 1) % self._rows
        if self._left is not None:
            self._left -= size
        return {
            placeholder: column[rows]
            for placeholder, column in zip(
                self._placeholders, self._columns, strict=True
            )
        }


def enqueue(
    columns: Sequence[np.ndarray],
    capacity: int,
    *,
    shuffle: bool,
    min_after_dequeue: float | None = None,
    num_threads: int = 1,
    enqueue_size: int,
    num_epochs: int | None,
) -> Any:
    """Makes the queue of some columns and the threads that fill it.

    Args:
        columns: Of equal length; the first is an index.
        capacity: Of the queue, in rows.
        shuffle: Whether rows are drawn at random from the queue.
        min_after_dequeue: What is left in the queue to draw from.
        num_threads: Each of them goes over the data.
        enqueue_size: Rows per enqueue.
        num_epochs: For each thread; None is without end.
    """
    types = [tf.as_dtype(column.dtype) for column in columns]
    shapes = [column.shape[1:] for column in columns]
    with tf.name_scope("enqueue_input"):
        if shuffle:
            kept = int(capacity / 4 if min_after_dequeue is None else min_after_dequeue)
            queue = tf.RandomShuffleQueue(capacity, kept, dtypes=types, shapes=shapes)
        else:
            kept = 0
            queue = tf.FIFOQueue(capacity, dtypes=types, shapes=shapes)
        enqueue_ops, feeds = [], []
        for _ in range(num_threads):
            placeholders = [tf.placeholder(dtype) for dtype in types]
            enqueue_ops.append(queue.enqueue_many(placeholders))
            feeds.append(
                _Feed(placeholders, columns, enqueue_size, shuffle, num_epochs)
            )
        tf.train.add_queue_runner(FeedingQueueRunner(queue, enqueue_ops, feeds))
        room = capacity - kept
        full = tf.cast(tf.maximum(0, queue.size() - kept), tf.float32) * (1.0 / room)
        tf.summary.scalar(
            f"queue/{queue.name}fraction_over_{kept}_of_{room}_full", full
        )
    return queue
