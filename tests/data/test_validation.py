"""check_xy lets good data through and says what is wrong with bad data."""

import numpy as np
import pytest

from tfkit.data import check_xy
from tfkit.data.validation import encode_labels

X, Y = np.zeros((4, 2), "float32"), np.array([0, 1, 1, 0])


def changed(x, at, value):
    x = x.copy()
    x[at] = value
    return x


@pytest.mark.parametrize("x_dtype", ["float16", "float64", "uint8", "int64", "bool"])
@pytest.mark.parametrize("y_dtype", ["uint8", "int32", "int64"])
def test_accepts_numbers(x_dtype, y_dtype):
    check_xy(X.astype(x_dtype), Y.astype(y_dtype), name="good", num_classes=2)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (X[:0], Y[:0], r"'mine' must have at least one example.*x\.shape=\(0, 2\)"),
        (X[:3], Y, r"'mine' must have the same length.*3 inputs and 4 labels"),
        (X.astype(object), Y, r"must be numbers.*x\.dtype=object"),
        (X.astype(str), Y, r"must be numbers.*x\.dtype=<U"),
        (X, Y[:, None], r"class numbers of shape \(examples,\).*y\.argmax"),
        (X, Y.astype("float32"), r"must be integer class numbers.*float32.*regression"),
        (X, Y.astype(object), r"must be integer class numbers.*object"),
        (X, Y - 1, r"must be from 0 to 1\. Received: labels from -1 to 0"),
        (X, Y + 1, r"must be from 0 to 1\. Received: labels from 1 to 2"),
        (X, Y * 0, r"at least two classes.*class 0 for all 4 examples"),
        (changed(X, (1, 1), np.nan), Y, r"must be finite.*column 1: 1 NaN\."),
        (changed(X, (1, 1), np.inf), Y, r"column 1: 1 infinite\."),
        (
            changed(changed(X, np.s_[:, 0], np.nan), (2, 0), -np.inf),
            Y,
            r"column 0: 3 NaN, 1 infinite\.",
        ),
        (
            changed(np.zeros((4, 2, 3, 1)), (0, 1, 2, 0), np.nan),
            Y,
            r"position \(1, 2, 0\): 1 NaN",
        ),
        (np.full((4, 20), np.nan), Y, r"column 7: 4 NaN; and 12 more"),
        (changed(X[:, 0], 3, np.nan), Y, r"column 0: 1 NaN"),
    ],
)
def test_refuses_and_names_the_fault(x, y, message):
    with pytest.raises(ValueError, match=message):
        check_xy(x, y, name="mine", num_classes=2)


def test_names_the_columns():
    with pytest.raises(ValueError, match=r"column 'width': 1 NaN"):
        check_xy(changed(X, (0, 1), np.nan), Y, feature_names=("height", "width"))


def test_labels_without_a_number_of_classes():
    check_xy(X, np.array([0, 5, 9, 9]))
    with pytest.raises(
        ValueError, match=r"must be >= 0\. Received: labels from -1 to 0"
    ):
        check_xy(X, Y - 1)


def test_finds_the_last_of_many_examples():
    x = np.zeros((50_000, 1), "float32")
    x[-1] = np.nan
    with pytest.raises(ValueError, match=r"column 0: 1 NaN"):
        check_xy(x, np.arange(50_000) % 2)


@pytest.mark.parametrize(
    ("labels", "y", "names"),
    [
        (["b", "a", "b"], [1, 0, 1], ("a", "b")),
        ([10.0, 2.0, 10.0], [1, 0, 1], ("2", "10")),
        (np.array([3, 1, 3], "uint8"), [1, 0, 1], ("1", "3")),
        ([True, False, True], [1, 0, 1], ("False", "True")),
        (np.array(["b", "a"], object), [1, 0], ("a", "b")),
    ],
)
def test_encode_labels_numbers_classes_in_sorted_order(labels, y, names):
    encoded, found = encode_labels(labels, name="mine")
    assert encoded.dtype == np.int64
    assert encoded.tolist() == y
    assert found == names


def test_encode_labels_refuses_targets_and_gaps():
    with pytest.raises(ValueError, match=r"must be classes.*0\.5, 1\.0.*regression"):
        encode_labels([0.5, 1.0], name="mine")
    with pytest.raises(ValueError, match=r"must have a label.*1 missing"):
        encode_labels([np.nan, 1.0], name="mine")
