"""`tf.contrib.summary`: summaries that are written at once, as eager code needs them.

Today: `tf.summary.create_file_writer` and `tf.summary.scalar`.
"""

from typing import Any

from tensorflow.python.ops import summary_ops_v2 as _summary

from legacy_tf1.compat import missing as _missing


def __getattr__(name: str) -> Any:
    if not name.startswith("_") and hasattr(_summary, name):
        return getattr(_summary, name)
    raise _missing.error(f"tensorflow.contrib.summary.{name}")
