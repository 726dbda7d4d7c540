"""Layers without weights: flatten, dropout, one-hot, softmax, ..."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.compat import seeds
from legacy_tf1.tensorflow import _operations
from legacy_tf1.tensorflow.contrib.framework.scoping import add_arg_scope
from legacy_tf1.tensorflow.contrib.layers import _building, utils
from legacy_tf1.tensorflow.layers import core

__all__ = [
    "dense_to_sparse",
    "dropout",
    "flatten",
    "images_to_sequence",
    "maxout",
    "one_hot_encoding",
    "poincare_normalize",
    "scale_gradient",
    "sequence_to_images",
    "softmax",
    "spatial_softmax",
    "unit_norm",
]


@add_arg_scope
def flatten(inputs: Any, outputs_collections: Any = None, scope: Any = None) -> Any:
    """As `tf.contrib.layers.flatten` of TensorFlow 1.15; today `tf.keras.layers.Flatten`."""
    with tf.name_scope(scope, "Flatten", [inputs]) as opened:
        outputs = core.Flatten()(tf.convert_to_tensor(inputs))
        return utils.collect_named_outputs(outputs_collections, opened, outputs)


@add_arg_scope
def dropout(
    inputs: Any,
    keep_prob: Any = 0.5,
    noise_shape: Any = None,
    is_training: Any = True,
    outputs_collections: Any = None,
    scope: Any = None,
    seed: int | None = None,
) -> Any:
    """As `tf.contrib.layers.dropout` of TensorFlow 1.15.

    Mind that it is told what to keep and that it drops by default; today
    `tf.keras.layers.Dropout(1 - keep_prob)`, which drops in `fit` only.
    """
    getter = _building.model_variable_getter({})
    with tf.variable_scope(scope, "Dropout", [inputs], custom_getter=getter) as opened:
        inputs = tf.convert_to_tensor(inputs)
        layer = core.Dropout(
            rate=1 - keep_prob,
            noise_shape=noise_shape,
            seed=seed,
            name=opened.name,
            _scope=opened,
        )
        outputs = layer(inputs, training=is_training)
        return utils.collect_named_outputs(outputs_collections, opened.name, outputs)


@add_arg_scope
def one_hot_encoding(
    labels: Any,
    num_classes: int,
    on_value: float = 1.0,
    off_value: float = 0.0,
    outputs_collections: Any = None,
    scope: Any = None,
) -> Any:
    """As `tf.contrib.layers.one_hot_encoding` of TensorFlow 1.15; today `tf.one_hot`."""
    with tf.name_scope(scope, "OneHotEncoding", [labels, num_classes]) as opened:
        labels = tf.convert_to_tensor(labels)
        if labels.dtype == tf.int32:
            labels = tf.to_int64(labels)
        # TensorFlow 1 made constants of the values twice, to compare their types.
        seeds.count(2)
        outputs = tf.one_hot(
            labels, num_classes, on_value=on_value, off_value=off_value
        )
        return utils.collect_named_outputs(outputs_collections, opened, outputs)


@add_arg_scope
def dense_to_sparse(
    tensor: Any, eos_token: Any = 0, outputs_collections: Any = None, scope: Any = None
) -> Any:
    """As `tf.contrib.layers.dense_to_sparse` of TensorFlow 1.15; `tf.sparse.from_dense`."""
    with tf.variable_scope(scope, "dense_to_sparse", [tensor]) as opened:
        tensor = tf.convert_to_tensor(tensor)
        kept = tf.not_equal(tensor, tf.constant(eos_token, tensor.dtype))
        indices = tf.where(kept)
        outputs = tf.SparseTensor(
            indices,
            tf.gather_nd(tensor, indices),
            tf.shape(tensor, out_type=tf.int64),
        )
        return utils.collect_named_outputs(outputs_collections, opened.name, outputs)


@add_arg_scope
def images_to_sequence(
    inputs: Any,
    data_format: str = _building.NHWC,
    outputs_collections: Any = None,
    scope: Any = None,
) -> Any:
    """As `tf.contrib.layers.images_to_sequence` of TensorFlow 1.15: columns as steps."""
    first = _building.data_format(data_format) == "channels_first"
    with tf.name_scope(scope, "ImagesToSequence", [inputs]) as opened:
        inputs = tf.convert_to_tensor(inputs)
        if first:
            inputs = tf.transpose(inputs, [0, 2, 3, 1])
        width, depth = inputs.shape.as_list()[2:]
        shape = tf.shape(inputs)
        rows = shape[0] * shape[1]
        outputs = tf.reshape(tf.transpose(inputs, [2, 0, 1, 3]), [width, rows, depth])
        return utils.collect_named_outputs(outputs_collections, opened, outputs)


@add_arg_scope
def sequence_to_images(
    inputs: Any,
    height: int,
    output_data_format: str = "channels_last",
    outputs_collections: Any = None,
    scope: Any = None,
) -> Any:
    """As `tf.contrib.layers.sequence_to_images` of TensorFlow 1.15."""
    with tf.name_scope(scope, "SequenceToImages", [inputs]) as opened:
        inputs = tf.convert_to_tensor(inputs)
        width, rows, depth = inputs.shape.as_list()
        images = -1 if rows is None else rows // height
        grid = tf.reshape(inputs, [width, images, height, depth])
        first = output_data_format == "channels_first"
        outputs = tf.transpose(grid, [1, 3, 2, 0] if first else [1, 2, 0, 3])
        return utils.collect_named_outputs(outputs_collections, opened, outputs)


@add_arg_scope
def softmax(logits: Any, scope: Any = None) -> Any:
    """As `tf.contrib.layers.softmax` of TensorFlow 1.15: over the last axis."""
    with tf.variable_scope(scope, "softmax", [logits]):
        classes = utils.last_dimension(logits.shape, min_rank=2)
        flat = tf.nn.softmax(tf.reshape(logits, [-1, classes]))
        predictions = tf.reshape(flat, tf.shape(logits))
        predictions.set_shape(logits.shape)
        return predictions


@add_arg_scope
def spatial_softmax(
    features: Any,
    temperature: float | None = None,
    name: str | None = None,
    variables_collections: Any = None,
    trainable: bool = True,
    data_format: str = _building.NHWC,
) -> Any:
    """As `tf.contrib.layers.spatial_softmax` of TensorFlow 1.15.

    Returns where each channel is strong: the expected x and y, within -1 and 1.
    """
    first = _building.data_format(data_format) == "channels_first"
    with tf.variable_scope(name, "spatial_softmax"):
        shape = tf.shape(features)
        height, width = (shape[2], shape[3]) if first else (shape[1], shape[2])
        channels = features.shape.as_list()[1 if first else 3]
        if channels is None:
            raise ValueError(
                "The number of channels must be known. "
                f"Received: {features.shape}. Give the placeholder a shape."
            )
        with tf.name_scope("spatial_softmax_op", "spatial_softmax_op", [features]):
            # tf.meshgrid computed the size of its ones.
            seeds.count(3)
            x, y = tf.meshgrid(
                _operations.lin_space(-1.0, 1.0, num=height),
                _operations.lin_space(-1.0, 1.0, num=width),
                indexing="ij",
            )
            x, y = tf.reshape(x, [height * width]), tf.reshape(y, [height * width])
            start = 1.0 if temperature is None else temperature
            initializer = (
                tf.ones_initializer()
                if temperature is None
                else tf.constant_initializer(start)
            )
            heat = _building.parameter(
                "temperature",
                (),
                tf.float32,
                initializer,
                variables_collections if trainable else None,
                trainable=trainable,
            )
            if not first:
                features = tf.transpose(features, [0, 3, 1, 2])
            attention = tf.nn.softmax(tf.reshape(features, [-1, height * width]) / heat)
            expected = tf.concat(
                [
                    tf.reduce_sum(x * attention, [1], keepdims=True),
                    tf.reduce_sum(y * attention, [1], keepdims=True),
                ],
                1,
            )
            points = tf.reshape(expected, [-1, channels * 2])
            points.set_shape([None, channels * 2])
            return points


@add_arg_scope
def unit_norm(inputs: Any, dim: int, epsilon: float = 1e-7, scope: Any = None) -> Any:
    """As `tf.contrib.layers.unit_norm` of TensorFlow 1.15; today `tf.linalg.normalize`."""
    with tf.variable_scope(scope, "UnitNorm", [inputs]):
        rank = inputs.shape.ndims
        if not rank or not 0 <= dim < rank:
            raise ValueError(
                f"`dim` must be an axis of the inputs, from 0. "
                f"Received: dim={dim}, inputs of shape {inputs.shape}."
            )
        lengths = tf.sqrt(epsilon + tf.reduce_sum(tf.square(inputs), dim, True))
        multiples = []
        if dim > 0:
            multiples.append(tf.ones([dim], tf.int32))
        multiples.append(tf.strided_slice(tf.shape(inputs), [dim], [dim + 1]))
        if dim < rank - 1:
            multiples.append(tf.ones([rank - 1 - dim], tf.int32))
        return tf.div(inputs, tf.tile(lengths, tf.concat(multiples, 0)))


@add_arg_scope
def maxout(inputs: Any, num_units: int, axis: int = -1, scope: Any = None) -> Any:
    """As `tf.contrib.layers.maxout` of TensorFlow 1.15: the largest of each group."""
    with tf.variable_scope(scope, "MaxOut", [inputs]):
        inputs = tf.convert_to_tensor(inputs)
        shape = inputs.shape.as_list()
        channels = shape[axis]
        if channels % num_units:
            raise ValueError(
                f"The number of features ({channels}) must be a multiple of num_units "
                f"({num_units})."
            )
        shape[axis] = num_units
        shape.append(channels // num_units)
        for index, size in enumerate(shape):
            if size is None:
                shape[index] = tf.shape(inputs)[index]
        return tf.reduce_max(tf.reshape(inputs, shape), -1, keepdims=False)


def poincare_normalize(
    x: Any, axis: int = 1, epsilon: float = 1e-5, name: str | None = None
) -> Any:
    """As `tf.contrib.layers.poincare_normalize` of TensorFlow 1.15: into the unit ball."""
    with tf.name_scope(name, "poincare_normalize", [x]) as opened:
        x = tf.convert_to_tensor(x, name="x")
        inverse = tf.rsqrt(tf.reduce_sum(tf.square(x), axis, keepdims=True))
        return tf.multiply(x, tf.minimum((1.0 - epsilon) * inverse, 1.0), name=opened)


def scale_gradient(inputs: Any, gradient_multiplier: Any) -> Any:
    """As `tf.contrib.layers.scale_gradient` of TensorFlow 1.15.

    Returns the inputs; the gradient that comes back is multiplied.
    """

    @tf.custom_gradient
    def scaled(x: Any) -> Any:
        return tf.identity(x), lambda gradient: gradient * gradient_multiplier

    return scaled(inputs)


__getattr__, __dir__ = _namespace.attach(__name__)
