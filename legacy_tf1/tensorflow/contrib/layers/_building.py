"""How the layers of contrib are made from those of `tf.layers`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow.compat.v1 as tf
from tensorflow.python.ops.variables import PartitionedVariable

from legacy_tf1.tensorflow.contrib.framework import variables
from legacy_tf1.tensorflow.contrib.layers import utils

NHWC, NCHW = "NHWC", "NCHW"
_PLANES = ("NHWC", "NCHW")


def data_format(name: str | None, known: tuple[str, ...] = _PLANES) -> str:
    """The format under tf.layers' names, where contrib's is one of those known."""
    if name is not None and name not in known:
        raise ValueError(
            f"`data_format` must be one of {known}. Received: data_format={name!r}."
        )
    return "channels_first" if name and name.startswith("NC") else "channels_last"


def model_variable_getter(names: Mapping[str, str]) -> Callable[..., Any]:
    """A getter by which a layer's variables are contrib's model variables.

    Args:
        names: The variables' names: tf.layers' and contrib's.
    """

    def get(
        getter: Callable[..., Any],
        name: str,
        shape: Any = None,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        trainable: bool = True,
        collections: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        use_resource: bool | None = None,
        synchronization: Any = tf.VariableSynchronization.AUTO,
        aggregation: Any = tf.VariableAggregation.NONE,
        **_: Any,
    ) -> Any:
        scope, slash, last = name.rpartition("/")
        return variables.model_variable(
            f"{scope}{slash}{names.get(last, last)}",
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable,
            collections=collections,
            caching_device=caching_device,
            partitioner=partitioner,
            custom_getter=getter,
            use_resource=use_resource,
            synchronization=synchronization,
            aggregation=aggregation,
        )

    return get


def collect_variable(variable: Any, collections: utils.Collections, name: str) -> None:
    """Adds a layer's variable to the collections that were asked for."""
    parts = list(variable) if isinstance(variable, PartitionedVariable) else [variable]
    for collection in utils.get_variable_collections(collections, name) or ():
        for part in parts:
            if not any(part is known for known in tf.get_collection(collection)):
                tf.add_to_collection(collection, part)


def with_variables(
    make: Callable[[Any, dict[str, Any]], Any],
    inputs: Any,
    names: Mapping[str, str],
    default_name: str,
    *,
    scope: Any,
    reuse: Any,
    activation_fn: Callable[..., Any] | None,
    normalizer_fn: Callable[..., Any] | None,
    normalizer_params: Mapping[str, Any] | None,
    variables_collections: utils.Collections,
    outputs_collections: Any,
) -> Any:
    """Applies a layer of `tf.layers`, then normalizer and activation.

    Args:
        make: Makes the layer from the inputs and the arguments all layers have.
        names: The layer's variables: tf.layers' names and contrib's.
        default_name: The scope's where none is given.
    """
    getter = model_variable_getter(names)
    with tf.variable_scope(
        scope, default_name, [inputs], reuse=reuse, custom_getter=getter
    ) as opened:
        inputs = tf.convert_to_tensor(inputs)
        common = {
            "name": opened.name,
            "dtype": inputs.dtype.base_dtype,
            "_scope": opened,
            "_reuse": reuse,
        }
        layer = make(inputs, common)
        outputs = layer(inputs)
        for attribute, name in names.items():
            if getattr(layer, attribute) is not None:
                collect_variable(getattr(layer, attribute), variables_collections, name)
        if normalizer_fn is not None:
            outputs = normalizer_fn(outputs, **(normalizer_params or {}))
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return utils.collect_named_outputs(outputs_collections, opened.name, outputs)


def parameter(
    name: str,
    shape: Any,
    dtype: Any,
    initializer: Any,
    collections: utils.Collections,
    **kwargs: Any,
) -> Any:
    """A model variable of a layer, in the collections asked for under its name."""
    return variables.model_variable(
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        collections=utils.get_variable_collections(collections, name),
        **kwargs,
    )
