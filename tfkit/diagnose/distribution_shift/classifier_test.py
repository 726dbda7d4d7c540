"""The classifier two-sample test: can anything tell the two sets apart?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import linalg, stats
from sklearn.covariance import ledoit_wolf
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

_FOLDS = 5
# 999 permutations in all, so that the smallest p-value is 0.001, far below any corrected
# level that is asked for; a part at a time, to bound the memory by examples * 250.
_CHUNKS = (249, 250, 250, 250)
# Above this p-value after a part of them the rest is left out. Whatever is rejected at a
# smaller level would be by all 999, so that the test stays valid there.
_CLEAR = 0.2
# With more columns than these their products would outnumber the examples.
_MOST_FOR_PRODUCTS = 20


@dataclass(frozen=True)
class ClassifierTest:
    """What the test found.

    Args:
        auc: Area under the ROC curve of the out-of-fold scores, of the better of the
            two classifiers; 0.5 is guessing.
        sees: "means", or "means, variances and correlations", whichever did better.
        p_value: Of the permutation test.
    """

    auc: float
    sees: str
    p_value: float


def classifier_test(
    inputs: np.ndarray, size_a: int, generator: np.random.Generator
) -> ClassifierTest:
    r"""Tests whether a classifier can tell the rows of a from those of b.

    The classifier is Fisher's linear discriminant, once of the columns' normal scores
    $z$ and once of $z$, $z^2$ and (up to 20 columns) the products $z_i z_j$. With
    $\Sigma$ the covariance of both sets together, shrunk by Ledoit and Wolf's rule,
    an example left out in fold $f$ has the score

    $$s(z) = (\mu_b^{(-f)} - \mu_a^{(-f)})^\top \Sigma^{-1} z,$$

    where the means are of the other folds. The statistic is the larger of the two
    classifiers' t-values between the scores of a and b, each standardized by its own
    permutations. $\Sigma$ and the normal scores do not know which set an example is
    of, and under the hypothesis that a and b are of one distribution each exchange of
    labels within a fold is as likely as the one observed. So

    $$p = \frac{1 + \#\{T_{perm} \ge T\}}{1 + 999}$$

    (or of 249 permutations, where it is above 0.2 by then) is valid whatever the number
    of examples and columns, which a binomial test of cross-validated predictions is
    not: its folds share training examples.

    Args:
        inputs: Rows of a, then of b, finite, no column constant.
        size_a: Number of rows of a.
        generator: Draws folds and permutations.
    """
    size_b = len(inputs) - size_a
    if inputs.shape[1] == 0 or min(size_a, size_b) < 2:
        return ClassifierTest(0.5, "means", 1.0)
    folds = min(_FOLDS, size_a, size_b)
    fold = np.concatenate(
        [generator.permutation(size) % folds for size in (size_a, size_b)]
    )
    # Sorted by fold, so that each fold is a slice.
    order = np.argsort(fold, kind="stable")
    is_b = (order >= size_a).astype(np.float32)
    ends = np.cumsum(np.bincount(fold, minlength=folds)).tolist()
    slices = [
        slice(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True)
    ]
    # The matrices are small: on a busy machine threads that wait for one another make
    # each product a hundred times as slow.
    with threadpool_limits(1, "blas"):
        return _tested(_normal_scores(inputs)[order], is_b, slices, generator)


def _tested(
    z: np.ndarray,
    is_b: np.ndarray,
    slices: list[slice],
    generator: np.random.Generator,
) -> ClassifierTest:
    whitened = {"means": _whitened(z)}
    whitened["means, variances and correlations"] = _whitened(_quadratic(z))
    values: dict[str, list[np.ndarray]] = {sees: [] for sees in whitened}
    observed: dict[str, np.ndarray] = {}
    labels = is_b[:, None]
    for count in (0, *_CHUNKS):
        if count:
            labels = _permuted(is_b, slices, count, generator)
        for sees, rows in whitened.items():
            scores = _out_of_fold_scores(rows, labels, slices)
            values[sees].append(_t_values(scores, labels))
            observed.setdefault(sees, scores[:, 0])
        if count:
            best, p_value = _p_value(values)
            if p_value > _CLEAR:
                break
    return ClassifierTest(
        auc=float(roc_auc_score(is_b, observed[best])), sees=best, p_value=p_value
    )


def _p_value(values: dict[str, list[np.ndarray]]) -> tuple[str, float]:
    """Returns which classifier did better, and the share of values as large as its."""
    standardized = {}
    for sees, parts in values.items():
        t = np.concatenate(parts)
        standardized[sees] = (t - t.mean()) / (t.std() or 1.0)
    best = max(standardized, key=lambda sees: standardized[sees][0])
    largest = np.max(list(standardized.values()), axis=0)
    # The observed one counts among them. Equal ones must not fall to rounding.
    return best, float(np.mean(largest >= largest[0] - 1e-6))


def _normal_scores(inputs: np.ndarray) -> np.ndarray:
    """Returns each column with its ranks in place of values, as a normal's quantiles.

    One wild value then weighs no more than any other largest one.
    """
    ranks = stats.rankdata(inputs, axis=0)
    z = stats.norm.ppf((ranks - 0.5) / len(inputs))
    return (z - z.mean(axis=0)) / z.std(axis=0)


def _quadratic(z: np.ndarray) -> np.ndarray:
    columns = [z, z**2]
    if 1 < z.shape[1] <= _MOST_FOR_PRODUCTS:
        pairs = list(combinations(range(z.shape[1]), 2))
        columns.append(np.column_stack([z[:, i] * z[:, j] for i, j in pairs]))
    wide = np.concatenate(columns, axis=1)
    spread = wide.std(axis=0)
    # The square of a column of two equally frequent values is constant.
    kept = spread > 1e-9
    return (wide[:, kept] - wide[:, kept].mean(axis=0)) / spread[kept]


def _whitened(z: np.ndarray) -> np.ndarray:
    covariance, _ = ledoit_wolf(z)
    variances, directions = linalg.eigh(covariance)
    # Shrinkage keeps them positive, but for columns that repeat one another exactly.
    kept = variances > 1e-9 * variances.max()
    whitening = directions[:, kept] / np.sqrt(variances[kept])
    return (z @ whitening).astype(np.float32)


def _permuted(
    is_b: np.ndarray, slices: list[slice], count: int, generator: np.random.Generator
) -> np.ndarray:
    """Returns the labels permuted within each fold, `(examples, count)`."""
    labels = np.repeat(is_b[:, None], count, axis=1)
    for part in slices:
        labels[part] = generator.permuted(labels[part], axis=0)
    return labels


def _out_of_fold_scores(
    rows: np.ndarray, labels: np.ndarray, slices: list[slice]
) -> np.ndarray:
    """Returns the score of each example by the other folds, for each set of labels."""
    # In this order the matrix product is three times as fast.
    sums_b = np.stack([(labels[part].T @ rows[part]).T for part in slices])
    sums = np.stack([rows[part].sum(axis=0) for part in slices])
    sizes_b = np.array([labels[part, 0].sum() for part in slices])
    sizes = np.array([part.stop - part.start for part in slices])
    scores = np.empty_like(labels)
    for f, part in enumerate(slices):
        other_b = sums_b.sum(axis=0) - sums_b[f]
        other = (sums.sum(axis=0) - sums[f])[:, None]
        count_b = sizes_b.sum() - sizes_b[f]
        count_a = sizes.sum() - sizes[f] - count_b
        mean_b, mean_a = other_b / count_b, (other - other_b) / count_a
        slope = mean_b - mean_a
        # Zero half-way between the means, so that folds can be put together.
        middle = ((mean_b + mean_a) / 2 * slope).sum(axis=0)
        scores[part] = rows[part] @ slope - middle
    return scores


def _t_values(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    size, size_b = len(labels), float(labels[:, 0].sum())
    size_a = size - size_b
    scores = scores.astype(np.float64)
    sums, sums_b = scores.sum(axis=0), (scores * labels).sum(axis=0)
    mean_b, mean_a = sums_b / size_b, (sums - sums_b) / size_a
    within = (scores**2).sum(axis=0) - size_b * mean_b**2 - size_a * mean_a**2
    spread = np.sqrt(np.maximum(within, 1e-30) / size * (1 / size_a + 1 / size_b))
    return (mean_b - mean_a) / spread
