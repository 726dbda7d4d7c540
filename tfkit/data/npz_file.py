"""NumPy archives: x and y, or x_train, y_train, x_test, y_test."""

from __future__ import annotations

import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

from tfkit.data.dataset import Dataset, as_inputs, from_parts
from tfkit.data.validation import encode_labels

# What archives call their parts, and the part it is.
_SUFFIXES = {
    "": "train",
    "_train": "train",
    "_dev": "dev",
    "_val": "dev",
    "_test": "test",
}


def load_npz(path: str | os.PathLike[str]) -> Dataset:
    """Loads a NumPy archive.

    It holds `x` and `y`, or `x_train` and `y_train` with, optionally, `x_val` (or
    `x_dev`), `x_test` and their labels, which are then the official parts; `X` is taken
    as `x`. An array `class_names` names the classes of integer labels from 0.

    Args:
        path: The `.npz` file.

    Returns:
        The dataset. Bytes stay uint8, other numbers become float32. Without
        `class_names` the classes are numbered in the order of their labels.

    Raises:
        ValueError: If the file is missing, damaged or of another layout.

    Example:
        >>> import numpy as np, pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "toy.npz")
        >>> np.savez(path, x=np.eye(3), y=np.array(["b", "a", "b"]))
        >>> load_npz(path).class_names
        ('a', 'b')
    """
    path = Path(path).expanduser()
    contents = read_arrays(path)
    lower = {key.lower(): value for key, value in contents.items()}
    pairs = {
        part: (lower[f"x{suffix}"], lower[f"y{suffix}"])
        for suffix, part in _SUFFIXES.items()
        if f"x{suffix}" in lower and f"y{suffix}" in lower
    }
    if "train" not in pairs:
        shapes = ", ".join(f"{key} {value.shape}" for key, value in contents.items())
        raise ValueError(
            f"{str(path)!r} must hold x and y, or x_train and y_train. "
            f"Received: {shapes or 'nothing'}."
        )
    labels = [np.ravel(y) for _, y in pairs.values()]
    if "class_names" in lower:
        y, names = np.concatenate(labels), tuple(map(str, lower["class_names"]))
        y = y.astype(np.int64) if y.dtype.kind in "biu" else y
    else:
        # All labels at once, so that a class has one number in every part.
        y, names = encode_labels(np.concatenate(labels), name=str(path))
    ends = np.cumsum([len(part) for part in labels])[:-1]
    parts = {
        part: (as_inputs(x), y_part)
        for (part, (x, _)), y_part in zip(pairs.items(), np.split(y, ends), strict=True)
    }
    return from_parts(str(path), parts, names, description="NumPy archive.")


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Reads all arrays of a NumPy archive.

    Args:
        path: The `.npz` file.

    Returns:
        The arrays by name.

    Raises:
        ValueError: If the file is missing, damaged, or no archive of plain arrays.
    """
    if not path.is_file():
        raise ValueError(
            f"No such file: {str(path)!r}. Expected a NumPy archive (.npz)."
        )
    try:
        # Opened here, because np.load leaves a damaged file open.
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if isinstance(archive, np.ndarray):
                raise ValueError("it is a single array (.npy)")
            return {key: archive[key] for key in archive.files}
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        reason = str(error) or type(error).__name__
        # NumPy takes every foreign file for a pickle, and would advise to allow pickles.
        if "allow_pickle" in reason:
            reason = "its contents are Python objects, or no NumPy data at all"
        raise ValueError(
            f"{str(path)!r} is not a whole NumPy archive of plain arrays: {reason}. "
            "Save it again with np.savez(path, x=..., y=...)."
        ) from error
