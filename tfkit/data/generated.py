"""The course's plane datasets, made from a seed: circles, moons, spirals, flower."""

from __future__ import annotations

import numpy as np

from tfkit.data.dataset import Dataset

# Every generator draws from numpy's old RandomState, as the course did after
# `np.random.seed(seed)`: the same seed gives the same points.


def circles(*, examples: int = 300, noise: float = 0.05, seed: int = 0) -> Dataset:
    """Makes two circles, the second inside the first (course: Initialization).

    Args:
        examples: How many. Int >= 2.
        noise: Standard deviation of the noise on each coordinate.
        seed: The course's training set is seed 1, its test set seed 2 with 100 examples.

    Returns:
        The dataset, of two classes.

    Example:
        >>> circles(seed=1).x.shape
        (300, 2)

    Reference:
        Course's programming assignment "Initialization".
    """
    from sklearn.datasets import make_circles

    _check(examples, 2)
    x, y = make_circles(examples, noise=noise, random_state=seed)
    return _dataset("circles", x, y, ("outer", "inner"))


def moons(*, examples: int = 300, noise: float = 0.2, seed: int = 0) -> Dataset:
    """Makes two interleaved half moons (course: Optimization methods).

    Args:
        examples: How many. Int >= 2.
        noise: Standard deviation of the noise on each coordinate.
        seed: The course's training set is seed 3.

    Returns:
        The dataset, of two classes.

    Example:
        >>> moons(seed=3).num_classes
        2

    Reference:
        Course's programming assignment "Optimization methods".
    """
    from sklearn.datasets import make_moons

    _check(examples, 2)
    x, y = make_moons(examples, noise=noise, random_state=seed)
    return _dataset("moons", x, y, ("upper", "lower"))


def spirals(
    *, examples: int = 300, noise: float = 0.2, seed: int = 0, arms: int = 3
) -> Dataset:
    r"""Makes interleaved spirals, a class per arm.

    Arm $j$ runs through radius $r \in [0, 1]$ at the angle $4 (j + r) + \epsilon$,
    $\epsilon$ normal with standard deviation `noise`: the point is
    $(r \sin \theta, r \cos \theta)$.

    Args:
        examples: How many, spread evenly over the arms. Int >= `arms`.
        noise: Standard deviation of the angle, in radians.
        seed: Seed of the noise.
        arms: Number of classes. Int >= 2.

    Returns:
        The dataset.

    Example:
        >>> spirals(seed=1).class_names
        ('arm 0', 'arm 1', 'arm 2')

    Reference:
        Stanford CS231n notes, "Putting it together: minimal neural network case study".
    """
    if arms < 2:
        raise ValueError(f"`arms` must be an int >= 2. Received: arms={arms!r}.")
    _check(examples, arms)
    generator = np.random.RandomState(seed)
    points = []
    sizes = [len(part) for part in np.array_split(np.arange(examples), arms)]
    for arm, size in enumerate(sizes):
        radius = np.linspace(0.0, 1.0, size)
        angle = 4.0 * (arm + radius) + noise * generator.randn(size)
        points.append(
            np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
        )
    y = np.repeat(np.arange(arms), sizes)
    names = tuple(f"arm {arm}" for arm in range(arms))
    return _dataset("spirals", np.concatenate(points), y, names)


def planar_flower(*, examples: int = 400, noise: float = 0.2, seed: int = 0) -> Dataset:
    r"""Makes a flower whose petals alternate between two classes.

    The angle $\theta$ goes once around, half of it for each class, and the radius is
    $4 \sin 4 \theta$, both with normal noise: the point is
    $(r \sin \theta, r \cos \theta)$.

    Args:
        examples: How many; an odd number gives the second class one more. Int >= 2.
        noise: Standard deviation of the angle and of the radius.
        seed: The course's set is seed 1.

    Returns:
        The dataset.

    Example:
        >>> planar_flower(seed=1).x.shape
        (400, 2)

    Reference:
        The planar data of the specialization's first course.
    """
    _check(examples, 2)
    generator = np.random.RandomState(seed)
    points = []
    sizes = (examples // 2, examples - examples // 2)
    for half, size in enumerate(sizes):
        # 3.12, not pi: the course's figure, which leaves a small gap.
        turn = np.linspace(half * 3.12, (half + 1) * 3.12, size)
        angle = turn + noise * generator.randn(size)
        radius = 4.0 * np.sin(4.0 * angle) + noise * generator.randn(size)
        points.append(
            np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
        )
    y = np.repeat([0, 1], sizes)
    return _dataset("planar_flower", np.concatenate(points), y, ("red", "blue"))


def _check(examples: int, classes: int) -> None:
    if not isinstance(examples, int | np.integer) or examples < classes:
        raise ValueError(
            f"`examples` must be an int >= {classes} (one per class). "
            f"Received: examples={examples!r}."
        )


def _dataset(
    name: str, x: np.ndarray, y: np.ndarray, names: tuple[str, ...]
) -> Dataset:
    return Dataset(
        name,
        x.astype(np.float32),
        y.astype(np.int64),
        names,
        description="Generated points in the plane.",
        feature_names=("x1", "x2"),
    )
