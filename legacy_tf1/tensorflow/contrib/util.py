"""`tf.contrib.util`: constants and their protocol buffers."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import missing as _missing

constant_value = tf.get_static_value
make_ndarray = tf.make_ndarray
make_tensor_proto = tf.make_tensor_proto


def __getattr__(name: str) -> Any:
    raise _missing.error(f"tensorflow.contrib.util.{name}")
