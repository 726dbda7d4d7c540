"""The small real datasets that scikit-learn brings along: no network, ever."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np

from tfkit.data.dataset import Dataset

_CREDIT = {
    "digits": "UCI optical recognition of handwritten digits, 8x8 pixels of 0 to 16.",
    "iris": "Fisher's iris, 1936: sepal and petal sizes in cm.",
    "wine": "UCI wine recognition: 13 chemical measurements.",
    "breast_cancer": "UCI breast cancer Wisconsin (diagnostic): 30 measurements.",
}


def load_bundled(name: str) -> Dataset:
    """Loads one of scikit-learn's own files.

    Args:
        name: "digits", "iris", "wine" or "breast_cancer".

    Returns:
        The dataset, float32. The digits have shape `(1797, 8, 8, 1)`, values 0 to 16.

    Example:
        >>> load_bundled("digits").x.shape
        (1797, 8, 8, 1)
    """
    if name == "digits" and (file := _digits_file()) is not None:
        table = np.loadtxt(file, delimiter=",", dtype=np.float32)
        return _digits(table[:, :-1], table[:, -1])
    # Takes seconds to import, and most of the package never needs it.
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    if name == "digits":
        return _digits(bunch.data, bunch.target)
    return Dataset(
        name,
        np.asarray(bunch.data, np.float32),
        np.asarray(bunch.target, np.int64),
        tuple(map(str, bunch.target_names)),
        description=_CREDIT[name],
        feature_names=tuple(map(str, bunch.feature_names)),
    )


def _digits(x: np.ndarray, y: np.ndarray) -> Dataset:
    return Dataset(
        "digits",
        np.asarray(x, np.float32).reshape(-1, 8, 8, 1),
        np.asarray(y, np.int64),
        tuple(map(str, range(10))),
        description=_CREDIT["digits"],
    )


def _digits_file() -> Path | None:
    """The digits' file in scikit-learn's folder, which is found without its import.

    64 pixels and the digit a row. A later release may keep it elsewhere: then None.
    """
    spec = importlib.util.find_spec("sklearn")
    if spec is None or spec.origin is None:
        return None
    file = Path(spec.origin).parent / "datasets" / "data" / "digits.csv.gz"
    return file if file.is_file() else None
