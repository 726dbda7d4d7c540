"""Writes the arrays that the other contenders read, from a process of its own."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from .base import DATA, Contender


class _Prepared(Contender):
    def __init__(self, kind: str) -> None:
        self._kind = kind

    def facts(self) -> dict[str, str]:
        return {"kind": self._kind}


def digits(examples: int | None) -> Contender:
    """scikit-learn's digits: 1437 to train on, 360 to judge by."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    x, y = (x[order] / 16).astype("float32"), y[order].astype("int64")
    train = 1437 if examples is None else examples
    _save("digits", x[:train], y[:train])
    _save("digits_dev", x[1437 : 1437 + train], y[1437 : 1437 + train])
    return _Prepared("scikit-learn's digits")


def mnist(examples: int | None) -> Contender:
    """MNIST where TFDS_DATA_DIR has it prepared, else noise of its shape."""
    kind = "random data of MNIST's shape"
    count = 60_000 if examples is None else examples
    generator = np.random.default_rng(0)
    dev_x, dev_y = None, None
    if examples is None and os.environ.get("TFDS_DATA_DIR"):
        from tfkit.data import registry

        if registry.is_offline(registry.resolve("mnist")):
            import tfkit

            real = tfkit.data.load("mnist")
            order = generator.permutation(len(real.y))
            x = real.x[order].astype("float32") / np.float32(255)
            y = real.y[order].astype("int64")
            x, y, dev_x, dev_y = x[:count], y[:count], x[count:], y[count:]
            kind = "MNIST"
    if dev_x is None:
        x = generator.random((count, 28, 28, 1), "float32")
        y = generator.integers(0, 10, count)
        dev_x, dev_y = x[:100], y[:100]
    _save("mnist", x, y)
    _save("mnist_dev", dev_x, dev_y)
    return _Prepared(kind)


def _save(name: str, x: np.ndarray, y: np.ndarray) -> None:
    folder = Path(os.environ[DATA])
    np.save(folder / f"{name}_x.npy", x)
    np.save(folder / f"{name}_y.npy", y)
