"""Input functions from NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from legacy_tf1.tensorflow.estimator.inputs.queues import enqueue


def numpy_input_fn(
    x: Any,
    y: Any = None,
    batch_size: int = 128,
    num_epochs: int | None = 1,
    shuffle: bool | None = None,
    queue_capacity: int = 1000,
    num_threads: int = 1,
) -> Callable[[], Any]:
    """Makes an `input_fn` of arrays, as `tf.estimator.inputs.numpy_input_fn`.

    Args:
        x: A dictionary of arrays, or one array.
        y: An array, a dictionary of arrays, or None.
        batch_size: Rows of a batch.
        num_epochs: None for without end.
        shuffle: Must be given: True for training, False for evaluation.
        queue_capacity: Rows that wait, from which a shuffled batch is drawn.
        num_threads: Threads that fill the queue.

    Raises:
        ValueError: If `shuffle` is not given or the lengths differ.
        TypeError: If `x` is neither array nor dictionary.
    """
    if not isinstance(shuffle, bool):
        raise ValueError(
            "shuffle must be provided and explicitly set as boolean (it is recommended "
            f"to set it as True for training); got {shuffle}"
        )

    def input_fn() -> Any:
        features = _features(x)
        labels = _labels(y, features)
        columns = [*features.values(), *labels.values()]
        _check_lengths(features, labels)
        queue = enqueue(
            [np.arange(len(columns[0])), *columns],
            queue_capacity,
            shuffle=bool(shuffle),
            num_threads=num_threads,
            enqueue_size=batch_size,
            num_epochs=num_epochs,
        )
        dequeue = queue.dequeue_many if num_epochs is None else queue.dequeue_up_to
        batch = dequeue(batch_size)[1:]
        count = len(features)
        batch_x: Any = dict(zip(features, batch[:count], strict=True))
        batch_x = batch_x if isinstance(x, dict) else batch[0]
        if y is None:
            return batch_x
        batch_y: Any = dict(zip(labels, batch[count:], strict=True))
        return batch_x, batch_y if isinstance(y, dict) else batch[-1]

    return input_fn


def _features(x: Any) -> dict[str, np.ndarray]:
    if isinstance(x, dict):
        if not x:
            raise ValueError("x cannot be an empty dict")
        return dict(sorted(x.items()))
    if isinstance(x, np.ndarray):
        if not x.size:
            raise ValueError("x cannot be an empty array")
        return {"__direct_np_input__": x}
    raise TypeError(f"x must be a dict or array; got {type(x).__name__}")


def _labels(y: Any, features: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    if y is None:
        return {}
    if not isinstance(y, dict):
        return {"__target_key__": y}
    if not y:
        raise ValueError("y cannot be empty dict, use None instead.")
    both = sorted(features.keys() & y.keys())
    if both:
        raise ValueError(
            f"{len(both)} duplicate keys are found in both x and y: {both}"
        )
    return dict(sorted(y.items()))


def _check_lengths(
    features: dict[str, np.ndarray], labels: dict[str, np.ndarray]
) -> None:
    if len({len(column) for column in (*features.values(), *labels.values())}) > 1:
        raise ValueError(
            "Length of tensors in x and y is mismatched. All elements in x and y must "
            "have the same length.\n"
            f"Shapes in x: { {k: np.shape(v) for k, v in features.items()} }\n"
            f"Shapes in y: { {k: np.shape(v) for k, v in labels.items()} }\n"
        )
