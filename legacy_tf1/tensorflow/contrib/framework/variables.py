"""Variables by their scopes and collections.

Today the attributes of Keras layers and models (`model.trainable_variables`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow import _variables
from legacy_tf1.tensorflow.contrib.framework.scoping import add_arg_scope

__all__ = [
    "VariableDeviceChooser",
    "add_model_variable",
    "assert_global_step",
    "assert_or_get_global_step",
    "create_global_step",
    "filter_variables",
    "get_global_step",
    "get_local_variables",
    "get_model_variables",
    "get_or_create_global_step",
    "get_trainable_variables",
    "get_unique_variable",
    "get_variable_full_name",
    "get_variables",
    "get_variables_by_name",
    "get_variables_by_suffix",
    "get_variables_to_restore",
    "global_variable",
    "local_variable",
    "model_variable",
    "variable",
    "zero_initializer",
]

_AUTO = tf.VariableSynchronization.AUTO
_NONE = tf.VariableAggregation.NONE

assert_global_step = tf.train.assert_global_step
create_global_step = tf.train.create_global_step
get_global_step = tf.train.get_global_step
get_or_create_global_step = tf.train.get_or_create_global_step


def assert_or_get_global_step(graph: Any = None, global_step_tensor: Any = None) -> Any:
    """Returns the graph's global step, or the one given once it is seen to be one."""
    if global_step_tensor is None:
        return get_global_step(graph)
    assert_global_step(global_step_tensor)
    return global_step_tensor


def local_variable(
    initial_value: Any,
    validate_shape: bool = True,
    name: str | None = None,
    use_resource: bool | None = None,
) -> Any:
    """As `tf.contrib.framework.local_variable` of TensorFlow 1.15: not saved."""
    return _untrained(
        tf.GraphKeys.LOCAL_VARIABLES, initial_value, validate_shape, name, use_resource
    )


def global_variable(
    initial_value: Any,
    validate_shape: bool = True,
    name: str | None = None,
    use_resource: bool | None = None,
) -> Any:
    """As `tf.contrib.framework.global_variable` of TensorFlow 1.15: saved, untrained."""
    return _untrained(
        tf.GraphKeys.GLOBAL_VARIABLES, initial_value, validate_shape, name, use_resource
    )


def _untrained(
    collection: str,
    initial_value: Any,
    validate_shape: bool,
    name: str | None,
    use_resource: bool | None,
) -> Any:
    return tf.Variable(
        initial_value,
        trainable=False,
        collections=[collection],
        validate_shape=validate_shape,
        name=name,
        use_resource=use_resource,
    )


@add_arg_scope
def variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    collections: Iterable[str] | None = None,
    caching_device: Any = None,
    device: Any = None,
    partitioner: Any = None,
    custom_getter: Any = None,
    use_resource: bool | None = None,
    synchronization: Any = _AUTO,
    aggregation: Any = _NONE,
) -> Any:
    """As `tf.contrib.framework.variable` of TensorFlow 1.15: `tf.get_variable`."""
    if collections is None:
        collections = [tf.GraphKeys.GLOBAL_VARIABLES]
    getter = _variables.get_variable
    if custom_getter is not None:
        reuse = tf.get_variable_scope().reuse
        getter = functools.partial(custom_getter, reuse=reuse)
    with tf.device(device or ""):
        return getter(
            name,
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable,
            collections=list(dict.fromkeys(collections)),
            caching_device=caching_device,
            partitioner=partitioner,
            use_resource=use_resource,
            synchronization=synchronization,
            aggregation=aggregation,
        )


@add_arg_scope
def model_variable(
    name: str,
    shape: Any = None,
    dtype: Any = tf.float32,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    collections: Iterable[str] | None = None,
    caching_device: Any = None,
    device: Any = None,
    partitioner: Any = None,
    custom_getter: Any = None,
    use_resource: bool | None = None,
    synchronization: Any = _AUTO,
    aggregation: Any = _NONE,
) -> Any:
    """As `tf.contrib.framework.model_variable` of TensorFlow 1.15.

    Besides the collections given it is in GLOBAL_VARIABLES and MODEL_VARIABLES.
    """
    return variable(
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
        collections=[
            *(collections or ()),
            tf.GraphKeys.GLOBAL_VARIABLES,
            tf.GraphKeys.MODEL_VARIABLES,
        ],
        caching_device=caching_device,
        device=device,
        partitioner=partitioner,
        custom_getter=custom_getter,
        use_resource=use_resource,
        synchronization=synchronization,
        aggregation=aggregation,
    )


def add_model_variable(var: Any) -> None:
    """Adds a variable to MODEL_VARIABLES unless it is there."""
    if not any(var is known for known in get_model_variables()):
        tf.add_to_collection(tf.GraphKeys.MODEL_VARIABLES, var)


