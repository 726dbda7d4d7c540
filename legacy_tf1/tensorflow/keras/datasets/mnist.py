"""`tf.keras.datasets.mnist`, from wherever the digits are."""

from __future__ import annotations

from typing import Any

from legacy_tf1.tensorflow.examples.tutorials.mnist import input_data
from legacy_tf1.tensorflow.keras.datasets import _download

__all__ = ["load_data"]


def load_data(path: str = "mnist.npz") -> Any:
    """Returns ((train images, labels), (test images, labels)), uint8, (n, 28, 28).

    Keras's own cached file comes first, then the folder `LEGACY_TF1_MNIST`, then the
    prepared set of TensorFlow Datasets, then a download.
    """
    if not _download.is_cached("mnist"):
        try:
            train, train_labels, test, test_labels = input_data.load_arrays()
        except FileNotFoundError:
            pass
        else:
            return (train[..., 0], train_labels), (test[..., 0], test_labels)
    return _download.function("mnist")(path)
