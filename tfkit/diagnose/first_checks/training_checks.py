"""Checks that take gradients and steps, on copies of the weights."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from scipy import special

from tfkit.callbacks.health_rules import SMALLEST_UPDATE
from tfkit.diagnose.arrays import count_examples, rows
from tfkit.diagnose.first_checks.data_checks import class_of
from tfkit.diagnose.first_checks.examples import tensors
from tfkit.diagnose.first_checks.finding import Finding
from tfkit.diagnose.first_checks.promises import to_numpy
from tfkit.diagnose.first_checks.pure_model import PureModel
from tfkit.diagnose.first_checks.subject import Subject
from tfkit.diagnose.rehearsal import anew

_TRIAL_STEPS = 20
# A cost that many times the first is a divergence, not noise.
_DIVERGED = 3.0
# The usual change is 1e-3; steps of 3 % only rattle, with Adam above all.
_LARGE = 0.03
# A cost that falls by less of itself in all trial steps does not move.
_STILL = 1e-3
# Examples whose cost is compared; of one mini-batch the chance is greater.
_COMPARED = 128
# A step as large as the weights themselves.
_WHOLE = 1.0
_OVERFIT_EXAMPLES = 32
# Adam's usual 1e-3 needs many steps. If this is not enough, the higher one is tried
# where the cost fell to the end, and the lower one where it did not.
_RATE, _HIGHER, _LOWER = 1e-2, 5e-2, 2e-3
_LAST_SHARE = 0.05
_NEAR_ZERO, _HALF = 0.1, 0.5
_PROPOSES = "tfkit.diagnose.learning_rate_range proposes one"


class Copy:
    """Weights of their own for a model, and steps of an optimizer on them.

    Args:
        pure: The model as a function.
        optimizer: One that belongs to nothing else.
    """

    def __init__(self, pure: PureModel, optimizer: Any) -> None:
        self._pure = pure
        self.optimizer = optimizer
        self.weights = [_copied(variable) for variable in pure.trainable]
        self._state = [_copied(variable) for variable in pure.fixed]
        optimizer.build(self.weights)
        self._slots = [tf.identity(each.value) for each in optimizer.variables]
        self._step = tf.function(self._one_step, reduce_retracing=True)

    def begin_again(self) -> None:
        """Puts back the model's weights, and the optimizer to its first step."""
        for variables, values in (
            (self.weights, self._pure.weights()),
            (self._state, self._pure.state()),
            (self.optimizer.variables, self._slots),
        ):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)

    def step(self, x: Any, y: Any) -> float:
        """One step; returns the cost before it."""
        return float(self._step(x, y))

    def gradients(self, x: Any, y: Any) -> tuple[float, list[Any]]:
        """The cost and its gradients, by weight; None where there is no path."""
        cost, gradients = self._differentiated(x, y)
        return float(cost), gradients

    def prediction(self, x: Any) -> Any:
        """The outputs with batch statistics, dropout off."""
        return self._pure.forward(
            x,
            weights=[variable.value for variable in self.weights],
            state=[variable.value for variable in self._state],
        ).prediction

    def _differentiated(self, x: Any, y: Any) -> tuple[Any, list[Any]]:
        values = [tf.identity(variable.value) for variable in self.weights]
        with tf.GradientTape() as tape:
            tape.watch(values)
            result = self._pure.forward(
                x, y, weights=values, state=[v.value for v in self._state]
            )
            cost = self._pure.cost(y, result)
        for variable, value in zip(self._state, result.state, strict=True):
            variable.assign(value)
        return cost, tape.gradient(cost, values)

    def _one_step(self, x: Any, y: Any) -> Any:
        cost, gradients = self._differentiated(x, y)
        pairs = [
            (gradient, weight)
            for gradient, weight in zip(gradients, self.weights, strict=True)
            if gradient is not None
        ]
        self.optimizer.apply_gradients(pairs)
        return cost


