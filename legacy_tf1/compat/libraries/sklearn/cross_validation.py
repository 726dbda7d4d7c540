"""`sklearn.cross_validation`: `sklearn.model_selection` since 0.18, gone since 0.20.

Its splitters took the number of examples when they were made, and were iterated.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as _np
from sklearn import model_selection as _model_selection
from sklearn.model_selection import (
    cross_val_predict,
    cross_val_score,
    permutation_test_score,
    train_test_split,
)

__all__ = [
    "KFold",
    "LeaveOneOut",
    "ShuffleSplit",
    "StratifiedKFold",
    "StratifiedShuffleSplit",
    "cross_val_predict",
    "cross_val_score",
    "permutation_test_score",
    "train_test_split",
]


class _Splits:
    """A splitter of today with its data: iterating it gives the index arrays."""

    def __init__(self, splitter: Any, x: Any, y: Any = None) -> None:
        self._splitter, self._x, self._y = splitter, x, y

    def __iter__(self) -> Iterator[Any]:
        return iter(self._splitter.split(self._x, self._y))

    def __len__(self) -> int:
        return int(self._splitter.get_n_splits(self._x, self._y))


def KFold(  # noqa: N802 - scikit-learn's name, as are the following
    n: int, n_folds: int = 3, shuffle: bool = False, random_state: Any = None
) -> _Splits:
    """`KFold(n_folds).split(...)` today."""
    splitter = _model_selection.KFold(
        n_folds, shuffle=shuffle, random_state=random_state if shuffle else None
    )
    return _Splits(splitter, _np.empty(n))


def StratifiedKFold(  # noqa: N802
    y: Any, n_folds: int = 3, shuffle: bool = False, random_state: Any = None
) -> _Splits:
    """`StratifiedKFold(n_folds).split(...)` today."""
    splitter = _model_selection.StratifiedKFold(
        n_folds, shuffle=shuffle, random_state=random_state if shuffle else None
    )
    return _Splits(splitter, _np.empty(len(y)), y)


def LeaveOneOut(n: int) -> _Splits:  # noqa: N802
    """`LeaveOneOut().split(...)` today."""
    return _Splits(_model_selection.LeaveOneOut(), _np.empty(n))


def ShuffleSplit(  # noqa: N802
    n: int,
    n_iter: int = 10,
    test_size: Any = 0.1,
    train_size: Any = None,
    random_state: Any = None,
) -> _Splits:
    """`ShuffleSplit(n_iter).split(...)` today."""
    splitter = _model_selection.ShuffleSplit(
        n_iter, test_size=test_size, train_size=train_size, random_state=random_state
    )
    return _Splits(splitter, _np.empty(n))


def StratifiedShuffleSplit(  # noqa: N802
    y: Any,
    n_iter: int = 10,
    test_size: Any = 0.1,
    train_size: Any = None,
    random_state: Any = None,
) -> _Splits:
    """`StratifiedShuffleSplit(n_iter).split(...)` today."""
    splitter = _model_selection.StratifiedShuffleSplit(
        n_iter, test_size=test_size, train_size=train_size, random_state=random_state
    )
    return _Splits(splitter, _np.empty(len(y)), y)
