"""Arrays as the input of an estimator, batch by batch through placeholders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf


class DataFeeder:
    """Makes the placeholders of arrays and feeds them, shuffled if asked.

    The order of the shuffled rows is that of TensorFlow 1: NumPy's permutations from
    seed 42.

    Args:
        x: An array, or a dictionary of arrays.
        y: The same, or None.
        batch_size: Rows per batch; None for all.
        shuffle: Whether each epoch has an order of its own.
        epochs: How many; None for without end.
    """

    def __init__(
        self, x: Any, y: Any, batch_size: int | None, shuffle: bool, epochs: int | None
    ) -> None:
        self._x, self._y = _arrays(x), None if y is None else _arrays(y)
        first = next(iter(self._x.values())) if isinstance(self._x, dict) else self._x
        self._rows = len(first)
        self._batch_size = batch_size or self._rows
        self._shuffle, self._epochs = shuffle, epochs
        self._random = np.random.RandomState(42)
        self._order = self._next_order()
        self._offset = self._epoch = 0
        self._placeholders: list[tuple[Any, np.ndarray]] = []

    def input_fn(self) -> tuple[Any, Any]:
        """Makes the placeholders of features and labels."""
        self._placeholders = []
        features = self._placeholder(self._x, "input", column=True)
        if self._y is None:
            return features, None
        return features, self._placeholder(self._y, "output", column=False)

    def feed(self) -> dict[Any, np.ndarray]:
        """The next batch; a `StopIteration` tells that there is none."""
        if self._epochs is not None and self._epoch >= self._epochs:
            raise StopIteration
        rows = self._order[self._offset : self._offset + self._batch_size]
        self._offset += self._batch_size
        if self._offset >= self._rows:
            self._order, self._offset = self._next_order(), 0
            self._epoch += 1
        return {placeholder: array[rows] for placeholder, array in self._placeholders}

    def _next_order(self) -> np.ndarray:
        if self._shuffle:
            return self._random.permutation(self._rows)
        return np.arange(self._rows)

    def _placeholder(self, value: Any, name: str, column: bool) -> Any:
        if isinstance(value, dict):
            return {
                key: self._placeholder(array, f"{name}_{key}", column)
                for key, array in value.items()
            }
        if column and value.ndim == 1:
            value = value[:, np.newaxis]
        if not column and value.ndim == 2 and value.shape[1] == 1:
            value = value[:, 0]
        dtype = tf.as_dtype(value.dtype)
        placeholder = tf.placeholder(dtype, [None, *value.shape[1:]], name=name)
        self._placeholders.append((placeholder, value))
        return placeholder


def _arrays(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: np.asarray(array) for key, array in value.items()}
    if hasattr(value, "to_numpy"):  # a pandas frame or series
        value = value.to_numpy()
    return np.asarray(value)


class FeedFn(tf.train.SessionRunHook):
    """Feeds each step; the input's end stops the session."""

    def __init__(self, feed: Callable[[], dict[Any, np.ndarray]]) -> None:
        self._feed = feed

    def before_run(self, run_context: Any) -> Any:
        """Hands on the next batch."""
        return tf.train.SessionRunArgs(fetches=None, feed_dict=self._feed())
