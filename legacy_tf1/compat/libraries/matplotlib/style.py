"""`matplotlib.style`: the styles "seaborn-..." have carried a version since 3.6."""

from __future__ import annotations

from typing import Any

from matplotlib import style as _style

from legacy_tf1.compat import faces as _faces


def use(style: Any) -> None:
    """`matplotlib.style.use`."""
    if isinstance(style, str) and style.startswith("seaborn"):
        style = style.replace("seaborn", "seaborn-v0_8", 1)
    _style.use(style)


__getattr__, __dir__ = _faces.attach(__name__)
