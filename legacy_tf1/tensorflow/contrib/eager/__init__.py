"""`tf.contrib.eager`, most often imported as `tfe`: eager execution before it was usual.

Today: `tf.GradientTape` for the gradients, a `for` loop over a data set for `Iterator`,
`keras.Model` for `Network`, `tf.train.Checkpoint` for `Saver`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow.compat.v1 as tf
from tensorflow.python.eager import backprop as _backprop
from tensorflow.python.eager import context as _context
from tensorflow.python.ops.resource_variable_ops import ResourceVariable as Variable
from tensorflow.python.ops.variable_scope import EagerVariableStore
from tensorflow.python.trackable.autotrackable import AutoTrackable as Checkpointable

from legacy_tf1.compat import missing as _missing
from legacy_tf1.compat.eager import enable_eager_execution
from legacy_tf1.tensorflow.contrib.eager import metrics
from legacy_tf1.tensorflow.contrib.eager.network import Network, Sequential

__all__ = [
    "Checkpoint",
    "Checkpointable",
    "EagerVariableStore",
    "GradientTape",
    "Iterator",
    "Network",
    "Saver",
    "Sequential",
    "TensorSpec",
    "Variable",
    "custom_gradient",
    "defun",
    "enable_eager_execution",
    "executing_eagerly",
    "function",
    "gradients_function",
    "implicit_gradients",
    "implicit_value_and_gradients",
    "in_eager_mode",
    "list_devices",
    "make_template",
    "metrics",
    "num_gpus",
    "py_func",
    "restore_variables_on_create",
    "run",
    "seterr",
    "value_and_gradients_function",
]

Checkpoint = tf.train.Checkpoint
GradientTape = tf.GradientTape
TensorSpec = tf.TensorSpec
custom_gradient = tf.custom_gradient
executing_eagerly = in_eager_mode = tf.executing_eagerly
function = defun = tf.function
make_template = tf.make_template
py_func = tf.py_function
run = tf.app.run

gradients_function = _backprop.gradients_function
implicit_gradients = _backprop.implicit_grad
implicit_value_and_gradients = _backprop.implicit_val_and_grad
value_and_gradients_function = _backprop.val_and_grad_function

DEVICE_PLACEMENT_EXPLICIT = _context.DEVICE_PLACEMENT_EXPLICIT
DEVICE_PLACEMENT_SILENT = _context.DEVICE_PLACEMENT_SILENT
DEVICE_PLACEMENT_WARN = _context.DEVICE_PLACEMENT_WARN
SYNC, ASYNC = _context.SYNC, _context.ASYNC


class Iterator:
    """As `tfe.Iterator`: the elements of a data set, by `next` or a `for` loop.

    Args:
        dataset: A `tf.data.Dataset`.

    Raises:
        RuntimeError: Without eager execution.
    """

    def __init__(self, dataset: Any) -> None:
        if not tf.executing_eagerly():
            raise RuntimeError(
                "tfe.Iterator needs eager execution: call tf.enable_eager_execution() "
                "first. In a graph: dataset.make_one_shot_iterator()."
            )
        self._iterator = iter(dataset)

    def __iter__(self) -> Iterator:
        return self

    def __next__(self) -> Any:
        return next(self._iterator)

    def next(self) -> Any:
        """The next element, or a `StopIteration`."""
        return next(self)

    def get_next(self, name: str | None = None) -> Any:
        """The next element, or an `OutOfRangeError`."""
        return self._iterator.get_next()


class Saver:
    """As `tfe.Saver`: variables to and from a checkpoint, by their names.

    Args:
        var_list: Variables, or a dict of them.
    """

    def __init__(self, var_list: Any) -> None:
        self._saver = tf.train.Saver(var_list)

    def save(self, file_prefix: str, global_step: Any = None) -> str:
        """Writes them, and returns the checkpoint's path."""
        return self._saver.save(None, file_prefix, global_step=global_step)

    def restore(self, file_prefix: str) -> None:
        """Reads them."""
        self._saver.restore(None, file_prefix)


def num_gpus() -> int:
    """How many GPUs TensorFlow sees."""
    return _context.num_gpus()


def list_devices() -> list[str]:
    """The names of the devices."""
    return _context.list_devices()


def seterr(inf_or_nan: Any = None) -> dict[str, Any]:
    """As `tfe.seterr`, which looked for infinities and NaN in every operation.

    Today: `tf.debugging.enable_check_numerics()`, which this calls for "raise".
    """
    if inf_or_nan not in (None, "ignore"):
        tf.debugging.enable_check_numerics()
    return {"inf_or_nan": "ignore"}


def restore_variables_on_create(
    save_path: str | None, map_func: Callable[[str], str] | None = None
) -> Any:
    """As `tfe.restore_variables_on_create`, which is not supplied.

    Raises:
        NotImplementedError: Always.
    """
    raise NotImplementedError(
        "tfe.restore_variables_on_create is not supplied. Make the variables first, then "
        "tfe.Saver(variables).restore(path)."
    )


def __getattr__(name: str) -> Any:
    raise _missing.error(f"tensorflow.contrib.eager.{name}")
