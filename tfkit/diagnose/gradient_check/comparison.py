"""Backpropagation against differences: by coordinates, or along random directions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from tfkit.diagnose.gradient_check.cost import Cost
from tfkit.diagnose.gradient_check.differences import (
    Function,
    Level,
    RefinedDifferences,
    central_differences,
    estimate_noise,
    judge_difference,
    pass_bar,
    refine_differences,
    relative_difference,
    steps_for,
)
from tfkit.diagnose.gradient_check.hints import hint_for
from tfkit.diagnose.gradient_check.result import TensorCheck, WorstCoordinate

# Coordinates of one tensor that are looked at with smaller steps in one go.
_REFINED = 256
# Standard deviations of rounding that a difference may be off by.
_SIGMAS = 10.0
_KEPT = 20


@dataclass(frozen=True)
class Comparison:
    """What comparing gave, before it is put into a report.

    Args:
        tensors: The check of each tensor.
        worst: The largest errors, the largest first.
        difference: Relative difference of the whole vector.
        noise: Rounding error of the cost.
        checked: Number of derivatives compared.
        notes: What a reader has to know.
    """

    tensors: tuple[TensorCheck, ...]
    worst: tuple[WorstCoordinate, ...]
    difference: float
    noise: float
    checked: int
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Numbers:
    """A tensor's derivatives on both ways, and what they may be off by."""

    analytic: np.ndarray
    numeric: np.ndarray
    error: np.ndarray
    kinks: int


def compare_coordinates(
    cost: Cost, epsilon: float | None = None, batch_size: int | None = None
) -> Comparison:
    """Compares every coordinate.

    Args:
        cost: The cost, with the point at which it is checked.
        epsilon: The step; None for one near the best.
        batch_size: Points in one call; None for as many as fit well.
    """
    function, batch, vectorized = cost.many(batch_size)
    gradients, connected = cost.gradient(cost.values)
    point = cost.point
    noise = estimate_noise(function, point, batch=max(batch, 12))
    numeric = central_differences(function, point, epsilon, batch=batch)
    analytic = np.concatenate([gradient.ravel() for gradient in gradients])
    errors = 2 * noise / steps_for(point, epsilon)
    found, start = [], 0
    for size in cost.sizes:
        here = np.arange(start, start + size)
        found.append(
            _explained(
                cost, function, here, analytic, numeric, errors, epsilon, batch, noise
            )
        )
        start += size
    notes = () if vectorized else ("an operation does not vectorize: compiled loop",)
    return _comparison(cost, found, connected, epsilon, noise, notes)


def compare_directions(
    cost: Cost, epsilon: float | None = None, directions: int = 4, seed: int = 0
) -> Comparison:
    """Compares derivatives along random directions, some for each tensor.

    Args:
        cost: The cost, with the point at which it is checked.
        epsilon: The step along a direction; None for one near the best.
        directions: How many for each tensor.
        seed: Of the directions.
    """
    gradients, connected = cost.gradient(cost.values)
    rng = np.random.default_rng(seed)
    found, forward, noise = [], [], 0.0
    for k, weight in enumerate(cost.values):
        # A weight's input sums fan_in of these: changes there are of the step's size,
        # and few kinks are crossed.
        fan_in = weight.size / (weight.shape[-1] if weight.ndim else 1)
        rows = rng.choice([-1.0, 1.0], size=(directions, weight.size))
        rows /= np.sqrt(max(fan_in, 1.0))

        along = cost.along(k, rows)
        origin = np.zeros(directions)
        if k == 0:
            # The first tensor's changes go through all of the network.
            noise = estimate_noise(along, origin)
        analytic = rows @ gradients[k].ravel()
        numeric = central_differences(along, origin, epsilon)
        errors = 2 * noise / steps_for(origin, epsilon)
        here = np.arange(directions)
        found.append(
            _explained(
                None, along, here, analytic, numeric, errors, epsilon, None, noise
            )
        )
        forward.append(_forward(cost, k, rows[0], float(analytic[0])))
    notes: tuple[str, ...] = ()
    if any(each is None for each in forward):
        notes = ("forward mode: an operation has none, so it was not compared",)
    return _comparison(cost, found, connected, epsilon, noise, notes, forward)


def _forward(cost: Cost, k: int, row: np.ndarray, reverse: float) -> float | None:
    """Relative difference of reverse and forward mode along one direction."""
    tangents = [np.zeros(value.shape) for value in cost.values]
    tangents[k] = row.reshape(cost.values[k].shape)
    try:
        slope = cost.slope(cost.values, tangents)
    # Operations without a second derivative have no forward mode in TensorFlow.
    except (LookupError, NotImplementedError, tf.errors.OpError):
        return None
    return relative_difference([reverse], [slope])


