"""As `tf.contrib.slim.nets.alexnet`: AlexNet in its second version.

Krizhevsky, 2014, https://arxiv.org/abs/1404.5997. Its dense layers are convolutions.
"""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.contrib import layers
from legacy_tf1.tensorflow.contrib.framework.scoping import arg_scope
from legacy_tf1.tensorflow.contrib.layers import utils

__all__ = ["alexnet_v2", "alexnet_v2_arg_scope"]


def alexnet_v2_arg_scope(weight_decay: float = 0.0005) -> Any:
    """Returns the arguments its layers are meant to have."""
    with (
        arg_scope(
            [layers.conv2d, layers.fully_connected],
            activation_fn=tf.nn.relu,
            biases_initializer=tf.constant_initializer(0.1),
            weights_regularizer=layers.l2_regularizer(weight_decay),
        ),
        arg_scope([layers.conv2d], padding="SAME"),
        arg_scope([layers.max_pool2d], padding="VALID") as scope,
    ):
        return scope


def alexnet_v2(
    inputs: Any,
    num_classes: int = 1000,
    is_training: Any = True,
    dropout_keep_prob: float = 0.5,
    spatial_squeeze: bool = True,
    scope: Any = "alexnet_v2",
) -> tuple[Any, dict[str, Any]]:
    """Returns logits and end points; pictures of 224 x 224 give one place each."""
    with tf.variable_scope(scope, "alexnet_v2", [inputs]) as inside:
        collection = f"{inside.original_name_scope}_end_points"
        with arg_scope(
            [layers.conv2d, layers.fully_connected, layers.max_pool2d],
            outputs_collections=[collection],
        ):
            net = layers.conv2d(inputs, 64, [11, 11], 4, padding="VALID", scope="conv1")
            net = layers.max_pool2d(net, [3, 3], 2, scope="pool1")
            net = layers.conv2d(net, 192, [5, 5], scope="conv2")
            net = layers.max_pool2d(net, [3, 3], 2, scope="pool2")
            for number, width in ((3, 384), (4, 384), (5, 256)):
                net = layers.conv2d(net, width, [3, 3], scope=f"conv{number}")
            net = layers.max_pool2d(net, [3, 3], 2, scope="pool5")
            with arg_scope(
                [layers.conv2d],
                weights_initializer=tf.truncated_normal_initializer(0.0, 0.005),
                biases_initializer=tf.constant_initializer(0.1),
            ):
                net = layers.conv2d(net, 4096, [5, 5], padding="VALID", scope="fc6")
                net = layers.dropout(
                    net, dropout_keep_prob, is_training=is_training, scope="dropout6"
                )
                net = layers.conv2d(net, 4096, [1, 1], scope="fc7")
                net = layers.dropout(
                    net, dropout_keep_prob, is_training=is_training, scope="dropout7"
                )
                net = layers.conv2d(
                    net,
                    num_classes,
                    [1, 1],
                    activation_fn=None,
                    normalizer_fn=None,
                    biases_initializer=tf.zeros_initializer(),
                    scope="fc8",
                )
        end_points = utils.convert_collection_to_dict(collection)
        if spatial_squeeze:
            net = tf.squeeze(net, [1, 2], name="fc8/squeezed")
            end_points[f"{inside.name}/fc8"] = net
        return net, end_points


alexnet_v2.default_image_size = 224  # type: ignore[attr-defined]

__getattr__, __dir__ = _namespace.attach(__name__)
