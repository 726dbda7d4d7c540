"""Optimizers by name."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf

_CLASSES = {
    "Adagrad": tf.train.AdagradOptimizer,
    "Adam": tf.train.AdamOptimizer,
    "Ftrl": tf.train.FtrlOptimizer,
    "RMSProp": tf.train.RMSPropOptimizer,
    "SGD": tf.train.GradientDescentOptimizer,
}


def get_optimizer_instance(opt: Any, learning_rate: float) -> Any:
    """Returns the optimizer of a name, of a function that makes it, or itself.

    Args:
        opt: A name, a callable, or a `tf.train.Optimizer`.
        learning_rate: For an optimizer that is made from its name.

    Raises:
        ValueError: If it is none of these.
    """
    if isinstance(opt, str):
        if opt not in _CLASSES:
            raise ValueError(
                f"Unsupported optimizer name: {opt}. Supported names are: "
                f"{tuple(sorted(_CLASSES))}"
            )
        return _CLASSES[opt](learning_rate=learning_rate)
    if not isinstance(opt, tf.train.Optimizer) and callable(opt):
        opt = opt()
    if not isinstance(opt, tf.train.Optimizer):
        raise ValueError(f"The given object is not an Optimizer instance. Given: {opt}")
    return opt
