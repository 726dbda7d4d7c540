"""A small network in the manner of VGG: arg_scope, repeat, stack, end points."""

import numpy as np
import tensorflow as tf
import tensorflow.contrib.slim as slim


def vgg_arg_scope(weight_decay=0.0005):
    with slim.arg_scope(
        [slim.conv2d, slim.fully_connected],
        activation_fn=tf.nn.relu,
        weights_regularizer=slim.l2_regularizer(weight_decay),
        biases_initializer=tf.zeros_initializer(),
    ) as scope:
        return scope


def vgg(inputs, num_classes=3, is_training=True, scope="vgg"):
    with tf.variable_scope(scope, "vgg", [inputs]) as sc:
        end_points_collection = sc.name + "_end_points"
        with slim.arg_scope(
            [slim.conv2d, slim.fully_connected, slim.max_pool2d],
            outputs_collections=end_points_collection,
        ):
            net = slim.repeat(inputs, 2, slim.conv2d, 4, [3, 3], scope="conv1")
            net = slim.max_pool2d(net, [2, 2], scope="pool1")
            net = slim.flatten(net)
            net = slim.stack(net, slim.fully_connected, [8, 6], scope="fc")
            net = slim.dropout(net, 0.5, is_training=is_training, scope="dropout")
            net = slim.fully_connected(
                net, num_classes, activation_fn=None, scope="out"
            )
        return net, tf.get_collection(end_points_collection)


tf.set_random_seed(21)
images = tf.placeholder(tf.float32, [None, 8, 8, 3])
with slim.arg_scope(vgg_arg_scope()):
    logits, points = vgg(images, is_training=False)

assert [p.op.name for p in points][:3] == [
    "vgg/conv1/conv1_1/Relu",
    "vgg/conv1/conv1_2/Relu",
    "vgg/pool1/MaxPool",
]
names = [v.op.name for v in slim.get_model_variables()]
assert names[0] == "vgg/conv1/conv1_1/weights"
assert "vgg/fc/fc_2/biases" in names
assert len(slim.get_variables_to_restore(exclude=["vgg/out"])) == len(names) - 2
assert len(tf.losses.get_regularization_losses()) == 5
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    result = sess.run(logits, {images: np.linspace(0, 1, 192).reshape(1, 8, 8, 3)})
    penalty = sess.run(tf.losses.get_total_loss())

# As TensorFlow 1.15.5 prints them; float32 convolutions differ in their last digits.
np.testing.assert_allclose(
    result[0], [0.035086215, -0.027792344, 0.023625268], rtol=1e-4
)
np.testing.assert_allclose(penalty, 0.0076289433, rtol=1e-5)
