"""`time`, which had `clock` until Python 3.8."""

from time import perf_counter as clock

from legacy_tf1.compat import faces as _faces

__all__ = ["clock"]

__getattr__, __dir__ = _faces.attach(__name__)
