"""NumPy archives, whole, damaged and foreign."""

import numpy as np
import pytest

from tfkit.data import load_npz

X, Y = np.arange(12.0).reshape(6, 2), np.array([0, 1, 2, 0, 1, 2])


def write(path, **arrays):
    np.savez(path, **arrays)
    return path


def test_one_pair(tmp_path):
    dataset = load_npz(write(tmp_path / "a.npz", X=X, y=np.array(list("abcabc"))))
    assert dataset.class_names == ("a", "b", "c")
    assert dataset.y.tolist() == Y.tolist()
    assert dataset.x.dtype == np.float32
    assert dataset.splits is None


def test_official_parts_as_in_keras_mnist_npz(tmp_path):
    x = X.astype("uint8")
    path = write(tmp_path / "a.npz", x_train=x, y_train=Y, x_test=x[:3], y_test=Y[:3])
    dataset = load_npz(path)
    assert dataset.x.dtype == np.uint8
    assert dataset.splits["train"].tolist() == list(range(6))
    assert dataset.splits["test"].tolist() == [6, 7, 8]


@pytest.mark.parametrize("dtype", ["int16", "uint16", "int64", "bool", "float64"])
def test_all_but_bytes_become_float32(tmp_path, dtype):
    dataset = load_npz(write(tmp_path / "a.npz", x=X.astype(dtype), y=Y))
    assert dataset.x.dtype == np.float32
    np.testing.assert_array_equal(dataset.x, X.astype(dtype))


@pytest.mark.parametrize("dev", ["val", "dev"])
def test_a_dev_part_by_either_name(tmp_path, dev):
    parts = {"x_train": X, "y_train": Y, f"x_{dev}": X[:2], f"y_{dev}": Y[:2]}
    assert load_npz(write(tmp_path / "a.npz", **parts)).splits["dev"].tolist() == [6, 7]


def test_class_names_keep_the_numbers(tmp_path):
    path = write(tmp_path / "a.npz", x=X, y=Y, class_names=["z", "y", "x", "unseen"])
    dataset = load_npz(path)
    assert dataset.class_names == ("z", "y", "x", "unseen")
    assert dataset.y.tolist() == Y.tolist()


def test_refuses_damaged_and_foreign_files(tmp_path, cut_short, foreign):
    whole = write(
        tmp_path / "whole.npz", x=np.random.default_rng(0).random((50, 9)), y=Y
    )
    with pytest.raises(ValueError, match=r"whole\.npz' is not a whole NumPy archive"):
        load_npz(cut_short(whole))
    with pytest.raises(
        ValueError, match=r"other\.npz' is not a whole.*or no NumPy data"
    ):
        load_npz(foreign("other.npz"))
    with pytest.raises(ValueError, match=r"No such file: .*nowhere\.npz"):
        load_npz(tmp_path / "nowhere.npz")
    np.save(tmp_path / "single.npy", X)
    (tmp_path / "single.npy").rename(tmp_path / "single.npz")
    with pytest.raises(ValueError, match=r"single\.npz'.*a single array"):
        load_npz(tmp_path / "single.npz")
    (tmp_path / "empty.npz").write_bytes(b"")
    with pytest.raises(ValueError, match=r"empty\.npz' is not a whole NumPy archive"):
        load_npz(tmp_path / "empty.npz")


def test_refuses_a_damaged_member(tmp_path):
    path = write(tmp_path / "a.npz", x=X, y=Y)
    data = bytearray(path.read_bytes())
    # Inside the first array's numbers, where the archive's checksum notices.
    data[200] ^= 255
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"a\.npz' is not a whole NumPy archive.*CRC"):
        load_npz(path)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": X, "b": Y}, r"must hold x and y.*Received: a \(6, 2\), b \(6,\)"),
        ({"x_test": X, "y_test": Y}, r"must hold x and y.*x_test \(6, 2\)"),
        ({"x": X, "y": Y[:2]}, r"6 inputs and 2 labels"),
        ({"x": X, "y": Y + 0.5}, r"must be classes.*regression"),
        ({"x": X, "y": Y + 0.5, "class_names": ["a", "b"]}, r"integer class numbers"),
        ({"x": X.astype(object), "y": Y}, r"contents are Python objects"),
        ({"x": np.array(list("abcdef")), "y": Y}, r"must be numbers"),
    ],
)
def test_refuses_another_layout(tmp_path, arrays, message):
    with pytest.raises(ValueError, match=message):
        load_npz(write(tmp_path / "odd.npz", **arrays))
