"""Conditions that are a Python value or a tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow.compat.v1 as tf


def constant_value(value: Any, dtype: Any = None) -> Any:
    """Returns what is known of a condition while the graph is built, else None.

    Args:
        value: A Python value, a tensor or a variable; nothing is known of a variable.
        dtype: What a tensor must be of; None takes any.

    Raises:
        ValueError: If `value` is None or a tensor of another type.
    """
    if value is None:
        raise ValueError(
            "A condition must be a bool, a bool tensor or a variable. Received: None. "
            "Pass True while training and False otherwise."
        )
    if not isinstance(value, tf.Tensor | tf.Variable):
        return value
    if dtype and value.dtype != dtype:
        raise ValueError(
            f"A condition must be of {dtype}. Received: {value.dtype} ({value})."
        )
    return None if isinstance(value, tf.Variable) else tf.get_static_value(value)


def smart_cond(
    pred: Any, fn1: Callable[[], Any], fn2: Callable[[], Any], name: str | None = None
) -> Any:
    """Calls one of the functions where the condition is known, else adds a `tf.cond`."""
    known = constant_value(pred)
    if known is None:
        return tf.cond(pred, fn1, fn2, name=name)
    return fn1() if known else fn2()
