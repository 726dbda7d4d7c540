import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tfkit.diagnose import ErrorRate, error_rate

Z = 1.959963984540054  # 97.5 % point of the normal distribution


@given(errors=st.integers(0, 50), more=st.integers(1, 5000))
def test_interval_is_wilsons(errors, more):
    n = errors + more
    p = errors / n
    centre = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z * np.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
    rate = ErrorRate(errors, n)
    # Both are float64 evaluations of one formula; a handful of roundings apart.
    np.testing.assert_allclose(
        [rate.low, rate.high], [centre - half, centre + half], atol=1e-12
    )


def test_interval_is_scipys():
    for errors, n in ((0, 1), (1, 1), (7, 360), (359, 360), (50, 50)):
        interval = stats.binomtest(errors, n).proportion_ci(method="wilson")
        rate = ErrorRate(errors, n)
        np.testing.assert_allclose(
            [rate.low, rate.high], [interval.low, interval.high], atol=1e-12
        )


def test_wilson_1927_published_interval():
    # Newcombe 1998 (Statistics in Medicine 17:857-872), table I: 15/148, score method.
    rate = ErrorRate(15, 148)
    assert (round(rate.low, 4), round(rate.high, 4)) == (0.0624, 0.1605)


def test_no_error_is_not_certainty():
    # (0 + z^2/n) / (1 + z^2/n) at the upper end
    assert ErrorRate(0, 100).high == pytest.approx(Z**2 / (100 + Z**2), rel=1e-12)
    assert ErrorRate(0, 100).low == 0


def test_classes_and_probabilities():
    probabilities = [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]
    assert error_rate([0, 1, 1], probabilities) == ErrorRate(1, 3)
    assert error_rate([0, 1, 1], [0, 1, 0]) == ErrorRate(1, 3)


def test_a_sigmoid_unit_decides_at_one_half():
    # The largest of one probability would always be class 0.
    assert error_rate([0, 1, 1, 0], [[0.1], [0.8], [0.3], [0.5]]) == ErrorRate(1, 4)


def test_different_lengths():
    with pytest.raises(ValueError, match=r"same length. Received: shapes \(2,\)"):
        error_rate([0, 1], [0, 1, 1])


@pytest.mark.parametrize(("errors", "examples"), [(-1, 5), (6, 5), (0, 0)])
def test_impossible_counts(errors, examples):
    with pytest.raises(ValueError, match=f"Received: errors={errors}"):
        ErrorRate(errors, examples)


@pytest.mark.parametrize("answers", [[1, 0, 2], np.eye(3)])
def test_text_against_numbers_is_no_error_of_all(answers):
    with pytest.raises(ValueError, match=r"y_true.*name the classes alike|from 0 to 2"):
        error_rate(["one", "zero", "two"], answers)
    assert error_rate(["a", "b"], ["a", "a"]).errors == 1


def test_labels_that_no_column_stands_for():
    with pytest.raises(ValueError, match=r"from 0 to 2.*Number the classes from 0"):
        error_rate([1, 2, 3], np.eye(3))


def test_one_hot_labels_beside_probabilities():
    assert error_rate(np.eye(3)[[0, 1, 1]], np.eye(3)[[0, 1, 2]]).errors == 1
