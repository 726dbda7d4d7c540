"""`numpy.random`: sizes and bounds that are whole floats, `random_integers`."""

from __future__ import annotations

from typing import Any

import numpy as _np

from legacy_tf1.compat import faces as _faces


def random_integers(low: int, high: int | None = None, size: Any = None) -> Any:
    """`numpy.random.random_integers`: both bounds are inclusive."""
    low, high = (1, low) if high is None else (low, high)
    return _np.random.randint(low, int(high) + 1, size)  # noqa: NPY002


def permutation(x: Any) -> Any:
    """`numpy.random.permutation`: `x` may be a whole float."""
    return _np.random.permutation(_as_int(x))  # noqa: NPY002


def choice(a: Any, size: Any = None, replace: bool = True, p: Any = None) -> Any:
    """`numpy.random.choice`: `a` and `size` may be whole floats."""
    return _np.random.choice(_as_int(a), _as_int(size), replace, p)  # noqa: NPY002


def _as_int(value: Any) -> Any:
    return int(value) if isinstance(value, float) else value


__getattr__, __dir__ = _faces.attach(__name__)
