"""Train, dev and test: how large, who belongs where, and what is wrong with a split."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfkit.data import assignment
from tfkit.data.assignment import NAMES, Fractions
from tfkit.data.dataset import Dataset

# The course names sizes, not limits: 60/20/20 for small data, 98/1/1 at a million and at ten
# million, 99.5/0.25/0.25 beyond. 100 000 is where 1 % becomes 1000 examples, enough to know
# an error rate of 10 % to two points; with fewer, such a dev set could not tell models apart.
_MEDIUM = 100_000
_LARGE = 10_000_000
#: A copy can hide one error at most, so the error of a part is too low by its share of
#: copies at most. From this share on that is said to mislead; below, it is told as such.
MISLEADING_COPIES = 0.05


class SplitWarning(UserWarning):
    """Two parts share examples, or a part lacks a class: its error may mislead."""


@dataclass(frozen=True)
class Part:
    """One part of a split.

    Args:
        x: Its inputs.
        y: Its labels.
        indices: Where its examples stand in the data that were split, increasing.
    """

    x: np.ndarray
    y: np.ndarray
    indices: np.ndarray

    @property
    def examples(self) -> int:
        """The number of examples, the course's m."""
        return len(self.y)

    def __repr__(self) -> str:
        # Not the arrays: those of pictures fill pages.
        return f"Part({self.examples} examples of shape {self.x.shape[1:]})"


@dataclass(frozen=True)
class Splits:
    """The three parts of a dataset.

    Args:
        train: What the weights are fitted to.
        dev: What models and hyperparameters are chosen by.
        test: What the chosen model is judged by, once, at the end. Empty where there is
            no test set; the dev error is then an optimistic estimate.
    """

    train: Part
    dev: Part
    test: Part


def split_fractions(examples: int) -> Fractions:
    """Returns the fractions of train, dev and test by the course's rule.

    | examples | train | dev | test |
    |---|---|---|---|
    | below 100 000 | 60 % | 20 % | 20 % |
    | 100 000 to 10 million | 98 % | 1 % | 1 % |
    | above 10 million | 99.5 % | 0.25 % | 0.25 % |

    The course gives 98/1/1 for one and for ten million, and no limits; the one of 100 000
    is where 1 % makes a dev set of 1000 examples. Nothing is interpolated.

    Args:
        examples: $m$, the number of examples. Int >= 1.

    Returns:
        Three fractions that sum to 1.

    Raises:
        ValueError: If `examples` is below 1.

    Example:
        >>> split_fractions(1797), split_fractions(1_000_000)
        ((0.6, 0.2, 0.2), (0.98, 0.01, 0.01))

    Reference:
        Course notes, "Train / Dev / Test sets".
    """
    if examples < 1:
        raise ValueError(f"`examples` must be an int >= 1. Received: {examples!r}.")
    if examples < _MEDIUM:
        return 0.6, 0.2, 0.2
    if examples <= _LARGE:
        return 0.98, 0.01, 0.01
    return 0.995, 0.0025, 0.0025


