"""`string`, which in Python 2 had functions for what are methods today."""

from __future__ import annotations

import string as _string
from typing import Any

from legacy_tf1.compat import faces as _faces

letters = _string.ascii_letters
lowercase = _string.ascii_lowercase
uppercase = _string.ascii_uppercase
maketrans = str.maketrans
atof = float
atoi = atol = int

_METHODS = {
    "count", "find", "lower", "lstrip", "replace", "rfind", "rstrip", "split", "strip",
    "swapcase", "translate", "upper", "zfill",
}  # fmt: skip
_of_string, __dir__ = _faces.attach(__name__)


def join(words: Any, sep: str = " ") -> str:
    """`string.join`: `sep.join(words)` today."""
    return sep.join(words)


def __getattr__(name: str) -> Any:
    return getattr(str, name) if name in _METHODS else _of_string(name)
