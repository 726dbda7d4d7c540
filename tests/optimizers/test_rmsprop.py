import keras
import numpy as np
import pytest

from tfkit.optimizers import RMSprop


def reference(start, gradients, learning_rate, beta, epsilon):
    """Tieleman & Hinton 2012, epsilon outside the root as in the course."""
    w, s, path = start.copy(), np.zeros_like(start), []
    for dw in gradients:
        s = beta * s + (1 - beta) * dw**2
        w = w - learning_rate * dw / (np.sqrt(s) + epsilon)
        path.append(w)
    return np.stack(path)


# At 1e-6 and below the two places of epsilon lie far apart; see the test after it.
@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e-6, 1e-8])
def test_matches_the_formula(float64, problem, walk, scale):
    start, gradients = problem(50, scale=scale)
    np.testing.assert_allclose(
        walk(RMSprop(0.01), start, gradients),
        reference(start, gradients, 0.01, 0.9, 1e-8),
        rtol=1e-12,  # 50 steps of float64 rounding
    )


def test_matches_the_formula_in_float32(problem, walk):
    start, gradients = problem(100, scale=1e-6)
    gradients = gradients.astype(np.float32).astype(np.float64)
    np.testing.assert_allclose(
        walk(RMSprop(0.01), start, gradients),
        reference(start, gradients, 0.01, 0.9, 1e-8),
        # float32 rounds at 6e-8 of a weight near 1 in each of 100 steps.
        rtol=0,
        atol=1e-5,
    )


@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e-6])
def test_keras_convention_equals_keras(float64, problem, walk, scale):
    start, gradients = problem(50, scale=scale)
    ours = RMSprop(0.01, 0.9, epsilon=1e-7, convention="keras")
    np.testing.assert_allclose(
        walk(ours, start, gradients),
        walk(keras.optimizers.RMSprop(0.01, rho=0.9), start, gradients),
        rtol=1e-13,  # the same formula
    )


def test_place_of_epsilon_matters_for_small_gradients(float64, walk):
    gradients = np.full((1, 1), 1e-6)
    outside = walk(RMSprop(0.01, epsilon=1e-7), [0.0], gradients)
    inside = walk(RMSprop(0.01, epsilon=1e-7, convention="keras"), [0.0], gradients)
    # S = 1e-13: 1e-6 / (3.16e-7 + 1e-7) against 1e-6 / sqrt(1e-13 + 1e-7).
    expected = -0.01 * 1e-6 / (np.sqrt(1e-13) + 1e-7)
    np.testing.assert_allclose(outside[0], expected, rtol=1e-13)
    expected = -0.01 * 1e-6 / np.sqrt(1e-13 + 1e-7)
    np.testing.assert_allclose(inside[0], expected, rtol=1e-13)
    assert outside[0] / inside[0] > 100


def test_zero_gradient_changes_nothing(walk):
    np.testing.assert_array_equal(walk(RMSprop(0.1), [1.0], np.zeros((3, 1))), 1.0)


def test_gradients_at_which_epsilon_begins_to_matter(float64, walk):
    def first_step(gradient, **options):
        # beta = 0: S is the squared gradient, a step without epsilon is the rate.
        return -walk(RMSprop(1.0, 0.0, **options), [0.0], [[gradient]])[0, 0]

    stock = first_step(3e-4, epsilon=1e-7, convention="keras")
    assert stock == pytest.approx(0.69, abs=0.01)
    assert first_step(1e-8) == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize("epsilon", [0.0, -1e-8, float("inf")])
def test_refuses_a_bad_epsilon(epsilon):
    with pytest.raises(
        ValueError, match=r"`epsilon` must be a finite number > 0\. Received: epsilon="
    ):
        RMSprop(0.1, epsilon=epsilon)


def test_refuses_a_bad_beta():
    with pytest.raises(ValueError, match=r"`beta` must be in \[0, 1\).*beta=1\.0"):
        RMSprop(0.1, 1.0)


def test_refuses_an_unknown_convention():
    with pytest.raises(ValueError, match=r"`convention` must be.*Received: conv"):
        RMSprop(0.1, convention="hinton")


def test_refuses_float16_variables_in_which_epsilon_is_zero(walk):
    with pytest.raises(ValueError, match=r"`epsilon` must not round to zero.*1e-08"):
        walk(RMSprop(0.1), [1.0], [[1.0]], dtype="float16")
