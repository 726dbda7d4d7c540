"""CSV tables, whole, damaged and foreign."""

import numpy as np
import pytest

from tfkit.data import load_csv
from tfkit.data.csv_file import read_table

GOOD = "height,width,kind\n1,2,oak\n3,4,elm\n5,6,oak\n"


@pytest.fixture
def csv(tmp_path):
    def write(text):
        path = tmp_path / "trees.csv"
        path.write_text(text)
        return path

    return write


def test_the_last_column_is_the_label(csv):
    dataset = load_csv(csv(GOOD))
    assert dataset.feature_names == ("height", "width")
    assert dataset.class_names == ("elm", "oak")
    assert dataset.x.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert dataset.x.dtype == np.float32
    assert dataset.y.tolist() == [1, 0, 1]


def test_another_column_as_label(csv):
    path = csv("kind,a,b\n7,1.5,2\n9,3,4\n")
    dataset = load_csv(path, label="kind")
    assert dataset.class_names == ("7", "9")
    assert dataset.feature_names == ("a", "b")


@pytest.mark.parametrize(
    ("text", "features"),
    [
        ("5.1,3.5,0\n4.9,3.0,1\n", 2),
        ("5.1,5.1,setosa\n4.9,3.0,virginica\n", 2),
        ("5.1,setosa\n4.9,virginica\n", 1),
        ("\ufeff5.1,3.5,0\n4.9,3.0,1\n", 2),
        # Counts up like names, but the label occurs again: XOR.
        ("0,1,yes\n0,0,no\n1,0,yes\n1,1,no\n", 2),
    ],
)
def test_a_first_row_of_numbers_is_data(csv, text, features):
    dataset = load_csv(csv(text))
    assert dataset.examples == text.count("\n")
    assert dataset.feature_names == tuple(map(str, range(features)))


@pytest.mark.parametrize("names", ["0,1,target", "0,1,2"])
def test_the_numbers_of_a_table_without_names_are_no_data(csv, names):
    dataset = load_csv(csv(names + "\n5.1,3.5,0\n4.9,3.0,1\n"))
    assert dataset.x.tolist() == np.float32([[5.1, 3.5], [4.9, 3.0]]).tolist()
    assert dataset.class_names == ("0", "1")


@pytest.mark.parametrize(
    ("text", "rows"),
    [("1\n2\n", 2), ("a\n2\n", 1), ("0,1\n2,3\n", 2), ("0,1,2\n2,3,4\n", 1)],
)
def test_a_table_without_labels_keeps_its_first_row(csv, text, rows):
    assert len(read_table(csv(text), labelled=False)) == rows


def test_wine_as_scikit_learn_ships_it_as_text(csv, tmp_path):
    from sklearn.datasets import load_wine

    wine = load_wine(as_frame=True)
    wine.frame.to_csv(tmp_path / "wine.csv", index=False)
    dataset = load_csv(tmp_path / "wine.csv")
    # float64 text read back and rounded to float32.
    np.testing.assert_array_equal(dataset.x, wine.data.to_numpy("float32"))
    np.testing.assert_array_equal(dataset.y, wine.target)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"trees\.csv' must be a table.*No columns"),
        ("a,b\n", r"Received: 2 columns and no row"),
        ("a;b\n1;2\n", r"Received: 1 column\. Are the columns separated by commas"),
        ("a,b\n1,2\n1,2,3\n", r"rows of one length.*line 3"),
        # pandas alone would take the first column for an index.
        (
            "a,b,k\n" + "1,2,3,x\n4,5,6,y\n" * 9,
            r"one length.*more values than .* names",
        ),
        # The first row has a missing value, and is a row all the same.
        ("1,,x\n1,2,y\n", r"must be finite.*column '1': 1 NaN"),
        (
            "a,b,k\n1,2,x\n1,red,y\n",
            r"text in column 'b' \(such as 'red' in row 2\)\. 1 other values .* correct",
        ),
        (
            "a,b,k\n1,blue,x\n1,red,y\n",
            r"column 'b' \(such as 'blue' in row 1\)\. Encode it as numbers, or name",
        ),
        ("a,b,k\n1,2,x\n1,,y\n", r"must be finite.*column 'b': 1 NaN"),
        ("a,b,k\n1,2,x\n1,2\n", r"must have a label.*1 missing in column 'k'"),
        ("a,b,k\n1,2,x\n1,inf,y\n", r"column 'b': 1 infinite"),
        ("a,b,k\n1,2,0.5\n1,2,1.5\n", r"must be classes.*regression"),
        ("a,b,k\n1,2,x\n1,2,x\n", r"at least two classes"),
    ],
)
def test_refuses_and_names_the_fault(csv, text, message):
    with pytest.raises(ValueError, match=message):
        load_csv(csv(text))


def test_refuses_an_unknown_label_column(csv):
    with pytest.raises(
        ValueError, match=r"label='typ'\. There are: height, width, kind"
    ):
        load_csv(csv(GOOD), label="typ")


def test_refuses_foreign_and_missing_files(foreign, tmp_path):
    with pytest.raises(ValueError, match=r"other\.csv' is not a CSV file in UTF-8"):
        load_csv(foreign("other.csv"))
    with pytest.raises(ValueError, match=r"No such file: .*nowhere\.csv"):
        load_csv(tmp_path / "nowhere.csv")


def test_refuses_a_table_cut_short(csv):
    with pytest.raises(ValueError, match=r"must have a label.*1 missing"):
        load_csv(csv(GOOD[: GOOD.index(",6,oak")]))
