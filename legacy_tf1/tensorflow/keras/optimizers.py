"""`tf.keras.optimizers`; `lr` and `decay` are what they were.

A model's `compile` also takes `tf.train.AdamOptimizer(...)` and its like.
"""

from __future__ import annotations

from typing import Any

from tensorflow.python.keras.optimizer_v2 import (
    adadelta,
    adagrad,
    adam,
    adamax,
    ftrl,
    gradient_descent,
    nadam,
    optimizer_v2,
    rmsprop,
)

from legacy_tf1.tensorflow.keras import _frozen

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "Adamax",
    "Ftrl",
    "Nadam",
    "Optimizer",
    "RMSprop",
]

Optimizer = optimizer_v2.OptimizerV2


class _OldNames:
    """Takes `lr` without a word; first of an optimizer's bases."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "lr" in kwargs:
            kwargs["learning_rate"] = kwargs.pop("lr")
        kwargs.pop("schedule_decay", None)  # Nadam's constant, which is fixed now
        if kwargs.get("epsilon", 0) is None:
            del kwargs["epsilon"]
        super().__init__(*args, **kwargs)


class SGD(_OldNames, gradient_descent.SGD):
    """As `tf.keras.optimizers.SGD`."""


class RMSprop(_OldNames, rmsprop.RMSprop):
    """As `tf.keras.optimizers.RMSprop`."""


class Adagrad(_OldNames, adagrad.Adagrad):
    """As `tf.keras.optimizers.Adagrad`."""


class Adadelta(_OldNames, adadelta.Adadelta):
    """As `tf.keras.optimizers.Adadelta`, of learning rate 0.001; Keras's own had 1.0."""


class Adam(_OldNames, adam.Adam):
    """As `tf.keras.optimizers.Adam`."""


class Adamax(_OldNames, adamax.Adamax):
    """As `tf.keras.optimizers.Adamax`."""


class Nadam(_OldNames, nadam.Nadam):
    """As `tf.keras.optimizers.Nadam`."""


class Ftrl(_OldNames, ftrl.Ftrl):
    """As `tf.keras.optimizers.Ftrl`."""


_ALIASES = {
    "sgd": SGD,
    "rmsprop": RMSprop,
    "adagrad": Adagrad,
    "adadelta": Adadelta,
    "adam": Adam,
    "adamax": Adamax,
    "nadam": Nadam,
}

__getattr__, __dir__ = _frozen.attach(
    __name__, "optimizers", "optimizer_v2", also=_ALIASES
)
