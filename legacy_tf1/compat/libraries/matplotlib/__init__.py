"""Matplotlib as of 2.x to 3.1."""

from __future__ import annotations

import matplotlib as _matplotlib
from matplotlib.backends.registry import BackendFilter as _Filter
from matplotlib.backends.registry import backend_registry as _backends

from legacy_tf1.compat import faces as _faces
from legacy_tf1.runner import pictures as _pictures

#: Whether the program itself asked for a backend without windows.
without_windows = False


def use(backend: str, warn: bool = True, force: bool = True) -> None:
    """`matplotlib.use`: without a screen, a backend with windows becomes Agg."""
    global without_windows
    without_windows = backend.lower() in _backends.list_builtin(_Filter.NON_INTERACTIVE)
    if _pictures.wanted():
        return
    try:
        _matplotlib.use(backend)
    except ImportError:
        _matplotlib.use("Agg")


__getattr__, __dir__ = _faces.attach(__name__)