def reached_weights(
    subject: Subject, gradients: Sequence[Any], later: Sequence[Any]
) -> Finding:
    """Whether the cost's gradient reaches every trained weight.

    Args:
        subject: The set-up.
        gradients: At the start.
        later: After some steps: behind a last layer that begins at 0, gradients are 0
            in the first step only.
    """
    name = "gradients"
    paths = [variable.path for variable in subject.pure.trainable]
    cut = [p for p, g in zip(paths, gradients, strict=True) if g is None]
    bad = [p for p, g in zip(paths, gradients, strict=True) if not _finite(g)]
    zero = [
        path
        for path, first, last in zip(paths, gradients, later, strict=True)
        if first is not None and _is_zero(first) and _is_zero(last)
    ]
    expected = f"one for each of {len(paths)} weights"
    if bad:
        return Finding(
            name,
            "fault",
            f"NaN or infinity for {_listed(bad)}",
            expected,
            "tfkit.diagnose.find_first_bad_layer names the layer",
        )
    if cut:
        return Finding(
            name,
            "fault",
            f"none for {_listed(cut)}",
            expected,
            "the cost does not depend on them: a layer that is not called, or "
            "stop_gradient, argmax, round or NumPy on the way",
        )
    if zero:
        return Finding(
            name,
            "fault",
            f"exactly 0 for {_listed(zero)}",
            expected,
            "dead ReLUs, weights that all begin at 0, or an operation with derivative 0 "
            "(round, sign, a comparison) on the way",
        )
    return Finding(name, "ok", f"reach all {len(paths)} weights")


def trial(
    subject: Subject, rng: np.random.Generator
) -> tuple[Finding, list[Any], list[Any]]:
    """Some steps with a copy of the model's optimizer.

    Returns:
        The finding on the learning rate, and the gradients at the start and at the end.
    """
    given = subject.model.optimizer
    given = getattr(given, "inner_optimizer", given)
    optimizer = anew(given)
    rate = float(optimizer.learning_rate)
    scheduled = not isinstance(given._learning_rate, keras.Variable)
    if scheduled:
        # Not by its setter: that of tfkit's optimizers takes numbers only.
        vars(optimizer)["_learning_rate"] = given._learning_rate
    copy = Copy(subject.pure, optimizer)
    size = min(subject.batch_size, count_examples(subject.x))
    compared = min(max(size, min(4 * size, _COMPARED)), count_examples(subject.x))
    whole = _drawn(subject, rng, compared)
    first, start = copy.gradients(*whole)
    kernels = [i for i, v in enumerate(copy.weights) if len(v.shape) >= 2]
    ratios: list[float] = []
    costs: list[float] = []
    for _ in range(_TRIAL_STEPS):
        before = [to_numpy(copy.weights[i]) for i in kernels]
        costs.append(copy.step(*_drawn(subject, rng, size)))
        for i, old in zip(kernels, before, strict=True):
            norm = float(np.linalg.norm(old))
            if norm > 0:
                change = np.linalg.norm(to_numpy(copy.weights[i]) - old)
                ratios.append(float(change) / norm)
        if not math.isfinite(costs[-1]):
            break
    # On the same examples: mini-batches differ.
    last, end = copy.gradients(*whole)
    finding = _learning_rate(
        type(given).__name__, rate, scheduled, first, last, ratios, len(costs)
    )
    return finding, start, end


def _learning_rate(
    name: str,
    rate: float,
    scheduled: bool,
    first: float,
    last: float,
    ratios: list[float],
    steps: int,
) -> Finding:
    usual = statistics.median(
        r if math.isfinite(r) else math.inf for r in ratios or [0]
    )
    measured = (
        f"{name}, {rate:.2g}: cost {first:.4g} to {last:.4g} in {steps} steps, "
        f"each changing the weights by {usual:.1e} of their size"
    )
    expected = "a falling cost, changes of about 1e-3"
    if not math.isfinite(first):
        return Finding("learning rate", "ok", "not judged: the cost is not finite")
    if not math.isfinite(last) or last - first > (_DIVERGED - 1) * abs(first):
        return Finding(
            "learning rate",
            "fault",
            measured,
            expected,
            f"a tenth of it, or a hundredth; normalized inputs; {_PROPOSES}",
        )
    if usual > _WHOLE:
        return Finding(
            "learning rate",
            "fault",
            measured,
            expected,
            f"a hundredth of it: a step replaces the weights; {_PROPOSES}",
        )
    if usual > _LARGE or (last >= first and usual >= SMALLEST_UPDATE):
        found = (
            "steps so large miss the way down: a tenth of it"
            if usual > _LARGE
            else "the cost did not fall: a tenth of it, unless training is done"
        )
        advice = f"{found}; {_PROPOSES}"
        return Finding("learning rate", "warning", measured, expected, advice)
    if ratios and usual < SMALLEST_UPDATE and not scheduled:
        return Finding(
            "learning rate",
            "warning",
            measured,
            expected,
            f"ten times it, or a hundred: the weights hardly move; {_PROPOSES}",
        )
    # At the start of a warm-up nothing moves yet, and shall not.
    if first - last < _STILL * abs(first) and not scheduled:
        return Finding(
            "learning rate",
            "warning",
            measured,
            expected,
            f"the cost hardly moves: ten times it, unless training is done; {_PROPOSES}",
        )
    return Finding("learning rate", "ok", measured)


