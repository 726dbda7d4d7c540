"""The cost of a Keras model as a function of its trainable weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfkit.diagnose.gradient_check.cost import Cost, dense
from tfkit.diagnose.gradient_check.model_copy import (
    copied_optimizer,
    parameters,
    unchanged,
)


class ModelCost(Cost):
    """The cost of a float64 copy, penalties included.

    Evaluations leave the copy as it is: each starts from the same random states and
    moving averages, so that dropout has one mask throughout.

    Args:
        model: The model that was copied, for names.
        made: Its float64 copy.
        data: `(x, y, sample_weight)` as float64 tensors.
        training: Mode of the forward pass.
        layers: Names of the layers to check; None for all.
    """

    def __init__(
        self,
        model: keras.Model,
        made: keras.Model,
        data: tuple[Any, Any, Any],
        *,
        training: bool,
        layers: Sequence[str] | None = None,
    ) -> None:
        self.model, self.made, self.data, self.training = model, made, data, training
        owners = _owners(model)
        pairs = [
            (original, variable)
            for original, variable in parameters(model, made)
            if layers is None or set(owners.get(id(original), ())) & set(layers)
        ]
        self.variables = [variable for _, variable in pairs]
        super().__init__(
            self._at,
            [variable.numpy() for variable in self.variables],
            _unique([original.path for original, _ in pairs]),
            [owners.get(id(original), ("",))[-1] for original, _ in pairs],
            examples=int(keras.tree.flatten(data[0])[0].shape[0]),
        )

    def loss(self) -> tuple[Any, Any]:
        """Cost and prediction of the copy as it stands."""
        x, y, weight = self.data
        prediction = self.made(x, training=self.training)
        cost = self.made.compute_loss(x, y, prediction, weight, training=self.training)
        return cost, prediction

    def parts(self) -> tuple[float, float, Any]:
        """The cost, the part of it that penalties have, and the prediction."""
        with unchanged(self.made):
            cost, prediction = self.loss()
            penalty = sum(float(tf.reduce_sum(part)) for part in self.made.losses)
        return float(cost), penalty, prediction

    def gradient(self, values: list[np.ndarray]) -> tuple[list[np.ndarray], list[bool]]:
        """Reverse mode with respect to the variables, as in training."""
        before = [variable.numpy() for variable in self.variables]
        self._assign(values)
        try:
            sources = [variable.value for variable in self.variables]
            with (
                unchanged(self.made),
                tf.GradientTape(watch_accessed_variables=False) as tape,
            ):
                tape.watch(sources)
                cost, _ = self.loss()
            return dense(tape.gradient(cost, sources), values)
        finally:
            self._assign(before)

    def slope(self, values: list[np.ndarray], tangents: list[np.ndarray]) -> float:
        """Forward mode along a direction, at the copy's weights."""
        sources = [variable.value for variable in self.variables]
        directions = [
            tf.constant(tangent, source.dtype)
            for tangent, source in zip(tangents, sources, strict=True)
        ]
        with (
            unchanged(self.made),
            tf.autodiff.ForwardAccumulator(sources, directions) as accumulator,
        ):
            cost, _ = self.loss()
        found = accumulator.jvp(cost)
        return 0.0 if found is None else float(found)

    def train(self, steps: int) -> None:
        """Takes training steps on the copy, and makes its new weights the point."""
        trained = [variable for _, variable in parameters(self.model, self.made)]
        optimizer = copied_optimizer(self.model, trained)
        x, y, weight = self.data

        @tf.function(autograph=False)
        def step() -> None:
            with tf.GradientTape() as tape:
                prediction = self.made(x, training=True)
                cost = self.made.compute_loss(x, y, prediction, weight, training=True)
            gradients = tape.gradient(cost, [variable.value for variable in trained])
            known = [
                (gradient, variable)
                for gradient, variable in zip(gradients, trained, strict=True)
                if gradient is not None
            ]
            optimizer.apply_gradients(known)

        # At once, or TensorFlow warns of tracing where many models are checked.
        traced = step.get_concrete_function()
        for _ in range(steps):
            traced()
        self.values = [variable.numpy() for variable in self.variables]

    def _at(self, values: list[Any]) -> Any:
        with unchanged(self.made) as scope:
            for variable, value in zip(self.variables, values, strict=True):
                # Not as the scope's argument: it would round to the variable's dtype,
                # which a layer may have fixed at float32.
                scope.state_mapping[id(variable)] = value
            cost, _ = self.loss()
        return cost

    def _assign(self, values: list[np.ndarray]) -> None:
        for variable, value in zip(self.variables, values, strict=True):
            variable.assign(value)


def _owners(model: keras.Model) -> dict[int, tuple[str, ...]]:
    """Names of the layers around each variable by its id, the innermost last."""
    owners: dict[int, tuple[str, ...]] = {}
    for layer in model._flatten_layers(include_self=False):
        for variable in layer.trainable_variables:
            owners[id(variable)] = (*owners.get(id(variable), ()), layer.name)
    return owners


def _unique(paths: list[str]) -> list[str]:
    """Paths, with a number where a name occurs more than once."""
    seen: dict[str, int] = {}
    found = []
    for path in paths:
        seen[path] = seen.get(path, 0) + 1
        found.append(path if seen[path] == 1 else f"{path} ({seen[path]})")
    return found
