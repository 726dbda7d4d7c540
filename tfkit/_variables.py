"""Reading variables from Python, as often as once an epoch of a few milliseconds."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np


def value_of(variable: Any) -> np.ndarray:
    """The value of a variable or tensor.

    Keras's own way asks what kind of thing it has, several times over, which takes
    longer than the operation.

    Args:
        variable: A `keras.Variable`, a `tf.Variable`, or what else has a value.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf
        from tensorflow.python.ops.resource_variable_ops import ResourceVariable

        inner = getattr(variable, "_value", variable)
        # Not those of a strategy: which copy is meant is theirs to say.
        if type(inner) is ResourceVariable:
            read = tf.raw_ops.ReadVariableOp(resource=inner.handle, dtype=inner.dtype)
            return read.numpy()
    return np.asarray(keras.ops.convert_to_numpy(variable))
