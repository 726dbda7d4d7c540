"""Folders of pictures, whole and damaged."""

import numpy as np
import pytest
from PIL import Image

from tfkit.data import load_images, read_image


def save(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)
    return path


@pytest.fixture
def pictures():
    return np.random.default_rng(0).integers(0, 256, (6, 5, 4, 3), "uint8")


@pytest.fixture
def folder(tmp_path, pictures):
    root = tmp_path / "animals"
    for i, picture in enumerate(pictures):
        save(root / ("cat", "dog")[i % 2] / f"{i}.png", picture)
    return root


def test_folders_are_classes(folder, pictures):
    (folder / "cat" / "notes.txt").write_text("not a picture")
    dataset = load_images(folder)
    assert dataset.class_names == ("cat", "dog")
    assert dataset.y.tolist() == [0, 0, 0, 1, 1, 1]
    assert dataset.x.dtype == np.uint8
    # PNG is exact.
    np.testing.assert_array_equal(dataset.x, pictures[[0, 2, 4, 1, 3, 5]])
    assert dataset.splits is None


def test_train_and_test_folders_are_official_parts(tmp_path, pictures):
    for i, part in enumerate(("train", "train", "val", "val", "test", "test")):
        save(tmp_path / part / ("cat", "dog")[i % 2] / "1.png", pictures[i])
    dataset = load_images(tmp_path)
    assert {k: v.tolist() for k, v in dataset.splits.items()} == {
        "train": [0, 1],
        "dev": [2, 3],
        "test": [4, 5],
    }
    np.testing.assert_array_equal(dataset.x, pictures)


def test_jpeg_grayscale_and_size(folder):
    picture = np.full((8, 8, 3), 100, "uint8")
    save(folder / "dog" / "big.JPEG", picture)
    dataset = load_images(folder, image_size=(8, 8), color_mode="grayscale")
    assert dataset.shape == (8, 8, 1)
    # JPEG of an even grey may be off by a level.
    np.testing.assert_allclose(dataset.x[-1], 100, atol=1)


def test_16_bits_a_pixel_are_scaled_to_8(tmp_path):
    pixels = (np.arange(256, dtype="uint16") * 257).reshape(16, 16)
    picture = read_image(save(tmp_path / "deep.png", pixels), color_mode="grayscale")
    # 257 = 65535 / 255: pixel k of 16 bits is pixel k of 8.
    np.testing.assert_array_equal(picture[..., 0], np.arange(256).reshape(16, 16))


def test_read_image_resizes_as_pillow_does(folder, pictures):
    picture = read_image(folder / "cat" / "0.png", image_size=(10, 8))
    expected = Image.fromarray(pictures[0]).resize((8, 10), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(picture, np.asarray(expected))


def test_refuses_pictures_of_different_sizes(folder):
    save(folder / "dog" / "big.png", np.zeros((9, 9, 3), "uint8"))
    with pytest.raises(
        ValueError, match=r"one size.*\(5, 4\).*big\.png', \(9, 9\).*--image-size"
    ):
        load_images(folder)


def test_refuses_damaged_and_foreign_pictures(folder, cut_short):
    random = np.random.default_rng(0).integers(0, 256, (64, 64, 3), "uint8")
    for name in ("cut.png", "cut.jpg"):
        path = cut_short(save(folder / "cat" / name, random))
        with pytest.raises(ValueError, match=rf"{name}' is not a whole .*truncated"):
            load_images(folder, image_size=(5, 4))
        path.unlink()
    (folder / "cat" / "text.png").write_text("hello")
    with pytest.raises(
        ValueError, match=r"text\.png' is not a whole .*cannot identify"
    ):
        load_images(folder)


def test_refuses_folders_without_classes(tmp_path, pictures):
    with pytest.raises(ValueError, match=r"No such folder"):
        load_images(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"two sub-folders.*no sub-folder"):
        load_images(tmp_path)
    save(tmp_path / "only" / "1.png", pictures[0])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"Received: empty, only, pictures in 1"):
        load_images(tmp_path)


def test_read_image_refuses(tmp_path, folder):
    picture = folder / "cat" / "0.png"
    with pytest.raises(ValueError, match=r"No such file: .*none\.png"):
        read_image(tmp_path / "none.png")
    with pytest.raises(ValueError, match=r"`color_mode` must be.*'cmyk'"):
        read_image(picture, color_mode="cmyk")
    with pytest.raises(ValueError, match=r"`image_size` must be.*\(0, 4\)"):
        read_image(picture, image_size=(0, 4))