def train_dev_test_split(
    x: Any,
    y: Any,
    *,
    fractions: Sequence[float] | None = None,
    seed: int = 0,
    stratify: bool = True,
    groups: Any = None,
    stable_by_hash: bool = False,
    fixed: Mapping[str, np.ndarray] | None = None,
) -> Splits:
    """Divides examples into train, dev and test parts.

    By default every class has the same share of every part (`validation_split` of Keras
    takes the last rows, whatever they are). A `SplitWarning` tells of exact copies of an
    example in two parts and of classes that a part lacks.

    Args:
        x: Inputs of shape `(examples, ...)`.
        y: Class numbers of shape `(examples,)`.
        fractions: Of train, dev and test, summing to 1; `(0.8, 0.2, 0)` or `(0.8, 0.2)`
            works without a test set. None: `split_fractions(m)`.
        seed: Seed of the draw, or salt of the hash.
        stratify: Whether to keep the proportions of the classes. With `groups` as far as
            whole groups allow; with `stable_by_hash` they hold on average only.
        groups: One value per example; examples with equal values stay in one part.
        stable_by_hash: Whether the part of an example depends on its own bytes (or its
            group's) alone: adding examples later moves none, nor does their order. Keep
            dtype, seed and fractions the same. Sizes hold on average.
        fixed: Indices of the examples that make up "dev" or "test" already (official
            parts); the rest is divided by the remaining fractions. A key "train" says
            nothing: those examples are divided, too.

    Returns:
        The parts. Examples keep their order; shuffling is the pipeline's task.

    Raises:
        ValueError: If lengths differ, fractions are negative or do not sum to 1, a class
            has too few examples to stratify, or a wanted part would be empty.

    Example:
        >>> import numpy as np
        >>> x, y = np.arange(100.0)[:, None], np.arange(100) % 2
        >>> splits = train_dev_test_split(x, y, seed=1)
        >>> splits.train.examples, splits.dev.examples, splits.test.examples
        (60, 20, 20)
        >>> float(splits.dev.y.mean())
        0.5

    Reference:
        Course notes, "Train / Dev / Test sets".
    """
    splits = _divide(x, y, fractions, seed, stratify, groups, stable_by_hash, fixed)
    _warn(splits, np.asarray(y))
    return splits


def split(
    dataset: Dataset,
    *,
    fractions: Sequence[float] | None = None,
    seed: int = 0,
    stratify: bool = True,
    stable_by_hash: bool = False,
) -> Splits:
    """Divides a dataset; its official dev and test parts and its groups are kept.

    Args:
        dataset: What `tfkit.data.load` returned.
        fractions: See `train_dev_test_split`. With an official test part only the
            proportion of train and dev counts.
        seed: See `train_dev_test_split`.
        stratify: See `train_dev_test_split`.
        stable_by_hash: See `train_dev_test_split`.

    Returns:
        The parts.

    Raises:
        TypeError: If it is no dataset; arrays go to `train_dev_test_split`.
        ValueError: As `train_dev_test_split`.

    Example:
        >>> from tfkit.data import load
        >>> splits = split(load("digits"))
        >>> splits.train.examples, splits.dev.examples, splits.test.examples
        (1079, 359, 359)

    Reference:
        Course notes, "Train / Dev / Test sets".
    """
    if not isinstance(dataset, Dataset):
        raise TypeError(
            "`dataset` must be what tfkit.data.load returns. Received: "
            f"{type(dataset).__name__}. For arrays: "
            "tfkit.data.train_dev_test_split(x, y)."
        )
    splits = _divide(
        dataset.x,
        dataset.y,
        fractions,
        seed,
        stratify,
        dataset.groups,
        stable_by_hash,
        dataset.splits,
    )
    _warn(splits, dataset.y)
    return splits


def _divide(
    x: Any,
    y: Any,
    fractions: Sequence[float] | None,
    seed: int,
    stratify: bool,
    groups: Any,
    stable_by_hash: bool,
    fixed: Mapping[str, np.ndarray] | None,
) -> Splits:
    x, y = np.asarray(x), np.asarray(y)
    if y.ndim != 1 or len(x) != len(y) or len(y) == 0:
        raise ValueError(
            "`x` and `y` must have the same length, at least 1, and `y` one axis. "
            f"Received: x.shape={x.shape}, y.shape={y.shape}."
        )
    if groups is not None:
        groups = np.asarray(groups)
        if groups.shape != y.shape:
            raise ValueError(
                "`groups` must have one value per example. "
                f"Received: groups.shape={groups.shape}, y.shape={y.shape}."
            )
    wanted = _check_fractions(
        split_fractions(len(y)) if fractions is None else fractions
    )
    part = np.full(len(y), -1)
    for name, indices in _check_fixed(fixed, len(y)).items():
        part[indices] = NAMES.index(name)
        wanted = _without(wanted, NAMES.index(name))
    free = np.flatnonzero(part < 0)
    if stable_by_hash:
        keys = x[free] if groups is None else groups[free]
        part[free] = assignment.by_hash(assignment.row_digests(keys, seed=seed), wanted)
    elif groups is not None:
        classes = y[free] if stratify else None
        part[free] = assignment.by_group(groups[free], classes, wanted, seed=seed)
    elif stratify:
        part[free] = assignment.by_class(y[free], wanted, seed=seed)
    else:
        part[free] = assignment.by_chance(len(free), wanted, seed=seed)
    for number, fraction in enumerate(wanted):
        if fraction > 0 and not (part == number).any():
            raise ValueError(
                f"The {NAMES[number]} part must not be empty. Received: none of "
                f"{len(free)} examples for its fraction {fraction:g}. Choose a larger "
                "fraction or collect more data."
            )
    members = [np.flatnonzero(part == number) for number in range(len(NAMES))]
    return Splits(*(Part(x[i], y[i], i) for i in members))


