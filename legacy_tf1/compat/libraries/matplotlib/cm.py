"""`matplotlib.cm`: `get_cmap`, and the colour map `spectral`."""

from __future__ import annotations

from typing import Any

import matplotlib as _matplotlib
from matplotlib import pyplot as _pyplot

from legacy_tf1.compat import faces as _faces

spectral = _matplotlib.colormaps["nipy_spectral"]


def get_cmap(name: Any = None, lut: int | None = None) -> Any:
    """`matplotlib.cm.get_cmap`: `matplotlib.colormaps[name]` today."""
    return _pyplot.get_cmap("nipy_spectral" if name == "spectral" else name, lut)


__getattr__, __dir__ = _faces.attach(__name__)
