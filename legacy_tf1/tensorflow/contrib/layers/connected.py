"""Fully connected layers; today `tf.keras.layers.Dense`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.contrib.framework.scoping import add_arg_scope
from legacy_tf1.tensorflow.contrib.layers import _building, utils
from legacy_tf1.tensorflow.contrib.layers.initializers import xavier_initializer
from legacy_tf1.tensorflow.layers import core

__all__ = [
    "bias_add",
    "elu",
    "fully_connected",
    "legacy_fully_connected",
    "legacy_linear",
    "legacy_relu",
    "linear",
    "relu",
    "relu6",
]

_XAVIER, _ZEROS = xavier_initializer(), tf.zeros_initializer()


@add_arg_scope
def fully_connected(
    inputs: Any,
    num_outputs: int,
    activation_fn: Callable[..., Any] | None = tf.nn.relu,
    normalizer_fn: Callable[..., Any] | None = None,
    normalizer_params: Mapping[str, Any] | None = None,
    weights_initializer: Any = _XAVIER,
    weights_regularizer: Any = None,
    biases_initializer: Any = _ZEROS,
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
) -> Any:
    """As `tf.contrib.layers.fully_connected` of TensorFlow 1.15.

    Mind the default activation, which Keras's `Dense` has not: ReLU.

    Args:
        normalizer_fn: Applied before the activation, in place of the biases.
        variables_collections: Where the variables go besides; a list, or one each for
            "weights" and "biases".
    """
    if not isinstance(num_outputs, int | np.integer):
        raise ValueError(
            "`num_outputs` must be an int. "
            f"Received: num_outputs={num_outputs!r} of type {type(num_outputs)}."
        )

    def make(inputs: Any, common: dict[str, Any]) -> Any:
        return core.Dense(
            units=num_outputs,
            use_bias=bool(not normalizer_fn and biases_initializer),
            kernel_initializer=weights_initializer,
            bias_initializer=biases_initializer,
            kernel_regularizer=weights_regularizer,
            bias_regularizer=biases_regularizer,
            trainable=trainable,
            **common,
        )

    return _building.with_variables(
        make,
        inputs,
        {"kernel": "weights", "bias": "biases"},
        "fully_connected",
        scope=scope,
        reuse=reuse,
        activation_fn=activation_fn,
        normalizer_fn=normalizer_fn,
        normalizer_params=normalizer_params,
        variables_collections=variables_collections,
        outputs_collections=outputs_collections,
    )


elu = functools.partial(fully_connected, activation_fn=tf.nn.elu)
linear = functools.partial(fully_connected, activation_fn=None)
relu = functools.partial(fully_connected, activation_fn=tf.nn.relu)
relu6 = functools.partial(fully_connected, activation_fn=tf.nn.relu6)


@add_arg_scope
def bias_add(
    inputs: Any,
    activation_fn: Callable[..., Any] | None = None,
    initializer: Any = _ZEROS,
    regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    data_format: str = _building.NHWC,
    scope: Any = None,
) -> Any:
    """As `tf.contrib.layers.bias_add` of TensorFlow 1.15: adds a bias to each channel."""
    first = _building.data_format(data_format) == "channels_first"
    with tf.variable_scope(scope, "BiasAdd", [inputs], reuse=reuse) as opened:
        inputs = tf.convert_to_tensor(inputs)
        if first and inputs.shape.ndims != 4:
            raise ValueError(
                f"NCHW needs inputs of rank 4. Received: shape {inputs.shape}."
            )
        channels = utils.channel_dimension(
            inputs.shape, "channels_first" if first else "channels_last"
        )
        biases = _building.parameter(
            "biases",
            [channels],
            inputs.dtype.base_dtype,
            initializer,
            variables_collections,
            regularizer=regularizer,
            trainable=trainable,
        )
        outputs = tf.nn.bias_add(inputs, biases, data_format=data_format)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return utils.collect_named_outputs(outputs_collections, opened.name, outputs)


def legacy_fully_connected(
    x: Any,
    num_output_units: int,
    activation_fn: Callable[..., Any] | None = None,
    weight_init: Any = _XAVIER,
    bias_init: Any = _ZEROS,
    name: str | None = None,
    weight_collections: Any = (tf.GraphKeys.WEIGHTS,),
    bias_collections: Any = (tf.GraphKeys.BIASES,),
    output_collections: Any = (tf.GraphKeys.ACTIVATIONS,),
    trainable: bool = True,
    weight_regularizer: Any = None,
    bias_regularizer: Any = None,
) -> Any:
    """As `tf.contrib.layers.legacy_fully_connected` of TensorFlow 1.15."""

    def variable(
        name: str, shape: list[int], initializer: Any, collections: Any, penalty: Any
    ) -> Any:
        return tf.get_variable(
            name,
            shape=shape,
            dtype=x.dtype.base_dtype,
            initializer=initializer,
            collections=[*(collections or ()), tf.GraphKeys.GLOBAL_VARIABLES],
            regularizer=penalty,
            trainable=trainable,
        )

    with tf.variable_scope(name, "fully_connected", [x]):
        x = tf.convert_to_tensor(x)
        inputs = utils.last_dimension(x.shape, min_rank=2)
        weights = variable(
            "weights",
            [inputs, num_output_units],
            weight_init,
            weight_collections,
            weight_regularizer,
        )
        rank = x.shape.ndims
        y = tf.matmul(x if rank == 2 else tf.reshape(x, [-1, inputs]), weights)
        if bias_init is not None:
            bias = variable(
                "bias",
                [num_output_units],
                bias_init,
                bias_collections,
                bias_regularizer,
            )
            y = tf.nn.bias_add(y, bias)
        if rank > 2:
            shape = [*tf.unstack(tf.shape(x))[:-1], num_output_units]
            y = tf.reshape(y, tf.stack(shape))
            y.set_shape([*x.shape.as_list()[:-1], num_output_units])
        if activation_fn is not None:
            y = activation_fn(y)
        tf.add_to_collections(
            [*(output_collections or ()), tf.GraphKeys.ACTIVATIONS], y
        )
        return y


legacy_linear = functools.partial(legacy_fully_connected, activation_fn=None)
legacy_relu = functools.partial(legacy_fully_connected, activation_fn=tf.nn.relu)

__getattr__, __dir__ = _namespace.attach(__name__)
