"""The course's HDF5 files: train_set_x, train_set_y, list_classes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from tfkit.data.dataset import Dataset, as_inputs, from_parts

_PARTS = ("train", "dev", "test")
_EXPECTED = (
    "train_set_x and train_set_y and/or test_set_x and test_set_y, with list_classes "
    "if there are names"
)


def load_h5(path: str | os.PathLike[str]) -> Dataset:
    """Loads HDF5 data in the course's layout.

    A part lies in `<part>_set_x` of shape `(examples, ...)` and `<part>_set_y` of
    `examples` class numbers (part: train, dev or test), the names of the classes in
    `list_classes`. A file called `train_*.h5` takes its neighbour `test_*.h5` along, as
    the course's pairs are meant: its examples become the official test part.

    Args:
        path: The file; of a pair the `train_` one. (`test_*.h5` is loaded alone.)

    Returns:
        The dataset. Bytes (pictures) stay uint8, other numbers become float32.

    Raises:
        ValueError: If a file is missing, damaged, or of another layout; the message names
            it and tells what it holds.

    Example:
        >>> import h5py, numpy as np, pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "toy.h5")
        >>> with h5py.File(path, "w") as file:
        ...     file["train_set_x"] = np.zeros((4, 8, 8, 3), "uint8")
        ...     file["train_set_y"] = np.array([0, 1, 0, 1])
        ...     file["list_classes"] = [b"other", b"cat"]
        >>> load_h5(path).class_names
        ('other', 'cat')
    """
    path = Path(path).expanduser()
    contents = _read(path)
    if path.name.startswith("train_"):
        neighbour = path.with_name("test_" + path.name.removeprefix("train_"))
        if neighbour.exists():
            # The training file's list of classes rules.
            contents = {**_read(neighbour), **contents}
    parts = {
        part: (contents[f"{part}_set_x"], contents[f"{part}_set_y"])
        for part in _PARTS
        if f"{part}_set_x" in contents
    }
    classes = max(int(y.max()) for _, y in parts.values()) + 1
    names = contents.get("list_classes")
    return from_parts(
        str(path),
        parts,
        tuple(map(_text, names))
        if names is not None
        else tuple(map(str, range(classes))),
        description="HDF5 file in the course's layout.",
    )


def _read(path: Path) -> dict[str, np.ndarray]:
    # HDF5's library takes a while to start.
    import h5py

    if not path.is_file():
        raise ValueError(f"No such file: {str(path)!r}. Expected an HDF5 file.")
    try:
        with h5py.File(path) as file:
            found = list(file)
            wanted = [f"{part}_set_{xy}" for part in _PARTS for xy in "xy"]
            contents = {
                key: np.asarray(file[key][()])
                for key in (*wanted, "list_classes")
                if key in file and isinstance(file[key], h5py.Dataset)
            }
    except (OSError, RuntimeError) as error:
        raise ValueError(
            f"{str(path)!r} is not a whole HDF5 file: it is damaged, cut short, or of "
            f"another format ({error}). Download or export it again."
        ) from error
    complete = [p for p in _PARTS if {f"{p}_set_x", f"{p}_set_y"} <= contents.keys()]
    if not complete or len(complete) * 2 + ("list_classes" in contents) != len(
        contents
    ):
        raise ValueError(
            f"{str(path)!r} must hold {_EXPECTED}. Received: {', '.join(found) or 'nothing'}."
        )
    for part in complete:
        x, y = contents[f"{part}_set_x"], contents[f"{part}_set_y"]
        if x.size == 0 or y.size == 0:
            raise ValueError(
                f"The {part} part of {str(path)!r} must have at least one example. "
                f"Received: shapes {x.shape} and {y.shape}."
            )
        if y.dtype.kind not in "biu":
            raise ValueError(
                f"{part}_set_y of {str(path)!r} must hold integer class numbers. "
                f"Received: {y.dtype}. Regression targets are not supported."
            )
        contents[f"{part}_set_x"] = as_inputs(x)
        # The course's helper returns (1, m) labels, and some files store them so.
        contents[f"{part}_set_y"] = y.reshape(-1).astype(np.int64)
    return contents


def _text(name: Any) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
