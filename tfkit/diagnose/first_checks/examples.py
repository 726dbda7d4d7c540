"""Examples for the first checks: of arrays or a dataset, and fit for the model."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfkit.diagnose.arrays import (
    arrays_of,
    count_examples,
    require_lengths,
    require_numbers,
)


def require_any_batch(model: keras.Model) -> None:
    """Raises if the model takes batches of one size only."""
    # Not by the input's shape: a Sequential model that was built by a call has a number
    # of examples there, too, and takes any other.
    for layer in model._flatten_layers(include_self=False):
        if isinstance(layer, keras.layers.RNN) and layer.stateful:
            raise ValueError(
                "`model` must take any number of examples. Received: a stateful layer, "
                f"{layer.name!r}, whose batches are all of one size. Build the model "
                "with stateful=False, and keras.Input(shape) in place of batch_shape."
            )


def as_arrays(x: Any, y: Any, *, most: int) -> tuple[Any, Any]:
    """Turns arrays, nested arrays or a `tf.data.Dataset` into NumPy arrays.

    Args:
        x: Arrays, or a dataset of batches `(x, y)`; of its first batches, `most`
            examples are taken.
        y: Targets; None for a dataset.
        most: How many examples of a dataset.
    """
    if isinstance(x, tf.data.Dataset):
        x, y = _of_dataset(x, y, most)
    encode = "Encode it first, such as with keras.layers.StringLookup"
    require_numbers(x, "x", hint=encode)
    require_numbers(y)
    return arrays_of(x), arrays_of(y)


def require_fit(model: keras.Model, x: Any, y: Any) -> None:
    """Raises unless the examples have the shape that the model takes."""
    arrays = keras.tree.flatten(x)
    require_lengths(2, x=x, y=y)
    inputs = getattr(model, "inputs", None)
    if not inputs:
        return
    if len(inputs) != len(arrays):
        raise ValueError(
            f"`x` must hold {len(inputs)} arrays, one for each input of "
            f"{model.name!r}. Received: {len(arrays)}. Pass a list, or a dict by name."
        )
    if len(inputs) == 1:
        wanted, given = tuple(inputs[0].shape[1:]), arrays[0].shape[1:]
        # As Keras does, one axis of length 1 may be left out.
        for shape in (given, (*given, 1), given[:-1] if given[-1:] == (1,) else given):
            if len(shape) == len(wanted) and all(
                size in (None, n) for size, n in zip(wanted, shape, strict=True)
            ):
                return
        raise ValueError(
            f"`x` must hold examples of shape {wanted}, which {model.name!r} takes. "
            f"Received: examples of shape {given}. Reshape them, or change the Input."
        )


def tensors(data: Any) -> Any:
    """The same as tensors; float64, which is NumPy's, as Keras's float type."""

    def tensor(array: np.ndarray) -> Any:
        if array.dtype == np.float64:
            array = array.astype(keras.config.floatx())
        return tf.convert_to_tensor(array)

    return keras.tree.map_structure(tensor, data)


def _of_dataset(dataset: tf.data.Dataset, y: Any, most: int) -> tuple[Any, Any]:
    if y is not None:
        raise ValueError(
            "`y` must be left out where `x` is a tf.data.Dataset, which holds the "
            f"targets. Received: y of type {type(y).__name__}. Pass the dataset alone."
        )
    batches: list[Any] = []
    examples = 0
    for batch in dataset:
        batch = batch if isinstance(batch, tuple) else (batch,)
        batches.append(arrays_of(batch[:2]))
        if not batches[-1] or not keras.tree.flatten(batch[0])[0].ndim:
            break
        examples += count_examples(batches[-1][0])
        if examples >= most:
            break
    if not examples:
        raise ValueError(
            "`x` must be a dataset of batches, (x, y) each. Received: no examples. "
            "Call `.batch(32)` on it, or see why it is empty."
        )
    joined = keras.tree.map_structure(lambda *a: np.concatenate(a)[:most], *batches)
    return joined[0], joined[1] if len(joined) > 1 else None
