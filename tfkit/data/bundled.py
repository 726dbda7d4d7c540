"""The small real datasets that scikit-learn brings along: no network, ever."""

from __future__ import annotations

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
    # Takes seconds to import, and most of the package never needs it.
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    x = np.asarray(bunch.data, np.float32)
    if name == "digits":
        x = x.reshape(-1, 8, 8, 1)
    return Dataset(
        name,
        x,
        np.asarray(bunch.target, np.int64),
        tuple(map(str, bunch.target_names)),
        description=_CREDIT[name],
        feature_names=() if name == "digits" else tuple(map(str, bunch.feature_names)),
    )
