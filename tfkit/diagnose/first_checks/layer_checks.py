"""Checks of the layers' arrangement and options."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras

from tfkit.diagnose.arrays import count_examples
from tfkit.diagnose.first_checks.finding import Finding
from tfkit.diagnose.first_checks.pure_model import LayerCall
from tfkit.diagnose.first_checks.subject import Subject
from tfkit.layers.redundant_biases import has_cancelled_bias, redundant_biases
from tfkit.training.probes import activation_of

# Share of dropped units that is more likely a mistaken share of kept ones.
_MUCH_DROPOUT = 0.8
# Penalties over the data's cost at the start.
_STRONG, _OVERWHELMING = 10.0, 100.0
_DROPOUTS = (
    keras.layers.Dropout,
    keras.layers.SpatialDropout1D,
    keras.layers.SpatialDropout2D,
    keras.layers.SpatialDropout3D,
    keras.layers.AlphaDropout,
    keras.layers.GaussianDropout,
)
# Layers that put nothing between two others.
_PASSES_ON = (keras.layers.Activation, keras.layers.ReLU, keras.layers.LeakyReLU)


def biases_before_normalization(subject: Subject) -> Finding:
    """Biases that a batch normalization takes away again."""
    name = "bias before batch norm"
    model = subject.model
    if getattr(model, "outputs", None):
        redundant = list(redundant_biases(model))
    else:
        redundant = [
            before.layer.name
            for before, after in _neighbours(subject.calls)
            if isinstance(after.layer, keras.layers.BatchNormalization)
            and has_cancelled_bias(
                before.layer, after.layer.axis, len(before.outputs[0].shape)
            )
        ]
    if not redundant:
        return Finding(name, "ok", "none")
    return Finding(
        name,
        "warning",
        f"{_names(redundant)}: the mean takes the bias away again",
        "no bias there",
        "use_bias=False; beta of the batch normalization does its work",
    )


def dropout(subject: Subject) -> Iterator[Finding]:
    """Where dropout stands, and how much of it."""
    calls = subject.calls
    layers = [c.layer for c in calls if isinstance(c.layer, _DROPOUTS) and c.layer.rate]
    much = [layer for layer in layers if layer.rate >= _MUCH_DROPOUT]
    if much:
        kept = 1 - much[0].rate
        yield Finding(
            "dropout rate",
            "warning",
            f"{_names([layer.name for layer in much])} drops "
            f"{100 * much[0].rate:.3g} % of the units",
            "at most half of the units dropped",
            f"Keras's `rate` is the share that is dropped, the course's keep_prob what "
            f"stays: Dropout({kept:.3g}) or InvertedDropout({much[0].rate:.3g})?",
        )
    elif layers:
        ends = (min(c.rate for c in layers), max(c.rate for c in layers))
        rates = " to ".join(dict.fromkeys(f"{rate:.2g}" for rate in ends))
        yield Finding("dropout rate", "ok", f"{rates} of the units dropped")
    wrong = [
        before.layer.name
        for before, after in _neighbours(calls, across=True)
        if before.layer in layers
        and isinstance(after.layer, keras.layers.BatchNormalization)
    ]
    if wrong:
        yield Finding(
            "dropout before batch norm",
            "warning",
            f"{_names(wrong)} right in front of a batch normalization",
            "dropout behind it",
            "dropout raises the variance in training only, and the moving average with "
            "it: put it behind the batch normalization (Li et al., 2018)",
        )
    if calls and calls[-1].layer in layers:
        yield Finding(
            "dropout on the output",
            "fault",
            f"{calls[-1].layer.name!r} drops units of the prediction",
            "the output itself",
            "take it away: dropped outputs cost what the loss makes of 0",
        )


def stacked_linear_layers(subject: Subject) -> Finding:
    """Dense layers with nothing between them, which are one linear layer."""
    name = "activations between layers"
    stacked = [
        after.layer.name
        for before, after in _neighbours(subject.calls)
        if type(before.layer) is type(after.layer) is keras.layers.Dense
        and activation_of(before.layer) in (None, "linear")
    ]
    if not stacked:
        return Finding(name, "ok", "none is missing")
    return Finding(
        name,
        "warning",
        f"nothing between {_names(stacked)} and the layer before: one linear layer",
        "an activation between two layers",
        "activation='relu' in the hidden layers",
    )


def penalties(subject: Subject, cost: float) -> Iterator[Finding]:
    """What is regularized, and how much."""
    wrong = []
    for layer in subject.model._flatten_layers(include_self=True):
        kinds = ["bias", "beta", "gamma"]
        wrong += [
            f"{kind} of {layer.name!r}"
            for kind in kinds
            if getattr(layer, f"{kind}_regularizer", None) is not None
            and any(weight.name == kind for weight in layer.weights)
        ]
    if wrong:
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        yield Finding(
            "regularized weights",
            "warning",
            f"a penalty on {wrong[0]}{more}",
            "penalties on kernels only",
            "take it away: biases and batch normalization's beta and gamma hold no "
            "capacity to speak of, and gamma is pulled to 0",
        )
    if not subject.penalties or not cost > 0:
        return
    share = subject.penalties / cost
    measured = f"{subject.penalties:.3g} beside a cost of {cost:.3g}"
    if share <= _STRONG:
        yield Finding("penalties", "ok", measured)
        return
    yield Finding(
        "penalties",
        "fault" if share > _OVERWHELMING else "warning",
        measured,
        "a part of the cost",
        "a smaller lambda; the course divides it by 2m, which tfkit.regularizers.L2 "
        "does and keras.regularizers.L2 does not",
    )


def batch_size(subject: Subject) -> Finding:
    """The size of the mini-batches against the data."""
    size, examples = subject.batch_size, count_examples(subject.x)
    has_normalization = any(
        isinstance(call.layer, keras.layers.BatchNormalization)
        for call in subject.calls
    )
    measured = f"{size} of {examples} examples"
    if size == 1 and has_normalization:
        return Finding(
            "batch size",
            "fault",
            "1 with batch normalization",
            "at least 2, better 16 or more",
            "one example less its own mean is 0; a bigger batch, or LayerNormalization",
        )
    if size > examples:
        return Finding(
            "batch size",
            "warning",
            measured,
            "a part of the data",
            "a smaller batch: this one is one step an epoch",
        )
    return Finding("batch size", "ok", measured)


def _neighbours(
    calls: list[LayerCall], *, across: bool = False
) -> Iterator[tuple[LayerCall, LayerCall]]:
    """Pairs of calls of which the second takes just what the first returned.

    Args:
        calls: All calls.
        across: Whether activations in between count as nothing.
    """
    sources: dict[int, LayerCall] = {}
    for call in calls:
        before = [sources[id(t)] for t in call.inputs if id(t) in sources]
        for source in before:
            yield source, call
        for output in call.outputs:
            if across and before and isinstance(call.layer, _PASSES_ON):
                sources[id(output)] = before[0]
            # Dropout that is off, and so hands on what it got, is a source of its own.
            elif not (id(output) in sources and _is_silent(call)):
                sources[id(output)] = call


def _is_silent(call: LayerCall) -> bool:
    return not isinstance(call.layer, _DROPOUTS)


def _names(names: list[Any]) -> str:
    shown = ", ".join(map(repr, names[:3]))
    return shown + (f" and {len(names) - 3} more" if len(names) > 3 else "")
