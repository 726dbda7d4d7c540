"""`tf.layers.batch_normalization` against its formula in NumPy."""

import numpy as np
import pytest

import legacy_tf1.tensorflow as tf
from legacy_tf1.compat import seeds

EPSILON, MOMENTUM = 1e-3, 0.9


def batch(*shape):
    return np.random.default_rng(0).normal(1.0, 2.0, shape).astype(np.float32)


def normalized(x, axis):
    axes = tuple(i for i in range(x.ndim) if i != axis % x.ndim)
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return (x - mean) / np.sqrt(variance + EPSILON)


# fused and plain, by rank and axis; float32 sums of at most 512 terms: 1e-4.
@pytest.mark.parametrize(
    ("shape", "axis", "fused"),
    [
        ((6, 3), -1, None),
        ((4, 5, 5, 3), -1, None),
        ((4, 5, 5, 3), -1, False),
        ((4, 3, 5, 5), 1, False),
        ((4, 5, 3), 1, None),
    ],
)
def test_training_normalizes_by_the_batch(shape, axis, fused):
    x = batch(*shape)
    y = tf.layers.batch_normalization(
        tf.constant(x), axis=axis, fused=fused, training=True
    )
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        np.testing.assert_allclose(session.run(y), normalized(x, axis), atol=1e-4)


@pytest.mark.parametrize("shape", [(6, 3), (4, 5, 5, 3)])
def test_updates_move_the_averages_and_testing_uses_them(shape):
    x, feed = batch(*shape), tf.placeholder(tf.bool, [])
    y = tf.layers.batch_normalization(tf.constant(x), momentum=MOMENTUM, training=feed)
    updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        untouched = session.run(y, {feed: False})
        session.run(updates, {feed: True})
        session.run(updates, {feed: False})  # which changes nothing
        mean, variance = session.run(tf.global_variables()[2:4])
        tested = session.run(y, {feed: False})
    axes = tuple(range(x.ndim - 1))
    # The fused operation gives the variance of a sample, the plain one the batch's.
    count = x[..., 0].size
    correction = count / (count - 1) if x.ndim == 4 else 1.0
    expected_mean = (1 - MOMENTUM) * x.mean(axes)
    expected = MOMENTUM + (1 - MOMENTUM) * x.var(axes) * correction
    # float32 rounds at 6e-8 in each of some ten operations.
    np.testing.assert_allclose(untouched, x / np.sqrt(1 + EPSILON), rtol=1e-5)
    np.testing.assert_allclose(mean, expected_mean, rtol=1e-5)
    np.testing.assert_allclose(variance, expected, rtol=1e-5)
    np.testing.assert_allclose(
        tested, (x - expected_mean) / np.sqrt(expected + EPSILON), rtol=1e-4, atol=1e-5
    )


def test_renorm_corrects_towards_the_averages():
    x = batch(8, 3)
    y = tf.layers.batch_normalization(
        tf.constant(x), renorm=True, renorm_clipping={"rmax": 2.0}, training=True
    )
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        value = session.run(y)
    # Ioffe 2017: r = sigma / sigma_r, clipped, d = (mu - mu_r) / sigma_r; at first
    # mu_r = 0 and sigma_r = 1.
    sigma = np.sqrt(x.var(0) + EPSILON)
    expected = (x - x.mean(0)) / sigma * np.minimum(sigma, 2.0) + x.mean(0)
    np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-4)


def test_virtual_batches_are_normalized_each_by_itself():
    x = batch(8, 3)
    y = tf.layers.batch_normalization(
        tf.constant(x), virtual_batch_size=4, training=True
    )
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        value = session.run(y)
    # Neighbours of the reshape to [4, 2, ...] share statistics: rows of equal parity.
    ghosts = x.reshape(4, 2, 3)
    expected = (ghosts - ghosts.mean(0)) / np.sqrt(ghosts.var(0) + EPSILON)
    np.testing.assert_allclose(value, expected.reshape(8, 3), atol=1e-4)


def with_adjustment(shape):
    return (
        tf.random_uniform([shape[0], 1], 0.9, 1.1),
        tf.random_uniform([shape[0], 1], -0.1, 0.1),
    )


# Counted in TensorFlow 1.15.5.
@pytest.mark.parametrize(
    ("shape", "arguments", "operations"),
    [
        ([None, 8, 8, 3], {"training": True}, 31),
        ([None, 8, 8, 3], {"training": None, "momentum": 0.9}, 54),
        ([8, 5], {"training": True, "virtual_batch_size": 4}, 47),
        ([None, 5], {"training": None, "adjustment": with_adjustment}, 120),
    ],
)
def test_as_many_operations_as_in_tensorflow_1(shape, arguments, operations):
    x = tf.placeholder(tf.float32, shape)
    if arguments["training"] is None:
        arguments = {**arguments, "training": tf.placeholder(tf.bool, [])}
    tf.layers.batch_normalization(x, **arguments)
    assert seeds.operations(tf.get_default_graph()) == operations


def test_variables_and_their_collections():
    tf.layers.batch_normalization(tf.placeholder(tf.float32, [None, 3]), training=True)
    assert [v.name for v in tf.global_variables()] == [
        "batch_normalization/gamma:0",
        "batch_normalization/beta:0",
        "batch_normalization/moving_mean:0",
        "batch_normalization/moving_variance:0",
    ]
    assert len(tf.trainable_variables()) == 2


def test_errors_say_what_to_do():
    x = tf.placeholder(tf.float32, [None, 3])
    with pytest.raises(ValueError, match="which have 2"):
        tf.layers.batch_normalization(x, axis=2)
    with pytest.raises(ValueError, match="Give the placeholder a shape"):
        tf.layers.batch_normalization(tf.placeholder(tf.float32, [3, None]))
    with pytest.raises(ValueError, match=r"Remove \['max'\]"):
        tf.layers.batch_normalization(x, renorm=True, renorm_clipping={"max": 1.0})
    with pytest.raises(TypeError, match="axis='last'"):
        tf.layers.batch_normalization(x, axis="last")