@dataclass(frozen=True)
class Overfit:
    """How far the cost of a few examples came down.

    Args:
        finding: What it means.
        costs: The cost before each step.
        baseline: What the best constant prediction would cost.
    """

    finding: Finding
    costs: tuple[float, ...]
    baseline: float


def overfit_one_batch(
    subject: Subject, rng: np.random.Generator, steps: int
) -> Overfit:
    """Trains on a few examples until they are known by heart.

    Args:
        subject: The set-up.
        rng: Draws the examples.
        steps: Steps of Adam for each rate that is tried, at most.
    """
    x, y, count = _few(subject, rng)
    baseline, least = _constant_cost(subject, y)
    # Keras cannot take one norm of gradients of several types.
    several = len({variable.dtype for variable in subject.pure.trainable}) > 1
    clip = {"clipnorm" if several else "global_clipnorm": 1.0}
    copy = Copy(subject.pure, keras.optimizers.Adam(**clip))
    costs, known = _by_heart(copy, subject, x, y, _RATE, steps, baseline, least)
    if not known:
        still_falling = costs[-1] <= 1.1 * min(costs) < costs[0]
        copy.begin_again()
        rate = _HIGHER if still_falling else _LOWER
        again, known = _by_heart(copy, subject, x, y, rate, steps, baseline, least)
        if known or again[-1] < costs[-1]:
            costs = again
    if baseline is None:
        baseline = costs[0]
    return Overfit(
        _judged(subject, known, costs, baseline, least, count),
        tuple(costs),
        baseline,
    )


def _by_heart(
    copy: Copy,
    subject: Subject,
    x: Any,
    y: Any,
    rate: float,
    steps: int,
    baseline: float | None,
    least: float,
) -> tuple[list[float], bool]:
    inputs, targets = tensors(x), tensors(y)
    costs: list[float] = []
    for step in range(steps):
        share = 0.5 + 0.5 * math.cos(math.pi * step / steps)
        copy.optimizer.learning_rate.assign(
            rate * (_LAST_SHARE + (1 - _LAST_SHARE) * share)
        )
        costs.append(copy.step(inputs, targets))
        if not math.isfinite(costs[-1]):
            return [math.inf if math.isnan(c) else c for c in costs], False
        level = costs[0] if baseline is None else baseline
        if level > least and costs[-1] - least < _NEAR_ZERO * (level - least):
            return costs, True
        if step % 20 == 19 and _all_right(subject, copy.prediction(inputs), y):
            return costs, True
    return costs, False


def _judged(
    subject: Subject,
    known: bool,
    costs: list[float],
    baseline: float,
    least: float,
    count: int,
) -> Finding:
    name, last = "overfit one batch", costs[-1]
    measured = (
        f"{count} examples: cost {costs[0]:.4g} to {last:.3g} in {len(costs)} steps; a "
        f"constant costs {baseline:.3g}"
    )
    if known:
        return Finding(name, "ok", measured)
    goal = f"{least:.3g}, what these soft targets cost at least" if least else "0"
    expected = f"near {goal}, with dropout and penalties off"
    advice = (
        "so few examples any sound network learns by heart: look for labels that do not "
        "belong to these inputs, a path that is cut, saturated or dead units, or a loss "
        "that cannot fall; else the network is too small"
    )
    if subject.loss_kind == "other":
        # The least value of a loss of one's own is not known.
        fell = costs[0] - last > 0.01 * abs(costs[0])
        level: Any = "ok" if fell else "fault"
        return Finding(name, level, measured, "a lower cost", "" if fell else advice)
    level = "warning" if last - least < _HALF * (baseline - least) else "fault"
    return Finding(name, level, measured, expected, advice)


