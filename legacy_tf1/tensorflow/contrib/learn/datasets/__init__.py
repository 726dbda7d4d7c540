"""Small data sets, as `tf.contrib.learn.datasets`; today `tensorflow_datasets`."""

from __future__ import annotations

import importlib
from typing import Any

from legacy_tf1.tensorflow.contrib.learn.datasets import base
from legacy_tf1.tensorflow.contrib.learn.datasets.base import load_boston, load_iris

__all__ = ["base", "load_boston", "load_dataset", "load_iris"]

_MNIST = "legacy_tf1.tensorflow.examples.tutorials.mnist.input_data"


def _load_mnist(train_dir: str = "MNIST-data") -> Any:
    return importlib.import_module(_MNIST).read_data_sets(train_dir)


DATASETS = {"iris": load_iris, "boston": load_boston, "mnist": _load_mnist}


def load_dataset(
    name: str, size: str = "small", test_with_fake_data: bool = False
) -> Any:
    """Loads a data set by its name.

    Raises:
        ValueError: If there is none of that name.
    """
    del size, test_with_fake_data
    if name not in DATASETS:
        raise ValueError(
            f"Name of dataset is not found: {name}. There are {sorted(DATASETS)}."
        )
    return DATASETS[name]()


def __getattr__(name: str) -> Any:
    if name == "mnist":  # loaded late: most programs want none of it
        return importlib.import_module(_MNIST)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
