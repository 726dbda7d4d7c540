"""`tf.contrib.keras` of TensorFlow 1.1 to 1.3, which became `tf.keras`."""

from typing import Any

from legacy_tf1.tensorflow import keras as _keras


def __getattr__(name: str) -> Any:
    return getattr(_keras, name)