def _explained(
    cost: Cost | None,
    function: Function,
    here: np.ndarray,
    analytic: np.ndarray,
    numeric: np.ndarray,
    errors: np.ndarray,
    epsilon: float | None,
    batch: int | None,
    noise: float,
) -> _Numbers:
    """A tensor's numbers after kinks and truncation are told from mistakes."""
    g, a, error = analytic[here], numeric[here].copy(), errors[here].copy()
    size = np.linalg.norm(g) + np.linalg.norm(a)
    allowed = 0.1 * pass_bar(epsilon) * size / np.sqrt(max(1, len(here)))
    off = np.abs(g - a)
    # NaN is no kink.
    suspicious = np.flatnonzero(off > np.maximum(allowed, _SIGMAS / 2 * error))
    suspicious = suspicious[np.argsort(-off[suspicious], kind="stable")]
    point = np.zeros(len(analytic)) if cost is None else cost.point
    kinks = 0
    for start in range(0, len(suspicious), _REFINED):
        some = suspicious[start : start + _REFINED]
        refined = refine_differences(
            function, point, epsilon, here[some], batch, noise=noise
        )
        a[some] = refined.agreeing(g[some])
        error[some] = np.maximum(error[some], refined.errors)
        if cost is not None:
            right = _right_nearby(cost, function, here[some], refined, g[some], batch)
            a[some] = np.where(right, g[some], a[some])
        kinks += int(refined.kinks.sum())
        # A whole tensor of mistakes is one mistake; kinks are looked at one by one.
        if refined.kinks.mean() < 0.5:
            break
    return _Numbers(g, a, error, kinks)


def _right_nearby(
    cost: Cost,
    function: Function,
    indices: np.ndarray,
    refined: RefinedDifferences,
    gradient: np.ndarray,
    batch: int | None,
) -> np.ndarray:
    """Which coordinates at a kink have the right gradient at a point beside it.

    Several kinks at one point (a kernel of zeros before a ReLU) add up to slopes
    that what backpropagation takes for 0 at each of them need not lie between.
    """
    outside = refined.at_kink & (refined.agreeing(gradient) != gradient)
    right = np.zeros(len(indices), bool)
    if not outside.any():
        return right
    point = cost.point
    moved = point + 1e-2 * np.random.default_rng(0).normal(size=point.shape)
    gradients, _ = cost.gradient(cost.split(moved))
    beside = np.concatenate([each.ravel() for each in gradients])[indices]
    again = refine_differences(function, moved, None, indices, batch)
    off = np.abs(beside - again.agreeing(beside))
    return outside & (off <= 1e-5 * np.abs(beside) + _SIGMAS * again.errors)


def _comparison(
    cost: Cost,
    found: list[_Numbers],
    connected: list[bool],
    epsilon: float | None,
    noise: float,
    notes: tuple[str, ...],
    forward: list[float | None] | None = None,
) -> Comparison:
    tensors, worst = [], []
    for k, numbers in enumerate(found):
        g, a, shape = numbers.analytic, numbers.numeric, cost.values[k].shape
        difference = relative_difference(g, a)
        level = _level(numbers, difference, epsilon)
        other = None if forward is None else forward[k]
        hint = ""
        if level != "fine" and forward is None:
            hint = hint_for(
                g.reshape(shape),
                a.reshape(shape),
                weight=cost.values[k],
                examples=cost.examples,
                connected=connected[k],
            )
        elif level != "fine":
            # Projections have no axes; factors and signs show in them all the same.
            hint = hint_for(
                g, a, weight=np.zeros(0), examples=cost.examples, connected=connected[k]
            )
        tensors.append(
            TensorCheck(
                path=cost.names[k],
                layer=cost.layers[k],
                shape=tuple(shape),
                difference=difference,
                level=level,
                analytic_norm=float(np.linalg.norm(g)),
                numeric_norm=float(np.linalg.norm(a)),
                kinks=numbers.kinks,
                forward_difference=other,
                hint=hint,
            )
        )
        off = np.abs(g - a)
        for place in np.argsort(-np.nan_to_num(off, nan=np.inf))[:_KEPT].tolist():
            index = np.unravel_index(place, shape) if forward is None else (place,)
            worst.append(
                WorstCoordinate(
                    cost.names[k],
                    tuple(int(i) for i in index),
                    float(g[place]),
                    float(a[place]),
                )
            )
    worst.sort(key=lambda w: -np.nan_to_num(abs(w.analytic - w.numeric), nan=np.inf))
    return Comparison(
        tensors=tuple(tensors),
        worst=tuple(worst[:_KEPT]),
        difference=relative_difference(
            np.concatenate([n.analytic for n in found]),
            np.concatenate([n.numeric for n in found]),
        ),
        noise=noise,
        checked=sum(len(n.analytic) for n in found),
        notes=notes,
    )


def _level(numbers: _Numbers, difference: float, epsilon: float | None) -> Level:
    level = judge_difference(difference, epsilon)
    off = np.linalg.norm(numbers.analytic - numbers.numeric)
    # A gradient of 0, such as a bias's before batch norm, is met up to rounding only.
    return "fine" if off <= _SIGMAS * np.linalg.norm(numbers.error) else level
