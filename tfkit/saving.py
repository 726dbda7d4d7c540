"""Loading models that hold tfkit parts."""

from __future__ import annotations

import zipfile
from pathlib import Path

import keras

# Importing registers every part with Keras; `load_model` finds them by name.
from tfkit import (
    ensembles,
    initializers,
    layers,
    models,
    optimizers,
    regularizers,
    schedules,
)

__all__ = ["load_model"]

_REGISTERED = (
    ensembles,
    initializers,
    layers,
    models,
    optimizers,
    regularizers,
    schedules,
)


def load_model(path: str | Path) -> keras.Model:
    """Loads a `.keras` file, with tfkit's parts known and safe mode on.

    `keras.models.load_model` does the same once the parts' modules were imported;
    Keras 3.15 does not import modules of other packages on its own.

    Args:
        path: A file that `model.save` wrote.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is damaged, or no Keras file.

    Example:
        >>> import tempfile, tfkit
        >>> file = Path(tempfile.mkdtemp(), "model.keras")
        >>> tfkit.mlp((4,), num_classes=3, hidden=(8,)).save(file)
        >>> load_model(file).output_shape
        (None, 3)
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no model file {path}. A finished run has one as model.keras."
        )
    if not zipfile.is_zipfile(path):
        raise ValueError(
            f"{path} is damaged or no Keras file: a .keras file is a zip archive, "
            f"this one has {path.stat().st_size} bytes of something else. Restore it "
            "from a copy, or train again from the run's config.toml."
        )
    try:
        return keras.models.load_model(path)
    # A damaged archive fails in zlib, JSON, h5py or Keras, each with its own error.
    except Exception as error:
        raise ValueError(
            f"{path} could not be loaded; it is damaged, or needs custom parts that "
            f"were not imported. Cause: {type(error).__name__}: {error}"
        ) from error
