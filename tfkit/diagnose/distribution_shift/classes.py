"""Do two sets of labels have the same shares of the classes?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tfkit.diagnose.distribution_shift.feature_tests import count_test, holm

# More distinct labels than this are seldom classes: most often a regression's targets.
_MOST_CLASSES = 1000


@dataclass(frozen=True, eq=False)
class ClassCounts:
    """Examples of each class in both sets."""

    names: tuple[str, ...]
    a: np.ndarray
    b: np.ndarray


@dataclass(frozen=True, eq=False)
class ClassTests:
    """The tests of `ClassCounts`; `p_values` are corrected for their number."""

    counts: ClassCounts
    p_value: float
    p_values: np.ndarray

    def by_p_value(self) -> Iterator[tuple[str, float, float, float]]:
        """Yields name, both shares and p-value of each class, most different first."""
        share_a = self.counts.a / self.counts.a.sum()
        share_b = self.counts.b / self.counts.b.sum()
        for k in np.lexsort((-np.abs(share_a - share_b), self.p_values)):
            yield (
                self.counts.names[k],
                float(share_a[k]),
                float(share_b[k]),
                float(self.p_values[k]),
            )


def paired_classes(
    labels_a: ArrayLike | None,
    labels_b: ArrayLike | None,
    sizes: tuple[int, int],
    class_names: Sequence[str] | None,
    names: tuple[str, str],
) -> ClassCounts | None:
    """Counts the classes, or returns None where there are no labels.

    Raises:
        ValueError: If labels are of one set only, not one for each example, or no
            classes; or if there are fewer names than classes.
    """
    if labels_a is None and labels_b is None:
        return None
    if labels_a is None or labels_b is None:
        lacks = "labels_a" if labels_a is None else "labels_b"
        raise ValueError(
            f"Labels must be given for both sets or for neither. Received: {lacks}=None."
            " Leave both out to compare the inputs alone."
        )
    y_a = labels_of(labels_a, sizes[0], names[0])
    y_b = labels_of(labels_b, sizes[1], names[1])
    if (y_a.dtype.kind in "iu") != (y_b.dtype.kind in "iu"):
        raise ValueError(
            "Labels of both sets must be numbers, or names in both. Received: "
            f"dtypes {y_a.dtype} and {y_b.dtype}."
        )
    classes, codes = np.unique(np.concatenate([y_a, y_b]), return_inverse=True)
    if len(classes) > _MOST_CLASSES:
        raise ValueError(
            f"Labels must be of at most {_MOST_CLASSES} classes. Received: "
            f"{len(classes)} different ones. Put a regression's targets among the "
            "features."
        )
    if class_names is None:
        titles = tuple(str(label) for label in classes)
    elif classes.dtype.kind in "iu" and 0 <= classes.min() <= classes.max() < len(
        class_names
    ):
        titles = tuple(str(class_names[label]) for label in classes)
    else:
        raise ValueError(
            "`class_names` must have a name for each class number from 0. Received: "
            f"{len(class_names)} names for labels {classes[0]!s} to {classes[-1]!s}."
        )
    return ClassCounts(
        names=titles,
        a=np.bincount(codes[: len(y_a)], minlength=len(classes)),
        b=np.bincount(codes[len(y_a) :], minlength=len(classes)),
    )


def labels_of(labels: Any, size: int, name: str) -> np.ndarray:
    """Returns labels as one whole number or name for each example, or raises."""
    y = np.asarray(labels)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim == 2 and y.size and (np.isin(y, (0, 1)).all() and (y.sum(1) == 1).all()):
        y = y.argmax(axis=1)
    received = f"Received: shape {y.shape}, dtype {y.dtype}"
    if y.shape != (size,):
        raise ValueError(
            f"Labels of {name!r} must have one class for each of its {size} examples. "
            f"{received}. Pass class numbers, names, or one-hot rows."
        )
    if y.dtype.kind == "b":
        return y.astype(int)
    if y.dtype.kind == "O":
        return y.astype(str)
    if y.dtype.kind == "f":
        whole = y.astype(np.int64) if np.isfinite(y).all() else None
        if whole is None or (whole != y).any():
            raise ValueError(
                f"Labels of {name!r} must be class numbers or names. {received} with "
                "fractions or NaN. Put a regression's targets among the features."
            )
        return whole
    return y


def class_tests(counts: ClassCounts) -> ClassTests:
    """Tests all shares at once and each alone; the smaller p-value counts, doubled.

    The first sees many small differences, the second a large one of a single class.
    """
    size_a, size_b = counts.a.sum(), counts.b.sum()
    if len(counts.names) < 2:
        return ClassTests(counts, 1.0, np.ones(1))
    each = [
        count_test(np.array([k_a, size_a - k_a]), np.array([k_b, size_b - k_b]))
        for k_a, k_b in zip(counts.a, counts.b, strict=True)
    ]
    together = count_test(counts.a, counts.b)
    corrected = np.minimum(1.0, 2 * holm(each))
    p_value = min(1.0, 2 * together, float(corrected.min()))
    return ClassTests(counts, p_value, corrected)
