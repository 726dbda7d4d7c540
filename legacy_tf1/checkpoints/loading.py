"""Fills a Keras model from a checkpoint."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from . import gru
from .conversions import converted
from .files import find
from .matching import Matching, Source
from .report import Report, unfilled_message


def load_into(
    model: Any,
    path: str | os.PathLike[str],
    mapping: Mapping[str, Source] | Callable[[str], Source] | None = None,
    *,
    partial: bool = False,
) -> Report:
    """Fills a Keras model with the variables of a TensorFlow-1 checkpoint.

    What `mapping` does not name is matched by name, where layer and role agree
    ("kernel", "weights" and "W" are one role; "biases" is "bias"; scopes around the
    layer do not matter), then by shape, where the choice is the only one or the names
    are a numbered series. A variable of the right name and another shape is named, with
    both shapes, and nothing else is taken for it. A bias is taken by its shape only if
    no other variable has that shape, or if it lies beside its layer's kernel. A value of another shape is never transposed unasked: the
    report proposes what would fit. Nor are the gates of an LSTM put into Keras's order
    unasked, nor are the two kernels of a GRU cell joined. Nothing is changed in the
    model if an error is raised.

    Args:
        model: A built Keras model.
        path: A checkpoint of `tf.train.Saver`, of either format: its prefix
            ("model.ckpt-1000"), one of its files, or a folder, whose latest one counts.
        mapping: Where a weight's value comes from: a dict from the weight's path (or
            the end of it, as "dense/kernel") or a function of the path. A source is a
            variable's name, or a pair of the name and a conversion: "transpose",
            "reshape", "rnn" (the rows of a TensorFlow-1 cell's kernel that belong to
            inputs or state), "lstm" (the same, the gates (i, j, f, o) in Keras's order
            (i, f, j, o), and the cell's `forget_bias` of 1 added to the bias), "gru"
            (for `GRU(reset_after=False)`; the name is the cell's scope, as
            "rnn/gru_cell", for all three weights), or a function from array to array. None leaves a weight in a dict as it is; a
            function's None leaves the choice to the rules above.
        partial: Whether weights may keep their values.

    Returns:
        A `Report`.

    Raises:
        FileNotFoundError: If there is no checkpoint.
        ValueError: If the file is no checkpoint; if `mapping` names what does
            not exist or does not fit; if a weight is not filled and `partial` is False.
        RuntimeError: If the process runs TensorFlow 1, without eager execution.

    Example:
        >>> import keras, numpy as np, tempfile, tensorflow as tf
        >>> v1 = tf.compat.v1
        >>> with tf.Graph().as_default(), v1.Session() as session:
        ...     W = v1.get_variable("W1", initializer=tf.constant([[1.0, 2.0, 3.0]]))
        ...     b = v1.get_variable("b1", initializer=tf.constant([[4.0]]))
        ...     session.run(v1.global_variables_initializer())
        ...     path = v1.train.Saver().save(
        ...         session, tempfile.mkdtemp() + "/model.ckpt"
        ...     )
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        >>> report = load_into(
        ...     model,
        ...     path,
        ...     {"kernel": ("W1", "transpose"), "bias": ("b1", "reshape")},
        ... )
        >>> [(match.variable, match.conversion) for match in report.matched]
        [('W1', 'transpose'), ('b1', 'reshape')]
        >>> print(model(np.ones((1, 3))).numpy())
        [[10.]]
    """
    import tensorflow as tf

    if not tf.executing_eagerly():
        raise RuntimeError(
            "The model's weights must have values, which they have under eager "
            "execution. Received: a process that runs TensorFlow 1 "
            "(legacy_tf1.tensorflow was imported, or eager execution turned off). Load "
            "the checkpoint in a process of its own."
        )
    weights = {weight.path: weight for weight in model.weights}
    if not weights:
        raise ValueError(
            "`model` must be built, so that its weights have shapes. Received: "
            f"{model.name!r} without weights. Give it a keras.Input, or call it once."
        )
    prefix = find(path)
    try:
        reader = tf.train.load_checkpoint(prefix)
    except tf.errors.DataLossError as error:
        raise ValueError(
            "`path` must be a checkpoint of TensorFlow 1. Received: "
            f"{os.fspath(path)!r}, which is not one, or is damaged. Models that Keras "
            "saved (.h5, .keras) are for keras.models.load_model."
        ) from error
    shapes = {
        name: tuple(shape) for name, shape in reader.get_variable_to_shape_map().items()
    }
    matching = Matching({path: tuple(w.shape) for path, w in weights.items()}, shapes)
    matching.by_mapping(mapping)
    matching.by_name()
    matching.by_shape()
    values = {
        weight: converted(
            _value(reader, matching, weight),
            conversion,
            weight,
            weights[weight].shape,
            name,
        )
        for weight, (name, conversion, _) in matching.found.items()
    }
    report = matching.report(prefix)
    if report.unfilled and not partial:
        raise ValueError(unfilled_message(report))
    for weight, value in values.items():
        weights[weight].assign(value)
    return report


def _value(reader: Any, matching: Matching, weight: str) -> np.ndarray:
    """What the weight's variable holds, or the two variables of a GRU cell together."""
    values = [reader.get_tensor(name) for name in matching.sources(weight)]
    return values[0] if len(values) == 1 else gru.stacked(*values)
