"""Values of variables from checkpoints and arrays.

Today `tf.train.Checkpoint`, `model.load_weights` and `layer.set_weights`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow import _saver
from legacy_tf1.tensorflow.contrib.framework.variables import (
    get_unique_variable,
    get_variable_full_name,
)

__all__ = [
    "assign_from_checkpoint",
    "assign_from_checkpoint_fn",
    "assign_from_values",
    "assign_from_values_fn",
    "init_from_checkpoint",
    "list_variables",
    "load_checkpoint",
    "load_variable",
]

init_from_checkpoint = tf.train.init_from_checkpoint
list_variables = tf.train.list_variables
load_checkpoint = tf.train.load_checkpoint
load_variable = tf.train.load_variable


def assign_from_values(
    var_names_to_values: Mapping[str, np.ndarray],
) -> tuple[tf.Operation, dict[Any, np.ndarray]]:
    """As `tf.contrib.framework.assign_from_values` of TensorFlow 1.15.

    Returns:
        An operation that assigns all, and the `feed_dict` it is to be run with.
    """
    return _assignments(
        (get_unique_variable(name), value)
        for name, value in var_names_to_values.items()
    )


def assign_from_values_fn(
    var_names_to_values: Mapping[str, np.ndarray],
) -> Callable[[Any], Any]:
    """As `assign_from_values`, as a function of the session."""
    assign_op, feed_dict = assign_from_values(var_names_to_values)
    return lambda session: session.run(assign_op, feed_dict)


def assign_from_checkpoint(
    model_path: str,
    var_list: Sequence[Any] | Mapping[str, Any],
    ignore_missing_vars: bool = False,
) -> tuple[tf.Operation, dict[Any, np.ndarray]]:
    """As `tf.contrib.framework.assign_from_checkpoint` of TensorFlow 1.15.

    Args:
        model_path: The checkpoint, as `tf.train.latest_checkpoint` names it.
        var_list: The variables, or a mapping from their names in the checkpoint.
        ignore_missing_vars: Whether those that the checkpoint has not are left out.

    Returns:
        An operation that assigns all, and the `feed_dict` it is to be run with.

    Raises:
        ValueError: If the checkpoint has no such variable, or one of another shape.
    """
    reader = tf.train.NewCheckpointReader(model_path)
    pairs = []
    for name, variables in _by_name(var_list).items():
        if not reader.has_tensor(name):
            message = f"Checkpoint is missing variable [{name}]"
            if not ignore_missing_vars:
                raise ValueError(
                    f"{message}. {model_path} has: "
                    f"{sorted(reader.get_variable_to_shape_map())}. Map the names by a "
                    "dict, or pass ignore_missing_vars=True."
                )
            tf.logging.warning(message)
            continue
        pairs += [(var, _part(var, reader.get_tensor(name))) for var in variables]
    return _assignments(pairs)


def _by_name(var_list: Sequence[Any] | Mapping[str, Any]) -> dict[str, list[Any]]:
    named: dict[str, list[Any]] = {}
    if isinstance(var_list, Mapping):
        for name, value in var_list.items():
            named[name] = list(value) if isinstance(value, list | tuple) else [value]
    else:
        for var in var_list:
            named.setdefault(get_variable_full_name(var), []).append(var)
    return named


def _part(var: Any, value: np.ndarray) -> np.ndarray:
    """What of a whole variable's value belongs to a part of it."""
    info = var._save_slice_info
    if not info:
        return value
    ends = zip(info.var_offset, info.var_shape, strict=True)
    return value[tuple(slice(start, start + size) for start, size in ends)]


def _assignments(pairs: Any) -> tuple[tf.Operation, dict[Any, np.ndarray]]:
    feed_dict, assignments = {}, []
    for var, value in pairs:
        value = np.asarray(value)
        if not var.get_shape().is_compatible_with(value.shape):
            raise ValueError(
                f"Variable {var.op.name!r} has shape {var.get_shape()}. "
                f"Received: a value of shape {value.shape}. Leave the variable out, or "
                "make it of that shape."
            )
        # By a placeholder, since a constant would put the value into the graph.
        placeholder = tf.placeholder(
            var.dtype.base_dtype, var.get_shape(), name=f"placeholder/{var.op.name}"
        )
        assignments.append(var.assign(placeholder))
        feed_dict[placeholder] = value
    return tf.group(*assignments), feed_dict


def assign_from_checkpoint_fn(
    model_path: str,
    var_list: Sequence[Any] | Mapping[str, Any],
    ignore_missing_vars: bool = False,
    reshape_variables: bool = False,
) -> Callable[[Any], None] | None:
    """As `tf.contrib.framework.assign_from_checkpoint_fn` of TensorFlow 1.15.

    Returns:
        A function of the session that restores the variables, None if there are none.
    """
    if not var_list:
        raise ValueError(
            "`var_list` must name variables. "
            f"Received: var_list={var_list!r}. Pass tf.global_variables() for all."
        )
    if ignore_missing_vars:
        reader = tf.train.NewCheckpointReader(model_path)
        named = (
            var_list
            if isinstance(var_list, Mapping)
            else {var.op.name: var for var in var_list}
        )
        for name in named:
            if not reader.has_tensor(name):
                tf.logging.warning(
                    "Variable %s missing in checkpoint %s", name, model_path
                )
        var_list = {name: var for name, var in named.items() if reader.has_tensor(name)}
    if not var_list:
        tf.logging.warning("No Variables to restore")
        return None
    saver = _saver.Saver(var_list, reshape=reshape_variables)
    return lambda session: saver.restore(session, model_path)


__getattr__, __dir__ = _namespace.attach(__name__)
