"""Costs of plain functions: values of many points, and both modes of derivatives."""

import numpy as np
import pytest
import tensorflow as tf

from tfkit.diagnose.gradient_check.cost import Cost

WEIGHT = np.arange(6.0).reshape(2, 3) / 7 - 0.3
BIAS = np.array([0.5, -0.25, 2.0])


def function(tensors):
    weight, bias = tensors
    return tf.reduce_sum(tf.tanh(weight) * bias)


def numpys(points):
    weight, bias = points[:, :6].reshape(-1, 2, 3), points[:, 6:]
    return (np.tanh(weight) * bias[:, None]).sum(axis=(1, 2))


@pytest.mark.parametrize("count", [1, 2, 50])
@pytest.mark.parametrize("loop", [False, True])
def test_values_of_many_points(count, loop):
    def looping(tensors):
        return tf.while_loop(
            lambda k, _: k < 1,
            lambda k, _: (k + 1, function(tensors)),
            (0, 0.0 * BIAS[0]),
        )[1]

    cost = Cost(looping if loop else function, [WEIGHT, BIAS], ["weight", "bias"])
    values, _, vectorized = cost.many()
    assert vectorized != loop
    points = np.random.default_rng(0).normal(size=(count, 9))
    # Sums of six float64 terms.
    np.testing.assert_allclose(values(points), numpys(points), rtol=1e-12)


def test_one_point_of_a_function_with_squeezed_axes():
    cost = Cost(lambda tensors: tf.norm(tensors[0]), [BIAS], ["bias"])
    values, _, _ = cost.many()
    np.testing.assert_allclose(values(BIAS[None]), [np.linalg.norm(BIAS)], rtol=1e-14)


def test_both_modes():
    cost = Cost(function, [WEIGHT, BIAS], ["weight", "bias"])
    expected = BIAS * (1 - np.tanh(WEIGHT) ** 2), np.tanh(WEIGHT).sum(axis=0)
    gradients, connected = cost.gradient(cost.values)
    assert connected == [True, True]
    for gradient, right in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(gradient, right, rtol=1e-13)
    tangents = [np.ones((2, 3)), np.array([1.0, 2.0, 3.0])]
    slope = sum((g * t).sum() for g, t in zip(expected, tangents, strict=True))
    assert cost.slope(cost.values, tangents) == pytest.approx(slope, rel=1e-13)
    along = cost.along(1, np.eye(3))
    assert along(np.array([0.0, 0.1, 0.0])) == pytest.approx(
        float(function([WEIGHT, BIAS + np.array([0, 0.1, 0])])), rel=1e-13
    )


def test_a_path_that_is_not_there():
    cost = Cost(lambda t: tf.reduce_sum(t[0]), [WEIGHT, BIAS], ["weight", "bias"])
    gradients, connected = cost.gradient(cost.values)
    assert connected == [True, False]
    np.testing.assert_array_equal(gradients[1], np.zeros(3))
