"""Examples that are there twice: within a split, and in two of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial import cKDTree
from sklearn.decomposition import PCA

from tfkit._checks import check_count, check_number
from tfkit.diagnose.distribution_shift.classes import labels_of
from tfkit.diagnose.distribution_shift.duplicate_report import (
    Conflict,
    DuplicateReport,
    Overlap,
)
from tfkit.diagnose.distribution_shift.features import as_rows, is_frame

# Distances in this many principal components are never larger than those in all, so
# that a tree finds every pair there may be in them; few dimensions keep the tree fast.
_TREE_DIMENSIONS = 12
# A tolerance at which more pairs than these are near is no tolerance.
_MOST_PAIRS = 5_000_000
_PAIRS_FOR_TYPICAL = 5_000
# Pairs whose distance is computed at a time.
_CHUNK = 10_000


def find_duplicates(
    train: Any,
    dev: Any = None,
    test: Any = None,
    *,
    labels: Sequence[ArrayLike] | None = None,
    groups: Sequence[ArrayLike] | None = None,
    tolerance: float = 0.0,
    seed: int = 0,
    names: Sequence[str] = ("train", "dev", "test"),
) -> DuplicateReport:
    r"""Finds equal and nearly equal examples within and across splits.

    A dev or test example that is in the training set, too, measures memory: with a
    share $s$ of them an error $e$ may be one of $e/(1-s)$ on new examples.

    Equal examples are found by a 128-bit hash of each row. With `tolerance` $\tau > 0$
    near ones are found as well: all pairs with

    $$\lVert z_i - z_j \rVert \le \tau \cdot
      \mathrm{median}_{k,l} \lVert z_k - z_l \rVert,$$

    the median being over random pairs of the first split. $z$ is an image less its
    mean and divided by its norm, so that brightness and contrast make no difference;
    or a table's row with each column divided by its standard deviation in the first
    split. No pair is missed.

    Args:
        train: The first split: array `(examples, ...)` or a pandas DataFrame.
        dev: The second, of examples of the same shape; None for none.
        test: The third.
        labels: Classes of each split that is given, in this order: to find equal
            inputs with different labels.
        groups: What each example belongs to (a person, a scene, a document), for each
            split: to find groups that are in several splits.
        tolerance: $\tau$ in [0, 1]. Of 0, only equal examples count; 0.1 finds
            retouched copies.
        seed: Of the random pairs.
        names: Names of the three splits.

    Raises:
        TypeError: If a split does not hold numbers.
        ValueError: If shapes do not fit, a value is infinite (or NaN, with a
            tolerance), or millions of pairs lie within the tolerance.

    Example:
        >>> train = np.arange(12.0).reshape(6, 2)
        >>> dev = np.array([[4.0, 5.0], [0.5, 0.5], [0.0, 1.0], [9.0, 9.0]])
        >>> report = find_duplicates(train, dev)
        >>> report.verdict
        'leakage: 2 of 4 dev examples (50.0%) are in train'
        >>> report.new_examples("dev").tolist()
        [1, 3]
        >>> report.error_on_new("dev", 0.05)
        0.1

    Reference:
        Barz & Denzler, 2020, https://arxiv.org/abs/1902.00423 (3.3 % and 10 % of the
        test images of CIFAR-10 and CIFAR-100 are near copies of training images).
    """
    tolerance = check_number(
        "tolerance", tolerance, maximum=1.0, hint="Try 0.1; 0 finds equal examples."
    )
    generator = np.random.default_rng(
        check_count("seed", seed, minimum=0, hint="Use 0.")
    )
    splits = _splits((train, dev, test), names)
    sizes = {name: len(rows) for name, rows in splits.items()}
    y = _one_for_each("labels", labels, sizes)
    group_of = _one_for_each("groups", groups, sizes)
    rows = np.concatenate(list(splits.values()))
    codes, firsts = _codes(rows)
    parts = np.split(codes, np.cumsum(list(sizes.values()))[:-1])
    by_split = dict(zip(sizes, parts, strict=True))
    pairs, distances = np.empty((0, 2), int), np.empty(0)
    typical = None
    if tolerance > 0:
        z = _normalized(rows[firsts], rows[: sizes[next(iter(sizes))]])
        own = np.unique(parts[0])
        typical = _typical_distance(z[own], generator)
        pairs, distances = _near_pairs(z, tolerance * typical, tolerance)
        distances = distances / typical if typical > 0 else distances
    order = list(sizes)
    overlaps = tuple(
        _overlap(split, other, by_split, len(firsts), pairs, distances)
        for k, split in enumerate(order)
        for other in (split, *order[:k])
    )
    return DuplicateReport(
        sizes=sizes,
        tolerance=tolerance,
        typical_distance=typical,
        overlaps=overlaps,
        shared_groups=_shared_groups(group_of),
        conflicts=_conflicts(by_split, y),
        least_error={name: _least_error(by_split[name], y[name]) for name in y},
    )


def _splits(given: Sequence[Any], names: Sequence[str]) -> dict[str, np.ndarray]:
    if (
        isinstance(names, str)
        or len(set(names)) != len(names)
        or len(names) < max(k + 1 for k in range(3) if k == 0 or given[k] is not None)
    ):
        raise ValueError(
            "`names` must have a different name for each split. Received: "
            f"names={names!r}. The default is ('train', 'dev', 'test')."
        )
    rows = {
        str(name): as_rows(data, str(name))
        for name, data in zip(names, given, strict=False)
        if data is not None
    }
    if any(is_frame(part) for part in rows.values()):
        rows = _frames_as_arrays(rows)
    shapes = {name: part.shape[1:] for name, part in rows.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(
            f"Examples of all splits must have one shape. Received: {shapes}. Bring "
            "them to one size first."
        )
    floats = [part.dtype for part in rows.values() if part.dtype.kind == "f"]
    # 0.1 in float32 and in float64 are the same value to whoever stored them.
    dtype = (
        min(floats, key=lambda kind: kind.itemsize)
        if floats
        else np.result_type(*rows.values())
    )
    for name, part in rows.items():
        if len(part) == 0:
            raise ValueError(
                f"{name!r} must have examples. Received: shape {part.shape}. Leave it "
                "out."
            )
        if part.dtype.kind == "f" and np.isinf(part).any():
            raise ValueError(
                f"{name!r} must not hold infinite values. Received: "
                f"{int(np.isinf(part).sum())} of them. Write NaN for a missing value."
            )
    return {name: part.astype(dtype, copy=False) for name, part in rows.items()}


def _frames_as_arrays(rows: dict[str, Any]) -> dict[str, np.ndarray]:
    import pandas as pd

    if not all(is_frame(part) for part in rows.values()):
        raise TypeError(
            "All splits must be DataFrames or all arrays. Received: "
            f"{ {name: type(part).__name__ for name, part in rows.items()} }."
        )
    columns = [list(part.columns) for part in rows.values()]
    if any(names != columns[0] for names in columns):
        raise ValueError(
            "All splits must have the same columns in the same order. Received: "
            f"{columns[0][:8]} and others. Pick them with table[columns]."
        )
    table = pd.concat(list(rows.values()), ignore_index=True)
    values = np.column_stack(
        [
            table[name].to_numpy(dtype=np.float64, na_value=np.nan)
            if pd.api.types.is_numeric_dtype(table[name])
            else pd.factorize(table[name])[0].astype(np.float64)
            for name in table.columns
        ]
    )
    ends = np.cumsum([len(part) for part in rows.values()])[:-1]
    return dict(zip(rows, np.split(values, ends), strict=True))


def _one_for_each(
    what: str, given: Sequence[ArrayLike] | None, sizes: dict[str, int]
) -> dict[str, np.ndarray]:
    if given is None:
        return {}
    # One array for the only split is what a reader would try.
    if len(sizes) == 1 and len(given) == next(iter(sizes.values())):
        given = [given]  # type: ignore[list-item]
    if len(given) != len(sizes):
        raise ValueError(
            f"`{what}` must be one array for each of {list(sizes)}, in this order. "
            f"Received: {len(given)}. Pass {what}=(train_{what}, dev_{what})."
        )
    if what == "labels":
        return {
            name: labels_of(part, size, name)
            for (name, size), part in zip(sizes.items(), given, strict=True)
        }
    arrays = {name: np.asarray(part) for name, part in zip(sizes, given, strict=True)}
    for name, part in arrays.items():
        if part.shape != (sizes[name],):
            raise ValueError(
                f"`groups` of {name!r} must be one for each of its {sizes[name]} "
                f"examples. Received: shape {part.shape}."
            )
    return {
        name: part.astype(str) if part.dtype.kind == "O" else part
        for name, part in arrays.items()
    }


def _codes(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns a number for each row, equal for equal rows, and each one's first row."""
    # -0.0 equals 0.0, and any NaN is a missing value like another.
    if rows.dtype.kind == "f":
        rows = np.where(np.isnan(rows), np.nan, rows + 0.0).astype(rows.dtype)
    rows = np.ascontiguousarray(rows.reshape(len(rows), -1))
    digests = b"".join(
        hashlib.blake2b(row.data, digest_size=16).digest() for row in rows
    )
    halves = np.frombuffer(digests, np.uint64).reshape(-1, 2)
    _, firsts, codes = np.unique(halves, axis=0, return_index=True, return_inverse=True)
    return codes.reshape(-1), firsts


