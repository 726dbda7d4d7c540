"""Convolutions; today `tf.keras.layers.Conv1D`, `Conv2D`, `Conv2DTranspose`, ..."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.contrib.framework.scoping import add_arg_scope
from legacy_tf1.tensorflow.contrib.layers import _building, utils
from legacy_tf1.tensorflow.contrib.layers.initializers import xavier_initializer
from legacy_tf1.tensorflow.layers import convolutional

__all__ = [
    "conv1d",
    "conv2d",
    "conv2d_in_plane",
    "conv2d_transpose",
    "conv3d",
    "conv3d_transpose",
    "convolution",
    "convolution1d",
    "convolution2d",
    "convolution2d_in_plane",
    "convolution2d_transpose",
    "convolution3d",
    "convolution3d_transpose",
    "separable_conv2d",
    "separable_convolution2d",
]

_XAVIER, _ZEROS = xavier_initializer(), tf.zeros_initializer()
_NAMES = {"kernel": "weights", "bias": "biases"}
_FORMATS = ("NWC", "NCW", "NHWC", "NCHW", "NDHWC", "NCDHW")
_BY_RANK = {
    3: convolutional.Conv1D,
    4: convolutional.Conv2D,
    5: convolutional.Conv3D,
}


@add_arg_scope
def convolution(
    inputs: Any,
    num_outputs: int,
    kernel_size: Any,
    stride: Any = 1,
    padding: str = "SAME",
    data_format: str | None = None,
    rate: Any = 1,
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
    conv_dims: int | None = None,
) -> Any:
    """As `tf.contrib.layers.convolution` of TensorFlow 1.15, over 1 to 3 axes.

    Mind the default activation, which Keras's layers have not: ReLU.

    Args:
        rate: The dilation.
        normalizer_fn: Applied before the activation, in place of the biases.
        conv_dims: The number of axes to convolve over; None for what the inputs have.
    """
    channels = _building.data_format(data_format, _FORMATS)

    def make(inputs: Any, common: dict[str, Any]) -> Any:
        rank = inputs.shape.ndims
        if rank not in _BY_RANK or (conv_dims is not None and conv_dims + 2 != rank):
            expected = "3 to 5" if conv_dims is None else conv_dims + 2
            raise ValueError(
                f"Convolution expects input with rank {expected}, got {rank}. "
                "Reshape the inputs to batch, spatial axes, channels."
            )
        return _BY_RANK[rank](
            filters=num_outputs,
            kernel_size=kernel_size,
            strides=stride,
            padding=padding,
            data_format=channels,
            dilation_rate=rate,
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
        _NAMES,
        "Conv",
        scope=scope,
        reuse=reuse,
        activation_fn=activation_fn,
        normalizer_fn=normalizer_fn,
        normalizer_params=normalizer_params,
        variables_collections=variables_collections,
        outputs_collections=outputs_collections,
    )


def _over(axes: int) -> Callable[..., Any]:
    """A convolution over so many axes, an operation of its own for `arg_scope`."""

    def over(
        inputs: Any,
        num_outputs: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: str = "SAME",
        data_format: str | None = None,
        rate: Any = 1,
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
        return convolution(
            inputs,
            num_outputs,
            kernel_size,
            stride=stride,
            padding=padding,
            data_format=data_format,
            rate=rate,
            activation_fn=activation_fn,
            normalizer_fn=normalizer_fn,
            normalizer_params=normalizer_params,
            weights_initializer=weights_initializer,
            weights_regularizer=weights_regularizer,
            biases_initializer=biases_initializer,
            biases_regularizer=biases_regularizer,
            reuse=reuse,
            variables_collections=variables_collections,
            outputs_collections=outputs_collections,
            trainable=trainable,
            scope=scope,
            conv_dims=axes,
        )

    # slim's stack and repeat name their scopes after the function.
    over.__name__ = over.__qualname__ = f"convolution{axes}d"
    over.__doc__ = f"As `tf.contrib.layers.convolution{axes}d`, see `convolution`."
    return add_arg_scope(over)


conv1d = convolution1d = _over(1)
conv2d = convolution2d = _over(2)
conv3d = convolution3d = _over(3)


@add_arg_scope
def convolution2d_transpose(
    inputs: Any,
    num_outputs: int,
    kernel_size: Any,
    stride: Any = 1,
    padding: str = "SAME",
    data_format: str = "NHWC",
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
    """As `tf.contrib.layers.conv2d_transpose` of TensorFlow 1.15."""
    return _transpose(
        convolutional.Conv2DTranspose,
        "Conv2d_transpose",
        inputs,
        {
            "filters": num_outputs,
            "kernel_size": kernel_size,
            "strides": stride,
            "padding": padding,
            "data_format": _building.data_format(data_format),
            "use_bias": bool(not normalizer_fn and biases_initializer),
            "kernel_initializer": weights_initializer,
            "bias_initializer": biases_initializer,
            "kernel_regularizer": weights_regularizer,
            "bias_regularizer": biases_regularizer,
            "trainable": trainable,
        },
        scope=scope,
        reuse=reuse,
        activation_fn=activation_fn,
        normalizer_fn=normalizer_fn,
        normalizer_params=normalizer_params,
        variables_collections=variables_collections,
        outputs_collections=outputs_collections,
    )


@add_arg_scope
def convolution3d_transpose(
    inputs: Any,
    num_outputs: int,
    kernel_size: Any,
    stride: Any = 1,
    padding: str = "SAME",
    data_format: str = "NDHWC",
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
    """As `tf.contrib.layers.conv3d_transpose` of TensorFlow 1.15."""
    return _transpose(
        convolutional.Conv3DTranspose,
        "Conv3d_transpose",
        inputs,
        {
            "filters": num_outputs,
            "kernel_size": kernel_size,
            "strides": stride,
            "padding": padding,
            "data_format": _building.data_format(data_format, ("NDHWC", "NCDHW")),
            "use_bias": bool(not normalizer_fn and biases_initializer),
            "kernel_initializer": weights_initializer,
            "bias_initializer": biases_initializer,
            "kernel_regularizer": weights_regularizer,
            "bias_regularizer": biases_regularizer,
            "trainable": trainable,
        },
        scope=scope,
        reuse=reuse,
        activation_fn=activation_fn,
        normalizer_fn=normalizer_fn,
        normalizer_params=normalizer_params,
        variables_collections=variables_collections,
        outputs_collections=outputs_collections,
    )


def _transpose(
    layer_class: type,
    default_name: str,
    inputs: Any,
    arguments: dict[str, Any],
    **kwargs: Any,
) -> Any:
    return _building.with_variables(
        lambda inputs, common: layer_class(**arguments, **common),
        inputs,
        _NAMES,
        default_name,
        **kwargs,
    )


conv2d_transpose = convolution2d_transpose
conv3d_transpose = convolution3d_transpose


@add_arg_scope
def separable_convolution2d(
    inputs: Any,
    num_outputs: int | None,
    kernel_size: Any,
    depth_multiplier: int = 1,
    stride: Any = 1,
    padding: str = "SAME",
    data_format: str = "NHWC",
    rate: Any = 1,
    activation_fn: Callable[..., Any] | None = tf.nn.relu,
    normalizer_fn: Callable[..., Any] | None = None,
    normalizer_params: Mapping[str, Any] | None = None,
    weights_initializer: Any = _XAVIER,
    pointwise_initializer: Any = None,
    weights_regularizer: Any = None,
    biases_initializer: Any = _ZEROS,
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
) -> Any:
    """As `tf.contrib.layers.separable_conv2d` of TensorFlow 1.15.

    Args:
        num_outputs: The channels after mixing; None leaves the mixing out, which is
            today's `tf.keras.layers.DepthwiseConv2D`.
    """
    channels = _building.data_format(data_format)
    if num_outputs is None:
        return _depthwise(
            "SeparableConv2d",
            inputs,
            "depthwise_weights",
            _building.NCHW if channels == "channels_first" else _building.NHWC,
            kernel_size=kernel_size,
            multiplier=depth_multiplier,
            stride=stride,
            padding=padding,
            rate=utils.two_element_tuple(rate),
            activation_fn=activation_fn,
            normalizer_fn=normalizer_fn,
            normalizer_params=normalizer_params,
            weights=(weights_initializer, weights_regularizer),
            biases=(biases_initializer, biases_regularizer),
            reuse=reuse,
            variables_collections=variables_collections,
            outputs_collections=outputs_collections,
            trainable=trainable,
            scope=scope,
        )

    def make(inputs: Any, common: dict[str, Any]) -> Any:
        return convolutional.SeparableConv2D(
            filters=num_outputs,
            kernel_size=kernel_size,
            strides=stride,
            padding=padding,
            data_format=channels,
            dilation_rate=utils.two_element_tuple(rate),
            depth_multiplier=depth_multiplier,
            use_bias=bool(not normalizer_fn and biases_initializer),
            depthwise_initializer=weights_initializer,
            pointwise_initializer=pointwise_initializer or weights_initializer,
            bias_initializer=biases_initializer,
            depthwise_regularizer=weights_regularizer,
            pointwise_regularizer=weights_regularizer,
            bias_regularizer=biases_regularizer,
            trainable=trainable,
            **common,
        )

    names = {
        "depthwise_kernel": "depthwise_weights",
        "pointwise_kernel": "pointwise_weights",
        "bias": "biases",
    }
    # Both kernels go where "weights" are wanted.
    if isinstance(variables_collections, Mapping):
        weights = variables_collections.get("weights", ())
        variables_collections = {
            "depthwise_weights": weights,
            "pointwise_weights": weights,
            **variables_collections,
        }
    return _building.with_variables(
        make,
        inputs,
        names,
        "SeparableConv2d",
        scope=scope,
        reuse=reuse,
        activation_fn=activation_fn,
        normalizer_fn=normalizer_fn,
        normalizer_params=normalizer_params,
        variables_collections=variables_collections,
        outputs_collections=outputs_collections,
    )


separable_conv2d = separable_convolution2d


@add_arg_scope
def convolution2d_in_plane(
    inputs: Any,
    kernel_size: Any,
    stride: Any = 1,
    padding: str = "SAME",
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
    """As `tf.contrib.layers.conv2d_in_plane` of TensorFlow 1.15.

    One kernel of one channel, applied to each channel by itself.
    """
    return _depthwise(
        "ConvInPlane",
        inputs,
        "weights",
        _building.NHWC,
        kernel_size=kernel_size,
        multiplier=None,
        stride=stride,
        padding=padding,
        rate=None,
        activation_fn=activation_fn,
        normalizer_fn=normalizer_fn,
        normalizer_params=normalizer_params,
        weights=(weights_initializer, weights_regularizer),
        biases=(biases_initializer, biases_regularizer),
        reuse=reuse,
        variables_collections=variables_collections,
        outputs_collections=outputs_collections,
        trainable=trainable,
        scope=scope,
    )


conv2d_in_plane = convolution2d_in_plane


def _depthwise(
    default_name: str,
    inputs: Any,
    kernel_name: str,
    data_format: str,
    *,
    kernel_size: Any,
    multiplier: int | None,
    stride: Any,
    padding: str,
    rate: tuple[int, int] | None,
    activation_fn: Callable[..., Any] | None,
    normalizer_fn: Callable[..., Any] | None,
    normalizer_params: Mapping[str, Any] | None,
    weights: tuple[Any, Any],
    biases: tuple[Any, Any],
    reuse: Any,
    variables_collections: Any,
    outputs_collections: Any,
    trainable: bool,
    scope: Any,
) -> Any:
    """Each channel by itself, with kernels of its own or (no multiplier) one for all."""
    first = data_format == _building.NCHW
    # The kernel's name in the graph differs, but the collection is that of "weights".
    collections = utils.get_variable_collections(variables_collections, "weights")

    def variable(name: str, shape: list[int], how: tuple[Any, Any], where: Any) -> Any:
        return _building.parameter(
            name,
            shape,
            inputs.dtype.base_dtype,
            how[0],
            where,
            regularizer=how[1],
            trainable=trainable,
        )

    with tf.variable_scope(scope, default_name, [inputs], reuse=reuse) as opened:
        inputs = tf.convert_to_tensor(inputs)
        channels = utils.channel_dimension(
            inputs.shape, "channels_first" if first else "channels_last", min_rank=4
        )
        window = list(utils.two_element_tuple(kernel_size))
        if multiplier is None:
            one = variable(kernel_name, [*window, 1, 1], weights, collections)
            kernel = tf.tile(one, [1, 1, channels, 1])
        else:
            shape = [*window, channels, multiplier]
            kernel = variable(kernel_name, shape, weights, collections)
        strides = list(utils.two_element_tuple(stride))
        outputs = tf.nn.depthwise_conv2d(
            inputs,
            kernel,
            [1, 1, *strides] if first else [1, *strides, 1],
            padding,
            rate=rate,
            data_format=data_format,
        )
        if normalizer_fn is not None:
            outputs = normalizer_fn(outputs, **(normalizer_params or {}))
        elif biases[0] is not None:
            size = [channels * (multiplier or 1)]
            bias = variable("biases", size, biases, variables_collections)
            outputs = tf.nn.bias_add(outputs, bias, data_format=data_format)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return utils.collect_named_outputs(outputs_collections, opened.name, outputs)


__getattr__, __dir__ = _namespace.attach(__name__)
