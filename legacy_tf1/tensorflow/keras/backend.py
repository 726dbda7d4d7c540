"""`tf.keras.backend`: `K.get_session()`, `K.function(...)`, `K.learning_phase()`."""

from __future__ import annotations

from typing import Any

from tensorflow.python.keras import backend as _backend

from legacy_tf1.tensorflow.keras import _frozen

__all__ = [
    "image_dim_ordering",
    "set_image_dim_ordering",
    "set_learning_phase",
]

_DIM_ORDERINGS = {"th": "channels_first", "tf": "channels_last"}


def image_dim_ordering() -> str:
    """Keras 1's "tf" or "th" for `image_data_format`."""
    return "th" if _backend.image_data_format() == "channels_first" else "tf"


def set_image_dim_ordering(dim_ordering: str) -> None:
    """Keras 1's `set_image_data_format`; "tf" is channels_last, "th" channels_first."""
    _backend.set_image_data_format(_DIM_ORDERINGS.get(dim_ordering, dim_ordering))


def set_learning_phase(value: Any) -> None:
    """As `tf.keras.backend.set_learning_phase`: 1 for training, 0 for anything else."""
    _backend.set_learning_phase(value)


def backend() -> str:
    """The library below Keras."""
    return "tensorflow"


__getattr__, __dir__ = _frozen.attach(
    __name__, "backend", "backend_config", also={"_BACKEND": "tensorflow"}
)
