"""`sklearn.preprocessing`: `Imputer`, and `OneHotEncoder(sparse=...)`."""

from __future__ import annotations

from typing import Any

import numpy as _np
from sklearn import preprocessing as _preprocessing
from sklearn.impute import SimpleImputer as _SimpleImputer

from legacy_tf1.compat import faces as _faces
from legacy_tf1.compat.libraries.sklearn._arguments import renamed as _renamed

OneHotEncoder = _renamed(
    _preprocessing.OneHotEncoder,
    sparse="sparse_output",
    n_values=None,
    categorical_features=None,
)


def Imputer(  # noqa: N802 - scikit-learn's name
    missing_values: Any = "NaN",
    strategy: str = "mean",
    axis: int = 0,
    verbose: int = 0,
    copy: bool = True,
) -> Any:
    """`sklearn.impute.SimpleImputer` today, which fills columns (axis 0) only."""
    if axis:
        raise ValueError(
            "`axis` must be 0: scikit-learn's imputer of today fills columns only. "
            f"Received: axis={axis}. Transpose the data before and after."
        )
    missing = _np.nan if missing_values == "NaN" else missing_values
    return _SimpleImputer(missing_values=missing, strategy=strategy, copy=copy)


__getattr__, __dir__ = _faces.attach(__name__)
