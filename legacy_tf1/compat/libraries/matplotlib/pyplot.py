"""`matplotlib.pyplot` as of 2.x to 3.1, which waits for nobody where there is no screen.

`show` without a screen does what closing the window did: the next plot is a new figure.
Where the program itself chose a backend without windows, it does nothing, as then.
"""

from __future__ import annotations

import time as _time
from typing import Any

import matplotlib as _matplotlib
from matplotlib import pyplot as _pyplot
from matplotlib.backends.registry import BackendFilter as _BackendFilter
from matplotlib.backends.registry import backend_registry as _backends

from legacy_tf1.compat import faces as _faces
from legacy_tf1.compat.libraries import matplotlib as _face
from legacy_tf1.compat.libraries.matplotlib import cm, style
from legacy_tf1.runner import pictures as _pictures

__all__ = ["cm", "style"]


def _on_screen() -> bool:
    backend = str(_matplotlib.get_backend()).lower()
    # A notebook's backend shows figures in its own way.
    return backend not in _backends.list_builtin(_BackendFilter.NON_INTERACTIVE)


def show(*args: Any, **kwargs: Any) -> None:
    """`pyplot.show`: saves the figures if asked to, and blocks only before a screen."""
    for number in _pyplot.get_fignums() if _pictures.wanted() else ():
        _pictures.keep(_pyplot.figure(number))
    if _on_screen():
        _pyplot.show(*args, **kwargs)
    elif kwargs.get("block", not _pyplot.isinteractive()) and not (
        _face.without_windows
    ):
        _pyplot.close("all")


def pause(interval: float) -> None:
    """`pyplot.pause`."""
    if _on_screen():
        _pyplot.pause(interval)
    else:
        _time.sleep(interval)


def waitforbuttonpress(timeout: float = -1) -> bool | None:
    """`pyplot.waitforbuttonpress`: nobody presses one where there is no screen."""
    return _pyplot.waitforbuttonpress(timeout) if _on_screen() else None


def ginput(*args: Any, **kwargs: Any) -> Any:
    """`pyplot.ginput`: nobody clicks where there is no screen."""
    return _pyplot.ginput(*args, **kwargs) if _on_screen() else []


def hold(b: bool | None = None) -> None:
    """`pyplot.hold`: plots have always been added to what is there since 2.0."""


def ishold() -> bool:
    """`pyplot.ishold`."""
    return True


def current_axes(figure: Any, **kwargs: Any) -> Any:
    """`Figure.gca(projection="3d")`: `add_subplot(projection="3d")` today."""
    if not kwargs or (figure.axes and figure.gca().name == kwargs.get("projection")):
        return figure.gca()
    return figure.add_subplot(**kwargs)


def gca(**kwargs: Any) -> Any:
    """`pyplot.gca`, with arguments of new axes."""
    return current_axes(_pyplot.gcf(), **kwargs)


def hist(
    x: Any,
    bins: Any = None,
    range: Any = None,
    normed: Any = None,
    weights: Any = None,
    **kwargs: Any,
) -> Any:
    """`pyplot.hist`: `normed` is `density` today."""
    kwargs.pop("hold", None)
    kwargs.setdefault("density", bool(normed))
    return _pyplot.hist(x, bins, range=range, weights=weights, **kwargs)


def plot(*args: Any, **kwargs: Any) -> Any:
    """`pyplot.plot`: `hold` has gone."""
    kwargs.pop("hold", None)
    return _pyplot.plot(*args, **kwargs)


def imshow(X: Any, cmap: Any = None, *args: Any, **kwargs: Any) -> Any:
    """`pyplot.imshow`: the colour map `spectral` is `nipy_spectral` today."""
    kwargs.pop("hold", None)
    return _pyplot.imshow(X, _colours(cmap), *args, **kwargs)


def get_cmap(name: Any = None, lut: int | None = None) -> Any:
    """`pyplot.get_cmap`."""
    return _pyplot.get_cmap(_colours(name), lut)


def subplot(*args: Any, **kwargs: Any) -> Any:
    """`pyplot.subplot`: whole floats for numbers, `axisbg` for `facecolor`."""
    if "axisbg" in kwargs:
        kwargs["facecolor"] = kwargs.pop("axisbg")
    numbers = [int(each) if isinstance(each, float) else each for each in args]
    return _pyplot.subplot(*numbers, **kwargs)


def grid(b: Any = None, *args: Any, **kwargs: Any) -> None:
    """`pyplot.grid`: `b` is `visible` today."""
    _pyplot.grid(kwargs.pop("visible", b), *args, **kwargs)


def savefig(*args: Any, **kwargs: Any) -> Any:
    """`pyplot.savefig`: `papertype` and `frameon` have gone."""
    for name in ("papertype", "frameon"):
        kwargs.pop(name, None)
    return _pyplot.savefig(*args, **kwargs)


def spectral() -> None:
    """`pyplot.spectral`: sets the colour map `nipy_spectral`."""
    _pyplot.nipy_spectral()


def _colours(cmap: Any) -> Any:
    return "nipy_spectral" if isinstance(cmap, str) and cmap == "spectral" else cmap


__getattr__, __dir__ = _faces.attach(__name__)
