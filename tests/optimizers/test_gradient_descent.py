import keras
import numpy as np
import pytest

from tfkit.optimizers import GradientDescent


def test_matches_the_assignment(course_case):
    variables, gradients = course_case
    GradientDescent(0.01).apply(list(gradients.values()), list(variables.values()))
    expected = {
        "W1": [
            [1.63535156, -0.62320365, -0.53718766],
            [-1.07799357, 0.85639907, -2.29470142],
        ],
        "b1": [[1.74604067], [-0.75184921]],
        "W2": [
            [0.32171798, -0.25467393, 1.46902454],
            [-2.05617317, -0.31554548, -0.3756023],
            [1.1404819, -1.09976462, -0.1612551],
        ],
        "b2": [[-0.88020257], [0.02561572], [0.57539477]],
    }
    for name, value in expected.items():
        # Half a unit of the eighth printed decimal.
        np.testing.assert_allclose(variables[name], value, rtol=0, atol=5.1e-9)


def test_lecture_example_reaches_five(float64):
    w = keras.Variable(0.0, dtype="float64")
    optimizer = GradientDescent(0.01)
    optimizer.apply([2.0 * w - 10.0], [w])
    # Exact but for rounding, 1e-17 here.
    assert float(w) == pytest.approx(0.1, abs=1e-15)
    for _ in range(1000):
        optimizer.apply([2.0 * w - 10.0], [w])
    # 5 * (1 - 0.98**1001), the closed form; 4.99999 in the lecture.
    assert float(w) == pytest.approx(5 * (1 - 0.98**1001), abs=1e-12)
    assert f"{float(w):.15f}" == "4.999999991753459"


def test_equals_keras_sgd(float64, problem, walk):
    start, gradients = problem(20)
    ours = walk(GradientDescent(0.1), start, gradients)
    # The same two operations in the same order.
    np.testing.assert_array_equal(
        ours, walk(keras.optimizers.SGD(0.1), start, gradients)
    )


@pytest.mark.parametrize(
    ("learning_rate", "error"),
    [(-0.1, ValueError), (float("nan"), ValueError), ("0.1", TypeError)],
)
def test_refuses_a_bad_learning_rate(learning_rate, error):
    with pytest.raises(
        error,
        match=r"`learning_rate` must be a finite number >= 0\. Received: learning_rate=",
    ):
        GradientDescent(learning_rate)


def test_takes_an_int_as_keras_does_not():
    assert float(GradientDescent(1).learning_rate) == 1.0


def test_refuses_an_unknown_option():
    with pytest.raises(TypeError, match=r"among .*'clipnorm'.*Received: momentum=0\.9"):
        GradientDescent(0.1, momentum=0.9)
