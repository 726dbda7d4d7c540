"""SciPy as of 0.19 to 1.2: it had NumPy's names as its own, and `scipy.misc`."""

from __future__ import annotations

from typing import Any

import numpy as _np

from legacy_tf1.compat import faces as _faces

_of_scipy, __dir__ = _faces.attach(__name__)


def __getattr__(name: str) -> Any:
    try:
        return _of_scipy(name)
    except AttributeError:
        # scipy.array, scipy.pi, scipy.interp; scipy.rand and scipy.randn
        for module in (_np, _np.random):
            if not name.startswith("_") and hasattr(module, name):
                return getattr(module, name)
        raise
