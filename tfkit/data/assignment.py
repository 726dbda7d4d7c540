"""Which example goes to which part: by chance, by class, by group, by hash."""

from __future__ import annotations

import hashlib

import numpy as np

TRAIN, DEV, TEST = range(3)
NAMES = ("train", "dev", "test")

# (train, dev, test), summing to 1.
Fractions = tuple[float, float, float]


def part_sizes(examples: int, fractions: Fractions) -> tuple[int, int, int]:
    """Returns the number of examples in each part: rounded, at least 1 where wanted."""
    dev, test = (max(1, round(examples * f)) if f > 0 else 0 for f in fractions[1:])
    train = examples - dev - test
    if train < 1:
        raise ValueError(
            f"Each part must have at least one example. Received: {examples} examples for "
            f"fractions={fractions}. Use fewer parts, e.g. fractions=(0.8, 0.2, 0)."
        )
    return train, dev, test


def by_chance(examples: int, fractions: Fractions, *, seed: int) -> np.ndarray:
    """Returns the part of each example, drawn without regard to anything."""
    part = np.repeat([TRAIN, DEV, TEST], part_sizes(examples, fractions))
    return np.random.default_rng(seed).permutation(part)


def by_class(y: np.ndarray, fractions: Fractions, *, seed: int) -> np.ndarray:
    """Returns the part of each example, every class in the same proportions."""
    from sklearn.model_selection import train_test_split

    classes, counts = np.unique(y, return_counts=True)
    sizes = part_sizes(len(y), fractions)
    wanted = [name for name, size in zip(NAMES, sizes, strict=True) if size]
    way_out = "Pass stratify=False, choose other fractions, or merge or drop the class."
    if counts.min() < len(wanted):
        rare = classes[counts < len(wanted)]
        raise ValueError(
            f"To stratify, each class must have at least {len(wanted)} examples, one for "
            f"each of {', '.join(wanted)}. Received: class "
            + ", ".join(f"{c} with {counts[classes == c][0]}" for c in rare[:8])
            + f". {way_out}"
        )
    if min(size for size in sizes if size) < len(classes):
        smallest = min(zip(sizes, NAMES, strict=True), key=lambda s: s[0] or np.inf)
        raise ValueError(
            f"To stratify, each part must hold at least one example of each of the "
            f"{len(classes)} classes. Received: a {smallest[1]} part of {smallest[0]} "
            f"examples. {way_out}"
        )
    part = np.full(len(y), TRAIN)
    rest = np.arange(len(y))
    for which in (TEST, DEV):
        if sizes[which]:
            try:
                rest, taken = train_test_split(
                    rest, test_size=sizes[which], stratify=y[rest], random_state=seed
                )
            # Two draws one after the other can fail for a class just large enough.
            except ValueError as error:
                raise ValueError(
                    f"The smallest class has too few examples to stratify {len(y)} "
                    f"examples by fractions={fractions}. Received: {error} {way_out}"
                ) from error
            part[taken] = which
    return part


def by_group(
    groups: np.ndarray, y: np.ndarray | None, fractions: Fractions, *, seed: int
) -> np.ndarray:
    """Returns the part of each example so that no group is in two parts.

    Largest group first (equal ones in random order), each group goes to the part that
    lacks most of it: the greedy rule of scikit-learn's StratifiedGroupKFold, which knows
    parts of one size only. With `y` what a part lacks is counted class by class.
    """
    names, group = np.unique(groups, return_inverse=True)
    wanted = sum(f > 0 for f in fractions)
    if len(names) < wanted:
        raise ValueError(
            f"There must be at least {wanted} groups, one for each part. "
            f"Received: {len(names)} groups."
        )
    classes = np.zeros(len(group), np.int64)
    if y is not None:
        classes = np.unique(y, return_inverse=True)[1]
    counts = np.zeros((len(names), classes.max() + 1))
    np.add.at(counts, (group, classes), 1)
    lacking = np.outer(fractions, counts.sum(axis=0))
    usable = np.array(fractions) > 0
    shuffled = np.random.default_rng(seed).permutation(len(names))
    order = shuffled[np.argsort(-counts[shuffled].sum(axis=1), kind="stable")]
    part_of_group = np.empty(len(names), np.int64)
    for g in order:
        part = int(np.argmax(np.where(usable, lacking @ counts[g], -np.inf)))
        part_of_group[g] = part
        lacking[part] -= counts[g]
    return part_of_group[group]


def by_hash(digests: np.ndarray, fractions: Fractions) -> np.ndarray:
    """Returns the part of each example as a function of its own digest alone.

    The test part is the lowest share of the digests and the dev part the next, so that
    smaller fractions of larger data never move a training example into the test part.
    """
    # 2**-64: a digest's position between 0 and 1, to float64's 53 bits.
    position = digests.astype(np.float64) * 2.0**-64
    edges = [fractions[TEST], fractions[TEST] + fractions[DEV]]
    return np.array([TEST, DEV, TRAIN])[np.searchsorted(edges, position, side="right")]


def row_digests(x: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """Returns a 64-bit digest of each row's bytes, the same on every machine."""
    if x.dtype.kind in "OSU":
        # The text alone: an array pads all its rows to the longest, which may yet come.
        rows = [str(value).encode() for value in x.tolist()]
    else:
        # One byte order everywhere.
        ordered = np.ascontiguousarray(x, x.dtype.newbyteorder("<"))
        rows = [row.tobytes() for row in ordered]
    key = str(seed).encode()
    digests = b"".join(
        hashlib.blake2b(r, digest_size=8, key=key).digest() for r in rows
    )
    return np.frombuffer(digests, "<u8").astype(np.uint64)
