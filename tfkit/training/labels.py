"""Labels that a cost cannot take: text, and numbers out of range.

The first end in an error that names a type, the second in one of a TensorFlow graph, and
in silent NaN with XLA.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfkit.training.compiled_epoch import Data, overrides


def checkable(model: keras.Model) -> bool:
    """Whether `check` sees all labels that are looked up: those of a single output."""
    loss = model._compile_loss._user_loss if model._compile_loss else None
    return not any(_looks_up(each) for each in keras.tree.flatten(loss)) or (
        not isinstance(loss, (list, tuple, dict)) and len(model.outputs or ()) == 1
    )


def check(model: keras.Model, data: Data) -> None:
    """Raises if a label is no index of the model's outputs.

    Args:
        model: A built, compiled model.
        data: `(x, y)` or `(x, y, sample_weight)`, as tensors.

    Raises:
        ValueError: If the loss is the sparse categorical cross-entropy, and a label is
            negative or not below the number of classes.
    """
    loss = model._compile_loss._user_loss if model._compile_loss else None
    y = data[1] if isinstance(data, tuple) and len(data) > 1 else None
    if not _looks_up(loss) or not checkable(model) or not tf.is_tensor(y):
        return
    classes = model.outputs[0].shape[-1]
    ignored = getattr(loss, "ignore_class", None)
    labels = tf.cast(tf.reshape(y, (-1,)), tf.int64)
    wrong = (labels < 0) | (labels >= classes)
    if ignored is not None:
        wrong &= labels != ignored
    if tf.reduce_any(wrong):
        label = int(labels[tf.argmax(wrong)])
        raise ValueError(
            f"Labels must be in [0, {classes}), one for each of the model's {classes} "
            f"outputs. Received: a label of {label}. Correct the labels, or give the "
            "last layer as many units as there are classes."
        )


def require_no_text(model: keras.Model, y: Any, name: str = "y") -> None:
    """Raises if targets are text, before any of them is converted.

    A model with a `train_step` or `compute_loss` of its own may take text. (Keras
    casts the targets of loss functions.)

    Args:
        model: A compiled model.
        y: Targets as for `model.fit`: arrays, also nested, or a list of labels.
        name: What the message calls them.

    Raises:
        TypeError: If they are text.

    Example:
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(3)])
        >>> model.compile("sgd", "sparse_categorical_crossentropy")
        >>> require_no_text(model, np.array(["oak", "elm"]))
        Traceback (most recent call last):
        ...
        TypeError: `y` must hold numbers. Received: text, such as 'oak'. Number the ...
    """
    if overrides(model, "train_step") or overrides(model, "compute_loss"):
        return
    # Of a list of labels each would be a leaf.
    leaves = [y] if _is_text(y) else keras.tree.flatten(y)
    for leaf in leaves:
        if _is_text(leaf):
            first = np.asarray(leaf[:1]).flat[0]
            first = (
                first.decode(errors="replace") if isinstance(first, bytes) else first
            )
            raise TypeError(
                f"`{name}` must hold numbers. Received: text, such as {str(first)!r}. "
                "Number the classes: `names, y = np.unique(y, return_inverse=True)`; "
                "`names[i]` is then the name of class i. Number those of all parts "
                "before you split them."
            )


def _is_text(values: Any) -> bool:
    """Whether an array or a list begins with text."""
    if isinstance(values, (str, bytes, dict)) or not hasattr(values, "__getitem__"):
        return False
    if isinstance(values, (list, tuple)):
        return bool(values) and isinstance(values[0], (str, bytes))
    if not len(getattr(values, "shape", ())) or not values.shape[0]:
        return False
    first = np.asarray(values[:1])
    return first.dtype.kind in "US" or (
        first.dtype.kind == "O" and isinstance(first.flat[0], (str, bytes))
    )


def _looks_up(loss: Any) -> bool:
    """Whether a loss takes labels as indices."""
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", None)
    return isinstance(loss, keras.losses.SparseCategoricalCrossentropy) or name in (
        "sparse_categorical_crossentropy",
        "SparseCategoricalCrossentropy",
    )
