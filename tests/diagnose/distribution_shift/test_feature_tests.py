import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tfkit.diagnose.distribution_shift.feature_tests import (
    column_tests,
    count_test,
    holm,
    standardized,
)
from tfkit.diagnose.distribution_shift.features import as_rows, compared_features


def columns_of(a, b):
    rows = as_rows(a, "a"), as_rows(b, "b")
    return column_tests(compared_features(*rows, None, ("a", "b")))


def test_a_continuous_column_is_three_tests():
    generator = np.random.default_rng(0)
    a, b = generator.normal(size=300), generator.normal(0.1, 1.3, size=200)
    middle = np.median(np.concatenate([a, b]))
    expected = 3 * min(
        stats.ks_2samp(a, b, method="asymp").pvalue,
        stats.mannwhitneyu(a, b).pvalue,
        stats.mannwhitneyu(abs(a - middle), abs(b - middle)).pvalue,
    )
    (column,) = columns_of(a, b)
    assert column.p_value == pytest.approx(expected, rel=1e-9)  # the same formulas
    assert column.distance == pytest.approx(stats.ks_2samp(a, b).statistic, rel=1e-12)


def test_small_samples_are_tested_exactly():
    # Of 20 ways to choose 3 of 6, 2 separate them fully: p = 0.1, times three.
    (column,) = columns_of(np.r_[:3.0], np.r_[10.0:13.0])
    exact = [0.1, stats.mannwhitneyu([0, 1, 2], [10, 11, 12]).pvalue]
    assert column.p_value <= 3 * min(exact) + 1e-12


def test_few_values_are_counted():
    a, b = np.repeat([0.0, 1.0], [30, 70]), np.repeat([0.0, 1.0], [55, 45])
    (column,) = columns_of(a, b)
    expected = stats.chi2_contingency([[30, 70], [55, 45]]).pvalue
    assert column.p_value == pytest.approx(expected, rel=1e-12)


def test_rare_values_are_counted_together():
    # 3 + 1 and 2 + 2 are expected less than five times; together they are not.
    a, b = np.array([50, 3, 2, 5]), np.array([50, 1, 2, 4])
    merged = stats.chi2_contingency([[50, 10], [50, 7]]).pvalue
    assert count_test(a, b) == pytest.approx(merged, rel=1e-12)
    exact = stats.fisher_exact([[1, 9], [3, 7]]).pvalue
    assert count_test(np.array([1, 9]), np.array([3, 7])) == pytest.approx(exact)


def test_constant_columns_are_left_out():
    generator = np.random.default_rng(0)
    a, b = generator.normal(size=(2, 50, 3))
    a[:, 1] = b[:, 1] = 4.0
    assert [column.name for column in columns_of(a, b)] == ["feature 0", "feature 2"]


def test_a_column_missing_in_one_set():
    a, b = np.ones((40, 1)), np.full((40, 1), np.nan)
    (column,) = columns_of(a, b)
    assert column.name == "feature 0 missing"
    assert column.p_value < 1e-10


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_the_closed_test_of_bonferroni(p_values):
    # Oracle: a hypothesis falls if Bonferroni rejects every set of them it belongs to.
    from itertools import combinations

    count = len(p_values)
    expected = [
        max(
            min(1.0, size * min(p_values[k] for k in chosen))
            for size in range(1, count + 1)
            for chosen in combinations(range(count), size)
            if i in chosen
        )
        for i in range(count)
    ]
    np.testing.assert_allclose(holm(p_values), expected, rtol=1e-12)


def test_standardized_difference():
    a, b = np.array([0.0, 2.0]), np.array([3.0, 5.0])
    assert standardized(a, b) == pytest.approx(3.0)  # both spreads are 1
    assert standardized(np.zeros(3), np.zeros(3)) == 0.0
    # Two constants: the spread of both together, 1/2.
    assert standardized(np.zeros(3), np.ones(3)) == pytest.approx(2.0)
