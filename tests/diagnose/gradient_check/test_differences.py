"""Differences against closed forms, NumPy and the course's printed numbers."""

import numpy as np
import pytest

from tfkit.diagnose.gradient_check.differences import (
    central_differences,
    estimate_noise,
    judge_difference,
    pass_bar,
    refine_differences,
    relative_difference,
)


def course_problem():
    """The course's 47-parameter network: ReLU, ReLU, sigmoid; cross-entropy."""
    rng = np.random.RandomState(1)
    x, y = rng.randn(4, 3), np.array([1.0, 1.0, 0.0])
    shapes = [(5, 4), (5, 1), (3, 5), (3, 1), (1, 3), (1, 1)]
    return x, y, [rng.randn(*shape) for shape in shapes]


def course_forward(x, parameters):
    w1, b1, w2, b2, w3, b3 = parameters
    a1 = np.maximum(w1 @ x + b1, 0)
    a2 = np.maximum(w2 @ a1 + b2, 0)
    return a1, a2, 1 / (1 + np.exp(-(w3 @ a2 + b3)))


def course_cost(point):
    x, y, parameters = course_problem()
    parts = np.split(point, np.cumsum([p.size for p in parameters])[:-1])
    parameters = [q.reshape(p.shape) for q, p in zip(parts, parameters, strict=True)]
    _, _, a3 = course_forward(x, parameters)
    return float(np.sum(-np.log(a3) * y - np.log(1 - a3) * (1 - y)) / x.shape[1])


def course_gradient(*, buggy):
    x, y, parameters = course_problem()
    _, _, w2, _, w3, _ = parameters
    a1, a2, a3 = course_forward(x, parameters)
    m = x.shape[1]
    dz3 = a3 - y
    dz2 = (w3.T @ dz3) * (a2 > 0)
    dz1 = (w2.T @ dz2) * (a1 > 0)
    return [
        dz1 @ x.T / m,
        dz1.sum(axis=1, keepdims=True) * ((4 if buggy else 1) / m),
        dz2 @ a1.T / m * (2 if buggy else 1),
        dz2.sum(axis=1, keepdims=True) / m,
        dz3 @ a2.T / m,
        dz3.sum(axis=1, keepdims=True) / m,
    ]


def test_course_number_in_one_dimension():
    x, theta, epsilon = 2.0, 4.0, 1e-7
    approximation = ((theta + epsilon) * x - (theta - epsilon) * x) / (2 * epsilon)
    # Rounding noise of one fixed expression: the same to the last digit.
    difference = relative_difference([x], [approximation])
    assert difference == pytest.approx(2.919335883291695e-10, rel=1e-9)


def test_course_numbers_of_the_47_parameter_network():
    point = np.concatenate([p.ravel() for p in course_problem()[2]])
    numeric = central_differences(course_cost, point, epsilon=1e-7)

    def difference(buggy):
        gradient = np.concatenate([g.ravel() for g in course_gradient(buggy=buggy)])
        return relative_difference(gradient, numeric)

    # The published numbers agree to 9 digits; rounding noise of 1e-7 does the rest.
    assert difference(True) == pytest.approx(0.2850931567, abs=1e-8)
    # Published: 1.189e-7; it *is* rounding noise, so only its size is the same.
    assert difference(False) == pytest.approx(1.19e-7, rel=0.3)
    assert judge_difference(difference(True), 1e-7) == "bug"
    assert judge_difference(difference(False), 1e-7) == "fine"
    # At a step near the best one the noise is gone.
    near_best = central_differences(course_cost, point)
    gradient = np.concatenate([g.ravel() for g in course_gradient(buggy=False)])
    assert relative_difference(gradient, near_best) < 1e-8


@pytest.mark.parametrize("batch", [None, 2, 3, 64])
def test_differences_of_a_function_with_a_known_gradient(batch):
    point = np.array([0.3, -1.2, 50.0, 2.0])
    expected = [np.cos(0.3) - 1.2, 0.3, 100.0, 0.0]

    def function(p):
        return np.sin(p[..., 0]) + p[..., 0] * p[..., 1] + p[..., 2] ** 2

    found = central_differences(function, point, batch=batch)
    # h**2 / 6 and u |J| / h, J = 2500: 1e-9 for the coordinate near 50, 1e-7 else.
    np.testing.assert_allclose(found, expected, atol=5e-7)
    some = central_differences(function, point, indices=[2, 0], batch=batch)
    np.testing.assert_array_equal(some, found[[2, 0]])


