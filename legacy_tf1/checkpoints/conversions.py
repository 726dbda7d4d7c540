"""From the values of a TensorFlow-1 variable to those of a Keras weight."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .names import role_of

Conversion = str | Callable[[np.ndarray], Any]

#: Those of cells, with the number of blocks of columns in the cell's kernel.
_BLOCKS = {"rnn": 1, "lstm": 4, "gru": 3}
CONVERSIONS = ("transpose", "reshape", *_BLOCKS)


def converted(
    value: np.ndarray,
    conversion: Conversion,
    weight: str,
    shape: tuple[int, ...],
    name: str,
) -> np.ndarray:
    """The value as the weight takes it."""
    if callable(conversion):
        result = np.asarray(conversion(value))
    elif conversion == "transpose":
        result = value.T
    elif conversion == "reshape" and value.size == np.prod(shape, dtype=int):
        result = value.reshape(shape)
    elif conversion in _BLOCKS:
        result = _of_cell(value, weight, shape, _BLOCKS[conversion])
        if conversion == "lstm":
            result = _keras_gates(result)
    elif conversion in ("", "reshape"):
        result = value
    else:
        raise ValueError(
            f"A conversion must be one of {', '.join(CONVERSIONS)}, or a function. "
            f"Received: {conversion!r} for {weight!r}."
        )
    if result.shape == tuple(shape):
        return result
    done = f" after {told(conversion)}" if conversion else ""
    raise ValueError(
        f"{weight!r} takes values of shape {tuple(shape)}. Received: {name!r} of shape "
        f"{value.shape}{f', {result.shape}{done}' if done else ''}. Choose another "
        f"variable, or a conversion: {', '.join(CONVERSIONS)}, or a function."
    )


def _of_cell(
    value: np.ndarray, weight: str, shape: tuple[int, ...], blocks: int
) -> np.ndarray:
    """TensorFlow 1 stacks the rows for the inputs on those for the state."""
    if value.ndim == 1:
        return value
    inputs = len(value) - value.shape[-1] // blocks
    return value[inputs:] if role_of(weight) == "recurrent_kernel" else value[:inputs]


def _keras_gates(value: np.ndarray) -> np.ndarray:
    """(i, j, f, o) -> (i, f, j, o); TensorFlow 1 adds forget_bias while it runs."""
    i, j, f, o = np.split(value, 4, axis=-1)
    return np.concatenate([i, f + 1 if value.ndim == 1 else f, j, o], axis=-1)


def told(conversion: Conversion) -> str:
    """The conversion as a word."""
    if isinstance(conversion, str):
        return conversion
    return getattr(conversion, "__name__", type(conversion).__name__)
