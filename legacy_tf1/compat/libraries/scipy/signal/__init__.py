"""`scipy.signal`, which had the windows that are in `scipy.signal.windows` today."""

from __future__ import annotations

from typing import Any

import scipy.signal.windows as _windows

from legacy_tf1.compat import faces as _faces

_of_signal, __dir__ = _faces.attach(__name__)


def __getattr__(name: str) -> Any:
    try:
        return _of_signal(name)
    except AttributeError:
        if name in _windows.__all__:
            return getattr(_windows, name)
        raise
