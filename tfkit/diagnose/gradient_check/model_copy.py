"""A copy of a model that computes in float64, whatever the model does.

The copy comes from the model's config, with every floating-point dtype in it replaced;
the model itself is only read.
"""

from __future__ import annotations

import contextlib
import copy
import random
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.common import global_state
from keras.src.saving.serialization_lib import SafeModeScope

_NARROW = ("float16", "bfloat16", "float32")


@contextlib.contextmanager
def float64_defaults() -> Iterator[None]:
    """Lets Keras build in float64; puts back its settings and all random states."""
    floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    generator = global_state.get_global_attribute("global_seed_generator")
    state = None if generator is None else generator.state.numpy()
    # Layers that are built here would make the user's next ones dense_7, dense_8.
    names = copy.deepcopy(global_state.get_global_attribute("object_name_uids"))
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    try:
        yield
    finally:
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy)
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        global_state.set_global_attribute("object_name_uids", names)
        if generator is None:
            global_state.set_global_attribute("global_seed_generator", None)
        else:
            generator.state.assign(state)


def copy_in_float64(model: keras.Model, x: Any) -> keras.Model:
    """Returns a float64 copy with the same weights, random states and loss.

    Has to run within `float64_defaults`.

    Args:
        model: A built and compiled model.
        x: Inputs, for models that are built by calling them.

    Raises:
        ValueError: If the config does not give the same model again.
    """
    try:
        with keras.saving.custom_object_scope(_classes(model)), SafeModeScope(False):
            made = _from_config(type(model), _in_float64(model.get_config()))
            penalties_in_float64(made)
            if len(_states(made)) != len(_states(model)):
                made(x, training=False)
                penalties_in_float64(made)
    # Configs are the user's code: whatever it raises, the model cannot be copied.
    except Exception as error:
        raise ValueError(
            f"The model {model.name!r} cannot be copied from its config, which the "
            f"check in float64 needs. Cause: {type(error).__name__}: {error}. Give each "
            "class of its own a `get_config` with the constructor's arguments."
        ) from error
    pairs = list(zip(_states(made), _states(model), strict=False))
    if len(_states(made)) != len(_states(model)) or any(
        a.shape != b.shape for a, b in pairs
    ):
        raise ValueError(
            f"The copy of the model {model.name!r} from its config has variables of "
            f"shapes {[tuple(v.shape) for v in _states(made)]}, expected "
            f"{[tuple(v.shape) for v in _states(model)]}. Return all arguments of the "
            "constructors in `get_config`."
        )
    for variable, original in pairs:
        variable.assign(np.asarray(original.numpy()))
    _compile(made, model)
    return made


def parameters(model: keras.Model, made: keras.Model) -> list[tuple[Any, Any]]:
    """The copy's variable for each trainable variable of the model: (original, copy)."""
    trainable = {id(variable) for variable in model.trainable_variables}
    return [
        (original, variable)
        for original, variable in zip(_states(model), _states(made), strict=True)
        if id(original) in trainable
    ]


def copied_optimizer(model: keras.Model, variables: list[Any]) -> Any:
    """A copy of the model's optimizer for these variables, with its state."""
    original = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    made = type(original).from_config(original.get_config())
    made.build(variables)
    if original.built and len(original.variables) == len(made.variables):
        for variable, value in zip(made.variables, original.variables, strict=True):
            if variable.shape == value.shape:
                variable.assign(value.numpy())
    return made


@contextlib.contextmanager
def unchanged(model: keras.Model) -> Iterator[Any]:
    """Lets a model be called without a change of its variables and lists of losses.

    The trainable variables are read where they are, so that a tape may watch them.
    """
    with keras.StatelessScope(collect_losses=True) as scope:
        for variable in model.trainable_variables:
            # A scope has no value of its own for what it was not given, and
            # regularizers ask it for one.
            scope.state_mapping[id(variable)] = variable._value
        yield scope


def penalties_in_float64(layer: keras.Layer) -> None:
    """Gives a copy, and all layers in it, regularizers that compute in float64."""
    for part in layer._flatten_layers():
        part.activity_regularizer = regularizer_in_float64(part.activity_regularizer)
    for variable in layer.variables:
        variable.regularizer = regularizer_in_float64(variable.regularizer)


def regularizer_in_float64(regularizer: Any) -> Any:
    """A copy whose tensors are float64: some of Keras's keep a factor in float32."""
    if not isinstance(regularizer, keras.regularizers.Regularizer):
        return regularizer
    made = copy.copy(regularizer)
    for name, value in vars(regularizer).items():
        if tf.is_tensor(value) and value.dtype.is_floating:
            setattr(made, name, tf.cast(value, tf.float64))
    return made


def as_float64(data: Any) -> Any:
    """Nested arrays as tensors, floating-point ones in float64."""

    def convert(leaf: Any) -> Any:
        if leaf is None:
            return None
        tensor = tf.convert_to_tensor(leaf)
        return tf.cast(tensor, tf.float64) if tensor.dtype.is_floating else tensor

    return keras.tree.map_structure(convert, data)


def _states(model: keras.Model) -> list[Any]:
    """Weights and random states, without those of metrics."""
    metrics = {id(variable) for variable in model.metrics_variables}
    return [v for v in model.variables if id(v) not in metrics]


def _from_config(cls: type, config: dict[str, Any]) -> Any:
    try:
        return cls.from_config(config)  # type: ignore[attr-defined]
    except TypeError:
        # Keras's default config of a subclass names what its constructor need not take.
        general = ("name", "trainable", "dtype")
        return cls(**{key: config[key] for key in config if key not in general})


def _in_float64(config: Any, key: str = "") -> Any:
    if key == "dtype" and isinstance(config, dict):
        return "float64"
    if isinstance(config, dict):
        return {name: _in_float64(value, name) for name, value in config.items()}
    if isinstance(config, (list, tuple)):
        return type(config)(_in_float64(value) for value in config)
    if key == "dtype" and isinstance(config, str):
        narrow = config in _NARROW or config.startswith("mixed_")
        return "float64" if narrow else config
    return config


def _classes(model: keras.Model) -> dict[str, Any]:
    """The classes and functions that the config may name, registered or not."""
    found: dict[str, Any] = {}
    for layer in model._flatten_layers(include_self=True):
        for part in (layer, *vars(layer).values()):
            named = part if callable(part) and hasattr(part, "__name__") else type(part)
            if getattr(named, "__module__", "").split(".")[0] in ("keras", "builtins"):
                continue
            name = named.__name__
            found[name] = named
            found[keras.saving.get_registered_name(named)] = named
    return found


def _compile(made: keras.Model, model: keras.Model) -> None:
    arguments = model._compile_config.config
    loss = keras.tree.map_structure(_loss_in_float64, arguments.get("loss"))
    # A `compile` of the class's own has arguments that are not known here.
    keras.Model.compile(
        made,
        optimizer=None,  # see `copied_optimizer`
        loss=loss,
        loss_weights=arguments.get("loss_weights"),
        jit_compile=False,
    )


def _loss_in_float64(loss: Any) -> Any:
    if not isinstance(loss, keras.Loss):
        return loss
    made = copy.copy(loss)
    made._dtype_policy = keras.dtype_policies.get("float64")
    made._dtype = "float64"
    return made
