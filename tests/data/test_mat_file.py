"""MATLAB files, whole, damaged and foreign."""

import numpy as np
import pytest
import scipy.io

from tfkit.data import load_mat


def write(path, **arrays):
    scipy.io.savemat(path, arrays)
    return path


X, Y = np.arange(12.0).reshape(6, 2), np.array([[1], [2], [10], [1], [2], [10]])


def test_the_courses_file(shared_data):
    football = load_mat(shared_data("course/data.mat"))
    assert football.x.shape == (411, 2)
    # From the file's description: 211 to train (105 and 106), 200 used as the test set.
    assert np.bincount(football.y[football.splits["train"]]).tolist() == [105, 106]
    assert np.bincount(football.y[football.splits["test"]]).tolist() == [113, 87]


def test_labels_are_numbered_in_their_order(tmp_path):
    dataset = load_mat(write(tmp_path / "a.mat", X=X, y=Y))
    assert dataset.class_names == ("1", "2", "10")
    assert dataset.y.tolist() == [0, 1, 2, 0, 1, 2]
    assert dataset.splits is None
    np.testing.assert_array_equal(dataset.x, X)


def test_xval_is_the_dev_part_beside_xtest_and_else_the_test_part(tmp_path):
    two = load_mat(write(tmp_path / "two.mat", X=X, y=Y, Xval=X[:2], yval=Y[:2]))
    assert two.splits["test"].tolist() == [6, 7]
    arrays = {
        "X": X,
        "y": Y,
        "Xval": X[:2],
        "yval": Y[:2],
        "Xtest": X[3:],
        "ytest": Y[3:],
    }
    three = load_mat(write(tmp_path / "three.mat", **arrays))
    assert three.splits["dev"].tolist() == [6, 7]
    assert three.splits["test"].tolist() == [8, 9, 10]


def test_refuses_damaged_and_foreign_files(tmp_path, cut_short, foreign):
    whole = write(
        tmp_path / "whole.mat", X=np.random.default_rng(0).random((99, 9)), y=Y
    )
    with pytest.raises(ValueError, match=r"whole\.mat' is not a whole MATLAB file"):
        load_mat(cut_short(whole))
    with pytest.raises(ValueError, match=r"other\.mat' is not a whole MATLAB file"):
        load_mat(foreign("other.mat"))
    with pytest.raises(ValueError, match=r"No such file: .*nowhere\.mat"):
        load_mat(tmp_path / "nowhere.mat")


def test_refuses_version_7_3(tmp_path):
    path = tmp_path / "new.mat"
    # The header of a MATLAB 7.3 file: 116 bytes of text, 8 of offset, version 0x0200.
    header = b"MATLAB 7.3 MAT-file".ljust(116) + bytes(8) + b"\x00\x02IM"
    path.write_bytes(header + bytes(400))
    with pytest.raises(ValueError, match=r"new\.mat' is a MATLAB 7\.3 file.*'-v7'"):
        load_mat(path)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"A": X}, r"must hold X of shape.*Received: A \(6, 2\)"),
        ({"X": X, "y": Y[:2]}, r"6 inputs and 2 labels"),
        ({"X": X, "y": np.linspace(0, 1, 6)}, r"must be classes.*regression"),
        ({"X": X, "y": np.array(["a", "b"], object)}, r"y of .*array of numbers"),
        ({"X": X * np.nan, "y": Y}, r"column 0: 6 NaN; column 1: 6 NaN"),
    ],
)
def test_refuses_another_layout(tmp_path, arrays, message):
    with pytest.raises(ValueError, match=message):
        load_mat(write(tmp_path / "odd.mat", **arrays))