def test_relative_difference_has_its_formula():
    rng = np.random.default_rng(0)
    g, a = rng.normal(size=(2, 7))
    expected = np.linalg.norm(g - a) / (np.linalg.norm(g) + np.linalg.norm(a))
    # One rounding each in sum and root.
    assert relative_difference(g, a) == pytest.approx(expected, rel=1e-14)
    split = relative_difference(
        [g[:3].reshape(3, 1), g[3:]], [a[:3].reshape(3, 1), a[3:]]
    )
    assert split == pytest.approx(expected, rel=1e-14)
    assert relative_difference(1e-200 * g, 1e-200 * a) == pytest.approx(expected)


def test_relative_difference_at_its_ends():
    assert relative_difference(np.zeros(3), np.zeros(3)) == 0
    assert relative_difference([1.0], [-1.0]) == 1
    assert np.isnan(relative_difference([np.nan], [1.0]))


@pytest.mark.parametrize(
    ("difference", "epsilon", "level"),
    [
        (1e-7, None, "fine"),
        (1.2e-7, None, "look closer"),
        (1.2e-7, 1e-7, "fine"),
        (2.1e-7, 1e-7, "look closer"),
        (1e-5, None, "look closer"),
        (1e-3, None, "bug"),
        (np.nan, None, "bug"),
        (1.2e-6, 1e-8, "fine"),
    ],
)
def test_bands(difference, epsilon, level):
    assert judge_difference(difference, epsilon) == level


def test_bar_grows_to_both_sides():
    # 2e-14 / 1e-9 and 0.01**2 / 10.
    assert pass_bar(1e-9) == pytest.approx(2e-5)
    assert pass_bar(1e-2) == pytest.approx(1e-5)


def test_kinks_are_told_from_curves():
    def function(p):
        # A kink at 0, one nearby, a curve, a straight line.
        return (
            np.maximum(p[0], 0) + np.abs(p[1]) + 30 * np.sin(3 * p[2]) + 2 * p[3]
        ).item()

    point = np.array([0.0, -3e-6, 0.4, 1.0])
    found = refine_differences(function, point)
    assert found.at_kink.tolist() == [True, False, False, False]
    assert found.crossed.tolist() == [False, True, False, False]
    # 2 u |J| / h at the smallest steps, J = 30: 1e-6.
    np.testing.assert_allclose(
        found.values[1:], [-1, 90 * np.cos(1.2), 2], rtol=0, atol=1e-5
    )
    allowed = found.agreeing([0.3, 7.0, 7.0, 7.0])
    assert allowed[0] == 0.3  # any slope from 0 to 1
    np.testing.assert_array_equal(allowed[1:], found.values[1:])
    assert found.agreeing([1.7, 0, 0, 0])[0] == pytest.approx(1.0, abs=1e-5)


def test_noise_is_that_of_the_function():
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(1000,))

    def single(p):
        # Rounded to 24 bits: u = 6e-8 of a number near 100.
        return float(np.float32(100 + p @ weights[: p.size]))

    def double(p):
        return float(100 + p @ weights[: p.size])

    assert 1e-6 < estimate_noise(lambda p: single(1e6 * p), np.zeros(5)) < 1e-4
    assert estimate_noise(double, np.zeros(5)) < 1e-12


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"epsilon": 0.0}, "`epsilon` must be a finite number > 0"),
        ({"indices": [3]}, "coordinates from 0 to 2"),
        ({"indices": [-1]}, "coordinates from 0 to 2"),
        ({"batch": 1}, "`batch` must be an int >= 2"),
        ({"batch": 8}, "one number a point"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        central_differences(lambda p: p.sum(), np.zeros(3), **arguments)


def test_other_bad_arguments():
    with pytest.raises(TypeError, match="array of real numbers"):
        central_differences(lambda p: 0.0, np.array(["a"]))
    with pytest.raises(ValueError, match="same shapes"):
        relative_difference(np.zeros(3), np.zeros(4))
