"""Checks that inputs and labels can be trained on, before any work starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

# More names than these in one message hide the point.
_SHOWN = 8
# Rows examined at a time: np.isfinite of all of a large array would double the memory.
_CHUNK = 1 << 14


def check_xy(
    x: Any,
    y: Any,
    *,
    name: str = "data",
    num_classes: int | None = None,
    feature_names: Sequence[str] = (),
) -> None:
    """Raises unless `x` and `y` form a classification dataset.

    Args:
        x: Inputs of shape `(examples, ...)`: numbers, all of them finite.
        y: Class numbers of shape `(examples,)`: integers from 0, at least two different.
        name: What the messages call the data.
        num_classes: Labels must be below it. None: the labels say how many there are.
        feature_names: Names of a table's columns, for the messages.

    Raises:
        ValueError: If the data are empty, of different lengths, not numeric, hold NaN or
            infinite values (the message says in which columns and how many), or if labels
            are not integers, out of range, or of a single class.

    Example:
        >>> import numpy as np
        >>> check_xy(
        ...     np.array([[1.0, 2.0], [3.0, np.nan]]), np.array([0, 1]), name="mine"
        ... )
        Traceback (most recent call last):
        ...
        ValueError: Inputs of 'mine' must be finite. Received: column 1: 1 NaN. ...
    """
    x, y = np.asarray(x), np.asarray(y)
    check_x(x, name=name, feature_names=feature_names)
    if y.ndim != 1:
        raise ValueError(
            f"Labels of {name!r} must be class numbers of shape (examples,). "
            f"Received: y.shape={y.shape}. One-hot labels: pass y.argmax(-1)."
        )
    if len(x) != len(y):
        raise ValueError(
            f"Inputs and labels of {name!r} must have the same length. "
            f"Received: {len(x)} inputs and {len(y)} labels."
        )
    _check_labels(y, name, num_classes)


def check_x(x: np.ndarray, *, name: str, feature_names: Sequence[str] = ()) -> None:
    """Raises unless `x` holds finite numbers, one or more examples of them."""
    if x.ndim == 0 or x.size == 0:
        raise ValueError(
            f"{name!r} must have at least one example. Received: x.shape={x.shape}."
        )
    if x.dtype.kind not in "buif":
        raise ValueError(
            f"Inputs of {name!r} must be numbers. Received: x.dtype={x.dtype}. Encode "
            "text as numbers first; an object array often hides rows of unequal length."
        )
    if x.dtype.kind == "f":
        _check_finite(x, name, feature_names)


def _check_finite(x: np.ndarray, name: str, feature_names: Sequence[str]) -> None:
    if all(np.isfinite(x[i : i + _CHUNK]).all() for i in range(0, len(x), _CHUNK)):
        return
    by_column = x.reshape(len(x), -1)
    nans = np.isnan(by_column).sum(axis=0)
    infinities = np.isinf(by_column).sum(axis=0)
    bad = np.flatnonzero(nans + infinities)
    found = []
    for column in bad[:_SHOWN]:
        if feature_names:
            place = f"column {feature_names[column]!r}"
        elif x.ndim > 2:
            index = np.unravel_index(column, x.shape[1:])
            place = f"position {tuple(map(int, index))}"
        else:
            place = f"column {column}"
        counts = [(nans[column], "NaN"), (infinities[column], "infinite")]
        found.append(f"{place}: " + ", ".join(f"{n} {what}" for n, what in counts if n))
    if len(bad) > _SHOWN:
        found.append(f"and {len(bad) - _SHOWN} more")
    raise ValueError(
        f"Inputs of {name!r} must be finite. Received: {'; '.join(found)}. "
        "Drop these examples or fill the values in before loading."
    )


def _check_labels(y: np.ndarray, name: str, num_classes: int | None) -> None:
    if y.dtype.kind not in "iu":
        raise ValueError(
            f"Labels of {name!r} must be integer class numbers. Received: "
            f"y.dtype={y.dtype}, starting {_listed(y)}. tfkit.data is for "
            "classification; real-valued (regression) targets are not supported."
        )
    low, high = int(y.min()), int(y.max())
    if low < 0 or (num_classes is not None and high >= num_classes):
        allowed = ">= 0" if num_classes is None else f"from 0 to {num_classes - 1}"
        raise ValueError(
            f"Labels of {name!r} must be {allowed}. Received: labels from {low} to "
            f"{high}. Renumber the classes from 0."
        )
    if low == high:
        raise ValueError(
            f"Labels of {name!r} must be of at least two classes. Received: class {low} "
            f"for all {len(y)} examples. There is nothing to tell apart."
        )


def encode_labels(values: Any, *, name: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Numbers the classes from 0 in the order of their sorted labels.

    Args:
        values: Labels: text, or whole numbers of any type.
        name: What the messages call the data.

    Returns:
        Class numbers, int64 of shape `(examples,)`, and the names of the classes.

    Raises:
        ValueError: If labels are missing or real-valued (regression targets).
    """
    values = np.asarray(values)
    if values.dtype.kind == "f":
        if np.isnan(values).any():
            raise ValueError(
                f"Every example of {name!r} must have a label. "
                f"Received: {int(np.isnan(values).sum())} missing."
            )
        if not (values == np.floor(values)).all():
            raise ValueError(
                f"Labels of {name!r} must be classes: whole numbers or text. Received: "
                f"{_listed(values)}. tfkit.data is for classification; real-valued "
                "(regression) targets are not supported."
            )
        values = values.astype(np.int64)
    elif values.dtype.kind not in "biu":
        values = values.astype(str)
    names, y = np.unique(values, return_inverse=True)
    return y.astype(np.int64), tuple(map(str, names))


def _listed(values: np.ndarray) -> str:
    shown = ", ".join(str(value) for value in values[:3])
    return shown + (", ..." if len(values) > 3 else "")
