"""The error of a classifier on a finite set, with the uncertainty that this implies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from tfkit._predictions import class_numbers

_Z = NormalDist().inv_cdf(0.975)
_TEXT = "USO"


@dataclass(frozen=True)
class ErrorRate:
    r"""Share of examples a classifier gets wrong, with a 95 % interval.

    The interval is Wilson's score interval for a binomial proportion: with
    $\hat p$ = `errors / examples`, $n$ = `examples` and $z = 1.96$,

    $$\frac{\hat p + z^2/2n \pm z\sqrt{\hat p(1-\hat p)/n + z^2/4n^2}}{1 + z^2/n}$$

    It stays inside [0, 1] and says something useful at zero errors, where the usual
    $\hat p \pm z\,\mathrm{se}$ has width 0.

    Args:
        errors: Number of wrong answers.
        examples: Number of answers.

    Raises:
        ValueError: Unless 0 <= errors <= examples and examples > 0.

    Example:
        >>> print(ErrorRate(7, 360))
        1.9 % (0.9 to 4.0)

    Reference:
        Wilson, 1927, Journal of the American Statistical Association 22:209-212.
    """

    errors: int
    examples: int

    def __post_init__(self) -> None:
        if not 0 <= self.errors <= self.examples or self.examples == 0:
            raise ValueError(
                "`errors` must lie between 0 and `examples`, which must be above 0. "
                f"Received: errors={self.errors}, examples={self.examples}"
            )

    @property
    def rate(self) -> float:
        """Share of wrong answers, errors / examples."""
        return self.errors / self.examples

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval."""
        return self._interval[0]

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval."""
        return self._interval[1]

    @cached_property
    def _interval(self) -> tuple[float, float]:
        return wilson_interval(self.errors, self.examples, _Z)

    def __str__(self) -> str:
        return (
            f"{100 * self.rate:.1f} % ({100 * self.low:.1f} to {100 * self.high:.1f})"
        )


def wilson_interval(errors: int, examples: int, z: float) -> tuple[float, float]:
    """Wilson's score interval of a proportion, as in `ErrorRate`.

    Args:
        errors: Number of wrong answers, 0 to `examples`.
        examples: Number of answers, at least 1.
        z: Half the width in standard errors, 1.96 for 95 %.

    Example:
        >>> [round(end, 3) for end in wilson_interval(10, 100, z=1.96)]
        [0.055, 0.174]
    """
    # Not SciPy's, which takes a second to import: a list of runs needs many of them.
    p, n = errors / examples, examples
    centre = p + z**2 / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    low, high = ((centre + side * half) / (1 + z**2 / n) for side in (-1, 1))
    # Rounding leaves 1e-18 where there is no error, or nothing but errors.
    return 0.0 if errors == 0 else low, 1.0 if errors == examples else high


def error_rate(y_true: ArrayLike, y_predicted: ArrayLike) -> ErrorRate:
    """Counts the wrong answers.

    Args:
        y_true: Class numbers, shape `(m,)`.
        y_predicted: Class numbers `(m,)`; or probabilities `(m, classes)`, of which the
            largest counts; or `(m, 1)` of a sigmoid unit, class 1 above 0.5.

    Raises:
        ValueError: If the two have different lengths, one is text and the other is not,
            or a label is none of the probabilities' columns.

    Example:
        >>> error_rate([0, 1, 2, 2], [0, 1, 1, 2])
        ErrorRate(errors=1, examples=4)
    """
    truth, answers = np.asarray(y_true), np.asarray(y_predicted)
    if answers.ndim == 2:
        truth = class_numbers(truth, max(2, answers.shape[1]), name="y_true")
        answers = (
            (answers[:, 0] > 0.5).astype(int)
            if answers.shape[1] == 1
            else answers.argmax(axis=1)
        )
    elif (truth.dtype.kind in _TEXT) != (answers.dtype.kind in _TEXT):
        raise ValueError(
            "`y_true` and `y_predicted` must name the classes alike. Received: "
            f"dtype={truth.dtype} and dtype={answers.dtype}. Turn one into the other, "
            "such as names[y_predicted]."
        )
    if truth.shape != answers.shape:
        raise ValueError(
            "`y_true` and `y_predicted` must have the same length. Received: shapes "
            f"{truth.shape} and {answers.shape}. Of one-hot rows take argmax(axis=1), "
            "of a column ravel()."
        )
    return ErrorRate(int(np.sum(truth != answers)), len(truth))
