"""Checks of arguments, in one form for all parts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_NUMBERS = (int, float, np.integer, np.floating)


def check_number(
    name: str,
    value: Any,
    *,
    minimum: float = 0.0,
    exclusive: bool = False,
    maximum: float = math.inf,
    hint: str,
) -> float:
    """Returns a finite number from `minimum` to `maximum` as a float, or raises.

    `hint` is the way out that the message ends with; `exclusive` leaves `minimum` out.
    """
    sign = ">" if exclusive else ">="
    allowed = f"`{name}` must be a finite number {sign} {minimum:g}"
    if math.isfinite(maximum):
        allowed += f" and <= {maximum:g}"
    message = f"{allowed}. Received: {name}={value!r}. {hint}"
    if isinstance(value, bool) or not isinstance(value, _NUMBERS):
        raise TypeError(message)
    high_enough = value > minimum if exclusive else value >= minimum
    if not (math.isfinite(value) and high_enough and value <= maximum):
        raise ValueError(message)
    return float(value)


def check_count(name: str, value: Any, *, minimum: int = 1, hint: str) -> int:
    """Returns a whole number from `minimum` up as an int, or raises."""
    message = (
        f"`{name}` must be an int >= {minimum}. Received: {name}={value!r}. {hint}"
    )
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(message)
    if value < minimum:
        raise ValueError(message)
    return int(value)
