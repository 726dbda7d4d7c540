"""Keras's own data sets: from its cache, or downloaded if their host answers."""

from __future__ import annotations

import functools
import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

_HOSTS = {
    "cifar10": "https://www.cs.toronto.edu",
    "cifar100": "https://www.cs.toronto.edu",
}
_DEFAULT_HOST = "https://storage.googleapis.com"
#: What `load_data` looks for in ~/.keras/datasets (all of a list).
_FILES = {
    "boston_housing": ["boston_housing.npz"],
    "cifar10": ["cifar-10-batches-py-target"],
    "cifar100": ["cifar-100-python-target"],
    "fashion_mnist": ["fashion-mnist"],
    "imdb": ["imdb.npz"],
    "mnist": ["mnist.npz"],
    "reuters": ["reuters.npz"],
}


def is_cached(name: str) -> bool:
    """Whether Keras has the set in its cache already."""
    # As Keras looks for it, without the import of Keras 3 that asking it would take.
    home = os.environ.get("KERAS_HOME", "~/.keras")
    folder = Path(home).expanduser() / "datasets"
    return all((folder / file).exists() for file in _FILES[name])


def function(name: str, function: str = "load_data") -> Callable[..., Any]:
    """Returns Keras 3's function of a set, which fails in seconds without a network."""

    def load(*args: Any, **kwargs: Any) -> Any:
        require_reachable(name)
        module = importlib.import_module(f"keras.datasets.{name}")
        return getattr(module, function)(*args, **kwargs)

    load.__name__ = function
    load.__doc__ = f"As `tf.keras.datasets.{name}.{function}`."
    return load


@functools.cache
def require_reachable(name: str) -> None:
    """Raises unless a set is in Keras's cache, or its host answers within two seconds."""
    from tfkit.data import tfds_source

    host = _HOSTS.get(name, _DEFAULT_HOST)
    if is_cached(name) or tfds_source.is_reachable(host):
        return
    raise FileNotFoundError(
        f"The data set {name!r} must be in ~/.keras/datasets, as {_FILES[name][0]}, or "
        f"be downloadable. Received: no such file, and no answer from {host}. On a "
        f"machine with a network run `python -c 'import keras; "
        f"keras.datasets.{name}.load_data()'`, and copy that file to this one."
    )
