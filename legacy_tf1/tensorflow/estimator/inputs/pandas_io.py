"""Input functions from pandas data frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from legacy_tf1.tensorflow.estimator.inputs.queues import enqueue


def pandas_input_fn(
    x: Any,
    y: Any = None,
    batch_size: int = 128,
    num_epochs: int | None = 1,
    shuffle: bool | None = None,
    queue_capacity: int | None = 1000,
    num_threads: int = 1,
    target_column: str = "target",
) -> Callable[[], Any]:
    """Makes an `input_fn` of a frame, as `tf.estimator.inputs.pandas_input_fn`.

    Args:
        x: A data frame; each column becomes a feature.
        y: A series or data frame with the same index, or None.
        batch_size: Rows of a batch.
        num_epochs: None for without end.
        shuffle: Must be given: True for training, False for evaluation.
        queue_capacity: Rows that wait, from which a shuffled batch is drawn.
        num_threads: Threads that fill the queue.
        target_column: A name that no column of `x` may have.

    Raises:
        ValueError: If `shuffle` is not given or the indices differ.
    """
    if not isinstance(shuffle, bool):
        raise ValueError(
            "shuffle must be provided and explicitly set as boolean (it is recommended "
            f"to set it as True for training); got {shuffle}"
        )
    labels: dict[Any, np.ndarray] = {}
    single = y is not None and y.ndim == 1
    if y is not None:
        if target_column in x:
            raise ValueError(
                f"Cannot use name {target_column} for target column: DataFrame already "
                f"has a column with that name: {x.columns}"
            )
        if not np.array_equal(x.index, y.index):
            raise ValueError(
                "Index for x and y are mismatched.\n"
                f"Index for x: {x.index}\nIndex for y: {y.index}\n"
            )
        labels = {target_column: _values(y)} if single else _columns(y)
    features = _columns(x)
    index = _values(x.index)
    capacity = queue_capacity or len(x) * (4 if shuffle else 1)

    def input_fn() -> Any:
        queue = enqueue(
            [index, *features.values(), *labels.values()],
            capacity,
            shuffle=bool(shuffle),
            min_after_dequeue=max(capacity / 4, 1),
            num_threads=num_threads,
            enqueue_size=batch_size,
            num_epochs=num_epochs,
        )
        dequeue = queue.dequeue_many if num_epochs is None else queue.dequeue_up_to
        batch = dequeue(batch_size)[1:]
        batch_x = dict(zip(features, batch[: len(features)], strict=True))
        if y is None:
            return batch_x
        batch_y = dict(zip(labels, batch[len(features) :], strict=True))
        return batch_x, batch_y[target_column] if single else batch_y

    return input_fn


def _columns(frame: Any) -> dict[Any, np.ndarray]:
    return {name: _values(frame[name]) for name in frame.columns}


def _values(column: Any) -> np.ndarray:
    """A column's values; text as objects, whatever pandas keeps it in."""
    values = column.to_numpy()
    kinds = "biufc"
    return values if values.dtype.kind in kinds else np.asarray(column, dtype=object)
