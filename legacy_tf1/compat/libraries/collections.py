"""`collections`, which had the abstract classes of `collections.abc` until Python 3.10."""

from __future__ import annotations

from collections import abc as _abc
from typing import Any

from legacy_tf1.compat import faces as _faces

_of_collections, __dir__ = _faces.attach(__name__)


def __getattr__(name: str) -> Any:
    if name in _abc.__all__:
        return getattr(_abc, name)
    return _of_collections(name)