def _normalized(rows: np.ndarray, train: np.ndarray) -> np.ndarray:
    if rows.dtype.kind == "f" and np.isnan(rows).any():
        raise ValueError(
            "Near duplicates must have no missing values. Received: "
            f"{int(np.isnan(rows).sum())} NaN. Fill them in, or use tolerance=0, which "
            "takes NaN for equal to NaN."
        )
    flat = rows.reshape(len(rows), -1).astype(np.float32)
    if rows.ndim > 2:
        flat -= flat.mean(axis=1, keepdims=True)
        norms = np.linalg.norm(flat, axis=1, keepdims=True)
        return flat / np.where(norms > 0, norms, 1)
    spread = train.std(axis=0, dtype=np.float64)
    # Subtracted first: float32 has no room for a large mean and a small difference.
    centred = rows - train.mean(axis=0, dtype=np.float64)
    return (centred / np.where(spread > 0, spread, 1)).astype(np.float32)


def _typical_distance(z: np.ndarray, generator: np.random.Generator) -> float:
    if len(z) < 2:
        return 0.0
    i = generator.integers(0, len(z), _PAIRS_FOR_TYPICAL)
    j = (i + generator.integers(1, len(z), _PAIRS_FOR_TYPICAL)) % len(z)
    return float(np.median(_distances(z, i, j)))


