"""Checks of the last layer against the loss, and of the cost at the start."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tfkit.diagnose.first_checks.finding import Finding, Level
from tfkit.diagnose.first_checks.subject import Subject

# How far the cost may lie above that of an even guess: a last layer with Xavier's
# weights adds about half the variance of its logits, which is about 1.
_NEAR, _FAR = 1.0, 3.0


def output_activation(subject: Subject) -> Iterator[Finding]:
    """Whether the last activation is the one that the loss takes."""
    if subject.prediction is None:
        return
    name, kind, units = "output activation", subject.output_kind, subject.units
    given = f"{kind} output, {subject.loss_name}"
    if subject.is_classifier:
        wanted = "sigmoid" if subject.loss_kind == "binary" else "softmax"
        expected = "logits" if subject.from_logits else wanted
        if subject.from_logits and kind in ("softmax", "sigmoid"):
            yield Finding(
                name,
                "fault",
                f"{given} with from_logits=True",
                expected,
                f"leave the {kind} out, or from_logits: it is taken twice now",
            )
        elif not subject.from_logits and kind in ("linear", "tanh", "relu"):
            what = "with from_logits=False"
            advice = f"activation={wanted!r} in the last layer"
            if kind == "linear":
                advice += ", or from_logits=True in the loss"
            yield Finding(name, "fault", f"{given} {what}", expected, advice)
        elif subject.from_logits and kind in ("relu", "tanh"):
            yield Finding(
                name, "fault", given, expected, "no activation in the last layer"
            )
        elif kind == "softmax" and units == 1:
            yield _one_softmax_unit(name, given)
        elif kind == "sigmoid" and wanted == "softmax":
            yield Finding(
                name,
                "warning",
                given,
                expected,
                "softmax for classes that exclude each other",
            )
        elif kind == "softmax" and wanted == "sigmoid":
            yield Finding(
                name,
                "warning",
                given,
                expected,
                "categorical_crossentropy with the softmax; or sigmoid where several "
                "classes may be on at once",
            )
        else:
            yield Finding(name, "ok", given, expected)
    elif kind == "softmax" and units == 1:
        yield _one_softmax_unit(name, given)
    elif subject.loss_kind == "regression":
        yield _of_regression(name, given, subject)


def _one_softmax_unit(name: str, given: str) -> Finding:
    return Finding(
        name,
        "fault",
        f"{given}: softmax over one unit is always 1",
        "sigmoid for one unit",
        "one sigmoid unit with binary_crossentropy, or two softmax units",
    )


def _of_regression(name: str, given: str, subject: Subject) -> Finding:
    y = np.asarray(subject.y)
    ranges = {
        "softmax": (0.0, 1.0),
        "sigmoid": (0.0, 1.0),
        "tanh": (-1.0, 1.0),
        "relu": (0.0, math.inf),
    }
    low, high = ranges.get(subject.output_kind, (-math.inf, math.inf))
    if y.min() < low or y.max() > high:
        return Finding(
            name,
            "fault",
            f"{given}; targets from {y.min():.3g} to {y.max():.3g}",
            "an output that reaches all targets",
            "no activation in the last layer",
        )
    if subject.output_kind in ("relu", "softmax"):
        return Finding(
            name,
            "warning",
            given,
            "no activation",
            "no activation in the last layer"
            + (
                ": a ReLU that outputs 0 gets no gradient; softplus for positive targets"
                if subject.output_kind == "relu"
                else "; for classes, categorical_crossentropy"
            ),
        )
    return Finding(name, "ok", given)


def loss_at_start(subject: Subject, cost: float) -> Iterator[Finding]:
    """The cost before any step against that of an even guess."""
    name = "loss at the start"
    if not math.isfinite(cost):
        yield Finding(
            name,
            "fault",
            f"{cost}",
            "a finite number",
            "NaN in the data, or values outside the loss's domain; "
            "tfkit.diagnose.find_first_bad_layer says where",
        )
        return
    guess = _even_guess(subject)
    if guess is None:
        yield Finding(name, "ok", f"{cost:.4g}")
        return
    expected, text, slack = guess
    began = int(subject.model.optimizer.iterations.numpy()) > 0
    excess = (cost - expected) / slack
    level: Level = "ok"
    advice = ""
    if excess > _FAR:
        level = "fault"
    elif excess > _NEAR:
        level = "warning"
    if level != "ok":
        advice = (
            "smaller weights in the last layer (Xavier), normalized inputs and targets; "
            "or the outputs are no probabilities"
        )
    elif cost < 0.5 * expected and subject.is_classifier and not began:
        level = "warning"
        advice = (
            "right for a pretrained model; if it is untrained and knows the labels, is "
            "one of the inputs a label?"
        )
    yield Finding(name, level, f"{cost:.4g}", text, advice)


def _even_guess(subject: Subject) -> tuple[float, str, float] | None:
    """Cost of an even guess, how it is written, and how much more is usual."""
    if subject.loss_kind in ("sparse", "categorical") and subject.units > 1:
        value = math.log(subject.units)
        return value, f"ln {subject.units} = {value:.3f}", max(1.0, 0.5 * value)
    if subject.loss_kind == "binary":
        return math.log(2), "ln 2 = 0.693", 0.7
    if subject.loss_name in ("mean_squared_error", "MeanSquaredError"):
        y = np.asarray(subject.y, np.float64)
        value, variance = float(np.square(y).mean()), float(y.var())
        text = f"mean of y^2 = {value:.3g}; its variance = {variance:.3g}"
        # The outputs have a variance of their own, of about 1 to 3.
        return value, text, max(3.0, 3 * value)
    return None
