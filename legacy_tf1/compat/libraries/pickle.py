"""`pickle`, which reads what Python 2 wrote."""

from __future__ import annotations

import pickle as _pickle
from typing import Any

from legacy_tf1.compat import faces as _faces


def load(file: Any, **kwargs: Any) -> Any:
    """`pickle.load`: strings of Python 2 that are not ASCII are read as Latin-1."""
    start = file.tell() if hasattr(file, "seek") else None
    try:
        return _pickle.load(file, **kwargs)
    except UnicodeDecodeError:
        if start is None or "encoding" in kwargs:
            raise
        file.seek(start)
        return _pickle.load(file, encoding="latin1", **kwargs)


def loads(data: Any, **kwargs: Any) -> Any:
    """`pickle.loads`, see `load`."""
    try:
        return _pickle.loads(data, **kwargs)
    except UnicodeDecodeError:
        if "encoding" in kwargs:
            raise
        return _pickle.loads(data, encoding="latin1", **kwargs)


__getattr__, __dir__ = _faces.attach(__name__)