def _check_fractions(fractions: Sequence[float]) -> Fractions:
    values = tuple(float(f) for f in fractions)
    if len(values) == 2:
        values = (*values, 0.0)
    # 1e-6: room for fractions typed with a few digits, such as 0.333333 three times.
    if (
        len(values) != 3
        or not all(0 <= f <= 1 for f in values)
        or not math.isclose(sum(values), 1.0, abs_tol=1e-6)
        or values[0] == 0
    ):
        raise ValueError(
            "`fractions` must be three numbers >= 0 for train, dev and test that sum to "
            f"1, the first above 0. Received: fractions={tuple(fractions)}, sum "
            f"{sum(values):g}."
        )
    return values[0], values[1], values[2]


def _check_fixed(
    fixed: Mapping[str, np.ndarray] | None, examples: int
) -> dict[str, np.ndarray]:
    unknown = set(fixed or {}) - set(NAMES)
    if unknown:
        raise ValueError(
            f"`fixed` must have keys of {', '.join(NAMES)}. Received: {sorted(unknown)}."
        )
    parts = {
        k: np.asarray(v, np.int64) for k, v in (fixed or {}).items() if k != "train"
    }
    joined = np.concatenate([np.empty(0, np.int64), *parts.values()])
    within = ((joined >= 0) & (joined < examples)).all()
    if not within or len(np.unique(joined)) != len(joined) or len(joined) == examples:
        raise ValueError(
            "`fixed` must hold different indices of the examples, and leave some to train "
            f"on. Received: {len(joined)} indices, {len(np.unique(joined))} different, for "
            f"{examples} examples."
        )
    return parts


def _without(fractions: Fractions, number: int) -> Fractions:
    rest = [0.0 if i == number else f for i, f in enumerate(fractions)]
    total = sum(rest)
    return rest[0] / total, rest[1] / total, rest[2] / total


def _warn(splits: Splits, y: np.ndarray) -> None:
    """Warns of what may mislead; called by the public functions themselves."""
    classes = np.unique(y)
    parts = dict(zip(NAMES, (splits.train, splits.dev, splits.test), strict=True))
    parts = {name: part for name, part in parts.items() if part.examples}
    found, harmless = [], []
    for name, part in parts.items():
        missing = np.setdiff1d(classes, part.y)
        if len(missing):
            listed = ", ".join(map(str, missing[:8]))
            found.append(f"the {name} part has no example of class {listed}")
    digests = {name: assignment.row_digests(part.x) for name, part in parts.items()}
    names = list(parts)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            copies = int(np.isin(digests[second], digests[first]).sum())
            if not copies:
                continue
            share = copies / parts[second].examples
            are = "is an exact copy" if copies == 1 else "are exact copies"
            text = f"{copies} of {second} {are} of examples in {first}"
            if share >= MISLEADING_COPIES:
                found.append(f"{text} ({share:.1%})")
            else:
                harmless.append(
                    f"{text}, so that its error is too low by {share:.1%} at most"
                )
    small = "Of less weight" if found else "This split is nearly clean"
    told = [("This split will mislead", found), (small, harmless)]
    text = " ".join(f"{head}: {'; '.join(what)}." for head, what in told if what)
    if text:
        # 3: the code that called the public function.
        warnings.warn(text, SplitWarning, stacklevel=3)
