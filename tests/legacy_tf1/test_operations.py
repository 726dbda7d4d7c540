"""Reductions add as many operations as in TensorFlow 1.15.5, and give its numbers."""

import numpy as np
import pytest

import legacy_tf1.tensorflow as tf


def _added(make):
    graph = tf.get_default_graph()
    before = len(graph.get_operations())
    result = make()
    return [each.type for each in graph.get_operations()[before:]], result


@pytest.mark.parametrize("reduce", [tf.reduce_mean, tf.reduce_max, tf.reduce_sum])
def test_what_a_reduction_over_all_axes_adds(reduce):
    """The lists are TensorFlow 1.15.5's."""
    ranks = ["Const", "Const", "Const", "Range"]
    variable = tf.Variable(np.ones([2, 3], np.float32))
    types, result = _added(lambda: reduce(variable))
    assert (types[:-1], result.shape.as_list()) == (ranks, [])
    for value in ([1.0, 2.0], np.ones([2, 2], np.float32), 2.0):
        types, result = _added(lambda value=value: reduce(value))
        assert (types[:-1], result.shape.as_list()) == (
            ["Const", *ranks, "Const"],
            [],
        )
    for value in (tf.constant([1.0]), tf.constant(1.0)):
        assert _added(lambda value=value: reduce(value))[0][:-1] == ["Const"]
    unknown = tf.placeholder(tf.float32)
    assert _added(lambda: reduce(unknown))[0][:-1] == ["Rank", *ranks[1:]]


def test_numbers_drawn_after_a_variables_summaries():
    tf.set_random_seed(3)
    weights = tf.Variable(tf.ones([3]))
    mean = tf.reduce_mean(weights)
    tf.summary.scalar("mean", mean)
    tf.summary.scalar("stddev", tf.sqrt(tf.reduce_mean(tf.square(weights - mean))))
    tf.summary.scalar("max", tf.reduce_max(weights))
    drawn = tf.random_normal([2])
    with tf.Session() as session:
        # TensorFlow 1.15.5 prints these; the last digit is the processor's.
        np.testing.assert_allclose(
            session.run(drawn), [-0.4795586168766022, -1.4133555889129639], rtol=1e-6
        )
