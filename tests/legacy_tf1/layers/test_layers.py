"""`tf.layers`: names, numbers of operations and shared variables as in TensorFlow 1."""

import warnings

import numpy as np
import pytest

import legacy_tf1.tensorflow as tf
from legacy_tf1.compat import seeds


def images(channels=3):
    return tf.placeholder(tf.float32, [None, 8, 8, channels])


def rows(size=5):
    return tf.placeholder(tf.float32, [None, size])


def sequences():
    return tf.placeholder(tf.float32, [None, 8, 3])


def convolution_to_dense():
    net = tf.layers.conv2d(images(), 4, 3, padding="same", activation=tf.nn.relu)
    net = tf.layers.max_pooling2d(net, 2, 2)
    net = tf.layers.conv2d(net, 4, [3, 3], strides=(2, 2), use_bias=False)
    net = tf.layers.flatten(net)
    tf.layers.dropout(net, 0.4, training=tf.placeholder(tf.bool, []))


def transposed():
    tf.layers.conv2d_transpose(images(), 4, 3, strides=2, padding="same")
    tf.layers.conv2d_transpose(images(), 4, 3, strides=2, activation=tf.nn.relu)


def transposed_of_unknown_size():
    free = tf.placeholder(tf.float32, [None, None, None, 3])
    tf.layers.conv2d_transpose(free, 2, 3, strides=2)
    known = tf.placeholder(tf.float32, [2, 4, 4, 3])
    tf.layers.conv2d_transpose(known, 2, 3, strides=2, padding="same")
    tf.layers.flatten(tf.placeholder(tf.float32, [None, None, 2]))


def one_dimensional():
    net = tf.layers.conv1d(sequences(), 4, 3)
    net = tf.layers.max_pooling1d(net, 2, 2)
    tf.layers.average_pooling1d(net, 2, 1)


def dilated():
    tf.layers.conv2d(images(), 4, 3, dilation_rate=2)
    tf.layers.conv2d(images(), 4, 3, data_format="channels_first")


def separable():
    tf.layers.separable_conv2d(images(), 4, 3)
    tf.layers.separable_conv1d(sequences(), 4, 3)


def dense_of_higher_rank():
    tf.layers.dense(tf.placeholder(tf.float32, [None, 4, 5]), 3)


def dense_of_known_shape():
    tf.layers.dense(tf.placeholder(tf.float32, [2, 4, 5]), 3)
    tf.layers.Dense(4).apply(rows())


def dropped():
    x = rows()
    tf.layers.dropout(x)
    tf.layers.dropout(x, 0.3, training=True)
    tf.layers.dropout(x, rate=tf.placeholder(tf.float32, []), training=True)
    training = tf.placeholder(tf.bool, [])
    tf.layers.dropout(x, 0.2, training=training, noise_shape=[1, 5], seed=3)


def flattened():
    tf.layers.flatten(images())
    tf.layers.flatten(tf.placeholder(tf.float32, [7, None, 3]))
    tf.layers.flatten(rows())


# Counted in TensorFlow 1.15.5: these numbers are the seeds of what follows.
@pytest.mark.parametrize(
    ("build", "operations"),
    [
        (convolution_to_dense, 65),
        (transposed, 85),
        (transposed_of_unknown_size, 93),
        (one_dimensional, 31),
        (dilated, 46),
        (separable, 67),
        (dense_of_higher_rank, 41),
        (dense_of_known_shape, 44),
        (dropped, 60),
        (flattened, 21),
    ],
)
def test_as_many_operations_as_in_tensorflow_1(build, operations):
    build()
    assert seeds.operations(tf.get_default_graph()) == operations


def test_operations_have_the_names_of_tensorflow_1():
    tf.layers.conv2d(images(), 2, 3, activation=tf.nn.relu)
    names = [op.name for op in tf.get_default_graph().get_operations()]
    assert names[-4:] == [
        "conv2d/dilation_rate",
        "conv2d/Conv2D",
        "conv2d/BiasAdd",
        "conv2d/Relu",
    ]


def test_functions_make_the_layers_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tf.layers.dense(rows(), 2)
        tf.layers.MaxPooling2D(2, 2).apply(images())
        tf.layers.batch_normalization(rows(), training=True)


def test_a_name_again_needs_reuse_and_then_shares_the_variables():
    x = rows()
    tf.layers.dense(x, 3, name="layer")
    with pytest.raises(ValueError, match="already exists"):
        tf.layers.dense(x, 3, name="layer")
    tf.layers.dense(x, 3, name="layer", reuse=True)
    assert len(tf.global_variables()) == 2


def test_penalties_are_collected_once_for_a_variable():
    penalty = tf.contrib.layers.l2_regularizer(0.1)
    with tf.variable_scope("net", reuse=tf.AUTO_REUSE, regularizer=penalty):
        tf.layers.dense(rows(), 3, name="a")
        tf.layers.dense(rows(), 3, name="a")
    names = [
        loss.op.name for loss in tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    ]
    # TensorFlow 1.15.5: the scope's default is for the bias too.
    assert names == [
        "net/a/kernel/Regularizer/l2_regularizer",
        "net/a/bias/Regularizer/l2_regularizer",
    ]


def test_activity_penalty_and_constraint():
    tf.layers.dense(
        rows(),
        3,
        activity_regularizer=tf.contrib.layers.l1_regularizer(0.1),
        kernel_constraint=lambda w: tf.clip_by_norm(w, 1.0),
    )
    assert len(tf.losses.get_regularization_losses()) == 1
    kernel = tf.trainable_variables()[0]
    assert kernel.constraint is not None


def test_private_modules_give_the_same_classes():
    from legacy_tf1.tensorflow.layers import core

    assert core.Dense is tf.layers.Dense
    assert issubclass(tf.layers.Dense, tf.layers.Layer)


def test_flatten_puts_channels_last_first():
    x = np.arange(12.0).reshape(1, 2, 2, 3)  # batch, channels, height, width
    flat = tf.layers.flatten(tf.constant(x), data_format="channels_first")
    with tf.Session() as session:
        np.testing.assert_array_equal(
            session.run(flat), x.transpose(0, 2, 3, 1).reshape(1, -1)
        )


def test_dropout_keeps_the_expected_value():
    x = tf.ones([100, 100])
    dropped = tf.layers.dropout(x, 0.25, training=True, seed=1)
    with tf.Session() as session:
        value = session.run(dropped)
    np.testing.assert_allclose(np.unique(value), [0, 4 / 3], rtol=1e-6)
    # 10000 draws: four standard errors of sqrt(0.25 * 0.75 / 10000) = 0.0043.
    assert abs((value == 0).mean() - 0.25) < 0.018


def test_unknown_name_tells_what_there_is_today():
    with pytest.raises(AttributeError, match="no_such_layer"):
        _ = tf.layers.no_such_layer