def _few(subject: Subject, rng: np.random.Generator) -> tuple[Any, Any, int]:
    """As many examples as the network must be able to learn by heart, of all classes."""
    total = count_examples(subject.x)
    outputs = 1 if subject.prediction is None else subject.units
    weights = sum(int(np.prod(variable.shape)) for variable in subject.pure.trainable)
    count = int(np.clip(weights // (8 * outputs), 2, min(_OVERFIT_EXAMPLES, total)))
    order = rng.permutation(total)[: 64 * _OVERFIT_EXAMPLES]
    classes = None
    if subject.prediction is not None and subject.prediction.ndim == 2:
        classes = class_of(subject, np.asarray(subject.y))
    order = _distinct(subject.x, order)
    if classes is not None:
        # The first of each class, then the second of each, ...
        seen: dict[int, int] = {}
        turns = []
        for index in order:
            turn = seen.get(int(classes[index]), 0)
            seen[int(classes[index])] = turn + 1
            turns.append(turn)
        order = order[np.argsort(turns, kind="stable")]
    chosen = order[:count]
    return rows(subject.x, chosen), rows(subject.y, chosen), len(chosen)


def _distinct(x: Any, order: np.ndarray) -> np.ndarray:
    """Without repeated inputs, whose labels may differ."""
    flat = np.concatenate(
        [
            array[order].reshape(len(order), -1).astype(np.float64)
            for array in keras.tree.flatten(x)
        ],
        axis=1,
    )
    _, first = np.unique(flat, axis=0, return_index=True)
    # Two at least, so that there is a batch.
    return order[np.sort(first)] if len(first) > 1 else order


def _constant_cost(subject: Subject, y: Any) -> tuple[float | None, float]:
    """Cost of the best constant prediction on these targets, and of the right one.

    The first is None without a formula. The second is 0 but for a cross-entropy with
    soft or smoothed targets, which costs their own entropy at least.
    """
    if subject.prediction is None:
        return None, 0.0
    y = np.asarray(y, np.float64)
    name = subject.loss_name.lower().replace("_", "")
    if subject.loss_kind == "sparse":
        return _entropy(np.bincount(y.astype(np.int64).ravel()) / y.size) or None, 0.0
    if subject.loss_kind in ("categorical", "binary"):
        shares = y.reshape(-1, subject.units) if y.ndim > 1 else y[:, None]
        if subject.loss_kind == "binary":
            # Each output is a distribution of its own, over on and off.
            shares = np.stack([shares, 1 - shares], axis=-1)
        smoothing = subject.label_smoothing
        shares = (1 - smoothing) * shares + smoothing / shares.shape[-1]
        constant = float(_entropy(shares.mean(axis=0)).mean())
        least = float(_entropy(shares).mean())
        # Of targets that are all alike the constant is the right answer.
        return constant if constant > least + 1e-9 else None, least
    if name == "meansquarederror":
        return float(y.reshape(len(y), -1).var(axis=0).mean()) or None, 0.0
    return None, 0.0


def _entropy(shares: np.ndarray) -> Any:
    """Of the distributions along the last axis."""
    return special.entr(shares).sum(axis=-1)


def _all_right(subject: Subject, prediction: Any, y: Any) -> bool:
    """Whether a classifier takes every example for what it is."""
    if not subject.is_classifier:
        return False
    values = to_numpy(prediction)
    if subject.loss_kind == "binary":
        bar = 0.0 if subject.from_logits else 0.5
        return bool(
            ((values > bar).ravel() == (np.asarray(y) > 0.5).ravel()).all()
            # A guess just beyond the bar is no knowledge.
            and np.abs(values - bar).min() > 0.2
        )
    wanted = class_of(subject, np.asarray(y))
    best = values.reshape(-1, values.shape[-1])
    if not (best.argmax(axis=1) == wanted).all():
        return False
    top = np.sort(best, axis=1)
    return bool((top[:, -1] - top[:, -2]).min() > 0.2)


def _drawn(subject: Subject, rng: np.random.Generator, size: int) -> tuple[Any, Any]:
    places = rng.choice(count_examples(subject.x), size, replace=False)
    return tensors(rows(subject.x, places)), tensors(rows(subject.y, places))


def _copied(variable: Any) -> Any:
    # A tensor: around a tf.Variable, Keras would put its wrapper and share it.
    return keras.Variable(
        tf.identity(variable.value),
        name=variable.name,
        dtype=variable.dtype,
        trainable=variable.trainable,
    )


def _finite(gradient: Any) -> bool:
    return gradient is None or bool(np.isfinite(_numbers(gradient)).all())


def _is_zero(gradient: Any) -> bool:
    return gradient is not None and not _numbers(gradient).any()


def _numbers(gradient: Any) -> np.ndarray:
    if isinstance(gradient, tf.IndexedSlices):
        gradient = gradient.values
    return to_numpy(gradient)


def _listed(paths: list[str]) -> str:
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return ", ".join(paths[:3]) + more
