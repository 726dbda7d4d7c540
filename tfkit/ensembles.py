"""Averages of several models, as one Keras model in one file."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

__all__ = ["Ensemble", "EnsembleReport", "copy_model"]

_PROBABILITIES = {"softmax", "sigmoid", "hard_sigmoid"}


@dataclass(frozen=True)
class EnsembleReport:
    """What an ensemble gains over its members, and how much they differ.

    Args:
        member_errors: Share of wrong answers of each member.
        ensemble_error: Share of wrong answers of the average.
        diversity: Mean over all pairs of members of the share of examples on which the
            two give different answers. 0 for a single member. Members that always agree
            gain nothing.
        examples: Number of examples judged.
    """

    member_errors: tuple[float, ...]
    ensemble_error: float
    diversity: float
    examples: int

    @property
    def gain(self) -> float:
        """Mean error of the members less the error of the ensemble."""
        return float(np.mean(self.member_errors)) - self.ensemble_error

    @property
    def gain_over_best(self) -> float:
        """Error of the best member less the error of the ensemble."""
        return min(self.member_errors) - self.ensemble_error

    def __str__(self) -> str:
        members = ", ".join(f"{100 * error:.1f} %" for error in self.member_errors)
        return "\n".join(
            [
                f"ensemble error  {100 * self.ensemble_error:5.1f} %  "
                f"({self.examples} examples)",
                f"member errors   {members}",
                f"gain            {100 * self.gain:5.1f} % over the mean member, "
                f"{100 * self.gain_over_best:.1f} % over the best",
                f"diversity       {100 * self.diversity:5.1f} % of the answers differ "
                "between two members",
            ]
        )


@keras.saving.register_keras_serializable(package="tfkit")
class Ensemble(keras.Model):
    r"""Averages the predictions of trained models.

    $$\hat y(x) = \frac{\sum_i w_i \, a(f_i(x))}{\sum_i w_i}$$

    with $f_i$ the members, $w_i$ their weights (1 by default) and $a$ the activation,
    for members that give logits: what is averaged are probabilities, since the softmax
    of averaged logits is another thing.

    The ensemble is a Keras model: `predict`, `evaluate` after `compile`, `save` to one
    `.keras` file that holds all members. It shares the members' weights and copies
    none; fitting it trains them all.

    Args:
        models: Built Keras models of the same input and output shape, each with one
            output. No two may share weights, since a saved file would restore shared
            weights for only one of them.
        member_weights: $w_i$, one number > 0 per model. None: all equal.
        activation: `"softmax"` or `"sigmoid"`, applied to each member's output first.
            None: the members give probabilities (or values to be averaged as they are).
        name: Name of the model.
        **kwargs: `dtype` and `trainable`, as for every Keras model.

    Raises:
        TypeError: If `models` holds something else than Keras models.
        ValueError: If there is none; if shapes differ, weights are shared or a member
            is not built; if some members give probabilities and others logits, as far
            as their last layers and compiled losses tell.

    Example:
        >>> def network():
        ...     return keras.Sequential(
        ...         [keras.Input((4,)), keras.layers.Dense(3, activation="softmax")]
        ...     )
        >>> ensemble = Ensemble([network(), network()])
        >>> x = np.ones((5, 4), "float32")
        >>> ensemble.predict(x, verbose=0).shape
        (5, 3)
        >>> ensemble.report(x, [0, 1, 2, 0, 1]).examples
        5

    Reference:
        Course notes, "Other regularization methods" (model ensembles).
    """

    def __init__(
        self,
        models: Iterable[Any],
        member_weights: Sequence[float] | None = None,
        *,
        activation: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        models = list(models)
        _check_members(models)
        if activation not in (None, "softmax", "sigmoid"):
            raise ValueError(
                "`activation` must be 'softmax', 'sigmoid' or None (what turns the "
                f"members' outputs into probabilities). Received: "
                f"activation={activation!r}"
            )
        _check_output_kinds(models, activation)
        if member_weights is not None:
            member_weights = [float(weight) for weight in member_weights]
            _check_member_weights(member_weights, len(models))
        # Members cast their inputs themselves; a cast here could only lose digits.
        super().__init__(name=name, autocast=False, **kwargs)
        self.members = models
        self.member_weights = member_weights
        self.activation = activation
        self.built = True

    @classmethod
    def from_weights(
        cls, model: Any, weights: Iterable[Sequence[np.ndarray]], **kwargs: Any
    ) -> Ensemble:
        """Makes an ensemble of one architecture with several sets of weights.

        Args:
            model: The architecture. It is copied, not changed.
            weights: Lists as `model.get_weights()` returns them: snapshots, or several
                independent trainings.
            **kwargs: Further arguments of `Ensemble`.
        """
        return cls([copy_model(model, arrays) for arrays in weights], **kwargs)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Returns the weighted mean of the members' outputs."""
        return self._average([m(inputs, training=training) for m in self.members])

    def report(self, x: Any, y: Any, *, batch_size: int = 32) -> EnsembleReport:
        """Measures on the dev set what the ensemble gains.

        Args:
            x: Inputs, as for `predict`.
            y: Class numbers `(m,)` or `(m, 1)`, or one-hot rows `(m, classes)`; 0 or 1
                for members with a single output unit.
            batch_size: Examples at a time.

        Raises:
            ValueError: If `y` does not hold classes for each example.
        """
        outputs = _Outputs(self.members).predict(x, batch_size=batch_size, verbose=0)
        average = keras.ops.convert_to_numpy(self._average(outputs))
        y_true = _true_classes(np.asarray(y), average.shape)
        # A member's own answer is that of its probabilities, not of its raw outputs.
        answers = [
            _classes(keras.ops.convert_to_numpy(self._activate(output)))
            for output in outputs
        ]
        pairs = list(itertools.combinations(answers, 2))
        return EnsembleReport(
            member_errors=tuple(float(np.mean(answer != y_true)) for answer in answers),
            ensemble_error=float(np.mean(_classes(average) != y_true)),
            diversity=float(np.mean([np.mean(a != b) for a, b in pairs] or [0.0])),
            examples=len(y_true),
        )

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments in plain JSON types."""
        return {
            **super().get_config(),
            "models": [_architecture(member) for member in self.members],
            "member_weights": (
                None if self.member_weights is None else list(self.member_weights)
            ),
            "activation": self.activation,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Ensemble:
        """Builds the members and the ensemble; their weights come from the file."""
        config = dict(config)
        config["models"] = [
            keras.saving.deserialize_keras_object(member, custom_objects)
            for member in config["models"]
        ]
        return cls(**config)

    def _activate(self, output: Any) -> Any:
        output = keras.ops.convert_to_tensor(output)
        # Half precision would lose digits in the sum.
        dtype = keras.backend.result_type(output.dtype, "float32")
        output = keras.ops.cast(output, dtype)
        if self.activation is None:
            return output
        return keras.activations.get(self.activation)(output)

    def _average(self, outputs: Sequence[Any]) -> Any:
        weights = self.member_weights or [1.0] * len(outputs)
        total = 0.0
        for weight, output in zip(weights, outputs, strict=True):
            total = total + weight * self._activate(output)
        return total / sum(weights)


class _Outputs(keras.Model):
    """Gives the output of each member, in one pass over the data and one trace."""

    def __init__(self, members: Sequence[Any]) -> None:
        super().__init__(name="outputs", autocast=False)
        self.members = members

    def call(self, inputs: Any, training: bool | None = None) -> list[Any]:
        return [member(inputs, training=training) for member in self.members]


def copy_model(model: Any, weights: Sequence[np.ndarray] | None = None) -> Any:
    """Returns an independent, uncompiled model of the same architecture.

    Unlike `keras.models.clone_model` it copies the weights, leaves loss and optimizer
    behind, and takes subclassed models.

    Args:
        model: A built Keras model. Subclasses need a `get_config`.
        weights: The copy's weights, as from `get_weights`. None: those of `model`.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> copy = copy_model(model)
        >>> copy.layers[0] is model.layers[0]
        False
        >>> np.array_equal(copy.get_weights()[0], model.get_weights()[0])
        True
    """
    # In one and the same process classes need not be registered to be found again.
    classes = {type(layer).__name__: type(layer) for layer in model._flatten_layers()}
    with keras.saving.custom_object_scope(classes):
        copy = type(model).from_config(model.get_config())
        if not copy.built:
            copy.build_from_config(model.get_build_config())
    copy.set_weights(model.get_weights() if weights is None else weights)
    return copy


def _architecture(model: Any) -> dict[str, Any]:
    config = keras.saving.serialize_keras_object(model)
    # A member is there to predict; its loss and optimizer would only need more classes
    # at loading, and room.
    config.pop("compile_config", None)
    return config


def _check_members(models: list[Any]) -> None:
    if not models:
        raise ValueError(
            "`models` must hold at least one Keras model. Received: models=[]"
        )
    for index, model in enumerate(models):
        if not isinstance(model, keras.Model):
            raise TypeError(
                "`models` must hold Keras models. Received: "
                f"models[{index}]={model!r}. Load files with keras.models.load_model."
            )
        if not model.built:
            raise ValueError(
                "`models` must be built, that is have weights. Received: "
                f"models[{index}]={model.name!r}, which has none yet. Train it, or "
                "call it on one batch."
            )
    _check_independent(models)
    _check_shapes(models)


def _check_independent(models: list[Any]) -> None:
    owner: dict[int, int] = {}
    for index, model in enumerate(models):
        # A model without weights can be in the list twice as well.
        for part in [model, *model.weights]:
            first = owner.setdefault(id(part), index)
            if first != index:
                raise ValueError(
                    "`models` must not share weights: a saved file would restore them "
                    f"for one model only. Received: models[{first}] and "
                    f"models[{index}] share some. Use Ensemble.from_weights, or "
                    "copy_model, for copies."
                )


def _check_shapes(models: list[Any]) -> None:
    for what in ("inputs", "outputs"):
        shapes = [_shapes(model, what) for model in models]
        if what == "outputs":
            for index, shape in enumerate(shapes):
                if shape is not None and len(shape) != 1:
                    raise ValueError(
                        "`models` must have one output each. Received: "
                        f"models[{index}] with {len(shape)} outputs. Cut one out with "
                        "keras.Model(model.input, model.outputs[i])."
                    )
        known = [(i, shape) for i, shape in enumerate(shapes) if shape is not None]
        for (i, a), (j, b) in itertools.pairwise(known):
            if not _compatible(a, b):
                raise ValueError(
                    f"`models` must have {what} of the same shape. Received: models[{i}]"
                    f" with {a} and models[{j}] with {b} (without the batch axis)."
                )


def _shapes(model: Any, what: str) -> list[tuple[int | None, ...]] | None:
    """Returns the shapes without batch axis; None where a subclass keeps them hidden."""
    if isinstance(model, Ensemble):
        return _shapes(model.members[0], what)
    tensors = getattr(model, what, None)
    return None if tensors is None else [tuple(t.shape[1:]) for t in tensors]


def _compatible(
    a: list[tuple[int | None, ...]], b: list[tuple[int | None, ...]]
) -> bool:
    if [len(shape) for shape in a] != [len(shape) for shape in b]:
        return False
    pairs = zip(itertools.chain(*a), itertools.chain(*b), strict=True)
    return all(m == n or None in (m, n) for m, n in pairs)


def _check_output_kinds(models: list[Any], activation: str | None) -> None:
    kinds = [_output_kind(model) for model in models]
    if activation is not None and "probabilities" in kinds:
        raise ValueError(
            "`activation` must be None for members that give probabilities. Received: "
            f"activation={activation!r}, and models[{kinds.index('probabilities')}] "
            "has a softmax or sigmoid already."
        )
    if activation is None and "logits" in kinds:
        raise ValueError(
            "`models` must give probabilities, or an `activation` that makes them. "
            f"Received: models[{kinds.index('logits')}] is compiled with a loss "
            "`from_logits=True`. Use activation='softmax' (or 'sigmoid')."
        )
    if "probabilities" in kinds and "linear" in kinds:
        raise ValueError(
            "`models` must all give probabilities, or none of them. Received: "
            f"models[{kinds.index('probabilities')}] ends in softmax or sigmoid, "
            f"models[{kinds.index('linear')}] is linear. Add the activation to it."
        )


def _output_kind(model: Any) -> str:
    """Returns "probabilities", "logits", "linear" or "unknown"."""
    if isinstance(model, Ensemble):
        if model.activation is not None:
            return "probabilities"
        return _output_kind(model.members[0])
    last = _last_operation(model)
    if isinstance(last, keras.layers.Softmax):
        return "probabilities"
    name = getattr(getattr(last, "activation", None), "__name__", None)
    if name in _PROBABILITIES:
        return "probabilities"
    if getattr(getattr(model, "loss", None), "from_logits", False):
        return "logits"
    return "linear" if name == "linear" else "unknown"


def _last_operation(model: Any) -> Any:
    """Returns the operation whose output is the model's, through nested models."""
    outputs = getattr(model, "outputs", None)
    if not outputs:
        return None
    operation = outputs[0]._keras_history.operation
    return _last_operation(operation) if hasattr(operation, "outputs") else operation


