"""`inspect`, which had `getargspec` until Python 3.11."""

from __future__ import annotations

import inspect as _inspect
from collections import namedtuple as _namedtuple
from typing import Any

from legacy_tf1.compat import faces as _faces

ArgSpec = _namedtuple("ArgSpec", "args varargs keywords defaults")


def getargspec(func: Any) -> ArgSpec:
    """`inspect.getargspec`: `inspect.signature` today."""
    return ArgSpec(*_inspect.getfullargspec(func)[:4])


__getattr__, __dir__ = _faces.attach(__name__)
