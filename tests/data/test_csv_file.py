"""CSV tables, whole, damaged and foreign."""

import numpy as np
import pytest

from tfkit.data import load_csv

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
    "text", ["5.1,3.5,0\n4.9,3.0,1\n", "5.1,5.1,setosa\n4.9,3.0,virginica\n"]
)
def test_a_first_row_of_numbers_is_data(csv, text):
    dataset = load_csv(csv(text))
    assert dataset.examples == 2
    assert dataset.feature_names == ("0", "1")


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
        ("a,b,k\n1,2,x\n1,red,y\n", r"text in column 'b' \(such as 'red'|'2'\)"),
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
