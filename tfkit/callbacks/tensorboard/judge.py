"""Measures a model in inference mode on fixed examples, while it trains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from tfkit._predictions import class_numbers
from tfkit.diagnose import BiasVariance, ErrorRate, bias_variance
from tfkit.diagnose.error_rate import error_rate

#: Fixed examples of the training set, on which it is measured in inference mode.
TRAIN_SAMPLE = 1000
#: Most examples of any other part.
LARGEST_PART = 10_000

Part = tuple[Any, Any]


@dataclass(frozen=True)
class Predictions:
    """What a classifier says to a part of the data.

    Attributes:
        x: The inputs.
        labels: Class numbers, `(n,)`.
        probabilities: `(n, classes)`, or `(n, 1)` of one sigmoid unit.
    """

    x: Any
    labels: np.ndarray
    probabilities: np.ndarray

    @property
    def error(self) -> ErrorRate:
        """How many are wrong."""
        return error_rate(self.labels, self.probabilities)


class Judge:
    """Measures one model on fixed parts of the data.

    Args:
        model: The model.
        parts: `(x, y)` by name: "train", "train-dev", "dev", "test". Of larger ones a
            fixed sample is taken: 1000 examples of train, 10 000 of others.
        human_error: Error of a careful person, None if not known.

    Example:
        >>> model = keras.Sequential(
        ...     [keras.Input((1,)), keras.layers.Dense(1, activation="sigmoid")]
        ... )
        >>> model.compile(loss="binary_crossentropy")
        >>> _ = [w.assign(np.ones(w.shape)) for w in model.weights]
        >>> x = np.array([[-3.0], [2.0], [3.0], [4.0]], "float32")
        >>> judge = Judge(model, {"train": (x, np.array([0, 1, 1, 0]))})
        >>> judge.predictions("train").error
        ErrorRate(errors=1, examples=4)
    """

    def __init__(
        self,
        model: keras.Model,
        parts: Mapping[str, Part],
        *,
        human_error: float | None = None,
    ) -> None:
        self._model = model
        self._human_error = human_error
        self.parts = {
            name: _sample(part, TRAIN_SAMPLE if name == "train" else LARGEST_PART)
            for name, part in parts.items()
        }
        # For the end, when it does not matter how long it takes.
        self._all = dict(self.parts)
        if "train" in parts:
            self._all["train"] = _sample(parts["train"], LARGEST_PART)
        self._classifies = _is_classifier(model)

    def require_inputs(self) -> None:
        """Raises ValueError if a part's inputs are none of this model's."""
        shape = getattr(self._model, "input_shape", None)
        if not isinstance(shape, tuple):
            return  # several inputs, or not known
        for name, (x, _) in self.parts.items():
            given = getattr(x, "shape", None)
            if given is None or len(given) != len(shape):
                continue  # Keras adds and drops an axis of size 1
            # A model that was built on data has the size of their batches in its shape.
            pairs = zip(shape[1:], given[1:], strict=True)
            if any(a is not None and a != b for a, b in pairs):
                raise ValueError(
                    f"The {name} data must be what the model takes: inputs of shape "
                    f"{(None, *shape[1:])}. Received: x of shape {tuple(given)}."
                )

    def metrics(self, part: str) -> dict[str, float]:
        """The cost and the metrics of a part, as `model.evaluate` gives them."""
        x, y = self.parts[part]
        return self._model.evaluate(x, y, verbose=0, return_dict=True)

    def predictions(self, part: str, *, final: bool = False) -> Predictions | None:
        """What the model says to a part; None if it is no classifier of one label.

        Args:
            part: Its name.
            final: Whether to take as much of the training set as of the others.
        """
        parts = self._all if final else self.parts
        if not self._classifies or part not in parts:
            return None
        x, y = parts[part]
        outputs = self._model.predict(x, batch_size=1024, verbose=0)
        if not isinstance(outputs, np.ndarray) or outputs.ndim != 2:
            return None
        probabilities = as_probabilities(outputs, self._model.loss)
        try:
            labels = class_numbers(y, max(2, outputs.shape[1]))
        except ValueError:
            return None  # several labels an example, or soft ones
        if not np.isfinite(probabilities).all():
            return None  # training has diverged, which the cost shows
        return Predictions(x, labels, probabilities)

    def verdict(self, errors: Mapping[str, ErrorRate]) -> BiasVariance | None:
        """Bias and variance, None unless errors of train and dev are known."""
        if not {"train", "dev"} <= set(errors):
            return None
        return bias_variance(
            train_error=errors["train"],
            dev_error=errors["dev"],
            train_dev_error=errors.get("train-dev"),
            test_error=errors.get("test"),
            human_error=self._human_error or 0.0,
        )


def checked_part(name: str, part: Any) -> Part:
    """Returns `(x, y)` if it is one, or raises.

    Args:
        name: "train", "train-dev", "dev" or "test".
        part: What was given.

    Raises:
        TypeError: If it is no pair.
        ValueError: If both have no examples, or not the same number of them.
    """
    what = f"`{name.replace('-', '_')}_data`"
    if not isinstance(part, (tuple, list)) or len(part) != 2:
        got = type(part).__name__
        if isinstance(part, (tuple, list)):
            got += f" of {len(part)}"
        raise TypeError(
            f"{what} must be a pair (x, y) of arrays, without weights. Received: {got}."
        )
    x, y = part
    arrays = [np.asarray(y) if isinstance(y, list) else y]
    arrays += [
        np.asarray(each) if isinstance(each, list) else each
        for each in ([x] if isinstance(x, list) else keras.tree.flatten(x))
    ]
    lengths = [len(array) for array in arrays]
    if len(set(lengths)) > 1 or not lengths[0]:
        raise ValueError(
            f"{what} must have one label an example, and one example at least. "
            f"Received: {lengths[1]} examples and {lengths[0]} labels."
        )
    return (arrays[1], arrays[0]) if isinstance(x, list) else (x, arrays[0])


def _sample(part: Part, most: int) -> Part:
    """A part, or `most` of its examples, always the same ones, in their order."""
    count = len(keras.tree.flatten(part[1])[0])
    if count <= most:
        return keras.tree.map_structure(_array, part)
    chosen = np.sort(np.random.default_rng(0).choice(count, most, replace=False))
    return keras.tree.map_structure(lambda t: _array(_taken(t, chosen)), part)


def _taken(array: Any, chosen: np.ndarray) -> Any:
    if hasattr(array, "iloc"):
        return array.iloc[chosen]
    if isinstance(array, np.ndarray):
        return array[chosen]
    return keras.ops.take(array, chosen, axis=0)


def _array(array: Any) -> np.ndarray:
    return array if isinstance(array, np.ndarray) else np.asarray(array)


def _loss_name(loss: Any) -> str:
    if isinstance(loss, str):
        return loss
    return str(getattr(loss, "name", None) or getattr(loss, "__name__", ""))


def _is_classifier(model: keras.Model) -> bool:
    """Whether the model is trained on a cost of classes."""
    name = _loss_name(getattr(model, "loss", None)).lower()
    return "crossentropy" in name or "hinge" in name or "focal" in name


def as_probabilities(outputs: np.ndarray, loss: Any) -> np.ndarray:
    """Probabilities, from outputs that are logits where the cost says so."""
    outputs = outputs.astype(np.float32)
    if not getattr(loss, "from_logits", False):
        return outputs
    function = keras.ops.sigmoid if outputs.shape[1] == 1 else keras.ops.softmax
    return keras.ops.convert_to_numpy(function(outputs))
