"""Labels and probabilities of a classifier, checked and brought into one form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

# keras.config.epsilon(): a cost computed here agrees with the one that Keras logs.
_EPSILON = 1e-7
_SUM_TOLERANCE = 1e-3


def class_probabilities(probabilities: ArrayLike) -> np.ndarray:
    """Returns float64 probabilities `(n, classes)`; one sigmoid unit gets two columns.

    Args:
        probabilities: Shape `(n, classes)`, each row summing to 1; or `(n,)` or
            `(n, 1)`, the probability of class 1.

    Raises:
        ValueError: If the shape is another, a value is NaN or no probability, or a row
            does not sum to 1 within 1e-3.
    """
    values = np.asarray(probabilities).astype(np.float64)
    if values.ndim not in (1, 2) or 0 in values.shape:
        raise ValueError(
            "`probabilities` must have the shape (n, classes), or (n,) or (n, 1) for "
            f"one sigmoid unit, with n >= 1. Received: shape {values.shape}. "
            "For sequences and pixels, flatten all axes but the last."
        )
    one_unit = values.ndim == 1 or values.shape[1] == 1
    values = values.reshape(len(values), -1) if one_unit else values
    _check_finite(values)
    activation = "sigmoid" if one_unit else "softmax"
    lowest, highest = values.min(), values.max()
    # Rounding in float16 may go past the ends by as much as it does in the sum.
    if lowest < -_SUM_TOLERANCE or highest > 1 + _SUM_TOLERANCE:
        raise ValueError(
            "`probabilities` must lie in [0, 1]. Received: values from "
            f"{lowest:.4g} to {highest:.4g}. Are these logits? "
            f"Apply keras.ops.{activation} first."
        )
    if one_unit:
        return np.concatenate([1 - values, values], axis=1)
    sums = values.sum(axis=1)
    worst = int(np.abs(sums - 1).argmax())
    if abs(sums[worst] - 1) > _SUM_TOLERANCE:
        raise ValueError(
            f"Each row of `probabilities` must sum to 1 within {_SUM_TOLERANCE:g}. "
            f"Received: row {worst}, which sums to {sums[worst]:.6g}. Are these logits, "
            "or sigmoid units of which several may be on? End the model in a softmax."
        )
    return values


def class_numbers(
    labels: ArrayLike, classes: int, *, name: str = "labels"
) -> np.ndarray:
    """Returns class numbers as ints `(n,)`, from class numbers or one-hot rows.

    Raises:
        ValueError: If `labels` is neither, or a number is not below `classes`.
    """
    values = np.asarray(labels)
    if values.ndim == 2 and values.shape[1] == classes > 1:
        wrong = ~(np.isin(values, (0, 1)).all(axis=1) & (values.sum(axis=1) == 1))
        if wrong.any():
            raise ValueError(
                f"A row of one-hot `{name}` must hold a single 1 among zeros. Received: "
                f"{values[wrong][0]} in row {int(wrong.argmax())}. For soft labels, "
                f"pass {name}.argmax(axis=1)."
            )
        return values.argmax(axis=1)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise ValueError(
            f"`{name}` must be class numbers of shape (n,), or one-hot rows "
            f"(n, {classes}). Received: shape {values.shape}."
        )
    wrong = ~np.isin(values, np.arange(classes))
    if wrong.any():
        raise ValueError(
            f"`{name}` must be class numbers from 0 to {classes - 1}, one for each "
            f"column of the probabilities. Received: {values[wrong][0]!r} at index "
            f"{int(wrong.argmax())}. Number the classes from 0."
        )
    return values.astype(np.int64)


def check_lengths(**arrays: Sequence[Any] | np.ndarray) -> None:
    """Raises ValueError unless all have as many entries."""
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        names = ", ".join(f"`{name}`" for name in lengths)
        raise ValueError(
            f"{names} must have one entry an example. Received: lengths "
            f"{', '.join(f'{name}={length}' for name, length in lengths.items())}. "
            "Predict the same examples, in the same order."
        )


def names_of(class_names: Sequence[str] | None, classes: int) -> tuple[str, ...]:
    """Returns a name for each class: its number where there are no names.

    Raises:
        ValueError: If there are names, but not one for each class.
    """
    if class_names is None:
        return tuple(str(number) for number in range(classes))
    if len(class_names) != classes:
        raise ValueError(
            f"`class_names` must have one name for each of the {classes} classes. "
            f"Received: {len(class_names)} names. Name them all, in the order of the "
            "output units."
        )
    return tuple(str(name) for name in class_names)


def example_costs(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Returns -log p(true class) of each example, p clipped at 1e-7 as Keras does."""
    true = probabilities[np.arange(len(labels)), labels]
    return -np.log(np.clip(true, _EPSILON, 1.0))


def mistakes_by_cost(
    labels: np.ndarray, predicted: np.ndarray, probabilities: np.ndarray
) -> np.ndarray:
    """Returns the indices of the wrong predictions, the highest cost first."""
    wrong = np.flatnonzero(labels != predicted)
    costs = example_costs(labels, probabilities)[wrong]
    return wrong[np.argsort(-costs, kind="stable")]


def _check_finite(values: np.ndarray) -> None:
    bad = ~np.isfinite(values).all(axis=1)
    if bad.any():
        raise ValueError(
            "`probabilities` must be finite. Received: NaN or infinity in "
            f"{int(bad.sum())} of {len(values)} rows, first in row "
            f"{int(bad.argmax())}. The network has diverged, or its input holds NaN: "
            "check the data, then lower the learning rate."
        )
