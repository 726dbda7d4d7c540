"""What the machine can do, by NumPy: copies on one core, products on all."""

from __future__ import annotations

import numpy as np

from .base import Contender, Timed


def copy(size: int, times: int) -> Contender:
    """Copies of an array of `size` floats."""
    source, target = np.ones(size, "float32"), np.empty(size, "float32")

    def calls() -> None:
        for _ in range(times):
            np.copyto(target, source)

    return Timed(calls, times)


def product(size: int, times: int) -> Contender:
    """Products of two square matrices."""
    generator = np.random.default_rng(0)
    a, b = (generator.random((size, size), "float32") for _ in range(2))
    target = np.empty_like(a)

    def calls() -> None:
        for _ in range(times):
            np.matmul(a, b, out=target)

    return Timed(calls, times)
