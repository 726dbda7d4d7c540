import numpy as np
import pytest
from scipy import stats

from tfkit.diagnose.distribution_shift.classes import (
    class_tests,
    labels_of,
    paired_classes,
)


def counts_of(a, b, class_names=None):
    return paired_classes(a, b, (len(a), len(b)), class_names, ("train", "dev"))


def test_shares_are_compared_together_and_one_by_one():
    a, b = np.repeat([0, 1, 2], [50, 30, 20]), np.repeat([0, 1, 2], [40, 25, 45])
    tests = class_tests(counts_of(a, b))
    together = stats.chi2_contingency([[50, 30, 20], [40, 25, 45]]).pvalue
    alone = stats.chi2_contingency([[20, 80], [45, 65]]).pvalue
    # The smaller of both, doubled; Holm's factor for the smallest of three is 3.
    assert tests.p_value == pytest.approx(2 * min(together, 3 * alone), rel=1e-12)
    name, share_a, share_b, p = next(tests.by_p_value())
    assert (name, share_a, share_b) == ("2", 0.2, 45 / 110)
    assert p == pytest.approx(6 * alone, rel=1e-12)


@pytest.mark.parametrize(
    "labels", [[0, 1, 2], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[0.0], [1.0], [2.0]]]
)
def test_forms_of_labels(labels):
    np.testing.assert_array_equal(labels_of(labels, 3, "train"), [0, 1, 2])


def test_names_are_labels_too():
    assert counts_of(["cat", "dog"], ["dog", "fox"]).names == ("cat", "dog", "fox")
    assert counts_of([0, 1], [1, 1], ["cat", "dog"]).names == ("cat", "dog")


@pytest.mark.parametrize(
    ("a", "b", "names", "message"),
    [
        ([0.5, 1.0], [0, 1], None, "class numbers or names"),
        ([[1, 1], [0, 1]], [0, 1], None, "one class for each"),
        ([0, 1], ["a", "b"], None, "names in both"),
        ([0, 2], [0, 1], ["x", "y"], "`class_names`"),
        (list(range(1001)), [0, 1], None, "at most 1000 classes"),
    ],
)
def test_what_is_no_label_is_refused(a, b, names, message):
    with pytest.raises(ValueError, match=message):
        counts_of(a, b, names)