def _check_member_weights(weights: list[float], count: int) -> None:
    if len(weights) != count or not all(0 < w < math.inf for w in weights):
        raise ValueError(
            "`member_weights` must be one finite number > 0 per model. Received: "
            f"member_weights={weights} for {count} models. Leave a member of weight 0 "
            "out."
        )


def _classes(outputs: np.ndarray) -> np.ndarray:
    if outputs.shape[-1] == 1:
        return (outputs[:, 0] > 0.5).astype(int)
    return outputs.argmax(axis=-1)


def _true_classes(y: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Returns class numbers, shape `(m,)`, for outputs of the given shape."""
    examples, classes = shape[0], max(2, shape[-1])
    if len(shape) == 2 and y.shape == (examples, classes):
        one_hot = np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all()
        if one_hot:
            return y.argmax(axis=1)
    elif len(shape) == 2 and y.shape in ((examples,), (examples, 1)):
        flat = y.reshape(-1)
        if np.isin(flat, np.arange(classes)).all():
            return flat.astype(int)
    raise ValueError(
        f"`y` must hold the class (0 to {classes - 1}) of each of {examples} examples, "
        f"or one-hot rows. Received: y of shape {y.shape} and type {y.dtype}, for "
        f"outputs of shape {shape}. For other targets use `compile` and `evaluate`."
    )
