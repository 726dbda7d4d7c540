"""TensorFlow 2's own ways for a moment, inside a process that is TensorFlow 1.

Keras 3 trains by eager execution and `tf.function`, with resource variables, shapes of
plain ints and tensors that compare by value. A TensorFlow-1 program has switched all of
these off; parts that rest on Keras or on TensorFlow Datasets switch them on for as long
as they run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tensorflow.python import tf2
from tensorflow.python.eager import context
from tensorflow.python.framework import tensor, tensor_shape
from tensorflow.python.ops import control_flow_util, resource_variables_toggle

# The switches themselves, not the public functions that turn them: these log a
# deprecation, and none of them can be asked how it stands outside a graph.
_SWITCHES = (
    (tensor_shape, "_TENSORSHAPE_V2_OVERRIDE"),
    (resource_variables_toggle, "_DEFAULT_USE_RESOURCE"),
    (tensor.Tensor, "_USE_EQUALITY"),
    (control_flow_util, "ENABLE_CONTROL_FLOW_V2"),
)


@contextlib.contextmanager
def behavior() -> Iterator[None]:
    """TensorFlow 2's behavior within the block; what was set before, after it.

    A block within such a block changes nothing, also where Keras traces a function.

    Example:
        >>> import legacy_tf1.tensorflow as tf
        >>> with behavior():
        ...     print(float(tf.constant(1.0) + 1.0))
        2.0
        >>> tf.constant(1.0)
        <tf.Tensor 'Const:0' shape=() dtype=float32>
    """
    if tf2.enabled():
        yield
        return
    before = [getattr(owner, name) for owner, name in _SWITCHES]
    for owner, name in _SWITCHES:
        setattr(owner, name, True)
    tf2.enable()
    try:
        with context.eager_mode():
            yield
    finally:
        tf2.disable()
        for (owner, name), value in zip(_SWITCHES, before, strict=True):
            setattr(owner, name, value)
