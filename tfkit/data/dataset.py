"""What every loader returns: the examples, their labels, and an official split if any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tfkit.data.validation import check_xy


@dataclass(frozen=True)
class Dataset:
    """A classification dataset in memory.

    All examples lie in one pair of arrays. Where the source has an official split, say a
    fixed test set, `splits` tells by index which example belongs to which part, so that
    `tfkit.data.split` keeps the official test set the test set.

    Args:
        name: What it was loaded as.
        x: Inputs of shape `(examples, ...)` in their natural shape: a table is
            `(examples, features)`, pictures are `(examples, height, width, channels)`.
            float32, or uint8 where the source has bytes (pictures of 0 to 255 take a
            quarter of the memory that way).
        y: Class numbers from 0, int64 of shape `(examples,)`.
        class_names: The name of each class, in the order of the class numbers.
        splits: The official parts, or None: index arrays under "train", "dev" and "test".
            An index lies in one part only; a key may be missing.
        groups: One value per example, or None: examples with equal values belong
            together (one patient, one speaker) and should stay in one part.
        description: What it is and where it comes from.
        feature_names: Name of each column of a table; empty for everything else.

    Raises:
        ValueError: If the arrays do not form a classification dataset; see `check_xy`.

    Example:
        >>> import numpy as np
        >>> x = np.array([[0.0], [1.0], [2.0]], "float32")
        >>> dataset = Dataset("three", x, np.array([0, 1, 1]), ("low", "high"))
        >>> dataset.examples, dataset.num_classes, dataset.shape
        (3, 2, (1,))
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    class_names: tuple[str, ...]
    splits: Mapping[str, np.ndarray] | None = None
    groups: np.ndarray | None = None
    description: str = ""
    feature_names: tuple[str, ...] = ()

    def __repr__(self) -> str:
        # Not the arrays: those of pictures fill pages.
        return (
            f"Dataset({self.name!r}, {self.examples} examples of shape {self.shape}, "
            f"{self.num_classes} classes)"
        )

    def __post_init__(self) -> None:
        """Checks the arrays, so that no loader can return a broken dataset."""
        check_xy(
            self.x,
            self.y,
            name=self.name,
            num_classes=len(self.class_names),
            feature_names=self.feature_names,
        )
        if self.groups is not None and len(self.groups) != len(self.y):
            raise ValueError(
                f"`groups` must have one value for each of the {len(self.y)} examples "
                f"of {self.name!r}. Received: len(groups)={len(self.groups)}."
            )

    @property
    def examples(self) -> int:
        """The number of examples, the course's m."""
        return len(self.y)

    @property
    def num_classes(self) -> int:
        """The number of classes."""
        return len(self.class_names)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        return self.x.shape[1:]

    def sample(self, examples: int, *, seed: int = 0) -> Dataset:
        """Returns a dataset of `examples` examples, drawn at random without replacement.

        An official dev or test part stays whole, for a smaller one would no longer be
        official: the draw is from the remaining examples only.

        Args:
            examples: How many to draw. More than there are means all.
            seed: Seed of the draw.

        Returns:
            The smaller dataset, in the order of this one.

        Raises:
            ValueError: If `examples` is not an int >= 1.
        """
        if not isinstance(examples, int | np.integer) or examples < 1:
            raise ValueError(
                f"`examples` must be an int >= 1. Received: examples={examples!r}. "
                "Leave it out to keep all."
            )
        official = {k: v for k, v in (self.splits or {}).items() if k != "train"}
        kept = np.concatenate([np.empty(0, np.int64), *official.values()])
        free = np.setdiff1d(np.arange(self.examples), kept)
        if examples >= len(free):
            return self
        drawn = np.random.default_rng(seed).choice(free, examples, replace=False)
        return self._take(np.sort(np.concatenate([drawn, kept])))

    def _take(self, indices: np.ndarray) -> Dataset:
        position = np.full(self.examples, -1, np.int64)
        position[indices] = np.arange(len(indices))
        splits = None
        if self.splits is not None:
            moved = {name: position[part] for name, part in self.splits.items()}
            splits = {name: part[part >= 0] for name, part in moved.items()}
        return replace(
            self,
            x=self.x[indices],
            y=self.y[indices],
            splits=splits,
            groups=None if self.groups is None else self.groups[indices],
        )


def as_inputs(x: np.ndarray) -> np.ndarray:
    """Returns numbers as `Dataset` holds them: bytes as they are, others as float32.

    What is no number stays as it is, for `check_xy` to name.
    """
    if x.dtype == np.uint8 or x.dtype.kind not in "buif":
        return x
    return x.astype(np.float32)


def from_parts(
    name: str,
    parts: Mapping[str, tuple[np.ndarray, np.ndarray]],
    class_names: Sequence[str],
    *,
    description: str = "",
) -> Dataset:
    """Joins the `(x, y)` of "train", "dev" and "test" and remembers who came from where."""
    shapes = {part: x.shape[1:] for part, (x, _) in parts.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(
            f"The parts of {name!r} must hold inputs of one shape. Received: "
            + ", ".join(f"{part}: {shape}" for part, shape in shapes.items())
            + "."
        )
    for part, (x, y) in parts.items():
        # Now, while the culprit can still be named.
        if len(x) != len(y):
            raise ValueError(
                f"Inputs and labels of the {part} part of {name!r} must have the same "
                f"length. Received: {len(x)} inputs and {len(y)} labels."
            )
    ends = np.cumsum([len(y) for _, y in parts.values()])
    indices = np.split(np.arange(ends[-1]), ends[:-1])
    return Dataset(
        name,
        np.concatenate([x for x, _ in parts.values()]),
        np.concatenate([y for _, y in parts.values()]),
        tuple(class_names),
        splits=dict(zip(parts, indices, strict=True)) if len(parts) > 1 else None,
        description=description,
    )
