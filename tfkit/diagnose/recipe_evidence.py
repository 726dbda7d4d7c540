"""What was tried already: read from a model, its history and a run's options."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tfkit.diagnose.recipe_failure import Failure, failure_of

# A cost that jumps up by a tenth in every fifth epoch, or more often, is spiky. With
# full batches and a fitting rate it never rises.
_JUMP, _JUMPS = 0.1, 0.2


@dataclass(frozen=True)
class Tried:
    """What is on, and what training looked like; None is unknown.

    Args:
        weights: Number of trainable weights.
        examples: Number of training examples.
        hidden: Units of the hidden layers, as the options have them.
        dropout: Largest share of units that a layer drops; 0 is none.
        penalty: Strengths of the weight penalty, as text; "" is none.
        lambd: The course's lambda, where it is known.
        augmented: Whether training images are changed at random.
        images: Whether the inputs are images.
        convolutional: Whether a layer is.
        batch_norm: Whether the layers' outputs are normalized.
        normalized: Whether the inputs are.
        optimizer: Its name, lower case.
        rate: Its learning rate at the start; where only the end is known, that.
        decayed: Whether the learning rate falls over time.
        patience: Of early stopping, epochs.
        epochs: That were asked for.
        classes: How many the cross-entropy tells apart; None if the cost is another.
        loss: Training cost by epoch.
        dev_loss: Dev cost by epoch.
    """

    weights: int | None = None
    examples: int | None = None
    hidden: tuple[int, ...] | None = None
    dropout: float | None = None
    penalty: str | None = None
    lambd: float | None = None
    augmented: bool | None = None
    images: bool | None = None
    convolutional: bool | None = None
    batch_norm: bool | None = None
    normalized: bool | None = None
    optimizer: str | None = None
    rate: float | None = None
    decayed: bool | None = None
    patience: int | None = None
    epochs: int | None = None
    classes: int | None = None
    loss: np.ndarray = field(default_factory=lambda: np.empty(0))
    dev_loss: np.ndarray = field(default_factory=lambda: np.empty(0))

    @classmethod
    def of(
        cls,
        model: Any,
        history: Any,
        options: Mapping[str, Any] | None,
        examples: int | None,
    ) -> Tried:
        """Reads what there is; a model says more surely than options what is in it."""
        if examples is not None and not (
            isinstance(examples, (int, np.integer)) and examples >= 1
        ):
            raise ValueError(
                "`examples` must be the number of training examples, an int >= 1. "
                f"Received: examples={examples!r}."
            )
        found: dict[str, Any] = {"examples": examples}
        if options is not None:
            found |= _from_options(_mapping("options", options))
        if model is not None:
            seen = _from_model(model)
            if "rate" in found:
                # The model's is that of this moment, brought down by a decay.
                seen.pop("rate", None)
            # A run is judged by an inference copy at times, and its optimizer lost.
            found |= {name: value for name, value in seen.items() if value is not None}
            # `tfkit train`, whose options these are, knows no other cost.
            found["classes"] = _classes(model, assumed=options is not None)
        if history is not None:
            columns = _mapping("history", getattr(history, "history", history))
            found["loss"] = _numbers(columns.get("loss", ()))
            found["dev_loss"] = _numbers(columns.get("val_loss", ()))
            rates = _numbers(columns.get("learning_rate", ()))
            if len(rates) > 1:
                found["decayed"] = bool(rates[-1] < rates.max())
        return cls(**found)

    @property
    def weights_per_example(self) -> float | None:
        """Trainable weights for each training example."""
        if self.weights is None or self.examples is None:
            return None
        return self.weights / self.examples

    @property
    def regularized(self) -> str | None:
        """What is on, as text; "" for nothing, None if not known."""
        if self.dropout is None and self.penalty is None and self.augmented is None:
            return None
        parts = [f"dropout of {100 * self.dropout:g} %"] if self.dropout else []
        parts += [self.penalty] if self.penalty else []
        return ", ".join(parts + (["augmentation"] if self.augmented else []))

    @property
    def failure(self) -> Failure | None:
        """Why training did not work, or None: see `failure_of`."""
        return failure_of(self.loss, self.classes, penalized=bool(self.penalty))

    @property
    def fall(self) -> float | None:
        """Share by which the cost fell over the last fifth of the epochs.

        From the median of that fifth to the one before, so that one epoch's luck does
        not decide. None where the history is too short, or not finite.
        """
        tail = self.tail
        if len(self.loss) < 2 * tail or len(self.loss) < 4 or not self.finite:
            return None
        before = float(np.median(self.loss[-2 * tail : -tail]))
        after = float(np.median(self.loss[-tail:]))
        return (before - after) / abs(before) if before else 0.0

    @property
    def tail(self) -> int:
        """Epochs in the last fifth, 2 at least."""
        return max(2, len(self.loss) // 5)

    @property
    def finite(self) -> bool:
        """Whether the cost was always a number."""
        return bool(np.isfinite(self.loss).all())

    @property
    def jumps(self) -> int:
        """Epochs at whose end the cost was a tenth or more above the one before."""
        if len(self.loss) < 2:
            return 0
        rises = np.diff(self.loss) / np.maximum(np.abs(self.loss[:-1]), 1e-12)
        return int(np.sum(rises > _JUMP))

    @property
    def spiky(self) -> bool:
        """Whether the cost jumps too often for a fitting learning rate."""
        return len(self.loss) >= 5 and self.jumps >= _JUMPS * (len(self.loss) - 1)


def _mapping(name: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(
            f"`{name}` must be a mapping. Received: {type(value).__name__}. "
            + (
                "Pass what `fit` returned, or its `history`."
                if name == "history"
                else "Pass Experiment.to_dict(), or config.toml read by tomllib."
            )
        )
    return value


def _numbers(values: Sequence[Any]) -> np.ndarray:
    return np.asarray([math.nan if v is None else float(v) for v in values], float)


def _from_options(options: Mapping[str, Any]) -> dict[str, Any]:
    def get(table: str, name: str) -> Any:
        return _mapping(f"options[{table!r}]", options.get(table, {})).get(name)

    keeps = get("model", "keep_prob")
    hidden = get("model", "hidden")
    augmentation, decay = get("data", "augmentation"), get("decay", "name")
    penalty, lambd = get("regularization", "penalty"), get("regularization", "lambd")
    optimizer = get("optimizer", "name")
    found = {
        "hidden": None if hidden is None else tuple(hidden),
        "augmented": None if augmentation is None else augmentation != "none",
        "decayed": None if decay is None else decay != "none",
        "batch_norm": get("model", "batch_norm"),
        "normalized": get("data", "normalize"),
        "optimizer": optimizer and optimizer.replace("_", ""),
        "rate": get("optimizer", "learning_rate"),
        "patience": get("early_stopping", "patience"),
        "epochs": get("training", "epochs"),
        "lambd": lambd,
    }
    if lambd is not None:
        found["penalty"] = f"{(penalty or 'l2').upper()} {lambd:g}" if lambd else ""
    if keeps is not None:
        keeps = [keeps] if isinstance(keeps, (int, float)) else list(keeps)
        found["dropout"] = round(1 - min([*keeps, 1.0]), 10)
    return {name: value for name, value in found.items() if value is not None}


def _from_model(model: Any) -> dict[str, Any]:
    import keras

    if not isinstance(model, keras.Model):
        raise TypeError(
            f"`model` must be a keras.Model, or None. Received: {type(model).__name__}."
        )
    if not model.built:
        raise ValueError(
            "`model` must be built, so that its weights can be counted. Received: "
            f"{model.name!r}, without weights. Call it on one batch, or give it a "
            "keras.Input."
        )
    # Sublayers of layers too, of wrappers and subclassed models; `layers` has only the
    # outermost.
    layers = list(model._flatten_layers())
    names = [type(layer).__name__ for layer in layers]
    shape = getattr(model, "input_shape", None)
    penalties = sorted({text for layer in layers for text in _penalties(layer)})
    optimizer = getattr(model, "optimizer", None)
    decay = float(getattr(optimizer, "weight_decay", None) or 0.0)
    if decay:
        penalties.append(f"weight decay {decay:g}")
    found: dict[str, Any] = {
        "weights": sum(math.prod(w.shape) for w in model.trainable_weights),
        "dropout": max((_dropped(layer) for layer in layers), default=0.0),
        "penalty": ", ".join(penalties),
        "augmented": any(map(_augments, layers)) or None,
        "batch_norm": any(
            name.endswith(("BatchNormalization", "LayerNormalization"))
            or name in ("GroupNormalization", "RMSNormalization")
            for name in names
        ),
        "normalized": any(n in ("Normalization", "Rescaling") for n in names) or None,
        "convolutional": any("Conv" in name for name in names),
        "images": len(shape) == 4 if isinstance(shape, tuple) else None,
    }
    if optimizer is not None:
        # What a schedule gives, or what a callback set: the rate of this moment.
        schedule = keras.optimizers.schedules.LearningRateSchedule
        momentum = float(getattr(optimizer, "momentum", 0.0) or 0.0)
        name = type(optimizer).__name__.lower()
        found |= {
            "optimizer": "momentum" if name == "sgd" and momentum else name,
            "rate": float(keras.ops.convert_to_numpy(optimizer.learning_rate)),
        }
        if isinstance(getattr(optimizer, "_learning_rate", None), schedule):
            found["decayed"] = True
    return found


def _classes(model: Any, *, assumed: bool) -> int | None:
    """Classes that the model's cross-entropy tells apart; None for another cost.

    Args:
        model: The model.
        assumed: What to take where it isn't compiled: a cross-entropy, or nothing.
    """
    shape = getattr(model, "output_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 2 or not isinstance(shape[1], int):
        return None
    loss = getattr(model, "loss", None)
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", None)
    name = name or ("" if loss is None else type(loss).__name__)
    kind = name.replace("_", "").lower()
    if kind == "binarycrossentropy":
        return 2  # of several labels, each is there or not
    exclusive = kind in ("sparsecategoricalcrossentropy", "categoricalcrossentropy")
    if shape[1] > 1 and (exclusive or (loss is None and assumed)):
        return shape[1]
    return None


def _dropped(layer: Any) -> float:
    name = type(layer).__name__
    if hasattr(layer, "keep_prob"):
        return round(1 - float(layer.keep_prob), 10)
    if "Dropout" in name:
        return float(getattr(layer, "rate", 0.0) or 0.0)
    # Recurrent and attention layers have it as an option.
    rate = getattr(layer, "dropout", 0.0)
    return float(rate) if isinstance(rate, (int, float)) else 0.0


def _penalties(layer: Any) -> Iterator[str]:
    regularizer = getattr(layer, "kernel_regularizer", None)
    if regularizer is None:
        return
    kind = type(regularizer).__name__
    lambd = getattr(regularizer, "lambd", None)
    if lambd is not None:
        # Scaled by 1/(2m): another number than Keras's strength of the same name.
        text = f"{kind} lambda {float(lambd):g}" if float(lambd) else ""
    else:
        values = [float(getattr(regularizer, n, 0.0) or 0.0) for n in ("l1", "l2")]
        text = " ".join(
            f"{n} {value:g}"
            for n, value in zip(("L1", "L2"), values, strict=True)
            if value
        )
        if not text and not {"l1", "l2"} & set(vars(regularizer)):
            text = kind
    if text:
        yield text


def _augments(layer: Any) -> bool:
    name = type(layer).__name__
    return (
        name == "Augmentation"
        or (name.startswith("Random") and "keras" in type(layer).__module__)
        or name in ("RandomWarp", "AugMix", "CutMix", "MixUp", "AutoContrast")
    )