def get_variables(
    scope: Any = None,
    suffix: str | None = None,
    collection: str = tf.GraphKeys.GLOBAL_VARIABLES,
) -> list[Any]:
    """As `tf.contrib.framework.get_variables` of TensorFlow 1.15.

    Args:
        scope: A variable scope, or a pattern that the names begin with.
        suffix: What the names end with.
        collection: Where to look.
    """
    if isinstance(scope, tf.VariableScope):
        scope = scope.name
    if suffix is not None:
        # A variable's name ends with ":" and the number of the operation's output.
        scope = f"{scope or ''}.*{suffix}{'' if ':' in suffix else ':'}"
    return tf.get_collection(collection, scope)


def get_model_variables(scope: Any = None, suffix: str | None = None) -> list[Any]:
    """The variables of MODEL_VARIABLES, see `get_variables`."""
    return get_variables(scope, suffix, tf.GraphKeys.MODEL_VARIABLES)


def get_local_variables(scope: Any = None, suffix: str | None = None) -> list[Any]:
    """The variables of LOCAL_VARIABLES, see `get_variables`."""
    return get_variables(scope, suffix, tf.GraphKeys.LOCAL_VARIABLES)


def get_trainable_variables(scope: Any = None, suffix: str | None = None) -> list[Any]:
    """The variables of TRAINABLE_VARIABLES, see `get_variables`."""
    return get_variables(scope, suffix, tf.GraphKeys.TRAINABLE_VARIABLES)


def get_variables_to_restore(
    include: list[Any] | tuple[Any, ...] | None = None,
    exclude: list[Any] | tuple[Any, ...] | None = None,
) -> list[Any]:
    """The variables whose scopes are in `include` (None: all) and not in `exclude`."""
    for argument, scopes in (("include", include), ("exclude", exclude)):
        if not isinstance(scopes, list | tuple | None):
            raise TypeError(
                f"`{argument}` must be a list or tuple of scopes. "
                f"Received: {argument}={scopes!r}. Write [{scopes!r}]."
            )
    included = (
        get_variables()
        if include is None
        else [found for scope in include for found in get_variables(scope)]
    )
    excluded = {id(found) for scope in exclude or () for found in get_variables(scope)}
    return [found for found in included if id(found) not in excluded]


def get_variables_by_suffix(suffix: str, scope: Any = None) -> list[Any]:
    """The variables whose names end with `suffix`."""
    return get_variables(scope, suffix)


def get_variables_by_name(given_name: str, scope: Any = None) -> list[Any]:
    """The variables whose last part of the name is `given_name`."""
    return get_variables(scope, f"/{given_name}:|^{given_name}:")


def get_unique_variable(var_op_name: str) -> Any:
    """The one variable of this name.

    Raises:
        ValueError: If there is none, or names only begin with it.
    """
    candidates = get_variables(var_op_name)
    for candidate in candidates:
        if candidate.op.name == var_op_name:
            return candidate
    begin = [candidate.op.name for candidate in candidates]
    raise ValueError(
        f"Couldn't find variable {var_op_name!r}. Received a name that these begin "
        f"with: {begin}. tf.global_variables() lists all."
    )


def get_variable_full_name(var: Any) -> str:
    """The name by which a checkpoint knows a variable, or the whole it is part of."""
    part = var._save_slice_info
    return part.full_name if part else var.op.name


def filter_variables(
    var_list: Iterable[Any],
    include_patterns: Iterable[str] | None = None,
    exclude_patterns: Iterable[str] | None = None,
    reg_search: bool = True,
) -> list[Any]:
    """The variables whose names match a pattern of the first and none of the second.

    Args:
        reg_search: Whether a pattern may match anywhere in the name, else at its start.
    """
    matches = re.search if reg_search else re.match
    excluded = list(exclude_patterns or ())
    included = None if include_patterns is None else list(include_patterns)
    return [
        var
        for var in var_list
        if (included is None or any(matches(p, var.name) for p in included))
        and not any(matches(p, var.name) for p in excluded)
    ]


class VariableDeviceChooser:
    """Deals variables out to the tasks of a job, for `device=`; today `tf.distribute`."""

    def __init__(
        self,
        num_tasks: int = 0,
        job_name: str = "ps",
        device_type: str = "CPU",
        device_index: int = 0,
        replica: int | None = None,
    ) -> None:
        self._num_tasks = num_tasks
        self._job_name = job_name
        self._device = {
            "device_type": device_type,
            "device_index": device_index,
            "replica": replica,
        }
        self._next_task_id = 0

    def __call__(self, op: Any) -> str:
        """Returns the device of the next variable."""
        place: dict[str, Any] = {}
        if self._num_tasks > 0:
            place = {"job": self._job_name, "task": self._next_task_id}
            self._next_task_id = (self._next_task_id + 1) % self._num_tasks
        return tf.DeviceSpec(**self._device, **place).to_string()


def zero_initializer(
    ref: Any, use_locking: bool = True, name: str | None = None
) -> Any:
    """As `tf.contrib.framework.zero_initializer`: an operation that sets zeros.

    Args:
        ref: The variable.
        use_locking: Whether the variable is locked meanwhile.
        name: Of the operation.
    """
    with tf.name_scope(name, "zero_initializer", [ref]):
        zeros = tf.zeros(ref.shape, ref.dtype.base_dtype)
        return tf.assign(ref, zeros, use_locking=use_locking)


__getattr__, __dir__ = _namespace.attach(__name__)
