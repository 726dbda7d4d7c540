"""`tf.train`: what has changed since."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as _tf

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow import _operations, _saver, _sessions

Saver = _saver.Saver
polynomial_decay = _operations.counted(_tf.train.polynomial_decay, 1)


def MonitoredTrainingSession(  # noqa: N802 - its name in TensorFlow
    *args: Any, config: Any = None, **options: Any
) -> Any:
    """As `tf.train.MonitoredTrainingSession`. Today: `keras.Model.fit`, callbacks."""
    return _tf.train.MonitoredTrainingSession(
        *args, config=_sessions.placed_softly(config), **options
    )


__getattr__, __dir__ = _namespace.attach(__name__)
