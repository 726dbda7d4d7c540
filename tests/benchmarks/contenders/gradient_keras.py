"""Gradient checking of a Keras model: tfkit's, and the course's loop around it."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from .base import Contender, Timed
from .gradient_problem import EPSILON, examples, network, relative_difference, size


def check(widths: list[int], mode: str) -> Contender:
    """`tfkit.diagnose.gradient_check`, the whole call.

    Args:
        widths: Inputs, then the units of each layer.
        mode: "full" or "directional".
    """
    from tfkit.diagnose.gradient_check import gradient_check

    # An ordinary model, as one has it; the check makes a float64 copy.
    model = _model(widths, "float32")
    x, y = (array.astype("float32") for array in examples(widths[0]))
    found: dict[str, str] = {}

    def call() -> None:
        report = gradient_check(model, x, y, mode=mode)
        found["relative difference"] = f"{report.difference:.1e}"

    return Timed(call, facts=lambda: {"parameters": str(model.count_params()), **found})


def loop(widths: list[int]) -> Contender:
    """`gradient_check_n` of the course: two calls of the model for each parameter.

    Each perturbs the one number that it is about; the course's own copies them all.
    """
    model = _model(widths, "float64")
    x, y = map(tf.constant, examples(widths[0]))
    found: dict[str, float] = {}

    def cost() -> float:
        return float(model.loss(y, model(x)))

    def call() -> None:
        with tf.GradientTape() as tape:
            value = model.loss(y, model(x))
        variables = [weight.value for weight in model.trainable_weights]
        gradient = np.concatenate(
            [g.numpy().ravel() for g in tape.gradient(value, variables)]
        )
        approximation = []
        for weight in model.trainable_weights:
            start = weight.numpy()
            moved = start.copy()
            for place in np.ndindex(*start.shape):
                costs = []
                for sign in (1, -1):
                    moved[place] = start[place] + sign * EPSILON
                    weight.assign(moved)
                    costs.append(cost())
                moved[place] = start[place]
                approximation.append((costs[0] - costs[1]) / (2 * EPSILON))
            weight.assign(start)
        found["difference"] = relative_difference(gradient, np.array(approximation))

    def facts() -> dict[str, str]:
        return {"relative difference": f"{found['difference']:.1e}"}

    return Timed(call, facts=facts)


def _model(widths: list[int], dtype: str) -> keras.Model:
    layers = network(widths)
    activations = ["relu"] * (len(layers) - 1) + ["sigmoid"]
    model = keras.Sequential(
        [
            keras.Input((widths[0],), dtype=dtype),
            *(
                keras.layers.Dense(units, activation=activation, dtype=dtype)
                for units, activation in zip(widths[1:], activations, strict=True)
            ),
        ]
    )
    model.set_weights([array for layer in layers for array in layer])
    assert model.count_params() == size(layers)
    loss = keras.losses.BinaryCrossentropy(dtype=dtype)
    model.compile("sgd", loss)
    return model
