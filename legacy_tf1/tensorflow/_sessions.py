"""Sessions on whatever machine there is.

A program that says `tf.device("/gpu:0")` was written on a machine with a GPU. On one
without, TensorFlow refuses it unless the session may place it elsewhere.

Today: none; TensorFlow 2 places operations softly by itself.
"""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as _tf


class Session(_tf.Session):
    """As `tf.Session`; runs on the CPU what asks for a GPU that is not there."""

    def __init__(
        self, target: str = "", graph: _tf.Graph | None = None, config: Any = None
    ) -> None:
        super().__init__(target, graph, placed_softly(config))


class InteractiveSession(_tf.InteractiveSession):
    """As `tf.InteractiveSession`; runs on the CPU what asks for a GPU."""

    def __init__(
        self, target: str = "", graph: _tf.Graph | None = None, config: Any = None
    ) -> None:
        super().__init__(target, graph, placed_softly(config))


def placed_softly(config: Any) -> Any:
    """Returns a session's configuration with `allow_soft_placement` on."""
    softly = _tf.ConfigProto()
    if config is not None:
        softly.CopyFrom(config)
    softly.allow_soft_placement = True
    return softly
