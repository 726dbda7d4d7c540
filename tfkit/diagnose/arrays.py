"""Examples as arrays: brought into one form, and checked before long work."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfkit.data import Part

# Kinds of NumPy types: text, bytes, objects, times.
_NO_NUMBERS = "USOmM"
_NUMBER_THEM = (
    "Number the classes: classes, y = numpy.unique(y, return_inverse=True); those of "
    "another part with numpy.searchsorted(classes, y)"
)


def check_arrays(x: Any, y: Any, sample_weight: Any = None) -> tuple[Any, Any, Any]:
    """Returns data as arrays in Keras's float type, all with the same number of rows.

    Args:
        x: Array, or a list or dictionary of arrays.
        y: The same, or None.
        sample_weight: The same, or None.

    Raises:
        TypeError: If `x` is a dataset, or targets are text.
        ValueError: If there is no example, or the lengths differ.
    """
    if isinstance(x, tf.data.Dataset):
        raise TypeError(
            "`x` must hold arrays here. Received: a tf.data.Dataset. Take some batches "
            "of it: x, y = next(iter(dataset.unbatch().batch(1000)))."
        )
    require_numbers(y)
    x, y, sample_weight = (
        keras.tree.map_structure(_in_float_type, arrays_of(part))
        for part in (x, y, sample_weight)
    )
    require_lengths(x=x, y=y, sample_weight=sample_weight)
    return x, y, sample_weight


def check_pair(data: Any, name: str) -> tuple[Any, np.ndarray]:
    """Returns inputs and targets, `(x, y)`, as arrays of one length, or raises.

    Args:
        data: The pair, or a part of `tfkit.data.split`; `x` may be a list or a
            dictionary of arrays.
        name: What messages call it.

    Raises:
        TypeError: If it is no pair, or the targets are text.
        ValueError: If there is no example, or the lengths differ.
    """
    if isinstance(data, Part):
        data = data.x, data.y
    if not isinstance(data, (tuple, list)) or len(data) != 2:
        got = type(data).__name__
        got += f" of {len(data)}" if isinstance(data, (tuple, list)) else ""
        raise TypeError(
            f"`{name}` must be a pair (x, y) of arrays, a part of tfkit.data.split, "
            "or a tf.data.Dataset. "
            f"Received: {got}."
        )
    require_numbers(data[1], f"y of {name}")
    x, y = arrays_of(data[0]), np.asarray(data[1])
    require_lengths(**{f"x of {name}": x, f"y of {name}": y})
    return x, y


def require_numbers(data: Any, name: str = "y", *, hint: str = _NUMBER_THEM) -> None:
    """Raises if targets are text, dates or Python objects; None and empty ones pass.

    Args:
        data: Arrays or tensors, also nested; or a list of labels.
        name: What messages call them.
        hint: What the message advises for text.

    Raises:
        TypeError: If they are no numbers.

    Example:
        >>> require_numbers(["cat", "dog"])
        Traceback (most recent call last):
        ...
        TypeError: `y` must hold numbers. Received: text, such as 'cat' (<U3). Number ...
    """
    for leaf in keras.tree.flatten(written_out(data)):
        if leaf is None or (tf.is_tensor(leaf) and leaf.dtype != tf.string):
            continue
        # Of a tensor of text NumPy makes an array of bytes.
        array = leaf.numpy() if isinstance(leaf, tf.Tensor) else leaf
        array = np.asarray(array)
        if array.dtype.kind not in _NO_NUMBERS or not array.size:
            continue
        first = array.flat[0]
        first = first.decode(errors="replace") if isinstance(first, bytes) else first
        if isinstance(first, str):
            found = f"text, such as {str(first)!r} ({array.dtype})"
            way_out = hint
        else:
            found = f"{array.dtype}, such as {first!r}"
            way_out = "Make them numbers of one type, such as y.astype('float32')"
        raise TypeError(f"`{name}` must hold numbers. Received: {found}. {way_out}.")


def require_lengths(least: int = 1, /, **parts: Any) -> None:
    """Raises unless all arrays have the same number of rows.

    Args:
        least: How many it must be at least.
        **parts: Nested arrays or tensors by the names that the message gives them;
            None is left out.

    Raises:
        ValueError: If the numbers differ, or are below `least`.

    Example:
        >>> require_lengths(x=np.zeros((3, 2)), y=np.zeros(4))
        Traceback (most recent call last):
        ...
        ValueError: `x` and `y` must have the same number of examples, at least 1. ...
    """
    lengths = {
        name: sorted(
            {_length(leaf) for leaf in keras.tree.flatten(part) if leaf is not None}
        )
        for name, part in parts.items()
        if part is not None
    }
    found = {length for each in lengths.values() for length in each}
    if len(found) != 1 or min(found) < least:
        *others, last = (f"`{name}`" for name in lengths)
        names = f"{', '.join(others)} and {last}" if others else last
        raise ValueError(
            f"{names} must have the same number of examples, at least {least}. "
            f"Received: {lengths}. The first axis counts the examples."
        )


def arrays_of(data: Any) -> Any:
    """Nested arrays, tensors and lists of numbers as NumPy arrays; None stays."""
    return keras.tree.map_structure(
        lambda leaf: None if leaf is None else _array(leaf), written_out(data)
    )


def written_out(data: Any) -> Any:
    """Turns a list of numbers into an array; one of arrays is several inputs."""
    if isinstance(data, list) and not any(hasattr(part, "shape") for part in data):
        return np.asarray(data)
    return data


def count_examples(x: Any) -> int:
    """The number of rows of the first array in nested data."""
    return len(keras.tree.flatten(x)[0])


def rows(data: Any, places: Any) -> Any:
    """Some rows of each array in nested data; None stays."""
    return keras.tree.map_structure(
        lambda leaf: None if leaf is None else leaf[places], data
    )


def _array(leaf: Any) -> np.ndarray:
    # NumPy has no bfloat16, which tensors can be of.
    return np.asarray(keras.ops.convert_to_numpy(leaf) if tf.is_tensor(leaf) else leaf)


def _length(leaf: Any) -> int:
    return int(leaf.shape[0]) if len(leaf.shape) else 0


def _in_float_type(array: Any) -> Any:
    if array is None:
        return None
    if array.ndim == 0:
        raise ValueError(
            "Data must be arrays with the examples along the first axis. Received: "
            f"{array[()]!r}. Stack the examples: np.stack(examples)."
        )
    # As Keras's `fit` does.
    floating = np.issubdtype(array.dtype, np.floating)
    return array.astype(keras.config.floatx(), copy=False) if floating else array
