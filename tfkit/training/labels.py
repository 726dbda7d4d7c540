"""Labels out of range: an error in a TensorFlow graph, but silent NaN in XLA."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from tfkit.training.compiled_epoch import Data


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


def _looks_up(loss: Any) -> bool:
    """Whether a loss takes labels as indices."""
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", None)
    return isinstance(loss, keras.losses.SparseCategoricalCrossentropy) or name in (
        "sparse_categorical_crossentropy",
        "SparseCategoricalCrossentropy",
    )
