"""One training step, outside of any compiled function, with every tensor looked at.

Nothing of the model changes: weights, random states and moving averages are put back.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfkit.training.probes import replaced


@dataclass(frozen=True)
class Numbers:
    """What is to know of some tensors at a glance.

    Args:
        count: How many numbers there are.
        bad: How many of them are NaN or infinite.
        largest: Largest absolute value of the finite ones; 0 where there are none.
        lowest: Lowest of the finite ones; 0 where there are none.
        zeros: How many are exactly 0.
    """

    count: int = 0
    bad: int = 0
    largest: float = 0.0
    lowest: float = 0.0
    zeros: int = 0

    @classmethod
    def of(cls, tensors: Any) -> Numbers:
        """Sums up the numbers of all floating-point tensors in nested data."""
        arrays = [floats(tensor).ravel() for tensor in leaves(tensors)]
        values = np.concatenate([np.zeros(0), *arrays])
        finite = values[np.isfinite(values)]
        return cls(
            count=values.size,
            bad=values.size - finite.size,
            largest=float(np.abs(finite).max(initial=0.0)),
            lowest=float(finite.min()) if finite.size else 0.0,
            zeros=int((finite == 0).sum()),
        )


@dataclass
class Call:
    """One call of a layer, or of an operation of a functional model.

    Attributes:
        part: The layer, or the operation.
        inputs: What it was given, floating-point tensors only.
        began: The number of calls that had begun before.
        outputs: What it returned.
        input_gradients: The cost's derivatives with respect to `inputs`.
        output_gradients: Those with respect to `outputs`.
        weight_gradients: Those with respect to the layer's trainable weights.
    """

    part: Any
    inputs: list[tf.Tensor]
    began: int
    outputs: list[tf.Tensor] = field(default_factory=list)
    input_gradients: list[tf.Tensor] = field(default_factory=list)
    output_gradients: list[tf.Tensor] = field(default_factory=list)
    weight_gradients: list[tf.Tensor] = field(default_factory=list)

    @property
    def weights(self) -> list[Any]:
        """What the layer's weights hold; an operation has none."""
        return [variable.value for variable in getattr(self.part, "weights", [])]


@dataclass
class WatchedStep:
    """A training step with all that went through it.

    Attributes:
        calls: In the order in which they ended: inner layers before outer ones.
        prediction: What the model returned.
        loss: The cost with penalties, None for a model without one.
        penalties: Each of `model.losses`, by the name of its layer.
        prediction_gradients: The cost's derivatives with respect to the prediction.
    """

    calls: list[Call]
    prediction: Any
    loss: float | None = None
    penalties: list[tuple[str, float]] = field(default_factory=list)
    prediction_gradients: list[tf.Tensor] = field(default_factory=list)


def watched_step(model: keras.Model, x: Any, y: Any, weight: Any) -> WatchedStep:
    """Runs forward pass, cost and backward pass in training mode, without an update.

    Args:
        model: A built model on the TensorFlow backend. Without `compile`, only the
            forward pass is done.
        x: Inputs of a batch.
        y: Targets, or None.
        weight: Sample weights, or None.
    """
    x, y, weight = (_tensors(part) for part in (x, y, weight))
    calls: list[Call] = []
    with _unchanged(model), tf.GradientTape() as tape:
        with _watched_calls(model, calls, tape):
            prediction = model(x, training=True)
        step = WatchedStep(calls, prediction)
        if not model.compiled:
            return step
        step.penalties = _penalties(model)
        loss = model.compute_loss(x, y, prediction, weight, training=True)
        step.loss = float(loss)
        with tape.stop_recording():
            _differentiate(step, loss, tape)
    return step


def losses_of_examples(
    model: keras.Model, prediction: Any, batch: tuple[Any, Any, Any], most: int = 256
) -> list[float]:
    """The cost of each of the first examples alone, penalties included."""
    x, y, weight = (_tensors(part) for part in batch)
    size = min(most, int(leaves(prediction)[0].shape[0]))
    with _unchanged(model):
        return [
            float(
                model.compute_loss(
                    *(_rows(part, i) for part in (x, y, prediction, weight)),
                    training=True,
                )
            )
            for i in range(size)
        ]


