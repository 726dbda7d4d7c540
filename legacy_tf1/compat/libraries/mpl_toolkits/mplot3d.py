"""`mpl_toolkits.mplot3d`: `Axes3D(figure)` was added to its figure until 3.7."""

from __future__ import annotations

from typing import Any

from mpl_toolkits import mplot3d as _mplot3d  # type: ignore[import-untyped]

from legacy_tf1.compat import faces as _faces


class Axes3D(_mplot3d.Axes3D):
    """Axes in space that belong to their figure from the start."""

    def __init__(self, fig: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(fig, *args, **kwargs)
        fig.add_axes(self)


__getattr__, __dir__ = _faces.attach(__name__)
