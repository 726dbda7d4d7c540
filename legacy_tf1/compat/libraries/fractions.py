"""`fractions`, which had `gcd` until Python 3.9."""

from math import gcd

from legacy_tf1.compat import faces as _faces

__all__ = ["gcd"]

__getattr__, __dir__ = _faces.attach(__name__)
