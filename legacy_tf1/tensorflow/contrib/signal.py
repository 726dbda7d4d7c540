"""`tf.contrib.signal`, which became `tf.signal`."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import missing as _missing


def __getattr__(name: str) -> Any:
    if not name.startswith("__") and hasattr(tf.signal, name):
        return getattr(tf.signal, name)
    raise _missing.error(f"tensorflow.contrib.signal.{name}")
