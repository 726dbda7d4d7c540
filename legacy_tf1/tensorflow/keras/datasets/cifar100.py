"""`tf.keras.datasets.cifar100`."""

from legacy_tf1.tensorflow.keras.datasets import _download

__all__ = ["load_data"]

load_data = _download.function("cifar100")
