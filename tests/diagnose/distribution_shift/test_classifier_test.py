import numpy as np
import pytest
from scipy import stats

from tfkit.diagnose.distribution_shift.classifier_test import (
    _out_of_fold_scores,
    _t_values,
    classifier_test,
)


def result_of(a, b, seed=0):
    return classifier_test(np.concatenate([a, b]), len(a), np.random.default_rng(seed))


def test_scores_are_those_of_the_other_folds():
    # Oracle: loops over folds with the means written out.
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(12, 3)).astype(np.float32)
    labels = np.array([[0, 1, 0, 1] * 3, [1, 0, 1, 0] * 3], np.float32).T
    slices = [slice(0, 4), slice(4, 8), slice(8, 12)]
    scores = _out_of_fold_scores(rows, labels, slices)
    for k in range(2):
        for part in slices:
            other = np.ones(12, bool)
            other[part] = False
            mean_b = rows[other & (labels[:, k] == 1)].mean(axis=0)
            mean_a = rows[other & (labels[:, k] == 0)].mean(axis=0)
            expected = (rows[part] - (mean_a + mean_b) / 2) @ (mean_b - mean_a)
            # float32, sums of a dozen numbers near 1
            np.testing.assert_allclose(scores[part, k], expected, atol=1e-5)


def test_t_values_are_students():
    generator = np.random.default_rng(0)
    scores = generator.normal(size=(30, 1))
    labels = (np.arange(30) < 12).astype(float)[:, None]
    student = stats.ttest_ind(scores[:12, 0], scores[12:, 0]).statistic
    # Ours divides by n, Student's by n - 2: only the order of permutations matters.
    expected = student * np.sqrt(30 / 28)
    np.testing.assert_allclose(_t_values(scores, labels), expected, rtol=1e-12)


@pytest.mark.parametrize("size", [6, 40])
def test_p_values_are_uniform_without_a_difference(size):
    # Below 0.2, above which permutations are saved: 150 cases, of which 30 are
    # expected and 47 or more have a probability of 0.1 %.
    small = 0
    for seed in range(150):
        generator = np.random.default_rng(seed)
        a, b = generator.standard_t(2, size=(2, size, 3))
        small += result_of(a, b, seed).p_value <= 0.2
    assert 12 <= small <= 47


def test_what_it_sees():
    generator = np.random.default_rng(0)
    a, b = generator.normal(size=(2, 400, 3))
    shifted = result_of(a, b + np.array([0.5, 0, 0]))
    assert (shifted.sees, shifted.p_value) == ("means", 0.001)
    # AUC of one normal feature shifted by d: Phi(d / sqrt(2)) = 0.638; the standard
    # error is 0.02.
    assert abs(shifted.auc - stats.norm.cdf(0.5 / np.sqrt(2))) < 0.06
    wider = result_of(a, b * np.array([2, 1, 1]))
    assert (wider.sees, wider.p_value) == ("means, variances and correlations", 0.001)


def test_outliers_and_repeated_columns_do_no_harm():
    generator = np.random.default_rng(0)
    a, b = generator.normal(size=(2, 100, 2))
    a[0] = 1e30
    found = result_of(np.repeat(a, 3, axis=1), np.repeat(b, 3, axis=1))
    assert np.isfinite(found.auc)
    assert found.p_value > 0.01


def test_nothing_to_learn_from():
    assert classifier_test(np.empty((4, 0)), 2, np.random.default_rng(0)).p_value == 1.0
