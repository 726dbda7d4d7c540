"""Backpropagation against differences: by coordinates, or along random directions."""

from __future__ import annotations

import functools
from collections.abc import Callable
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
_POINTS_BESIDE = 5
# The derivatives of these indices at a point beside the one that is checked, one for
# each seed: by backpropagation, and by differences.
Nearby = Callable[[np.ndarray, int], tuple[np.ndarray, RefinedDifferences]]


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
        nearby = functools.partial(_along_axes, cost, function, batch)
        found.append(
            _explained(
                function,
                point,
                here,
                analytic,
                numeric,
                errors,
                epsilon,
                batch,
                noise,
                nearby,
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
        nearby = functools.partial(_along_rows, cost, k, rows)
        found.append(
            _explained(
                along,
                origin,
                here,
                analytic,
                numeric,
                errors,
                epsilon,
                None,
                noise,
                nearby,
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
    function: Function,
    point: np.ndarray,
    here: np.ndarray,
    analytic: np.ndarray,
    numeric: np.ndarray,
    errors: np.ndarray,
    epsilon: float | None,
    batch: int | None,
    noise: float,
    nearby: Nearby,
) -> _Numbers:
    """A tensor's numbers after kinks and truncation are told from mistakes."""
    g, a, error = analytic[here], numeric[here].copy(), errors[here].copy()
    size = np.linalg.norm(g) + np.linalg.norm(a)
    allowed = 0.1 * pass_bar(epsilon) * size / np.sqrt(max(1, len(here)))
    off = np.abs(g - a)
    # NaN is no kink.
    suspicious = np.flatnonzero(off > np.maximum(allowed, _SIGMAS / 2 * error))
    suspicious = suspicious[np.argsort(-off[suspicious], kind="stable")]
    kinks = 0
    for start in range(0, len(suspicious), _REFINED):
        some = suspicious[start : start + _REFINED]
        refined = refine_differences(
            function, point, epsilon, here[some], batch, noise=noise
        )
        a[some] = refined.agreeing(g[some])
        error[some] = np.maximum(error[some], refined.errors)
        right = _right_nearby(here[some], refined, g[some], nearby)
        a[some] = np.where(right, g[some], a[some])
        kinks += int(refined.kinks.sum())
        # A whole tensor of mistakes is one mistake; kinks are looked at one by one.
        if refined.kinks.mean() < 0.5:
            break
    return _Numbers(g, a, error, kinks)


def _right_nearby(
    indices: np.ndarray,
    refined: RefinedDifferences,
    gradient: np.ndarray,
    nearby: Nearby,
) -> np.ndarray:
    """Which derivatives at a kink are right at a point beside it.

    Several kinks at one point (a kernel of zeros before a ReLU; a direction that moves
    many units of a border where all is 0) add up to slopes that what backpropagation
    takes for 0 at each of them need not lie between.
    """
    outside = refined.at_kink & (refined.agreeing(gradient) != gradient)
    right = np.zeros(len(indices), bool)
    # In a large network a kink may be near each point: a wrong gradient is wrong at all.
    for seed in range(_POINTS_BESIDE):
        left = np.flatnonzero(outside & ~right)
        if not len(left):
            break
        beside, again = nearby(indices[left], seed)
        off = np.abs(beside - again.agreeing(beside))
        right[left] = off <= 1e-5 * np.abs(beside) + _SIGMAS * again.errors
    return right


def _along_axes(
    cost: Cost, function: Function, batch: int | None, indices: np.ndarray, seed: int
) -> tuple[np.ndarray, RefinedDifferences]:
    moved = _moved(cost, seed)
    point = np.concatenate([value.ravel() for value in moved])
    gradients, _ = cost.gradient(moved)
    beside = np.concatenate([each.ravel() for each in gradients])[indices]
    return beside, refine_differences(function, point, None, indices, batch)


def _along_rows(
    cost: Cost, k: int, rows: np.ndarray, indices: np.ndarray, seed: int
) -> tuple[np.ndarray, RefinedDifferences]:
    moved = _moved(cost, seed)
    gradients, _ = cost.gradient(moved)
    along, origin = cost.along(k, rows, moved), np.zeros(len(rows))
    beside = rows[indices] @ gradients[k].ravel()
    return beside, refine_differences(along, origin, None, indices)


def _moved(cost: Cost, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [value + 1e-2 * rng.normal(size=value.shape) for value in cost.values]


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
