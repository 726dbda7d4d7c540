"""Pooling; today `tf.keras.layers.MaxPooling2D` and its siblings."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.contrib.framework.scoping import add_arg_scope
from legacy_tf1.tensorflow.contrib.layers import _building, utils
from legacy_tf1.tensorflow.layers import pooling

__all__ = ["avg_pool2d", "avg_pool3d", "max_pool2d", "max_pool3d", "pool"]

_VOLUMES = ("NDHWC", "NCDHW")


@add_arg_scope
def avg_pool2d(
    inputs: Any,
    kernel_size: Any,
    stride: Any = 2,
    padding: str = "VALID",
    data_format: str = "NHWC",
    outputs_collections: Any = None,
    scope: Any = None,
) -> Any:
    """As `tf.contrib.layers.avg_pool2d` of TensorFlow 1.15; mind its stride of 2."""
    channels = _building.data_format(data_format)
    make = pooling.AveragePooling2D
    with tf.name_scope(scope, "AvgPool2D", [inputs]) as opened:
        outputs = make(kernel_size, stride, padding, channels, _scope=opened)(inputs)
        return utils.collect_named_outputs(outputs_collections, opened, outputs)


@add_arg_scope
def avg_pool3d(
    inputs: Any,
    kernel_size: Any,
    stride: Any = 2,
    padding: str = "VALID",
    data_format: str = "NDHWC",
    outputs_collections: Any = None,
    scope: Any = None,
) -> Any:
    """As `tf.contrib.layers.avg_pool3d` of TensorFlow 1.15; mind its stride of 2."""
    channels = _building.data_format(data_format, _VOLUMES)
    make = pooling.AveragePooling3D
    with tf.name_scope(scope, "AvgPool3D", [inputs]) as opened:
        outputs = make(kernel_size, stride, padding, channels, _scope=opened)(inputs)
        return utils.collect_named_outputs(outputs_collections, opened, outputs)


@add_arg_scope
def max_pool2d(
    inputs: Any,
    kernel_size: Any,
    stride: Any = 2,
    padding: str = "VALID",
    data_format: str = "NHWC",
    outputs_collections: Any = None,
    scope: Any = None,
) -> Any:
    """As `tf.contrib.layers.max_pool2d` of TensorFlow 1.15; mind its stride of 2."""
    channels = _building.data_format(data_format)
    make = pooling.MaxPooling2D
    with tf.name_scope(scope, "MaxPool2D", [inputs]) as opened:
        outputs = make(kernel_size, stride, padding, channels, _scope=opened)(inputs)
        return utils.collect_named_outputs(outputs_collections, opened, outputs)


@add_arg_scope
def max_pool3d(
    inputs: Any,
    kernel_size: Any,
    stride: Any = 2,
    padding: str = "VALID",
    data_format: str = "NDHWC",
    outputs_collections: Any = None,
    scope: Any = None,
) -> Any:
    """As `tf.contrib.layers.max_pool3d` of TensorFlow 1.15; mind its stride of 2."""
    channels = _building.data_format(data_format, _VOLUMES)
    make = pooling.MaxPooling3D
    with tf.name_scope(scope, "MaxPool3D", [inputs]) as opened:
        outputs = make(kernel_size, stride, padding, channels, _scope=opened)(inputs)
        return utils.collect_named_outputs(outputs_collections, opened, outputs)


@add_arg_scope
def pool(
    inputs: Any,
    kernel_size: Any,
    pooling_type: str,
    padding: str = "VALID",
    data_format: str | None = None,
    dilation_rate: Any = 1,
    stride: Any = 1,
    outputs_collections: Any = None,
    scope: Any = None,
) -> Any:
    """As `tf.contrib.layers.pool` of TensorFlow 1.15: "AVG" or "MAX" over any axes."""
    with tf.name_scope(scope, f"{pooling_type.lower()}_pool", [inputs]) as opened:
        inputs = tf.convert_to_tensor(inputs)
        rank = inputs.shape.ndims
        if rank is None or rank < 3:
            raise ValueError(
                f"Pooling needs inputs of rank 3 or more. Received: {inputs.shape}."
            )
        outputs = tf.nn.pool(
            input=inputs,
            window_shape=utils.n_positive_integers(rank - 2, kernel_size),
            pooling_type=pooling_type,
            padding=padding,
            data_format=data_format,
            dilation_rate=utils.n_positive_integers(rank - 2, dilation_rate),
            strides=utils.n_positive_integers(rank - 2, stride),
            name=opened,
        )
        return utils.collect_named_outputs(outputs_collections, opened, outputs)


__getattr__, __dir__ = _namespace.attach(__name__)