def _distances(z: np.ndarray, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    # In slices: the differences of millions of pairs do not fit in memory.
    found = [
        np.linalg.norm(z[i[k : k + _CHUNK]] - z[j[k : k + _CHUNK]], axis=1)
        for k in range(0, len(i), _CHUNK)
    ]
    return np.concatenate([np.empty(0), *found])


def _near_pairs(
    z: np.ndarray, radius: float, tolerance: float
) -> tuple[np.ndarray, np.ndarray]:
    """Returns all pairs of rows no farther apart than the radius, and how far."""
    if len(z) < 2 or radius == 0:
        return np.empty((0, 2), int), np.empty(0)
    few = z
    if z.shape[1] > _TREE_DIMENSIONS:
        count = min(_TREE_DIMENSIONS, len(z) - 1)
        few = PCA(count, random_state=0).fit_transform(z)
    tree = cKDTree(few)
    # float32 rounds distances at about 1e-6 of the values' size.
    reach = radius + 1e-5 * float(np.abs(few).max())
    candidates = (int(tree.count_neighbors(tree, reach)) - len(z)) // 2
    if candidates > _MOST_PAIRS:
        raise ValueError(
            f"`tolerance` must leave most examples apart. Received: {tolerance}, at "
            f"which up to {candidates} pairs are near. Use a smaller one."
        )
    pairs = tree.query_pairs(reach, output_type="ndarray")
    distances = _distances(z, pairs[:, 0], pairs[:, 1])
    near = distances <= radius
    return pairs[near], distances[near]


def _overlap(
    split: str,
    other: str,
    codes: dict[str, np.ndarray],
    count: int,
    pairs: np.ndarray,
    distances: np.ndarray,
) -> Overlap:
    own = codes[split]
    first = _first_positions(codes[other], count)
    within = split == other
    partners = first[own]
    equal = (
        partners < np.arange(len(own)) if within else partners >= 0
    )  # the first of several equal ones is no copy
    partners = np.where(equal, partners, -1)
    shares = np.where(equal, 0.0, np.inf)
    # Each near pair in both directions, the farthest first: the nearest is written last.
    sorted_pairs = pairs[np.argsort(-distances, kind="stable")]
    sorted_distances = np.sort(distances)[::-1]
    nearest = np.full(count, -1)
    how_far = np.full(count, np.inf)
    both = np.stack([sorted_pairs, sorted_pairs[:, ::-1]], axis=1).reshape(-1, 2)
    far = np.repeat(sorted_distances, 2)
    there = first[both[:, 1]] >= 0
    if within:
        # Of two near ones the later is the copy.
        there &= first[both[:, 1]] < first[both[:, 0]]
    nearest[both[there, 0]] = first[both[there, 1]]
    how_far[both[there, 0]] = far[there]
    near = ~equal & (nearest[own] >= 0)
    partners = np.where(near, nearest[own], partners)
    shares = np.where(near, how_far[own], shares)
    indices = np.flatnonzero(equal | near)
    return Overlap(split, other, len(own), indices, partners[indices], shares[indices])


def _first_positions(codes: np.ndarray, count: int) -> np.ndarray:
    """Returns where each code occurs first; -1 where it does not."""
    first = np.full(count, -1)
    found, positions = np.unique(codes, return_index=True)
    first[found] = positions
    return first


def _shared_groups(group_of: dict[str, np.ndarray]) -> tuple[Overlap, ...]:
    found = []
    order = list(group_of)
    for k, split in enumerate(order):
        for other in order[:k]:
            theirs, first = np.unique(group_of[other], return_index=True)
            indices = np.flatnonzero(np.isin(group_of[split], theirs))
            partners = first[np.searchsorted(theirs, group_of[split][indices])]
            size = len(group_of[split])
            zeros = np.zeros(len(indices))
            found.append(Overlap(split, other, size, indices, partners, zeros))
    return tuple(found)


def _conflicts(
    codes: dict[str, np.ndarray], y: dict[str, np.ndarray]
) -> tuple[Conflict, ...]:
    if not y:
        return ()
    code = np.concatenate(list(codes.values()))
    _, label = np.unique(np.concatenate(list(y.values())), return_inverse=True)
    pairs = np.unique(np.stack([code, label], axis=1), axis=0)
    several, labels_each = np.unique(pairs[:, 0], return_counts=True)
    torn = several[labels_each > 1]
    members: dict[int, list[tuple[str, int, str]]] = {int(k): [] for k in torn}
    for name, own in codes.items():
        for i in np.flatnonzero(np.isin(own, torn)).tolist():
            members[int(own[i])].append((name, i, str(y[name][i])))
    return tuple(
        Conflict(tuple(found))
        for found in sorted(members.values(), key=lambda found: -len(found))
    )


def _least_error(codes: np.ndarray, y: np.ndarray) -> float:
    """Returns the error of the best answer to each input: its most frequent label."""
    _, label = np.unique(y, return_inverse=True)
    pairs, counts = np.unique(
        np.stack([codes, label], axis=1), axis=0, return_counts=True
    )
    most = np.zeros(codes.max() + 1, int)
    np.maximum.at(most, pairs[:, 0], counts)
    return float(1 - most.sum() / len(codes))
