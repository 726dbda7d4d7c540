"""The course's mini-batches: X and Y shuffled together and cut, a column per example."""

from __future__ import annotations

import numpy as np


def mini_batches(
    X: np.ndarray, Y: np.ndarray, size: int = 64, seed: int = 0
) -> list[tuple[np.ndarray, np.ndarray]]:
    r"""Shuffles the columns of `X` and `Y` together and cuts them into mini-batches.

    $X^{\{t\}}$ holds the shuffled examples $[(t - 1) s, t s)$ for
    $t = 1 \dots \lceil m / s \rceil$; the last one may be shorter. (The notes' 0 to 1000
    and 1001 to 2000 would make the first batch one example longer.)

    This is the course's layout and its random stream (`np.random.seed(seed)`, then
    `permutation(m)`): it gives the published arrays. To train Keras models use
    `tfkit.data.pipeline`.

    Args:
        X: Inputs, a column per example: shape `(features, examples)`.
        Y: Labels of shape `(classes, examples)`.
        size: Examples in a mini-batch. Int >= 1.
        seed: Seed of the shuffle; the course increases it before each epoch.

    Returns:
        Pairs `(X{t}, Y{t})`.

    Raises:
        ValueError: If `X` and `Y` are not two matrices of as many columns, or `size` is
            below 1.

    Example:
        >>> import numpy as np
        >>> X, Y = np.arange(10.0).reshape(2, 5), np.array([[0, 1, 0, 1, 0]])
        >>> [x.shape for x, y in mini_batches(X, Y, size=2, seed=1)]
        [(2, 2), (2, 2), (2, 1)]

    Reference:
        Course notes, "Mini-batch gradient descent".
    """
    if X.ndim != 2 or Y.ndim != 2 or X.shape[1] != Y.shape[1] or X.shape[1] == 0:
        raise ValueError(
            "`X` and `Y` must be matrices with a column per example. "
            f"Received: X.shape={X.shape}, Y.shape={Y.shape}. Transpose data of shape "
            "(examples, features); reshape labels of shape (examples,) to (1, examples)."
        )
    if size < 1:
        raise ValueError(f"`size` must be an int >= 1. Received: size={size!r}.")
    examples = X.shape[1]
    # RandomState, not default_rng: the published arrays come from this generator.
    order = np.random.RandomState(seed).permutation(examples)
    cuts = [order[start : start + size] for start in range(0, examples, size)]
    return [(X[:, cut], Y[:, cut]) for cut in cuts]
