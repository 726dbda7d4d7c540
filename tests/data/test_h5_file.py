"""The course's HDF5 files, whole, damaged and foreign."""

import h5py
import numpy as np
import pytest

from tfkit.data import load_h5


def write(path, **arrays):
    with h5py.File(path, "w") as file:
        for key, value in arrays.items():
            file[key] = value
    return path


@pytest.fixture
def pictures():
    x = np.random.default_rng(0).integers(0, 256, (6, 4, 4, 3), "uint8")
    return x, np.array([0, 1, 2, 0, 1, 2])


def test_a_pair_keeps_its_official_test_part(tmp_path, pictures):
    x, y = pictures
    names = [b"zero", b"one", b"two"]
    write(tmp_path / "train_s.h5", train_set_x=x, train_set_y=y, list_classes=names)
    write(
        tmp_path / "test_s.h5", test_set_x=x[:2], test_set_y=y[:2], list_classes=names
    )
    dataset = load_h5(tmp_path / "train_s.h5")
    assert dataset.x.dtype == np.uint8
    assert dataset.class_names == ("zero", "one", "two")
    np.testing.assert_array_equal(dataset.x[dataset.splits["train"]], x)
    np.testing.assert_array_equal(dataset.x[dataset.splits["test"]], x[:2])
    assert load_h5(tmp_path / "test_s.h5").splits is None


def test_one_file_with_all_parts(tmp_path, pictures):
    x, y = pictures
    arrays = {f"{part}_set_x": x / 255 for part in ("train", "dev", "test")}
    arrays |= {f"{part}_set_y": y[None] for part in ("train", "dev", "test")}
    dataset = load_h5(write(tmp_path / "all.h5", **arrays))
    assert dataset.x.dtype == np.float32
    assert dataset.class_names == ("0", "1", "2")
    assert {k: v.tolist() for k, v in dataset.splits.items()} == {
        "train": list(range(6)),
        "dev": list(range(6, 12)),
        "test": list(range(12, 18)),
    }


def test_all_but_bytes_become_float32(tmp_path, pictures):
    x, y = pictures
    x = x.astype("int64") * 300
    dataset = load_h5(write(tmp_path / "a.h5", train_set_x=x, train_set_y=y))
    assert dataset.x.dtype == np.float32
    np.testing.assert_array_equal(dataset.x, x)


def test_the_courses_own_files(shared_data):
    cats = load_h5(shared_data("course/train_catvnoncat.h5"))
    assert cats.class_names == ("non-cat", "cat")
    # Counts from the files' description: 137 and 72 to train, 17 and 33 to test.
    assert np.bincount(cats.y[cats.splits["train"]]).tolist() == [137, 72]
    assert np.bincount(cats.y[cats.splits["test"]]).tolist() == [17, 33]
    signs = load_h5(shared_data("course/test_signs.h5"))
    assert signs.x.shape == (120, 64, 64, 3)
    assert signs.y[:10].tolist() == [0, 0, 0, 5, 1, 0, 3, 1, 5, 1]
    assert signs.class_names == ("0", "1", "2", "3", "4", "5")


def test_refuses_damaged_and_foreign_files(tmp_path, pictures, cut_short, foreign):
    x, y = pictures
    whole = write(tmp_path / "whole.h5", train_set_x=x, train_set_y=y)
    with pytest.raises(ValueError, match=r"whole\.h5' is not a whole HDF5 file.*trunc"):
        load_h5(cut_short(whole))
    with pytest.raises(ValueError, match=r"other\.h5' is not a whole HDF5 file"):
        load_h5(foreign("other.h5"))
    with pytest.raises(ValueError, match=r"No such file: .*nowhere\.h5"):
        load_h5(tmp_path / "nowhere.h5")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train_set_y": None}, r"must hold train_set_x and.*Received: train_set_x\."),
        ({"train_set_x": None}, r"must hold train_set_x and.*Received: train_set_y\."),
        ({"train_set_y": np.linspace(0, 1, 6)}, r"train_set_y of.*integer.*float64"),
        ({"train_set_y": np.zeros(6, int)}, r"at least one example|two classes"),
        ({"train_set_y": np.arange(3)}, r"train part of.*6 inputs and 3 labels"),
        ({"train_set_x": np.zeros((0, 4))}, r"train part.*at least one example"),
        ({"list_classes": [b"only"]}, r"from 0 to 0\. Received: labels from 0 to 2"),
    ],
)
def test_refuses_another_layout(tmp_path, pictures, change, message):
    x, y = pictures
    arrays = {"train_set_x": x, "train_set_y": y} | change
    path = tmp_path / "odd.h5"
    write(path, **{key: value for key, value in arrays.items() if value is not None})
    with pytest.raises(ValueError, match=message):
        load_h5(path)
