"""load finds the right loader, and refuses options that do not apply."""

import h5py
import numpy as np
import pytest
import scipy.io
from PIL import Image
from sklearn.datasets import load_digits

from tfkit.data import bundled, load
from tfkit.data.bundled import load_bundled


@pytest.mark.parametrize(
    ("name", "shape", "classes"),
    [
        ("digits", (1797, 8, 8, 1), 10),
        ("iris", (150, 4), 3),
        ("wine", (178, 13), 3),
        ("breast_cancer", (569, 30), 2),
    ],
)
def test_bundled_datasets(name, shape, classes):
    dataset = load(name)
    assert dataset.x.shape == shape
    assert dataset.x.dtype == np.float32
    assert dataset.y.dtype == np.int64
    assert dataset.num_classes == classes
    assert dataset.splits is None
    np.testing.assert_array_equal(dataset.x, load_bundled(name).x)


@pytest.mark.parametrize("found", [True, False])
def test_digits_are_those_of_scikit_learn(monkeypatch, found):
    # Read from its file, and through its function where the file is elsewhere.
    if not found:
        monkeypatch.setattr(bundled, "_digits_file", lambda: None)
    digits, expected = load("digits"), load_digits()
    np.testing.assert_array_equal(digits.x[..., 0], expected.images)
    np.testing.assert_array_equal(digits.y, expected.target)
    assert digits.class_names == tuple("0123456789")
    assert (digits.x.dtype, digits.y.dtype) == (np.float32, np.int64)


def test_digits_keep_their_range_and_counts():
    digits = load("digits")
    assert (digits.x.min(), digits.x.max()) == (0, 16)
    # The counts that scikit-learn's description lists, about 180 of each class.
    counts = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(digits.y).tolist() == counts


def test_examples_draws_at_random_by_seed():
    small = load("digits", examples=100, seed=1)
    assert small.examples == 100
    np.testing.assert_array_equal(small.x, load("digits", examples=100, seed=1).x)
    assert not np.array_equal(small.x, load("digits", examples=100, seed=2).x)


def test_finds_the_loader_by_suffix(tmp_path, table):
    x, y = table
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["train_set_x"], file["train_set_y"] = x, y
    scipy.io.savemat(tmp_path / "a.mat", {"X": x, "y": y})
    np.savez(tmp_path / "a.npz", x=x, y=y)
    rows = [
        f"{','.join(map(repr, map(float, row)))},{k}\n"
        for row, k in zip(x, y, strict=True)
    ]
    (tmp_path / "a.csv").write_text("a,b,c,d,kind\n" + "".join(rows))
    for suffix in ("h5", "mat", "npz", "csv"):
        dataset = load(tmp_path / f"a.{suffix}")
        np.testing.assert_array_equal(dataset.x, x)
        np.testing.assert_array_equal(dataset.y, y)
    assert load(tmp_path / "a.csv", label="kind").class_names == ("0", "1", "2")
    assert load(tmp_path / "a.npz", examples=7).examples == 7


def test_finds_a_folder_of_pictures(tmp_path):
    for i, name in enumerate(("cat", "dog")):
        (tmp_path / name).mkdir()
        Image.new("RGB", (6, 4), (i, 0, 0)).save(tmp_path / name / "1.png")
    assert load(tmp_path).shape == (4, 6, 3)
    assert load(tmp_path, image_size=(2, 2)).shape == (2, 2, 3)


@pytest.mark.parametrize(
    ("name", "option", "message"),
    [
        ("iris", {"label": "kind"}, r"`label` does not apply to 'iris'.*CSV files"),
        ("digits", {"image_size": (4, 4)}, r"`image_size` does not apply.*folders"),
        ("circles", {"data_dir": "x"}, r"`data_dir` does not apply.*TFDS sets"),
    ],
)
def test_refuses_options_of_other_sources(name, option, message):
    with pytest.raises(ValueError, match=message):
        load(name, **option)


def test_refuses_other_formats(tmp_path):
    path = tmp_path / "data.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(ValueError, match=r"must be a \.h5, \.mat.*suffix '\.parquet'"):
        load(path)
