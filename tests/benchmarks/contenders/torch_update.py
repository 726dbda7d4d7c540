"""One step of PyTorch's fused Adam."""

from __future__ import annotations

import numpy as np
import torch

from .base import Contender, Timed, small_sizes


def large(size: int, times: int) -> Contender:
    """Steps on one variable."""
    return _calls([size], times)


def small(count: int, times: int) -> Contender:
    """Steps on many small variables."""
    return _calls(small_sizes(count), times)


def _calls(sizes: list[int], times: int) -> Contender:
    generator = np.random.default_rng(0)
    parameters = [torch.nn.Parameter(torch.zeros(size)) for size in sizes]
    for parameter in parameters:
        parameter.grad = torch.from_numpy(
            generator.standard_normal(len(parameter), "float32")
        )
    optimizer = torch.optim.Adam(parameters, lr=1e-3, fused=True)

    def calls() -> None:
        for _ in range(times):
            optimizer.step()

    return Timed(calls, times)
