"""The course's MATLAB files: X, y, Xval, yval."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from tfkit.data.dataset import Dataset, from_parts
from tfkit.data.validation import encode_labels


def load_mat(path: str | os.PathLike[str]) -> Dataset:
    """Loads a MATLAB file with `X` and `y`, and optionally `Xval`, `yval`, `Xtest`, `ytest`.

    `Xtest` is the official test part and `Xval` the official dev part; where there is no
    `Xtest`, `Xval` is the test part, as the course uses its data.mat.

    Args:
        path: A file of MATLAB's versions 4 to 7.2.

    Returns:
        The dataset, float32. Classes are numbered from 0 in the order of their labels.

    Raises:
        ValueError: If the file is missing, damaged or of another layout.

    Example:
        >>> import numpy as np, pathlib, scipy.io, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "toy.mat")
        >>> scipy.io.savemat(path, {"X": np.eye(3), "y": np.array([[1], [2], [1]])})
        >>> load_mat(path).class_names
        ('1', '2')
    """
    # Takes a while to import.
    import scipy.io

    path = Path(path).expanduser()
    if not path.is_file():
        raise ValueError(f"No such file: {str(path)!r}. Expected a MATLAB file.")
    try:
        contents = scipy.io.loadmat(path)
    except NotImplementedError as error:
        raise ValueError(
            f"{str(path)!r} is a MATLAB 7.3 file. Expected version 4 to 7.2: save it again "
            "in MATLAB with save(..., '-v7')."
        ) from error
    # scipy lets whatever its parser trips over through: struct, zlib, index errors.
    except Exception as error:
        raise ValueError(
            f"{str(path)!r} is not a whole MATLAB file: it is damaged, cut short, or of "
            f"another format ({error}). Download or export it again."
        ) from error
    found = {key: value for key, value in contents.items() if not key.startswith("__")}
    has_test = {"Xtest", "ytest"} <= found.keys()
    keys = {"train": ("X", "y"), "dev" if has_test else "test": ("Xval", "yval")}
    if has_test:
        keys["test"] = ("Xtest", "ytest")
    present = {part: pair for part, pair in keys.items() if set(pair) <= found.keys()}
    if "train" not in present:
        shapes = ", ".join(f"{k} {np.shape(v)}" for k, v in found.items())
        raise ValueError(
            f"{str(path)!r} must hold X of shape (examples, features) and y of as many "
            f"labels. Received: {shapes or 'nothing'}."
        )
    for pair in present.values():
        for key in pair:
            if np.asarray(found[key]).dtype.kind not in "buif":
                raise ValueError(
                    f"{key} of {str(path)!r} must be an array of numbers. "
                    f"Received: {np.asarray(found[key]).dtype}."
                )
    # All labels at once, so that a class has one number in every part.
    labels = [np.ravel(found[key]) for _, key in present.values()]
    y, names = encode_labels(np.concatenate(labels), name=str(path))
    ends = np.cumsum([len(part) for part in labels])[:-1]
    parts = {
        part: (np.asarray(found[pair[0]], np.float32), y_part)
        for (part, pair), y_part in zip(present.items(), np.split(y, ends), strict=True)
    }
    return from_parts(str(path), parts, names, description="MATLAB file.")
