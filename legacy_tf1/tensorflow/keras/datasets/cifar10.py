"""`tf.keras.datasets.cifar10`."""

from legacy_tf1.tensorflow.keras.datasets import _download

__all__ = ["load_data"]

load_data = _download.function("cifar10")
