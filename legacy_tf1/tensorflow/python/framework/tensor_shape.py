"""`tensorflow.python.framework.tensor_shape`; today lists of whole numbers and None."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as _tf

from legacy_tf1.compat import namespace as _namespace


def scalar() -> Any:
    """Returns the shape of a scalar."""
    return _tf.TensorShape([])


def vector(length: Any) -> Any:
    """Returns the shape of so many numbers."""
    return _tf.TensorShape([length])


def matrix(rows: Any, cols: Any) -> Any:
    """Returns the shape of so many rows and columns."""
    return _tf.TensorShape([rows, cols])


__getattr__, __dir__ = _namespace.attach(__name__)
