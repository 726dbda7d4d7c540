"""How an epoch is run: what compiles it, how many steps in one call, and why."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, Literal

import keras
from keras.src.utils import rng_utils

Compiler = Literal["xla", "graph"]
#: "trial" where only a measurement can tell.
Choice = Literal["xla", "graph", "trial"]

#: Bytes of examples that one call of the compiled epoch gathers at most. Small enough
#: that the copy stays near the processor, large enough that the call costs nothing.
GATHERED_BYTES = 32 * 2**20
#: Seconds that XLA takes to compile an epoch of a network of some layers.
XLA_SECONDS = 2.5
#: Seconds that it saves in a step: for the operations that it joins, and for each weight.
SAVED_SECONDS, SAVED_SECONDS_PER_WEIGHT = 2.5e-4, 1.2e-8
#: Longest time, in seconds, that a progress bar stands still.
PROGRESS_SECONDS = 0.5
#: The same where there is none: Ctrl-C has to wait for the end of a call.
CALL_SECONDS = 2.0
# A slow core's rate in products of small matrices, for an estimate from above.
_FLOPS = 1e10

# Layers that XLA compiles into code at least as fast as TensorFlow's own on a CPU.
_SUITS_XLA = (
    "Activation",
    "ActivityRegularization",
    "Add",
    "AlphaDropout",
    "Average",
    "BatchNormalization",
    "Concatenate",
    "Dense",
    "Dot",
    "Dropout",
    "ELU",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GroupNormalization",
    "Hardmax",
    "Identity",
    "InputLayer",
    "InvertedDropout",
    "LayerNormalization",
    "LeakyReLU",
    "Maximum",
    "Minimum",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "RMSNormalization",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Softmax",
    "Subtract",
    "UnitNormalization",
)
# Layers whose kernels in TensorFlow are faster on a CPU than XLA's code.
_SUITS_GRAPH = (
    "Conv",
    "DepthwiseConv",
    "SeparableConv",
    "MaxPooling",
    "AveragePooling",
    "UpSampling",
    "LSTM",
    "GRU",
    "SimpleRNN",
    "RNN",
    "Bidirectional",
    "Embedding",
    "StringLookup",
    "TextVectorization",
    "Random",
)


@dataclasses.dataclass(frozen=True)
class TrainingPlan:
    """How the last `fit` ran, and why: `print(model.training_plan)`.

    Attributes:
        engine: "xla" or "graph", which compile whole epochs or chunks of them, or
            "keras" where the model went through Keras's own `fit`.
        steps_per_call: Training steps in one call of the compiled function; callbacks
            hear of batches that often. None with Keras's own `fit`.
        steps_per_epoch: Batches of an epoch, None if not known beforehand.
        reasons: Why, in words.

    Example:
        >>> print(TrainingPlan("graph", 23, 23, ("convolutions are faster so",)))
        graph, 23 of 23 steps in a call: convolutions are faster so
    """

    engine: Literal["xla", "graph", "keras"]
    steps_per_call: int | None
    steps_per_epoch: int | None
    reasons: tuple[str, ...]

    def because(self, *reasons: str) -> TrainingPlan:
        """The same plan with more reasons."""
        return dataclasses.replace(self, reasons=(*self.reasons, *reasons))

    def __str__(self) -> str:
        why = "; ".join(self.reasons)
        if self.engine == "keras":
            return f"Keras's own fit: {why}"
        of = "" if self.steps_per_epoch is None else f" of {self.steps_per_epoch}"
        return f"{self.engine}, {self.steps_per_call}{of} steps in a call: {why}"


def choose_compiler(
    model: keras.Model,
    total_steps: int | None,
    asked: bool | Literal["auto"],
    *,
    compiled: bool = False,
) -> tuple[Choice, str]:
    """Chooses what compiles the steps of a model.

    Args:
        model: A built model.
        total_steps: Steps of the whole `fit`, None if unknown.
        asked: `jit_compile` of `model.compile`.
        compiled: Whether XLA has compiled an epoch of such data already.

    Returns:
        "xla", "graph", or "trial" where only a measurement can tell; and the reason.
    """
    # TensorFlow's: this module serves other backends too.
    from tensorflow.python.framework.config import is_op_determinism_enabled

    from tfkit.training import labels, masks

    if is_op_determinism_enabled():
        return "graph", "op determinism is on, under which XLA is refused"
    if asked != "auto":
        return ("xla" if asked else "graph"), f"jit_compile={asked} was asked for"
    no_jit = [layer.name for layer in model._flatten_layers() if not layer.supports_jit]
    if no_jit:
        return "graph", f"XLA can't compile layer {no_jit[0]!r}"
    inside = masks.draws_inside(model)
    if inside:
        return "graph", (
            f"layer {inside[0].name!r} draws random numbers inside the step, "
            "which is slow in XLA"
        )
    leaves = [layer for layer in model._flatten_layers() if not layer._layers]
    for layer in leaves:
        if type(layer).__name__.startswith(_SUITS_GRAPH) and _is_known(layer):
            return "graph", (
                f"TensorFlow's kernel of {type(layer).__name__} is faster than XLA's"
            )
    if not labels.checkable(model):
        return "graph", "XLA would take wrong labels of several outputs for NaN"
    if compiled:
        return "xla", "XLA has compiled such epochs already"
    if total_steps is None:
        return (
            "graph",
            "XLA's compilation may not pay: the number of steps is not known",
        )
    if total_steps < steps_that_pay(model):
        return "graph", (
            f"{total_steps} steps are too few to pay for XLA's compilation"
        )
    strange = [
        type(layer).__name__
        for layer in leaves
        if not (_is_known(layer) and type(layer).__name__ in _SUITS_XLA)
    ]
    if not strange:
        return "xla", "all layers suit XLA"
    if rng_utils.get_random_seed() is not None:
        return "graph", (
            f"{strange[0]} is not known to suit XLA, and with a seed set a trial must "
            "not decide (two runs could differ in the last bit); jit_compile=True tries"
        )
    return "trial", f"{strange[0]} is not known to suit XLA"


def steps_that_pay(model: keras.Model) -> int:
    """Steps of training from which XLA's compilation is worth its while.

    Args:
        model: A built model.

    Example:
        >>> import keras
        >>> model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(128)])
        >>> steps_that_pay(model)
        1718
    """
    saved = SAVED_SECONDS + SAVED_SECONDS_PER_WEIGHT * model.count_params()
    return math.ceil(XLA_SECONDS / saved)


def steps_per_call(full_batches: int, bytes_per_batch: int, fixed: int | None) -> int:
    """How many steps one call of the compiled function holds at most.

    Args:
        full_batches: Batches of full size in an epoch.
        bytes_per_batch: Bytes of a batch's examples.
        fixed: Steps between two calls of the callbacks, where something asks for it.

    Returns:
        At least 1.

    Example:
        >>> steps_per_call(22, 16_000, None), steps_per_call(22, 16_000, 5)
        (22, 5)
    """
    most = max(1, GATHERED_BYTES // max(1, bytes_per_batch))
    if fixed is not None:
        most = min(most, fixed)
    calls = math.ceil(max(1, full_batches) / most)
    if fixed is not None:
        return min(most, max(1, full_batches))
    # Calls of equal length: a last one of a few steps would cost as much again.
    return math.ceil(max(1, full_batches) / calls)


def seconds_per_step(model: keras.Model, batch_size: int) -> float:
    """Estimates the time of a training step, from the products in it.

    Args:
        model: A built model.
        batch_size: Examples of a batch.

    Returns:
        Seconds; off by a factor of ten in either direction for all one knows.
    """
    products = 0
    for layer in model._flatten_layers():
        if layer._layers or not layer.built:
            continue
        try:
            # The places where the kernel is applied: pixels, steps in time.
            places = [size or 1 for size in layer.input.shape[1:-1]]
        except (AttributeError, ValueError):
            places = []  # more than one input, or none that is known
        products += layer.count_params() * math.prod(places)
    # Two operations each, forward and twice backward.
    return 5e-4 + 6 * products * batch_size / _FLOPS


def wants_every_batch(callbacks: Sequence[keras.callbacks.Callback]) -> str | None:
    """Names a callback that must hear of every batch, or returns None.

    One that does not mind says so by a class attribute, `every_batch = False`.
    """
    for callback in callbacks:
        if getattr(callback, "every_batch", True) and _hears_batches(callback):
            return type(callback).__name__
    return None


def _hears_batches(callback: Any) -> bool:
    name = type(callback).__name__
    if _is_known(callback):
        if name in ("History", "ProgbarLogger", "TerminateOnNaN"):
            return False
        if name in ("ModelCheckpoint", "BackupAndRestore"):
            return callback.save_freq != "epoch"
        if name == "TensorBoard":
            return (
                callback.update_freq != "epoch"
                or callback.write_steps_per_second
                or callback._should_trace
            )
    return any(
        has_own(callback, hook)
        for hook in (
            "on_train_batch_begin",
            "on_train_batch_end",
            "on_batch_begin",
            "on_batch_end",
        )
    )


def has_own(callback: Any, hook: str) -> bool:
    """Whether a callback has a method of its own of that name."""
    own = getattr(callback, hook)
    return getattr(own, "__func__", own) is not getattr(keras.callbacks.Callback, hook)


def _is_known(part: Any) -> bool:
    """Whether it is Keras's or ours, so that its name says what it does."""
    return type(part).__module__.split(".")[0] in ("keras", "tfkit")
