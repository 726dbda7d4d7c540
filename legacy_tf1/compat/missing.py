"""What an old program is told about names that are really gone."""

from __future__ import annotations


def error(name: str) -> AttributeError:
    """Returns the error for a name of TensorFlow 1 that nothing here supplies.

    Args:
        name: In full, as "tensorflow.contrib.crf.crf_log_likelihood".
    """
    module, _, attribute = name.rpartition(".")
    return AttributeError(f"module {module!r} has no attribute {attribute!r}")
