"""`tf.contrib.stateless`, which became `tf.random.stateless_normal` and its like."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import missing as _missing

stateless_multinomial = tf.random.stateless_multinomial
stateless_random_normal = tf.random.stateless_normal
stateless_random_uniform = tf.random.stateless_uniform
stateless_truncated_normal = tf.random.stateless_truncated_normal


def __getattr__(name: str) -> Any:
    raise _missing.error(f"tensorflow.contrib.stateless.{name}")
