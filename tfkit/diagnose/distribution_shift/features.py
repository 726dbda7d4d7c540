"""What two sets of data are compared by: the columns of a table, numbers of an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sklearn.decomposition import PCA

from tfkit.data import Part

# Larger images are averaged over blocks first: their components would not fit in memory
# and would tell nothing more.
_SIDE = 32
# Components of images that are tested one by one; the classifier sees more.
_COMPONENTS = 10
_CLASSIFIER_COMPONENTS = 50


@dataclass(frozen=True, eq=False)
class Features:
    """The same columns of two sets of data.

    Args:
        names: Name of each column.
        a: Values of the first set, `(examples, columns)`, float64, NaN where missing.
        b: Values of the second.
        categorical: Which columns hold codes without an order, bool `(columns,)`.
        kind: "table" or "images".
        extra: Columns for the classifier alone, `(examples of a and b, columns)`.
    """

    names: tuple[str, ...]
    a: np.ndarray
    b: np.ndarray
    categorical: np.ndarray
    kind: Literal["table", "images"]
    extra: np.ndarray


def is_frame(data: Any) -> bool:
    """Whether it is a pandas DataFrame, without importing pandas."""
    return hasattr(data, "columns") and hasattr(data, "iloc")


def as_rows(data: Any, what: str) -> Any:
    """Returns a DataFrame as it is and all else as an array of two axes or more.

    Of a part of `tfkit.data.split` these are its inputs.

    Raises:
        TypeError: If it does not hold numbers.
        ValueError: If it has no values, five axes or more, or an infinite value.
    """
    if isinstance(data, Part):
        data = data.x
    if is_frame(data):
        if data.shape[1] == 0:
            raise ValueError(f"`{what}` must have columns. Received: an empty table.")
        return data
    try:
        array = np.asarray(data)
    except ValueError as error:  # rows of unequal length
        raise ValueError(
            f"`{what}` must be an array of rows of one length. Received: {error}. Pad "
            "the rows, or describe each by the same numbers."
        ) from error
    if array.dtype.kind not in "buif":
        raise TypeError(
            f"`{what}` must hold numbers. Received: dtype={array.dtype}. Encode text as "
            "numbers, or pass a pandas DataFrame, whose text columns are categories."
        )
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim not in (2, 3, 4) or 0 in array.shape[1:]:
        raise ValueError(
            f"`{what}` must be a table (examples, features) or images (examples, "
            f"height, width[, channels]). Received: shape {array.shape}. Reshape other "
            "data to (examples, -1)."
        )
    return array


def compared_features(
    a: Any, b: Any, feature_names: Sequence[str] | None, names: tuple[str, str]
) -> Features:
    """Returns the columns that two sets of rows are compared by.

    A table's are its own. An image's are its brightness, contrast, edges, the mean of
    each channel, and its first principal components; these are fitted to both sets
    together and without knowledge of which is which, so that tests stay valid.

    Raises:
        TypeError: If one is a DataFrame and the other is not.
        ValueError: If the shapes or the columns do not fit, or a value is infinite.
    """
    if is_frame(a) != is_frame(b):
        raise TypeError(
            f"{names[0]!r} and {names[1]!r} must be of one kind. Received: "
            f"{type(a).__name__} and {type(b).__name__}. Pass two DataFrames or arrays."
        )
    if is_frame(a):
        return _frame_features(a, b, feature_names, names)
    if a.shape[1:] != b.shape[1:]:
        raise ValueError(
            f"Examples of {names[0]!r} and {names[1]!r} must have one shape. Received: "
            f"{a.shape[1:]} and {b.shape[1:]}. Bring them to one size first."
        )
    for part, name in ((a, names[0]), (b, names[1])):
        _check_not_infinite(part, name)
    if a.ndim == 2:
        width = a.shape[1]
        columns = _names(feature_names, [f"feature {i}" for i in range(width)])
        return Features(
            names=columns,
            a=a.astype(np.float64),
            b=b.astype(np.float64),
            categorical=np.zeros(width, bool),
            kind="table",
            extra=np.empty((len(a) + len(b), 0)),
        )
    return _image_features(a, b, feature_names, names)


def _names(given: Sequence[str] | None, default: list[str]) -> tuple[str, ...]:
    if given is None:
        return tuple(default)
    if len(given) != len(default):
        raise ValueError(
            f"`feature_names` must have one name for each of the {len(default)} "
            f"columns. Received: {len(given)}. Leave it out to number them."
        )
    return tuple(str(name) for name in given)


def _check_not_infinite(values: np.ndarray, name: str) -> None:
    if values.dtype.kind == "f" and np.isinf(values).any():
        raise ValueError(
            f"{name!r} must not hold infinite values. Received: "
            f"{int(np.isinf(values).sum())} of them. Write NaN for a missing value, or "
            "clip."
        )


def _frame_features(
    a: Any, b: Any, feature_names: Sequence[str] | None, names: tuple[str, str]
) -> Features:
    import pandas as pd

    if list(a.columns) != list(b.columns):
        raise ValueError(
            f"{names[0]!r} and {names[1]!r} must have the same columns in the same "
            f"order. Received: {list(a.columns)[:8]} and {list(b.columns)[:8]}. Pick "
            "them with table[columns]."
        )
    pooled = pd.concat([a, b], ignore_index=True)
    columns, categorical = [], []
    for name in pooled.columns:
        series = pooled[name]
        number = pd.api.types.is_numeric_dtype(series)
        if number:
            values = series.to_numpy(dtype=np.float64, na_value=np.nan)
        else:
            codes = pd.factorize(series)[0].astype(np.float64)
            values = np.where(codes < 0, np.nan, codes)
        columns.append(values)
        categorical.append(not number)
    values = np.column_stack(columns)
    _check_not_infinite(values, " and ".join(names))
    return Features(
        names=_names(feature_names, [str(name) for name in pooled.columns]),
        a=values[: len(a)],
        b=values[len(a) :],
        categorical=np.array(categorical),
        kind="table",
        extra=np.empty((len(values), 0)),
    )


def _image_features(
    a: np.ndarray,
    b: np.ndarray,
    feature_names: Sequence[str] | None,
    names: tuple[str, str],
) -> Features:
    if feature_names is not None:
        raise ValueError(
            "`feature_names` must be left out for images, which are compared by "
            f"brightness, contrast and such. Received: {len(feature_names)} names. "
            "Reshape to (examples, -1) to compare pixel by pixel."
        )
    images = np.concatenate([a, b]).astype(np.float32)
    if np.isnan(images).any():
        raise ValueError(
            f"Images of {names[0]!r} and {names[1]!r} must not hold NaN. Received: "
            f"{int(np.isnan(images).sum())} of them. Fill them in, or reshape to "
            "(examples, -1), where missing values are tested as such."
        )
    if images.ndim == 3:
        images = images[..., None]
    channels = images.shape[-1]
    columns = {
        "brightness": images.mean(axis=(1, 2, 3)),
        "contrast": images.std(axis=(1, 2, 3)),
    }
    for name, axis in (("horizontal edges", 1), ("vertical edges", 2)):
        # A horizontal edge is a change from one row to the next.
        if images.shape[axis] > 1:
            columns[name] = np.abs(np.diff(images, axis=axis)).mean(axis=(1, 2, 3))
    if channels > 1:
        titles = (
            ("red", "green", "blue")
            if channels == 3
            else tuple(f"channel {i}" for i in range(channels))
        )
        for i, title in enumerate(titles):
            columns[f"mean {title}"] = images[..., i].mean(axis=(1, 2))
    components = _components(_smaller(images).reshape(len(images), -1))
    for i in range(min(_COMPONENTS, components.shape[1])):
        columns[f"component {i + 1}"] = components[:, i]
    values = np.column_stack(list(columns.values())).astype(np.float64)
    return Features(
        names=tuple(columns),
        a=values[: len(a)],
        b=values[len(a) :],
        categorical=np.zeros(values.shape[1], bool),
        kind="images",
        extra=components[:, _COMPONENTS:].astype(np.float64),
    )


def _smaller(images: np.ndarray) -> np.ndarray:
    """Returns images of at most about 32 pixels a side: means over square blocks."""
    _, height, width, channels = images.shape
    block = -(-max(height, width) // _SIDE)
    rows, columns = height // block, width // block
    if block == 1 or rows == 0 or columns == 0:
        return images
    cut = images[:, : rows * block, : columns * block]
    return cut.reshape(-1, rows, block, columns, block, channels).mean(axis=(2, 4))


def _components(rows: np.ndarray) -> np.ndarray:
    """Returns the scores of the first principal components, at most 50."""
    count = min(_CLASSIFIER_COMPONENTS, rows.shape[1], len(rows) - 1)
    if not np.ptp(rows, axis=0).any():
        return np.empty((len(rows), 0))
    # Beside 50 components of many the exact solver takes ten times as long.
    wide = rows.shape[1] > 4 * count and len(rows) > 4 * count
    solver = PCA(count, svd_solver="randomized" if wide else "full", random_state=0)
    return solver.fit_transform(rows.astype(np.float32))


def classifier_inputs(features: Features) -> np.ndarray:
    """Returns what the classifier sees: finite columns, at most 50 of a wide table.

    Missing values become the median and a column of their own that says so; categories
    become a column each. All of it looks at both sets together.
    """
    pooled = np.concatenate([features.a, features.b])
    columns = []
    for values, categorical in zip(pooled.T, features.categorical, strict=True):
        missing = np.isnan(values)
        if missing.all():
            continue
        if missing.any():
            columns.append(missing.astype(np.float64))
        if categorical:
            levels, counts = np.unique(values[~missing], return_counts=True)
            frequent = levels[np.argsort(-counts, kind="stable")[:20]]
            columns += [(values == level).astype(np.float64) for level in frequent]
        else:
            columns.append(np.where(missing, np.median(values[~missing]), values))
    inputs = np.column_stack([*columns, features.extra])
    inputs = inputs[:, np.ptp(inputs, axis=0) > 0]
    if inputs.shape[1] > _CLASSIFIER_COMPONENTS and features.kind == "table":
        inputs = _components((inputs - inputs.mean(axis=0)) / inputs.std(axis=0))
    return inputs
