"""Pictures in folders, a folder per class."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Literal

import numpy as np

from tfkit.data.dataset import Dataset, from_parts

_SUFFIXES = {".png", ".jpg", ".jpeg"}
# What folders of parts are called, and the part it is.
_PARTS = {
    "train": "train",
    "val": "dev",
    "validation": "dev",
    "dev": "dev",
    "test": "test",
}

ColorMode = Literal["rgb", "grayscale"]


def load_images(
    path: str | os.PathLike[str],
    *,
    image_size: tuple[int, int] | None = None,
    color_mode: ColorMode = "rgb",
) -> Dataset:
    """Loads pictures that lie in a folder per class: `path/cat/1.jpg`, `path/dog/2.png`.

    The folders' names are the classes. With the sub-folders `train` and `test` (and `dev`
    or `val`), each with the folders of the classes, those are the official parts.

    Args:
        path: The folder.
        image_size: Height and width to which every picture is resized (bilinear). None:
            all pictures must have one size.
        color_mode: "rgb" (3 channels) or "grayscale" (1 channel).

    Returns:
        The dataset, uint8 of shape `(examples, height, width, channels)`.

    Raises:
        ValueError: If there is no such folder, fewer than two classes with pictures, a
            damaged picture, or pictures of different sizes without `image_size`.

    Example:
        >>> import pathlib, tempfile
        >>> from PIL import Image
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> for name in ("cat", "dog"):
        ...     (folder / name).mkdir()
        ...     Image.new("RGB", (8, 6)).save(folder / name / "1.png")
        >>> load_images(folder).x.shape
        (2, 6, 8, 3)
    """
    path = Path(path).expanduser()
    if not path.is_dir():
        raise ValueError(f"No such folder: {str(path)!r}. Expected a folder per class.")
    folders = {p.name: p for p in sorted(path.iterdir()) if p.is_dir()}
    if "train" in folders and all(name in _PARTS for name in folders):
        roots = {_PARTS[name]: folder for name, folder in folders.items()}
    else:
        roots = {"train": path}
    files = {part: _pictures(root) for part, root in roots.items()}
    classes = sorted({name for found in files.values() for name in found})
    if len(classes) < 2:
        raise ValueError(
            f"{str(path)!r} must hold at least two sub-folders, one per class, with "
            f".png or .jpg pictures. Received: {', '.join(folders) or 'no sub-folder'}, "
            f"pictures in {len(classes)} of them."
        )
    parts = {}
    expected: np.ndarray | None = None
    for part in ("train", "dev", "test"):
        pictures, labels = [], []
        for name, paths in files.get(part, {}).items():
            for file in paths:
                picture = read_image(file, image_size=image_size, color_mode=color_mode)
                expected = picture if expected is None else expected
                if picture.shape != expected.shape:
                    raise ValueError(
                        f"Pictures of {str(path)!r} must have one size. Received: "
                        f"{expected.shape[:2]} and, in {str(file)!r}, {picture.shape[:2]}. "
                        "Pass image_size=(height, width), on the command line "
                        "`--image-size HEIGHT WIDTH`."
                    )
                pictures.append(picture)
                labels.append(classes.index(name))
        if pictures:
            parts[part] = (np.stack(pictures), np.array(labels, np.int64))
    return from_parts(str(path), parts, classes, description="Folder of pictures.")


def read_image(
    path: str | os.PathLike[str],
    *,
    image_size: tuple[int, int] | None = None,
    color_mode: ColorMode = "rgb",
) -> np.ndarray:
    """Reads one picture.

    Args:
        path: A `.png` or `.jpg` file.
        image_size: Height and width to resize to (bilinear). None: as it is.
        color_mode: "rgb" or "grayscale".

    Returns:
        uint8 of shape `(height, width, channels)`.

    Raises:
        ValueError: If the file is missing, damaged, or not a picture.

    Example:
        >>> import pathlib, tempfile
        >>> from PIL import Image
        >>> path = pathlib.Path(tempfile.mkdtemp(), "grey.png")
        >>> Image.new("L", (4, 2), color=7).save(path)
        >>> read_image(path, color_mode="grayscale").shape
        (2, 4, 1)
    """
    from PIL import Image

    if color_mode not in ("rgb", "grayscale"):
        raise ValueError(
            "`color_mode` must be 'rgb' or 'grayscale'. "
            f"Received: color_mode={color_mode!r}."
        )
    if image_size is not None and (len(image_size) != 2 or min(image_size) < 1):
        raise ValueError(
            "`image_size` must be (height, width), two ints >= 1. "
            f"Received: image_size={image_size!r}."
        )
    path = Path(path).expanduser()
    if not path.is_file():
        raise ValueError(
            f"No such file: {str(path)!r}. Expected a .png or .jpg picture."
        )
    try:
        # Pillow also warns of pictures large enough to be an attack on the memory.
        with warnings.catch_warnings(), Image.open(path) as file:
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image: Image.Image = file
            if file.mode.startswith("I"):
                # 16 bits a pixel, which Pillow would cut off at 255 instead of scaling.
                image = Image.fromarray((np.asarray(file) >> 8).astype(np.uint8))
            image = image.convert("RGB" if color_mode == "rgb" else "L")
            if image_size is not None:
                height, width = image_size
                image = image.resize((width, height), Image.Resampling.BILINEAR)
            picture = np.asarray(image, np.uint8)
    # SyntaxError is what Pillow raises for a broken PNG.
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombWarning) as error:
        raise ValueError(
            f"{str(path)!r} is not a whole .png or .jpg picture: it is damaged, cut short, "
            f"or of another format ({error})."
        ) from error
    return picture if picture.ndim == 3 else picture[..., np.newaxis]


def _pictures(root: Path) -> dict[str, list[Path]]:
    """Returns the sorted pictures of each class folder that has some."""
    found = {
        folder.name: sorted(
            p for p in folder.iterdir() if p.suffix.lower() in _SUFFIXES
        )
        for folder in sorted(root.iterdir())
        if folder.is_dir() and not folder.name.startswith(".")
    }
    return {name: paths for name, paths in found.items() if paths}
