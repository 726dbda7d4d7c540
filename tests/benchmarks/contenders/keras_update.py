"""One optimizer step on its own: Keras's and tfkit's optimizers in a tf.function."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from .base import Contender, Timed, small_sizes


def large(optimizer: str, size: int, times: int) -> Contender:
    """Steps on one variable, a call each.

    Args:
        optimizer: "keras.Adam" or "tfkit.Adam", say.
        size: Of the variable.
        times: Steps in a turn.
    """
    return _calls(optimizer, [size], times)


def small(optimizer: str, count: int, times: int) -> Contender:
    """Steps on many small variables, a call each."""
    return _calls(optimizer, small_sizes(count), times)


def small_loop(optimizer: str, count: int, times: int, xla: bool) -> Contender:
    """Steps on many small variables in one compiled loop."""
    update, variables, gradients = _problem(optimizer, small_sizes(count))

    @tf.function(jit_compile=xla or None, autograph=False)
    def loop() -> None:
        def body(step: tf.Tensor) -> tuple[tf.Tensor]:
            # Each step has its own gradients, as in training: a loop whose body does
            # not change could be simplified.
            scale = 1.0 + 1e-6 * tf.cast(step, tf.float32)
            update.apply([gradient * scale for gradient in gradients], variables)
            return (step + 1,)

        tf.while_loop(lambda step: step < times, body, (0,), parallel_iterations=1)

    return Timed(_waiting(loop, variables), times)


def _calls(optimizer: str, sizes: list[int], times: int) -> Contender:
    update, variables, gradients = _problem(optimizer, sizes)

    @tf.function(autograph=False)
    def step(*gradients: tf.Tensor) -> None:
        update.apply(list(gradients), variables)

    def calls() -> None:
        for _ in range(times):
            step(*gradients)

    return Timed(_waiting(calls, variables), times)


def _problem(optimizer: str, sizes: list[int]) -> tuple:
    package, name = optimizer.split(".")
    if package == "tfkit":
        import tfkit

        update = getattr(tfkit.optimizers, name)(1e-3)
    else:
        update = getattr(keras.optimizers, name)(1e-3)
    generator = np.random.default_rng(0)
    variables = [keras.Variable(np.zeros(size, "float32")) for size in sizes]
    gradients = [
        tf.constant(generator.standard_normal(size, "float32")) for size in sizes
    ]
    update.build(variables)
    return update, variables, gradients


def _waiting(call, variables):
    def call_and_wait() -> None:
        call()
        # A read waits for the update before it.
        float(variables[-1].value[0])

    return call_and_wait
