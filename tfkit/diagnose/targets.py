"""Targets that a model's loss cannot take: said before it fails, or gives NaN."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from tfkit.diagnose.arrays import require_numbers
from tfkit.training import labels


def require_targets(model: keras.Model, x: Any, y: Any) -> None:
    """Raises where the model's loss needs targets and there are none.

    Args:
        model: A compiled model.
        x: Inputs; a dataset holds its targets itself.
        y: Targets, or None.

    Raises:
        TypeError: If they are text.
        ValueError: If `y` is None. Not for a model that computes its cost by code of
            its own, or from `add_loss` alone.

    Example:
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> require_targets(model, [[1.0]], None)
        Traceback (most recent call last):
        ...
        ValueError: `y` must hold the targets. Received: y=None. Pass x and y.
    """
    require_numbers(y)
    if y is not None or isinstance(x, tf.data.Dataset):
        return
    if getattr(model, "_compile_loss", None) is None:
        return
    for method in ("train_step", "compute_loss"):
        if not getattr(type(model), method).__module__.startswith(("keras.", "tfkit.")):
            return
    raise ValueError("`y` must hold the targets. Received: y=None. Pass x and y.")


def require_labels(model: keras.Model, data: Any) -> None:
    """Raises if a label is no index of the model's outputs.

    Args:
        model: A built, compiled model.
        data: `(x, y)` or `(x, y, sample_weight)`.

    Raises:
        TypeError: If labels are text.
        ValueError: As `tfkit.training.labels.check` does, for one output.
    """
    if isinstance(data, tuple) and len(data) > 1:
        require_numbers(data[1])
    # Of a subclass model, the number of outputs is not known.
    if len(getattr(model, "outputs", None) or ()) != 1 or not isinstance(data, tuple):
        return
    y = data[1] if len(data) > 1 else None
    if isinstance(y, (dict, list, tuple)) or y is None:
        return
    try:
        labels.check(model, (data[0], tf.convert_to_tensor(y)))
    except ValueError as error:
        raise ValueError(
            f"{error} `tfkit.diagnose.checkup(model, x, y)` looks for such faults."
        ) from None
