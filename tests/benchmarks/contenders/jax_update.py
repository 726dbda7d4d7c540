"""One step of Adam, jitted, with donated buffers."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .base import Contender, Timed, small_sizes
from .jax_fit import _adam


def large(size: int, times: int) -> Contender:
    """Steps on one variable, a call each."""
    return _calls([size], times)


def small(count: int, times: int) -> Contender:
    """Steps on many small variables, a call each."""
    return _calls(small_sizes(count), times)


def small_loop(count: int, times: int) -> Contender:
    """Steps on many small variables in one compiled loop."""
    state, gradients = _problem(small_sizes(count))

    @functools.partial(jax.jit, donate_argnums=0)
    def loop(state: Any, gradients: Any) -> Any:
        def body(step: jax.Array, state: Any) -> Any:
            scale = 1.0 + 1e-6 * step.astype(jnp.float32)
            return _step(state, [gradient * scale for gradient in gradients])

        return jax.lax.fori_loop(0, times, body, state)

    def call() -> None:
        nonlocal state
        state = jax.block_until_ready(loop(state, gradients))

    return Timed(call, times)


def _calls(sizes: list[int], times: int) -> Contender:
    state, gradients = _problem(sizes)
    step = jax.jit(_step, donate_argnums=0)

    def calls() -> None:
        nonlocal state
        for _ in range(times):
            state = step(state, gradients)
        jax.block_until_ready(state)

    return Timed(calls, times)


def _step(state: Any, gradients: Any) -> Any:
    weights, averages, t = state
    t = t + 1
    return *_adam(weights, averages, gradients, t), t


def _problem(sizes: list[int]) -> tuple[Any, Any]:
    generator = np.random.default_rng(0)
    gradients = [
        jnp.asarray(generator.standard_normal(size, "float32")) for size in sizes
    ]

    def zeros() -> list[jax.Array]:
        return [jnp.zeros(size, jnp.float32) for size in sizes]

    return (zeros(), (zeros(), zeros()), jnp.float32(0)), gradients
