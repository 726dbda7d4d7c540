"""Gradient checking by PyTorch: `torch.autograd.gradcheck`."""

from __future__ import annotations

import torch

from .base import Contender, Timed
from .gradient_problem import EPSILON, examples, network


def gradcheck(widths: list[int], fast: bool) -> Contender:
    """The cost as a function of all parameters, which are float64 as it demands.

    Args:
        widths: Inputs, then the units of each layer.
        fast: One random direction, `fast_mode`, in place of every parameter.
    """
    x, y = map(torch.from_numpy, examples(widths[0]))
    parameters = tuple(
        torch.from_numpy(array).requires_grad_()
        for layer in network(widths)
        for array in layer
    )

    def cost(*arrays: torch.Tensor) -> torch.Tensor:
        a = x
        for kernel, bias in zip(arrays[:-2:2], arrays[1:-2:2], strict=True):
            a = torch.relu(a @ kernel + bias)
        p = torch.sigmoid(a @ arrays[-2] + arrays[-1])
        return torch.nn.functional.binary_cross_entropy(p, y)

    def check() -> None:
        torch.autograd.gradcheck(cost, parameters, eps=EPSILON, fast_mode=fast)

    return Timed(check)
