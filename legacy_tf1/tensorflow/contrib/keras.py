"""`tf.contrib.keras` of TensorFlow 1.1 to 1.3, which became `tf.keras`."""

from typing import Any

from legacy_tf1.tensorflow import keras as _keras

__path__: list[str] = []  # so that tf.contrib.keras.python can be imported


def __getattr__(name: str) -> Any:
    return getattr(_keras, name)
