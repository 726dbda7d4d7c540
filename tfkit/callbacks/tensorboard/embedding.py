"""The last hidden layer's outputs, for TensorBoard's projector."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

#: More points than these make the browser slow.
_POINTS = 5000


def write_last_hidden(
    folder: Path,
    model: keras.Model,
    x: Any,
    labels: np.ndarray | None,
    class_names: Sequence[str] | None,
) -> None:
    """Writes what the layer before the output layer gives for some examples.

    Args:
        folder: The run's folder.
        model: A Sequential or functional model.
        x: Inputs.
        labels: Class numbers, None if there are none.
        class_names: Name of each class; numbers are taken where one has none.
    """
    from tfkit.callbacks.events import projector

    hidden = _last_hidden(model)
    if hidden is None:
        warnings.warn(
            "`embeddings=True` needs a Sequential or functional model with a hidden "
            f"layer. Received: {type(model).__name__} {model.name!r}. No embedding is "
            "written.",
            stacklevel=2,
        )
        return
    x = keras.tree.map_structure(lambda array: array[:_POINTS], x)
    vectors = keras.Model(model.inputs, hidden.output).predict(
        x, batch_size=1024, verbose=0
    )
    vectors = np.asarray(vectors).reshape(len(vectors), -1)
    columns: dict[str, Sequence[Any]] = {"example": list(range(len(vectors)))}
    if labels is not None:
        labels = labels[: len(vectors)]
        names = class_names
        if names is None or len(names) <= labels.max():
            names = [str(number) for number in range(labels.max() + 1)]
        columns["class"] = [names[label] for label in labels]
    images = x if isinstance(x, np.ndarray) and x.ndim in (3, 4) else None
    if images is not None:
        low, high = float(images.min()), float(images.max())
        images = (images - low) / (high - low or 1.0)
    projector.write_embedding(folder, hidden.name, vectors, columns, images)


def _last_hidden(model: keras.Model) -> Any:
    """The layer that feeds the last one with a kernel."""
    if not getattr(model, "inputs", None):
        return None
    layers = [
        layer
        for layer in model.layers
        if not isinstance(layer, keras.layers.InputLayer)
    ]
    kernels = [i for i, layer in enumerate(layers) if hasattr(layer, "kernel")]
    if not kernels or kernels[-1] == 0:
        return None
    return layers[kernels[-1] - 1]
