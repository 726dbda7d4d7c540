"""What a diagnosis needs of a model: built, compiled, with weights to train."""

from __future__ import annotations

from typing import Any

import keras


def require_built(model: Any) -> None:
    """Raises unless `model` is a Keras model that has its weights.

    Raises:
        TypeError: If it is no Keras model.
        ValueError: If it is not built.

    Example:
        >>> require_built(keras.layers.Dense(1, name="one"))
        Traceback (most recent call last):
        ...
        TypeError: `model` must be a keras.Model. Received: a Dense. Build one first; ...
    """
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"`model` must be a keras.Model. Received: a {type(model).__name__}. Build "
            "one first; put a layer alone into keras.Sequential."
        )
    if not model.built:
        raise ValueError(
            "`model` must be built: without its input's shape it has no weights. "
            f"Received: {model.name!r}, not built. Give it a `keras.Input`, call "
            "`model.build(input_shape)`, or call the model on a batch once."
        )


def require_trainable(model: Any) -> None:
    """Raises unless `model` is built and has weights to train.

    Raises:
        TypeError: If it is no Keras model.
        ValueError: If it is not built, or nothing of it is trained.
    """
    require_built(model)
    if not model.trainable_variables:
        raise ValueError(
            "`model` must have trainable weights. Received: "
            f"{model.name!r} with none of {len(model.weights)} trainable. Add a layer, "
            "or set `layer.trainable = True`."
        )


def require_compiled(model: Any, *, optimizer: bool = True) -> None:
    """Raises unless `model` is built and compiled, and has weights to train.

    Args:
        model: The model.
        optimizer: Whether it must have an optimizer, too.

    Raises:
        TypeError: If it is no Keras model.
        ValueError: If it is not built or not compiled, or nothing of it is trained.
    """
    require_built(model)
    if not model.compiled or (optimizer and model.optimizer is None):
        lacks = "without an optimizer" if model.compiled else "not compiled"
        raise ValueError(
            f"`model` must be compiled with {'an optimizer and ' * optimizer}a loss. "
            f"Received: {model.name!r}, {lacks}. Call model.compile(optimizer, loss) "
            "first."
        )
    require_trainable(model)