def leaves(data: Any) -> list[Any]:
    """The arrays and tensors in nested data, without None."""
    return [leaf for leaf in keras.tree.flatten(data) if leaf is not None]


def is_floating(tensor: Any) -> bool:
    """Whether its numbers can be NaN."""
    return tf.as_dtype(tensor.dtype).is_floating


def floats(tensor: Any) -> np.ndarray:
    """A tensor's numbers as float64; none for one that is not floating-point."""
    if not is_floating(tensor):
        return np.zeros(0)
    return np.asarray(keras.ops.convert_to_numpy(tensor)).astype(np.float64)


@contextlib.contextmanager
def _unchanged(model: keras.Model) -> Iterator[None]:
    # Moving averages, random states and metrics go on in a training step.
    variables = [*model.non_trainable_variables, *model.metrics_variables]
    before = [variable.numpy() for variable in variables]
    try:
        yield
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)


@contextlib.contextmanager
def _watched_calls(
    model: keras.Model, calls: list[Call], tape: tf.GradientTape
) -> Iterator[None]:
    began = iter(range(1 << 60))

    def watching(part: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                # Within somebody's tf.function there are no numbers to look at.
                if not tf.executing_eagerly():
                    return original(*args, **kwargs)
                seen = Call(part, [], next(began))

                def copied(value: Any) -> Any:
                    if not _is_floating_tensor(value):
                        return value
                    # A tensor of its own: where it goes elsewhere, too, its gradient
                    # there is another call's.
                    copy = tf.identity(value)
                    mask = getattr(value, "_keras_mask", None)
                    if mask is not None:
                        copy._keras_mask = mask
                    tape.watch(copy)
                    seen.inputs.append(copy)
                    return copy

                args, kwargs = keras.tree.map_structure(copied, (args, kwargs))
                result = original(*args, **kwargs)
                outputs = keras.tree.flatten(result)
                seen.outputs = [each for each in outputs if _is_floating_tensor(each)]
                calls.append(seen)
                return result

            return call

        return wrap

    with contextlib.ExitStack() as stack:
        for part in _parts(model):
            stack.enter_context(replaced(part, "call", watching(part)))
        yield


def _parts(model: keras.Model) -> list[Any]:
    """All layers, and the operations of functional models that are no layers."""
    found = list(model._flatten_layers(include_self=True))
    for layer in list(found):
        found += [
            operation
            for operation in getattr(layer, "operations", [])
            if not isinstance(operation, keras.Layer)
        ]
    # `replaced` twice would count each call twice.
    return list({id(part): part for part in found}.values())


def _penalties(model: keras.Model) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for layer in model._flatten_layers(include_self=False):
        if not layer._layers:
            found += [(layer.name, float(loss)) for loss in layer.losses]
    return found


def _differentiate(step: WatchedStep, loss: tf.Tensor, tape: tf.GradientTape) -> None:
    places: list[tuple[list[tf.Tensor], Any]] = []
    for call in step.calls:
        places += [(call.input_gradients, tensor) for tensor in call.inputs]
        places += [(call.output_gradients, tensor) for tensor in call.outputs]
        # Own ones only: those of inner layers are judged there.
        places += [
            (call.weight_gradients, variable.value)
            for variable in getattr(call.part, "_trainable_variables", [])
            if variable.trainable
        ]
    predictions = [t for t in leaves(step.prediction) if _is_floating_tensor(t)]
    places += [(step.prediction_gradients, tensor) for tensor in predictions]
    gradients = tape.gradient(loss, [tensor for _, tensor in places])
    for (place, _), gradient in zip(places, gradients, strict=True):
        if isinstance(gradient, tf.IndexedSlices):
            gradient = gradient.values
        if gradient is not None:
            place.append(gradient)


def _is_floating_tensor(value: Any) -> bool:
    return isinstance(value, tf.Tensor) and value.dtype.is_floating


def _tensors(data: Any) -> Any:
    return keras.tree.map_structure(
        lambda leaf: None if leaf is None else tf.convert_to_tensor(leaf), data
    )


def _rows(data: Any, i: int) -> Any:
    return keras.tree.map_structure(
        lambda leaf: None if leaf is None else leaf[i : i + 1], data
    )
