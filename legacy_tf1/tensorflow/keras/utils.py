"""`tf.keras.utils`, and standalone Keras's `np_utils` and `vis_utils`."""

from __future__ import annotations

from typing import Any

from legacy_tf1.tensorflow.keras import _frozen

__all__ = ["multi_gpu_model", "print_summary"]


def print_summary(model: Any, *args: Any, **kwargs: Any) -> None:
    """Standalone Keras's `keras.utils.print_summary(model)`."""
    model.summary(*args, **kwargs)


def multi_gpu_model(model: Any, gpus: Any = None, **kwargs: Any) -> Any:
    """As `tf.keras.utils.multi_gpu_model` on a machine without GPUs: the model itself.

    Today: `tf.distribute.MirroredStrategy`.
    """
    return model


__getattr__, __dir__ = _frozen.attach(
    __name__,
    "utils.np_utils",
    "utils.data_utils",
    "utils.generic_utils",
    "utils.layer_utils",
    "utils.vis_utils",
    "utils.io_utils",
    "utils.conv_utils",
)
