import keras
import numpy as np
import pytest

from tfkit.averages import ewa
from tfkit.optimizers import GradientDescent, Momentum


def reference(start, gradients, learning_rate, beta, corrected):
    w, v, path = start.copy(), np.zeros_like(start), []
    for t, dw in enumerate(gradients, start=1):
        v = beta * v + (1 - beta) * dw
        w = w - learning_rate * (v / (1 - beta**t) if corrected else v)
        path.append(w)
    return np.stack(path)


def test_matches_the_assignment(course_case):
    variables, gradients = course_case
    optimizer = Momentum(0.01, beta=0.9)
    optimizer.apply(list(gradients.values()), list(variables.values()))
    expected = {
        "W1": [
            [1.62544598, -0.61290114, -0.52907334],
            [-1.07347112, 0.86450677, -2.30085497],
        ],
        "b1": [[1.74493465], [-0.76027113]],
        "W2": [
            [0.31930698, -0.24990073, 1.4627996],
            [-2.05974396, -0.32173003, -0.38320915],
            [1.13444069, -1.0998786, -0.1713109],
        ],
        "b2": [[-0.87809283], [0.04055394], [0.58207317]],
    }
    expected_v = {
        "W1": [
            [-0.11006192, 0.11447237, 0.09015907],
            [0.05024943, 0.09008559, -0.06837279],
        ],
        "b1": [[-0.01228902], [-0.09357694]],
        "W2": [
            [-0.02678881, 0.05303555, -0.06916608],
            [-0.03967535, -0.06871727, -0.08452056],
            [-0.06712461, -0.00126646, -0.11173103],
        ],
        "b2": [[0.02344157], [0.16598022], [0.07420442]],
    }
    for name, variable in variables.items():
        # Half a unit of the eighth printed decimal.
        np.testing.assert_allclose(variable, expected[name], rtol=0, atol=5.1e-9)
        v = optimizer.slot(variable, "momentum")
        np.testing.assert_allclose(v, expected_v[name], rtol=0, atol=5.1e-9)


@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9, 0.999])
def test_matches_the_formula(float64, problem, walk, beta, corrected):
    start, gradients = problem(50)
    optimizer = Momentum(0.1, beta=beta, bias_correction=corrected)
    # 50 steps of float64 rounding; 1 - beta**t loses three digits at beta = 0.999.
    np.testing.assert_allclose(
        walk(optimizer, start, gradients),
        reference(start, gradients, 0.1, beta, corrected),
        rtol=1e-12,
        atol=1e-12,
    )


def test_steps_along_the_average_that_ewa_gives(float64, problem, walk):
    start, gradients = problem(30)
    path = walk(Momentum(1.0, 0.9, bias_correction=True), start, gradients)
    steps = -np.diff(path, axis=0, prepend=start[None])
    # Differences of numbers near 10 keep about 1e-15.
    np.testing.assert_allclose(steps, ewa(gradients, 0.9), rtol=0, atol=1e-13)


# Keras casts 0.9 by way of float32, 2e-8 off; these two are exact there.
@pytest.mark.parametrize("beta", [0.5, 0.875])
def test_keras_convention_equals_keras(float64, problem, walk, beta):
    start, gradients = problem(30)
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    np.testing.assert_allclose(
        walk(Momentum(rate, beta, convention="keras"), start, gradients),
        walk(keras.optimizers.SGD(rate, momentum=beta), start, gradients),
        rtol=1e-14,  # the same operations; the scale multiplies by exactly 1
    )


def test_is_keras_with_a_smaller_rate(float64, problem, walk):
    start, gradients = problem(30)
    np.testing.assert_allclose(
        walk(Momentum(0.1, 0.875), start, gradients),
        walk(keras.optimizers.SGD(0.0125, momentum=0.875), start, gradients),
        rtol=1e-12,  # the same path in another order of operations
        atol=1e-14,
    )


def test_conventions_part_when_the_rate_changes(float64, problem, walk):
    start, gradients = problem(30)
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    small = keras.optimizers.schedules.ExponentialDecay(0.1 * (1 - 0.9), 10, 0.5)
    lecture = walk(Momentum(rate, 0.9), start, gradients)
    stock = walk(keras.optimizers.SGD(small, momentum=0.9), start, gradients)
    # Keras's velocity keeps the rates of the past. Well above rounding.
    assert np.abs(lecture - stock).max() > 1e-3


def test_beta_zero_is_gradient_descent(float64, problem, walk):
    start, gradients = problem(10)
    for corrected in (False, True):
        np.testing.assert_allclose(
            walk(Momentum(0.1, 0.0, bias_correction=corrected), start, gradients),
            walk(GradientDescent(0.1), start, gradients),
            rtol=1e-15,
        )


@pytest.mark.parametrize("beta", [1.0, -0.1, 1.5])
def test_refuses_a_beta_that_does_not_average(beta):
    with pytest.raises(ValueError, match=rf"`beta` must be in \[0, 1\).*beta={beta}"):
        Momentum(0.1, beta)


def test_refuses_a_beta_that_is_no_number():
    with pytest.raises(TypeError, match=r"`beta` must be a number.*Received: beta='a'"):
        Momentum(0.1, "a")


def test_refuses_an_unknown_convention():
    with pytest.raises(ValueError, match=r"`convention` must be.*convention='torch'"):
        Momentum(0.1, convention="torch")


def test_refuses_bias_correction_of_a_form_that_has_none():
    with pytest.raises(ValueError, match=r"`bias_correction` must be False"):
        Momentum(0.1, bias_correction=True, convention="keras")
