"""The network of the tutorial "TensorFlow Mechanics 101": two hidden ReLU layers.

As `tf.examples.tutorials.mnist.mnist` of TensorFlow 1. Today: a `keras.Sequential` of
three `Dense` layers and `compile(loss=SparseCategoricalCrossentropy(from_logits=True))`.
"""

from __future__ import annotations

import math
from typing import Any

import tensorflow.compat.v1 as tf

NUM_CLASSES = 10
IMAGE_SIZE = 28
IMAGE_PIXELS = IMAGE_SIZE * IMAGE_SIZE


def inference(images: Any, hidden1_units: int, hidden2_units: int) -> Any:
    """Returns the logits, (batch, 10), of images, (batch, 784)."""
    hidden1 = tf.nn.relu(_linear("hidden1", images, IMAGE_PIXELS, hidden1_units))
    hidden2 = tf.nn.relu(_linear("hidden2", hidden1, hidden1_units, hidden2_units))
    return _linear("softmax_linear", hidden2, hidden2_units, NUM_CLASSES)


def _linear(scope: str, inputs: Any, fan_in: int, units: int) -> Any:
    with tf.name_scope(scope):
        start = tf.truncated_normal([fan_in, units], stddev=1.0 / math.sqrt(fan_in))
        weights = tf.Variable(start, name="weights")
        biases = tf.Variable(tf.zeros([units]), name="biases")
        return tf.matmul(inputs, weights) + biases


def loss(logits: Any, labels: Any) -> Any:
    """Returns the mean softmax cross-entropy; labels are class numbers, (batch,)."""
    return tf.losses.sparse_softmax_cross_entropy(
        labels=tf.cast(labels, tf.int64), logits=logits
    )


def training(loss: Any, learning_rate: float) -> Any:
    """Returns the operation of one gradient-descent step, and sums the loss up."""
    tf.summary.scalar("loss", loss)
    optimizer = tf.train.GradientDescentOptimizer(learning_rate)
    global_step = tf.Variable(0, name="global_step", trainable=False)
    return optimizer.minimize(loss, global_step=global_step)


def evaluation(logits: Any, labels: Any) -> Any:
    """Returns the number of examples whose class is predicted right."""
    correct = tf.nn.in_top_k(logits, labels, 1)
    return tf.reduce_sum(tf.cast(correct, tf.int32))
