"""As `tf.contrib.slim.nets.vgg`; today `keras.applications.VGG16` and `VGG19`.

Simonyan and Zisserman, 2014, https://arxiv.org/abs/1409.1556. Their dense layers are
convolutions, so that larger pictures give a map of logits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.contrib import layers
from legacy_tf1.tensorflow.contrib.framework.scoping import arg_scope
from legacy_tf1.tensorflow.contrib.layers import utils

__all__ = ["vgg_16", "vgg_19", "vgg_a", "vgg_arg_scope", "vgg_d", "vgg_e"]

_WIDTHS = (64, 128, 256, 512, 512)


def vgg_arg_scope(weight_decay: float = 0.0005) -> Any:
    """Returns the arguments its layers are meant to have."""
    with (
        arg_scope(
            [layers.conv2d, layers.fully_connected],
            activation_fn=tf.nn.relu,
            weights_regularizer=layers.l2_regularizer(weight_decay),
            biases_initializer=tf.zeros_initializer(),
        ),
        arg_scope([layers.conv2d], padding="SAME") as scope,
    ):
        return scope


def vgg_a(
    inputs: Any,
    num_classes: int = 1000,
    is_training: Any = True,
    dropout_keep_prob: float = 0.5,
    spatial_squeeze: bool = True,
    scope: Any = "vgg_a",
) -> tuple[Any, dict[str, Any]]:
    """Returns logits and end points of 11 layers with weights."""
    with tf.variable_scope(scope, "vgg_a", [inputs]) as inside:
        net, end_points = _layers(
            inputs,
            (1, 1, 2, 2, 2),
            f"{inside.original_name_scope}_end_points",
            num_classes,
            is_training,
            dropout_keep_prob,
        )
        return _squeezed(net, end_points, spatial_squeeze, inside)


def vgg_16(
    inputs: Any,
    num_classes: int = 1000,
    is_training: Any = True,
    dropout_keep_prob: float = 0.5,
    spatial_squeeze: bool = True,
    scope: Any = "vgg_16",
) -> tuple[Any, dict[str, Any]]:
    """Returns logits and end points of 16 layers with weights."""
    with tf.variable_scope(scope, "vgg_16", [inputs]) as inside:
        net, end_points = _layers(
            inputs,
            (2, 2, 3, 3, 3),
            f"{inside.original_name_scope}_end_points",
            num_classes,
            is_training,
            dropout_keep_prob,
        )
        return _squeezed(net, end_points, spatial_squeeze, inside)


def vgg_19(
    inputs: Any,
    num_classes: int = 1000,
    is_training: Any = True,
    dropout_keep_prob: float = 0.5,
    spatial_squeeze: bool = True,
    scope: Any = "vgg_19",
) -> tuple[Any, dict[str, Any]]:
    """Returns logits and end points of 19 layers with weights."""
    with tf.variable_scope(scope, "vgg_19", [inputs]) as inside:
        net, end_points = _layers(
            inputs,
            (2, 2, 4, 4, 4),
            f"{inside.name}_end_points",
            num_classes,
            is_training,
            dropout_keep_prob,
        )
        return _squeezed(net, end_points, spatial_squeeze, inside)


def _layers(
    net: Any,
    repeats: Sequence[int],
    collection: str,
    num_classes: int,
    is_training: Any,
    keep_prob: float,
) -> tuple[Any, dict[str, Any]]:
    with arg_scope(
        [layers.conv2d, layers.fully_connected, layers.max_pool2d],
        outputs_collections=collection,
    ):
        blocks = zip(repeats, _WIDTHS, strict=True)
        for number, (times, width) in enumerate(blocks, start=1):
            net = layers.repeat(
                net, times, layers.conv2d, width, [3, 3], scope=f"conv{number}"
            )
            net = layers.max_pool2d(net, [2, 2], scope=f"pool{number}")
        net = layers.conv2d(net, 4096, [7, 7], padding="VALID", scope="fc6")
        net = layers.dropout(net, keep_prob, is_training=is_training, scope="dropout6")
        net = layers.conv2d(net, 4096, [1, 1], scope="fc7")
        net = layers.dropout(net, keep_prob, is_training=is_training, scope="dropout7")
        net = layers.conv2d(
            net,
            num_classes,
            [1, 1],
            activation_fn=None,
            normalizer_fn=None,
            scope="fc8",
        )
    return net, utils.convert_collection_to_dict(collection)


def _squeezed(
    net: Any, end_points: dict[str, Any], squeeze: bool, inside: Any
) -> tuple[Any, dict[str, Any]]:
    if squeeze:
        net = tf.squeeze(net, [1, 2], name="fc8/squeezed")
        end_points[f"{inside.name}/fc8"] = net
    return net, end_points


for _network in (vgg_a, vgg_16, vgg_19):
    _network.default_image_size = 224  # type: ignore[attr-defined]
vgg_d, vgg_e = vgg_16, vgg_19  # their names in the paper

__getattr__, __dir__ = _namespace.attach(__name__)
