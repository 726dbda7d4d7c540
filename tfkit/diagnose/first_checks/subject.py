"""What the checks look at: model, examples, cost, and one pass through all of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import keras
import numpy as np

from tfkit.diagnose.first_checks.promises import to_numpy
from tfkit.diagnose.first_checks.pure_model import (
    LayerCall,
    PureModel,
    float_tensors,
)
from tfkit.training.probes import activation_of

LossKind = Literal["sparse", "categorical", "binary", "regression", "other"]
OutputKind = Literal["softmax", "sigmoid", "linear", "relu", "tanh", "other"]

_ACTIVATIONS: dict[str | None, OutputKind] = {
    "softmax": "softmax",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "relu": "relu",
    "relu6": "relu",
}
_KINDS: dict[str, LossKind] = {
    "sparse_categorical_crossentropy": "sparse",
    "SparseCategoricalCrossentropy": "sparse",
    "categorical_crossentropy": "categorical",
    "CategoricalCrossentropy": "categorical",
    "binary_crossentropy": "binary",
    "BinaryCrossentropy": "binary",
    "mean_squared_error": "regression",
    "MeanSquaredError": "regression",
    "mean_absolute_error": "regression",
    "MeanAbsoluteError": "regression",
    "huber": "regression",
    "Huber": "regression",
    "log_cosh": "regression",
    "LogCosh": "regression",
}


@dataclass
class Subject:
    """A set-up under examination.

    Attributes:
        pure: The model as a function.
        x: Inputs, NumPy arrays.
        y: Targets.
        batch_size: Of the training to come.
        loss_kind: What the loss compares; "other" for one of one's own, and for more
            than one output.
        loss_name: Its name.
        from_logits: Whether it takes logits.
        label_smoothing: Of a cross-entropy.
        prediction: Outputs for `x`; None with several.
        output_kind: What the output has gone through.
        calls: The layers' calls of that pass.
        penalties: Sum of the penalties.
    """

    pure: PureModel
    x: Any
    y: Any
    batch_size: int
    loss_kind: LossKind = "other"
    loss_name: str = ""
    from_logits: bool = False
    label_smoothing: float = 0.0
    prediction: np.ndarray | None = None
    output_kind: OutputKind = "other"
    calls: list[LayerCall] = field(default_factory=list)
    penalties: float = 0.0

    @property
    def model(self) -> keras.Model:
        """The model."""
        return self.pure.model

    @property
    def units(self) -> int:
        """Units of the output."""
        assert self.prediction is not None
        return self.prediction.shape[-1]

    @property
    def is_classifier(self) -> bool:
        """Whether the loss is a cross-entropy."""
        return self.loss_kind in ("sparse", "categorical", "binary")


def examine(pure: PureModel, x: Any, y: Any, batch_size: int, inputs: Any) -> Subject:
    """Looks at the loss, and runs the model once.

    Args:
        pure: The model as a function.
        x: All inputs.
        y: All targets.
        batch_size: Of the training to come.
        inputs: Tensors of the examples that go through the model.
    """
    subject = Subject(pure, x, y, batch_size)
    result = pure.forward(
        inputs, weights=pure.weights(), state=pure.state(), record=True
    )
    subject.calls = result.calls
    subject.penalties = math.fsum(float(penalty) for penalty in result.penalties)
    outputs = float_tensors(result.prediction)
    loss = _single_loss(pure.model)
    if len(outputs) != 1 or loss is None or isinstance(y, (dict, list, tuple)):
        return subject
    subject.prediction = to_numpy(outputs[0])
    name = getattr(loss, "__name__", type(loss).__name__)
    subject.loss_name = name
    subject.loss_kind = _KINDS.get(name, "other")
    subject.from_logits = bool(getattr(loss, "from_logits", False))
    subject.label_smoothing = float(getattr(loss, "label_smoothing", 0.0) or 0.0)
    subject.output_kind = _output_kind(outputs[0], result.calls)
    return subject


def _single_loss(model: keras.Model) -> Any:
    """The model's only loss, as Keras's object or function; None for another."""
    compiled = getattr(model, "_compile_loss", None)
    given = None if compiled is None else compiled._user_loss
    while isinstance(given, (list, tuple, dict)) and len(given) == 1:
        given = next(iter(given.values() if isinstance(given, dict) else given))
    if given is None or isinstance(given, (list, tuple, dict)):
        return None
    return keras.losses.get(given)


def _output_kind(output: Any, calls: list[LayerCall]) -> OutputKind:
    values = to_numpy(output)
    last = next(
        (
            call.layer
            for call in reversed(calls)
            if any(tensor is output for tensor in call.outputs)
        ),
        None,
    )
    name = None if last is None else activation_of(last)
    if name in _ACTIVATIONS:
        return _ACTIVATIONS[name]
    # Of a model with code of its own, the numbers tell.
    some = values.ndim > 0 and values.shape[-1] > 1 and values.min() >= 0
    if some and np.allclose(values.sum(axis=-1), 1, atol=1e-3):
        return "softmax"
    if hasattr(output, "_keras_logits"):
        return "sigmoid"
    if last is not None and name in (None, "linear"):
        return "linear" if values.min() < 0 else "other"
    return "other"
