"""The network whose gradient everyone checks, and its data. Imports no framework."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

# PyTorch's default, near float64's best step for central differences.
EPSILON = 1e-6

Layers = list[tuple[np.ndarray, np.ndarray]]


def network(widths: Sequence[int]) -> Layers:
    """Kernel `(inputs, units)` and bias of each layer, float64; He initialization."""
    generator = np.random.default_rng(0)
    return [
        (
            generator.normal(size=(before, units)) * np.sqrt(2 / before),
            generator.normal(size=units) * 0.1,
        )
        for before, units in itertools.pairwise(widths)
    ]


def examples(inputs: int, count: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """Inputs `(count, inputs)` and classes 0 or 1 `(count, 1)`, float64."""
    generator = np.random.default_rng(1)
    x = generator.normal(size=(count, inputs))
    return x, generator.integers(0, 2, size=(count, 1)).astype("float64")


def size(layers: Layers) -> int:
    """Number of parameters."""
    return sum(kernel.size + bias.size for kernel, bias in layers)


def relative_difference(gradient: np.ndarray, approximation: np.ndarray) -> float:
    """The course's ||g - a|| / (||g|| + ||a||)."""
    norm = np.linalg.norm
    difference = norm(gradient - approximation)
    return float(difference / (norm(gradient) + norm(approximation)))
