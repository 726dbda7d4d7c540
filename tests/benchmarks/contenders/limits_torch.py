"""What the machine can do, by PyTorch: on all cores."""

from __future__ import annotations

import torch

from .base import Contender, Timed


def copy(size: int, times: int) -> Contender:
    """Copies of an array of `size` floats."""
    source, target = torch.ones(size), torch.empty(size)

    def calls() -> None:
        for _ in range(times):
            target.copy_(source)

    return Timed(calls, times)


def product(size: int, times: int) -> Contender:
    """Products of two square matrices."""
    a, b = torch.rand(size, size), torch.rand(size, size)
    target = torch.empty(size, size)

    def calls() -> None:
        for _ in range(times):
            torch.mm(a, b, out=target)

    return Timed(calls, times)
