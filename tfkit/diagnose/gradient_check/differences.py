r"""Differences of a scalar function, and how far a gradient is from them.

Nothing here knows of models: a cost is a function of one flat float64 vector.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from tfkit._checks import check_count, check_number

Level = Literal["fine", "look closer", "bug"]
Function = Callable[[np.ndarray], Any]

#: The step of the course. Rounding, not truncation, is what one sees at it.
COURSE_EPSILON = 1e-7
# Central differences err by h**2 (truncation) plus u/h (rounding); the sum is least
# near u**(1/3), 6.1e-6 in float64.
DEFAULT_EPSILON = float(np.finfo(np.float64).eps ** (1 / 3))
_ROUNDING = float(np.finfo(np.float64).eps)

# The course's bands. Between the bar and this a careful look is due.
_FINE, _BUG = 1e-7, 1e-3
# Each step of the series is a quarter of the one before. At the last, 1/256 of the
# first, rounding still leaves seven digits of a gradient as large as the cost.
_SHRINK, _STEPS = 4.0, 5
# A kink leaves one-sided slopes apart however small the step; curvature's share
# shrinks with it, by _SHRINK ** (_STEPS - 1) over the series. In the middle of the two.
_PERSISTS = 0.1


def relative_difference(
    gradient: ArrayLike | Sequence[ArrayLike],
    approximation: ArrayLike | Sequence[ArrayLike],
) -> float:
    r"""How far a gradient is from its numerical approximation, as the course has it.

    $$\frac{\|g - a\|_2}{\|g\|_2 + \|a\|_2}$$

    with all arrays taken as one vector. 0 where they are equal, 1 where they point in
    opposite directions or one of them is 0; 1/3 for a factor of 2.

    Args:
        gradient: Array, or list of arrays (of any shapes).
        approximation: The same shapes.

    Returns:
        A number in [0, 1]; 0 where both are 0, NaN where one holds NaN.

    Raises:
        ValueError: If the shapes differ.

    Example:
        >>> relative_difference([1.0, 0.0], [1.0, 0.0])
        0.0
        >>> round(relative_difference([[2.0, 4.0], [6.0]], [[1.0, 2.0], [3.0]]), 4)
        0.3333

    Reference:
        Course notes, Numerical approximation of gradients.
    """
    ours, theirs = _arrays(gradient), _arrays(approximation)
    if [a.shape for a in ours] != [a.shape for a in theirs]:
        raise ValueError(
            "`gradient` and `approximation` must have the same shapes. Received: "
            f"{[a.shape for a in ours]} and {[a.shape for a in theirs]}. Give both in "
            "the order and layout of the parameters."
        )
    g, a = _joined(ours), _joined(theirs)
    largest = max(np.abs(g).max(initial=0.0), np.abs(a).max(initial=0.0))
    if largest == 0.0:
        return 0.0
    # Of numbers near 1e-170 the squares would be 0.
    g, a = g / largest, a / largest
    return float(np.linalg.norm(g - a) / (np.linalg.norm(g) + np.linalg.norm(a)))


def pass_bar(epsilon: float | None = None) -> float:
    r"""The largest relative difference that a right gradient should show.

    The cost is rounded to about $u|J|$ with $u = 2.2 \cdot 10^{-16}$, so a central
    difference errs by $u|J|/\epsilon$: for the course's $\epsilon = 10^{-7}$ that is
    $2 \cdot 10^{-9}$ a coordinate, and over the 47 parameters of the course's network,
    whose gradients are small, $1.19 \cdot 10^{-7}$ in all *although the backpropagation
    is right*. Hence the bar of $2 \cdot 10^{-7}$ at that step, where the first edition
    of the course, with $10^{-7}$, called the right answer wrong. A step ten times
    smaller errs ten times more. On the other side there is truncation,
    $\epsilon^2 J'''/6$.

    $$\max(10^{-7},\; 2 \cdot 10^{-14} / \epsilon,\; \epsilon^2 / 10)$$

    At the default step, $u^{1/3}$, right gradients come out at about $10^{-9}$ or
    below.

    Args:
        epsilon: The step; None for the default one.

    Raises:
        ValueError: If `epsilon` is not positive.

    Example:
        >>> round(pass_bar(1e-7), 9), pass_bar()
        (2e-07, 1e-07)
    """
    epsilon = _checked_epsilon(epsilon)
    return max(_FINE, 2e-14 / epsilon, epsilon**2 / 10)


def judge_difference(difference: float, epsilon: float | None = None) -> Level:
    r"""Puts a relative difference into the course's bands.

    About $10^{-7}$ is fine, about $10^{-5}$ asks for a careful look, $10^{-3}$ or more
    is a bug.

    Args:
        difference: What `relative_difference` returned.
        epsilon: The step of the differences, which decides where "fine" ends: see
            `pass_bar`. None for the default one.

    Returns:
        "fine" up to the bar, "bug" from 1e-3 or for NaN, else "look closer".

    Raises:
        ValueError: If `epsilon` is not positive.

    Example:
        >>> judge_difference(1.19e-7, epsilon=1e-7), judge_difference(0.285)
        ('fine', 'bug')
    """
    bar = pass_bar(epsilon)
    if difference <= bar:
        return "fine"
    return "look closer" if difference < max(_BUG, bar) else "bug"


def steps_for(point: ArrayLike, epsilon: float | None = None) -> np.ndarray:
    r"""The step of each coordinate.

    Args:
        point: Flat array.
        epsilon: The step of all of them, as in the course; None for
            $u^{1/3} \max(1, |\theta_i|)$, near the best one.

    Raises:
        ValueError: If `epsilon` is not positive.

    Example:
        >>> [f"{step:.1e}" for step in steps_for([0.5, 100.0])]
        ['6.1e-06', '6.1e-04']
    """
    values = np.asarray(point, dtype=np.float64).ravel()
    if epsilon is not None:
        return np.full(values.shape, _checked_epsilon(epsilon))
    return DEFAULT_EPSILON * np.maximum(1.0, np.abs(values))


def central_differences(
    function: Function,
    point: ArrayLike,
    epsilon: float | None = None,
    indices: ArrayLike | None = None,
    batch: int | None = None,
) -> np.ndarray:
    r"""The gradient of a scalar function, by central differences in float64.

    $$\frac{\partial J}{\partial \theta_i} \approx
      \frac{J(\theta + \epsilon e_i) - J(\theta - \epsilon e_i)}{2 \epsilon}$$

    (The notes write `/ 2*epsilon`, which in Python multiplies.)

    Args:
        function: Takes a flat float64 array `(n,)`, returns a number; with `batch`,
            takes `(P, n)` and returns `(P,)`.
        point: Where, flat, `(n,)`.
        epsilon: The step; None for one near the best, see `steps_for`.
        indices: The coordinates wanted; None for all.
        batch: The most points `function` is to get at once, at least 2; None where it
            takes one.

    Returns:
        One derivative for each of `indices`, float64.

    Raises:
        ValueError: If `epsilon` is not positive, an index is out of range, or
            `function` returns another shape.
        TypeError: If `point` is no array of real numbers.

    Example:
        >>> central_differences(lambda p: float(p[0] ** 2 * p[1]), [3.0, 2.0]).round(6)
        array([12.,  9.])
        >>> rows = lambda p: (p**2).sum(axis=1)
        >>> central_differences(rows, [3.0, 2.0], indices=[1], batch=64).round(6)
        array([4.])
    """
    point, indices = (
        _checked_point(point),
        np.asarray(np.arange(np.size(point)) if indices is None else indices),
    )
    steps = steps_for(point, epsilon)[_checked_indices(indices, point)]
    plus, minus, width = _both_sides(function, point, indices, steps, batch)
    return (plus - minus) / width


@dataclass(frozen=True, eq=False)
class RefinedDifferences:
    """Derivatives looked at with smaller and smaller steps.

    Args:
        values: The best estimate of each derivative.
        errors: How far it may be off: change to the next step, and rounding.
        low: The smaller of the one-sided slopes at the smallest step.
        high: The larger one.
        crossed: True where the first step reached over a kink and a smaller one no
            longer does: `values` is the slope on this side.
        at_kink: True where the one-sided slopes differ however small the step.
    """

    values: np.ndarray
    errors: np.ndarray
    low: np.ndarray
    high: np.ndarray
    crossed: np.ndarray
    at_kink: np.ndarray

    @property
    def kinks(self) -> np.ndarray:
        """True where there is a kink, near or here."""
        return self.crossed | self.at_kink

    def agreeing(self, gradient: ArrayLike) -> np.ndarray:
        """The value nearest to a gradient that the differences allow.

        At a kink any slope between the two one-sided ones is a right answer
        (a subgradient, where the function is convex); elsewhere there is one value.
        """
        between = np.clip(np.asarray(gradient, np.float64), self.low, self.high)
        return np.where(self.at_kink, between, self.values)


def refine_differences(
    function: Function,
    point: ArrayLike,
    epsilon: float | None = None,
    indices: ArrayLike | None = None,
    batch: int | None = None,
    noise: float | None = None,
) -> RefinedDifferences:
    r"""Tells a kink from a wrong gradient, by steps that become smaller.

    With the steps $h, h/4, \ldots, h/256$ the central differences $D_h$ and the
    one-sided slopes $D^+_h, D^-_h$ are taken. For a smooth function $D_h$ stays and
    $D^+_h - D^-_h = h J''$ shrinks with the step. A step that crosses the kink of a
    ReLU or a maximum shows in a $D_h$ that moves until the step is short enough. *At* a
    kink $D^+_h - D^-_h$ stays.

    Six times the cost of `central_differences`: meant for the coordinates at which that
    one disagrees with a gradient.

    Args:
        function: As for `central_differences`.
        point: Where, flat.
        epsilon: The first step; None for one near the best.
        indices: The coordinates wanted; None for all.
        batch: As for `central_differences`.
        noise: Rounding error of one value of `function`; None for `estimate_noise`.

    Raises:
        ValueError, TypeError: As for `central_differences`.

    Example:
        >>> relu = lambda p: float(np.maximum(p, 0).sum())
        >>> found = refine_differences(relu, [0.0, 1e-6, -2.0])
        >>> found.at_kink.tolist(), found.crossed.tolist()
        ([True, False, False], [False, True, False])
        >>> found.values.round(6).tolist(), found.high.round(6).tolist()
        ([0.5, 1.0, 0.0], [1.0, 1.0, 0.0])
    """
    point, indices = (
        _checked_point(point),
        np.asarray(np.arange(np.size(point)) if indices is None else indices),
    )
    here = _values(function, point[None, :], batch)[0]
    if noise is None:
        noise = estimate_noise(function, point, batch=batch)
    # One row a step; all at once, for functions that take many points in one call.
    shrunk = _SHRINK ** -np.arange(_STEPS)[:, None]
    steps = shrunk * steps_for(point, epsilon)[_checked_indices(indices, point)]
    plus, minus, width = (
        found.reshape(steps.shape)
        for found in _both_sides(
            function, point, np.tile(indices, _STEPS), steps.ravel(), batch
        )
    )
    slopes, noises = (plus - minus) / width, 2 * noise / width
    forward, backward = (plus - here) / (width / 2), (here - minus) / (width / 2)
    gaps = np.abs(forward - backward)
    # Each step with the next smaller one: where the two agree, truncation and kinks are
    # out of the way; the rest is rounding, which the smaller one has more of.
    changes = np.abs(np.diff(slopes, axis=0)) + 2 * noises[1:]
    best = changes.argmin(axis=0)
    column = np.arange(len(indices))
    values, errors = slopes[best, column], changes[best, column]
    size = np.abs(np.array([forward[-1], backward[-1]])).max(axis=0, initial=0.0)
    at_kink = (gaps[-1] > _PERSISTS * gaps[0]) & (
        gaps[-1] > 20 * noises[-1] + 1e-6 * size
    )
    moved = np.abs(slopes[0] - values) > 20 * (noises[0] + errors)
    # Of a smooth function the first step's truncation goes with its square, which
    # is a thousandth of the curvature's part in the gap.
    crossed = moved & ~at_kink & (np.abs(slopes[0] - values) > 1e-2 * gaps[0])
    return RefinedDifferences(
        values=values,
        errors=errors,
        low=np.minimum(forward[-1], backward[-1]),
        high=np.maximum(forward[-1], backward[-1]),
        crossed=crossed,
        at_kink=at_kink,
    )


def estimate_noise(
    function: Function, point: ArrayLike, batch: int | None = None, seed: int = 0
) -> float:
    r"""The rounding error of one value of a function, from a table of differences.

    Over points $10^{-11}$ apart a smooth function is a straight line but for rounding.
    Its fourth differences, which take any cubic away, hold nothing else; their root
    mean square over $\sqrt{\binom{8}{4}}$ is the error's standard deviation.

    Args:
        function: As for `central_differences`.
        point: Where, flat.
        batch: As for `central_differences`.
        seed: Of the random direction in which the points lie.

    Returns:
        The larger of that and $u|J|$.

    Example:
        >>> noise = estimate_noise(lambda p: float(np.exp(p).sum()), np.zeros(3))
        >>> 1e-16 < noise < 1e-14
        True

    Reference:
        Moré and Wild, 2011, Estimating computational noise,
        https://doi.org/10.1137/100786125
    """
    place = _checked_point(point)
    direction = np.random.default_rng(seed).choice([-1.0, 1.0], size=place.shape)
    scale = 1e-11 * np.maximum(1.0, np.abs(place))
    points = place + np.arange(12)[:, None] * scale * direction
    values = _values(function, points, batch)
    fourth = np.diff(values, n=4)
    deviation = float(np.sqrt(np.mean(fourth**2) / 70.0))
    return max(deviation, _ROUNDING * float(np.abs(values[0])))


def _both_sides(
    function: Function,
    point: np.ndarray,
    indices: np.ndarray,
    steps: np.ndarray,
    batch: int | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The function on both sides of each coordinate, and how far these are apart.

    There is one step for each of `indices`.
    """
    # Half of the points of a call are those on the other side.
    size = 1 if batch is None else _checked_batch(batch) // 2
    plus, minus = np.empty(len(indices)), np.empty(len(indices))
    width = np.empty(len(indices))
    for start in range(0, len(indices), size):
        some = indices[start : start + size]
        count = len(some)
        points = np.repeat(point[None, :], 2 * count, axis=0)
        rows = np.arange(count)
        points[rows, some] += steps[start : start + size]
        points[rows + count, some] -= steps[start : start + size]
        values = _values(function, points, batch)
        here = slice(start, start + count)
        plus[here], minus[here] = values[:count], values[count:]
        # As they came out, not as they were meant: theta + h is rounded, too.
        width[here] = points[rows, some] - points[rows + count, some]
    return plus, minus, width


def _values(function: Function, points: np.ndarray, batch: int | None) -> np.ndarray:
    if batch is None:
        values = np.array([float(function(point)) for point in points])
    else:
        values = np.asarray(function(points), dtype=np.float64)
    if values.shape != (len(points),):
        raise ValueError(
            "`function` must return one number a point. Received: shape "
            f"{values.shape} for {len(points)} points. Sum over the last axis, or leave "
            "`batch` away for a function of one point."
        )
    return values


def _checked_indices(indices: np.ndarray, point: np.ndarray) -> np.ndarray:
    if indices.ndim != 1 or (
        indices.size and not (indices.min() >= 0 and indices.max() < point.size)
    ):
        raise ValueError(
            f"`indices` must be a list of coordinates from 0 to {point.size - 1}. "
            f"Received: {indices!r}. Flatten the parameters in the order of `point`."
        )
    return indices


def _checked_point(point: ArrayLike) -> np.ndarray:
    array = np.asarray(point)
    if array.dtype.kind not in "fiu":
        raise TypeError(
            "`point` must be an array of real numbers. Received: dtype "
            f"{array.dtype}. Flatten the parameters into one float64 array."
        )
    return array.astype(np.float64).ravel()


def _checked_epsilon(epsilon: float | None) -> float:
    if epsilon is None:
        return DEFAULT_EPSILON
    hint = "The course's is 1e-7; None takes a step near the best one."
    return check_number("epsilon", epsilon, exclusive=True, hint=hint)


def _checked_batch(batch: int) -> int:
    hint = "It is the number of points in one call; None for a function of one point."
    return check_count("batch", batch, minimum=2, hint=hint)


def _arrays(data: Any) -> list[np.ndarray]:
    if isinstance(data, (list, tuple)) and any(np.ndim(part) for part in data):
        return [np.asarray(part, dtype=np.float64) for part in data]
    return [np.asarray(data, dtype=np.float64)]


def _joined(arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.zeros(0), *(array.ravel() for array in arrays)])
