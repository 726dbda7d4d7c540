"""Gradient checking as the course has it: its own network, in NumPy, one loop."""

from __future__ import annotations

import numpy as np

from .base import Contender, Timed
from .gradient_problem import (
    EPSILON,
    Layers,
    examples,
    network,
    relative_difference,
    size,
)


def loop(widths: list[int]) -> Contender:
    """Two forward passes for each parameter, `gradient_check_n`."""
    layers = network(widths)
    x, y = examples(widths[0])
    found: dict[str, float] = {}

    def check() -> None:
        theta = _to_vector(layers)
        gradient = _to_vector(_backward(layers, x, y))
        approximation = np.zeros_like(theta)
        for i in range(len(theta)):
            theta_plus, theta_minus = theta.copy(), theta.copy()
            theta_plus[i] += EPSILON
            theta_minus[i] -= EPSILON
            cost_plus = _cost(_to_layers(theta_plus, layers), x, y)
            cost_minus = _cost(_to_layers(theta_minus, layers), x, y)
            approximation[i] = (cost_plus - cost_minus) / (2 * EPSILON)
        found["difference"] = relative_difference(gradient, approximation)

    def facts() -> dict[str, str]:
        return {
            "parameters": str(size(layers)),
            "relative difference": f"{found['difference']:.1e}",
        }

    return Timed(check, facts=facts)


def _to_vector(layers: Layers) -> np.ndarray:
    return np.concatenate([array.ravel() for layer in layers for array in layer])


def _to_layers(theta: np.ndarray, like: Layers) -> Layers:
    layers, start = [], 0
    for kernel, bias in like:
        middle = start + kernel.size
        end = middle + bias.size
        layers.append((theta[start:middle].reshape(kernel.shape), theta[middle:end]))
        start = end
    return layers


def _forward(layers: Layers, x: np.ndarray) -> list[np.ndarray]:
    """The activations: ReLU, and a sigmoid at the end."""
    activations = [x]
    for kernel, bias in layers[:-1]:
        activations.append(np.maximum(activations[-1] @ kernel + bias, 0))
    kernel, bias = layers[-1]
    activations.append(1 / (1 + np.exp(-(activations[-1] @ kernel + bias))))
    return activations


def _cost(layers: Layers, x: np.ndarray, y: np.ndarray) -> float:
    p = _forward(layers, x)[-1]
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))


def _backward(layers: Layers, x: np.ndarray, y: np.ndarray) -> Layers:
    activations = _forward(layers, x)
    delta = (activations[-1] - y) / len(y)
    gradients: Layers = []
    for (kernel, _), below in zip(
        reversed(layers), reversed(activations[:-1]), strict=True
    ):
        gradients.insert(0, (below.T @ delta, delta.sum(axis=0)))
        delta = (delta @ kernel.T) * (below > 0)
    return gradients
