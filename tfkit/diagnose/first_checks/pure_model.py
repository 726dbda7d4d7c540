"""A model as a function of its weights: whatever it computes changes nothing of it.

Keras's `StatelessScope` gives every variable the value that is handed in and keeps what
a layer assigns to itself. So nothing has to be cloned, which subclassed models often
cannot be, and nothing put back.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf
from keras.src.trainers.compile_utils import CompileLoss

from tfkit.diagnose.watched_step import is_floating, leaves
from tfkit.training.probes import replaced


@dataclass(frozen=True)
class LayerCall:
    """One call of a layer.

    Attributes:
        layer: The layer.
        inputs: The tensors it was given.
        outputs: The floating-point tensors it returned.
    """

    layer: Any
    inputs: list[Any]
    outputs: list[Any]


@dataclass
class Pass:
    """What a forward pass gave.

    Attributes:
        prediction: What the model returned.
        state: New values of the variables that are not trained.
        penalties: The values of `model.losses`.
        own_loss: What the model's own `compute_loss` returned; None without one.
        calls: Calls of the layers, in the order in which they ended.
    """

    prediction: Any = None
    state: list[Any] = field(default_factory=list)
    penalties: list[Any] = field(default_factory=list)
    own_loss: Any = None
    calls: list[LayerCall] = field(default_factory=list)


class PureModel:
    """Computes a model's outputs and cost from given weights.

    Dropout, noise and augmentation are off; batch normalization uses the statistics of
    the batch, as in training.

    Args:
        model: A built model.
    """

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        self.trainable = list(model.trainable_variables)
        self.fixed = list(model.non_trainable_variables)
        loss = getattr(model, "_compile_loss", None)
        # One of its own: the model's is built for its targets at its first call.
        self._loss = loss and CompileLoss(
            loss._user_loss,
            loss._user_loss_weights,
            reduction=loss.reduction,
            output_names=loss.output_names,
        )
        module = getattr(type(model).compute_loss, "__module__", "")
        self._has_own_loss = not module.startswith(("keras.", "tfkit."))

    @property
    def has_loss(self) -> bool:
        """Whether there is a cost to compute."""
        return self.model.compiled and (self._loss is not None or self._has_own_loss)

    def weights(self) -> list[tf.Tensor]:
        """Copies of the trained variables."""
        return [tf.identity(variable.value) for variable in self.trainable]

    def state(self) -> list[tf.Tensor]:
        """Copies of the other variables: moving averages, random states."""
        return [tf.identity(variable.value) for variable in self.fixed]

    def forward(
        self,
        x: Any,
        y: Any = None,
        *,
        weights: Sequence[Any],
        state: Sequence[Any],
        record: bool = False,
    ) -> Pass:
        """Runs the model in training mode.

        Args:
            x: Inputs, tensors.
            y: Targets; for a model with a `compute_loss` of its own.
            weights: Values of the trained variables.
            state: Values of the others.
            record: Whether the layers' inputs and outputs are kept.
        """
        result = Pass()
        mapping = [
            *zip(self.trainable, weights, strict=True),
            *zip(self.fixed, state, strict=True),
        ]
        with contextlib.ExitStack() as stack:
            stack.enter_context(_keras_is_silent())
            stack.enter_context(_noise_off(self.model))
            if record:
                stack.enter_context(_recorded(self.model, result.calls))
            scope = keras.StatelessScope(state_mapping=mapping, collect_losses=True)
            with scope:
                result.prediction = self.model(x, training=True)
                if self._has_own_loss and y is not None:
                    result.own_loss = self._own_loss(x, y, result.prediction)
                result.penalties = list(self.model.losses)
            result.state = [
                _value(scope.get_current_value(variable), value)
                for variable, value in zip(self.fixed, state, strict=True)
            ]
        return result

    def cost(self, y: Any, result: Pass) -> Any:
        """The cost without penalties on the weights; of an own `compute_loss`, all of it."""
        if result.own_loss is not None:
            return result.own_loss
        assert self._loss is not None  # who asks has looked at `has_loss`
        with _keras_is_silent():
            return self._loss(y, result.prediction)

    def _own_loss(self, x: Any, y: Any, prediction: Any) -> Any:
        own = self.model.__dict__.get("_compile_loss")
        # Not by setattr, which Keras's objects watch.
        self.model.__dict__["_compile_loss"] = self._loss
        try:
            return self.model._compute_loss(x, y, prediction, None, training=True)
        finally:
            self.model.__dict__["_compile_loss"] = own


def recorded_layers(model: keras.Model) -> list[Any]:
    """The layers that do the work: not those that only hold others.

    Keras's own layers that hold others (recurrent ones, attention) count as one.
    """
    found: dict[int, Any] = {}

    def walk(layer: Any) -> None:
        made_by_keras = type(layer).__module__.startswith("keras.")
        if isinstance(layer, keras.Model) or (layer._layers and not made_by_keras):
            for inner in layer._layers:
                walk(inner)
        elif not isinstance(layer, keras.layers.InputLayer):
            found.setdefault(id(layer), layer)

    for layer in model._layers:
        walk(layer)
    return list(found.values())


def is_noisy(layer: Any) -> bool:
    """Whether a layer draws random numbers at each training call."""
    return isinstance(
        getattr(layer, "seed_generator", None), keras.random.SeedGenerator
    ) or isinstance(layer, keras.layers.RNN)


def float_tensors(data: Any) -> list[Any]:
    """The floating-point tensors in nested data."""
    return [leaf for leaf in leaves(data) if tf.is_tensor(leaf) and is_floating(leaf)]


@contextlib.contextmanager
def _keras_is_silent() -> Iterator[None]:
    # What Keras would warn of (a softmax under from_logits=True, say) is a finding here.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _noise_off(model: keras.Model) -> Iterator[None]:
    def quiet(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            return original(*args, **{**kwargs, "training": False})

        return call

    with contextlib.ExitStack() as stack:
        for layer in model._flatten_layers(include_self=False):
            if is_noisy(layer) and layer._call_has_training_arg:
                stack.enter_context(replaced(layer, "call", quiet))
        yield


@contextlib.contextmanager
def _recorded(model: keras.Model, calls: list[LayerCall]) -> Iterator[None]:
    def watching(layer: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                result = original(*args, **kwargs)
                inputs = [t for t in leaves((args, kwargs)) if tf.is_tensor(t)]
                calls.append(LayerCall(layer, inputs, float_tensors(result)))
                return result

            return call

        return wrap

    with contextlib.ExitStack() as stack:
        for layer in recorded_layers(model):
            stack.enter_context(replaced(layer, "call", watching(layer)))
        yield


def _value(new: Any, old: Any) -> Any:
    return old if new is None else tf.convert_to_tensor(new)
