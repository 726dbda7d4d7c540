"""What a wrong gradient looks like: a factor, a sign, a transpose, a missing part."""

from __future__ import annotations

import numpy as np

# Two tensors are taken for the same up to this share of their norm: far above what
# differences err by, far below any mistake.
_SAME = 1e-4
_FACTORS = {
    2.0: "2",
    0.5: "1/2",
    3.0: "3",
    1 / 3: "1/3",
    4.0: "4",
    0.25: "1/4",
    -1.0: "-1 (the sign)",
    -2.0: "-2",
    -0.5: "-1/2",
}


def hint_for(
    analytic: np.ndarray,
    numeric: np.ndarray,
    *,
    weight: np.ndarray,
    examples: int | None = None,
    connected: bool = True,
) -> str:
    """Names the mistake that a wrong gradient tensor shows, as far as it shows one.

    Args:
        analytic: The gradient, of the tensor's shape.
        numeric: The differences, same shape.
        weight: The tensor itself.
        examples: Size of the batch, if known.
        connected: False where there is no path from the tensor to the cost.
    """
    size = np.linalg.norm(numeric)
    if not np.isfinite(analytic).all():
        return "the gradient is NaN or infinite: 0/0 or an overflow in a derivative"
    if not connected or not np.any(analytic):
        return (
            "the gradient is 0 while the cost changes: the path is detached "
            "(stop_gradient, a cast, a value taken out of the tape)"
        )
    if size == 0:
        return "the cost does not depend on it, the gradient says it does"
    found = _factor(analytic, numeric, examples)
    if found:
        return found
    if analytic.ndim >= 2:
        swapped = np.swapaxes(analytic, -1, -2)
        if swapped.shape == numeric.shape and _same(swapped, numeric):
            return "it is the transpose of what it should be"
    shift = _shift(analytic, numeric)
    if shift:
        return shift
    wrong = np.abs(analytic - numeric) > _SAME * np.abs(numeric).max()
    excess = analytic - numeric
    if np.any(weight):
        scale = float(np.vdot(excess, weight) / np.vdot(weight, weight))
        if _same(scale * weight, excess):
            return (
                f"it is off by {scale:.4g} times the weight itself: the derivative of "
                "a quadratic penalty is missing, or has the wrong factor"
            )
    if np.all(analytic[wrong] == 0):
        return (
            f"{_share(wrong)}: 0 there while the cost changes, so a term or mask drops "
            f"them{_place(wrong)}"
        )
    if np.all(np.abs(numeric[wrong]) <= _SAME * np.abs(analytic).max()):
        return (
            f"{_share(wrong)}: the cost does not change there, so a mask is missing "
            f"in the derivative{_place(wrong)}"
        )
    partly = _factor(analytic[wrong], numeric[wrong], examples)
    if wrong.any() and not wrong.all():
        return f"{_share(wrong)}{_place(wrong)}" + (
            f"; there {partly}" if partly else ""
        )
    if abs(np.vdot(excess, np.ones_like(excess))) > (1 - _SAME) * np.linalg.norm(
        excess
    ) * np.sqrt(excess.size):
        return f"it is off by the constant {float(excess.mean()):.4g} everywhere"
    return "no simple relation: a dropped term, or a wrong derivative of a function"


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.linalg.norm(a - b) <= _SAME * np.linalg.norm(b))


def _factor(analytic: np.ndarray, numeric: np.ndarray, examples: int | None) -> str:
    square = float(np.vdot(numeric, numeric))
    if square == 0 or analytic.size < 1:
        return ""
    factor = float(np.vdot(analytic, numeric)) / square
    if factor == 0 or not _same(analytic, factor * numeric):
        return ""
    names = dict(_FACTORS)
    if examples is not None and examples > 1:
        names |= {
            float(examples): f"m = {examples}, the batch size: a 1/m is missing",
            1 / examples: f"1/m with m = {examples}: divided twice",
        }
    for value, name in names.items():
        if abs(factor / value - 1) < _SAME:
            return f"off by a factor of {name}"
    # One number is always a multiple of another one.
    return f"off by a factor of {factor:.5g}" if analytic.size > 1 else ""


def _shift(analytic: np.ndarray, numeric: np.ndarray) -> str:
    for axis, size in enumerate(analytic.shape):
        if size < 3:
            continue
        for step in (1, -1):
            moved = np.roll(analytic, step, axis)
            # What fell off the end is no part of the comparison.
            keep = slice(1, None) if step == 1 else slice(None, -1)
            place = (slice(None),) * axis + (keep,)
            if np.any(numeric[place]) and _same(moved[place], numeric[place]):
                return f"it is shifted by one along axis {axis}: off by one in a slice"
        flipped = np.flip(analytic, axis)
        if _same(flipped, numeric):
            return f"it is reversed along axis {axis}"
    return ""


def _share(wrong: np.ndarray) -> str:
    return f"wrong in {int(wrong.sum())} of {wrong.size} coordinates"


def _place(wrong: np.ndarray) -> str:
    """Where the wrong ones lie, if it is one index of an axis."""
    for axis in range(wrong.ndim):
        if wrong.shape[axis] < 2:
            continue
        others = tuple(i for i in range(wrong.ndim) if i != axis)
        indices = np.flatnonzero(wrong.any(axis=others))
        if len(indices) <= max(1, wrong.shape[axis] // 4):
            listed = ", ".join(map(str, indices[:5].tolist()))
            return f" (index {listed} of axis {axis})"
    return ""
