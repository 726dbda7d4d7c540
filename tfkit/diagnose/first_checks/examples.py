"""What is checked before long work: a built model, and examples that fit it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfkit.diagnose.rehearsal import count_examples, written_out


def require_model(model: Any) -> None:
    """Raises unless `model` is a built Keras model with weights to train."""
    if not isinstance(model, keras.Model):
        raise TypeError(
            "`model` must be a keras.Model. Received: "
            f"model={model!r} of type {type(model).__name__}. Build one first."
        )
    if not model.built:
        raise ValueError(
            "`model` must be built: without its input's shape it has no weights. "
            f"Received: {model.name!r}, not built. Give it a `keras.Input`, call "
            "`model.build(input_shape)`, or call the model on a batch once."
        )
    if not model.trainable_variables:
        raise ValueError(
            "`model` must have weights that are trained. Received: "
            f"{model.name!r} with none of {len(model.weights)} trainable. Add a layer, "
            "or set `layer.trainable = True`."
        )
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
        return _of_dataset(x, y, most)
    x = _nested(x)
    return x, None if y is None else _nested(y)


def require_fit(model: keras.Model, x: Any, y: Any) -> None:
    """Raises unless the examples have the shape that the model takes."""
    arrays = keras.tree.flatten(x)
    targets = [] if y is None else keras.tree.flatten(y)
    lengths = [len(array) if array.ndim else 0 for array in (*arrays, *targets)]
    if len(set(lengths)) != 1 or lengths[0] < 2:
        raise ValueError(
            "`x` and `y` must hold as many entries, at least two. Received: lengths "
            f"{lengths}. Pass the examples and their targets in the same order."
        )
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


def _nested(data: Any) -> Any:
    nested = keras.tree.map_structure(_array, written_out(data))
    for array in keras.tree.flatten(nested):
        if array.dtype.kind not in "buif":
            raise TypeError(
                "`x` and `y` must hold numbers. Received: an array of type "
                f"{array.dtype}. Encode text and categories first, such as with "
                "keras.layers.StringLookup."
            )
    return nested


def _array(data: Any) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(data) if tf.is_tensor(data) else data)


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
        batches.append(keras.tree.map_structure(_array, batch[:2]))
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
