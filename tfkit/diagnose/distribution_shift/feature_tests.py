"""Two-sample tests, one column at a time, and of the classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from tfkit.diagnose.distribution_shift.features import Features

# Of a column with an order; their p-values are corrected for it.
TESTS = 3
# Up to this many different values a column is tested as counts, not by Kolmogorov-
# Smirnov, which ties make blind.
_DISCRETE = 20
# Cochran's rule for the chi-squared distribution of counts.
_LEAST_EXPECTED = 5.0
# Above this product of sizes the exact Kolmogorov-Smirnov distribution is slow and the
# asymptotic one no different.
_EXACT = 10_000


@dataclass(frozen=True)
class ColumnTest:
    """One test of one column; `p_value` is that of this test alone."""

    name: str
    mean_a: float | None
    mean_b: float | None
    shift: float | None
    distance: float
    p_value: float


def column_tests(features: Features) -> list[ColumnTest]:
    """Tests each column that is not constant, and the missing values of each.

    Columns without order: chi-squared test of the counts. Others: the smallest of three
    p-values, times three; Kolmogorov-Smirnov's (the chi-squared test's with at most 20
    different values), which sees any difference, and Mann-Whitney's, of the values,
    which sees a shift sooner, and of their distances from the common median, which
    sees a change of spread sooner.
    """
    # A column at a time is read fastest where it lies in one piece.
    columns_a, columns_b = (np.ascontiguousarray(x.T) for x in (features.a, features.b))
    tested = []
    ordered: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    for name, a, b, categorical in zip(
        features.names, columns_a, columns_b, features.categorical, strict=True
    ):
        lacks_a, lacks_b = np.isnan(a), np.isnan(b)
        if lacks_a.any() or lacks_b.any():
            tested.append(_test_missing(name, lacks_a, lacks_b))
            a, b = a[~lacks_a], b[~lacks_b]
        if len(a) and len(b) and np.ptp(np.concatenate([a, b])) > 0:
            column, values = _test_values(name, a, b, bool(categorical))
            if values > 2 and not categorical:
                ordered[len(tested)] = (a, b)
            tested.append(column)
    for index, p_value in _rank_tests(ordered).items():
        smallest = min(tested[index].p_value, p_value)
        tested[index] = replace(tested[index], p_value=min(1.0, TESTS * smallest))
    return tested


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Returns p-values corrected for their number by Holm's step-down rule.

    Example:
        >>> holm([0.01, 0.04, 0.03]).tolist()
        [0.03, 0.06, 0.06]

    Reference:
        Holm, 1979, Scandinavian Journal of Statistics 6:65-70.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected


def count_test(a: np.ndarray, b: np.ndarray) -> float:
    """Returns the p-value of two rows of counts being of one distribution.

    Values of which fewer than five are expected are counted together, the rarest
    first; what is left of two is tested exactly (Fisher's test).
    """
    table = np.stack([a, b]).astype(np.float64)
    table = table[:, np.argsort(table.sum(axis=0), kind="stable")]
    smaller = min(table.sum(axis=1)) / table.sum()
    while table.shape[1] > 2 and table[:, 0].sum() * smaller < _LEAST_EXPECTED:
        table[:, 1] += table[:, 0]
        table = table[:, 1:]
        table = table[:, np.argsort(table.sum(axis=0), kind="stable")]
    if table.shape[1] < 2:
        return 1.0
    rare = table[:, 0].sum() * smaller < _LEAST_EXPECTED
    if rare:
        return float(stats.fisher_exact(table.astype(int)).pvalue)
    return float(stats.chi2_contingency(table, correction=table.shape[1] == 2).pvalue)


def _test_missing(name: str, a: np.ndarray, b: np.ndarray) -> ColumnTest:
    share_a, share_b = float(a.mean()), float(b.mean())
    counts = [np.bincount(lacks, minlength=2) for lacks in (a, b)]
    return ColumnTest(
        name=f"{name} missing",
        mean_a=share_a,
        mean_b=share_b,
        shift=standardized(a.astype(float), b.astype(float)),
        distance=abs(share_a - share_b),
        # All missing, in both: nothing to tell apart.
        p_value=count_test(*counts) if 0 < share_a + share_b < 2 else 1.0,
    )


def _test_values(
    name: str, a: np.ndarray, b: np.ndarray, categorical: bool
) -> tuple[ColumnTest, int]:
    """Tests a column for any difference; returns the number of its values, too."""
    values, codes = np.unique(np.concatenate([a, b]), return_inverse=True)
    counts_a = np.bincount(codes[: len(a)], minlength=len(values))
    counts_b = np.bincount(codes[len(a) :], minlength=len(values))
    gaps = counts_a / len(a) - counts_b / len(b)
    if categorical:
        changed = float(np.abs(gaps).sum() / 2)
        p = count_test(counts_a, counts_b)
        return ColumnTest(name, None, None, None, changed, p), len(values)
    distance = float(np.abs(np.cumsum(gaps)).max())
    column = ColumnTest(
        name=name,
        mean_a=float(a.mean()),
        mean_b=float(b.mean()),
        shift=standardized(a, b),
        distance=distance,
        p_value=count_test(counts_a, counts_b)
        if len(values) <= _DISCRETE
        else _kolmogorov_smirnov(a, b, distance),
    )
    return column, len(values)


def _rank_tests(
    columns: dict[int, tuple[np.ndarray, np.ndarray]],
) -> dict[int, float]:
    """Returns the smaller p-value of the tests for shift and for spread, by column.

    Columns of the same number of values go through SciPy together: one at a time takes
    it ten times as long.
    """
    by_size: dict[tuple[int, int], list[int]] = {}
    for index, (a, b) in columns.items():
        by_size.setdefault((len(a), len(b)), []).append(index)
    found: dict[int, float] = {}
    for indices in by_size.values():
        a, b = (np.stack([columns[index][k] for index in indices]) for k in (0, 1))
        # The common median does not know which set a value is of: the test stays valid.
        middle = np.median(np.concatenate([a, b], axis=1), axis=1, keepdims=True)
        from_a, from_b = np.abs(a - middle), np.abs(b - middle)
        # Where all are as far from it as the others there are no ranks to compare.
        spread = np.ones(len(indices))
        vary = np.ptp(np.concatenate([from_a, from_b], axis=1), axis=1) > 0
        if vary.any():
            compared = stats.mannwhitneyu(from_a[vary], from_b[vary], axis=1)
            spread[vary] = compared.pvalue
        p_values = np.minimum(stats.mannwhitneyu(a, b, axis=1).pvalue, spread)
        found.update(zip(indices, p_values.tolist(), strict=True))
    return found


def _kolmogorov_smirnov(a: np.ndarray, b: np.ndarray, distance: float) -> float:
    if len(a) * len(b) <= _EXACT:
        return float(stats.ks_2samp(a, b, method="exact").pvalue)
    # What ks_2samp does with method="asymp", without sorting the values once more.
    effective = round(len(a) * len(b) / (len(a) + len(b)))
    return float(np.clip(stats.kstwo.sf(distance, effective), 0.0, 1.0))


def standardized(a: np.ndarray, b: np.ndarray) -> float:
    """Returns the difference of the means, b - a, in pooled standard deviations."""
    difference = float(b.mean() - a.mean())
    spread = np.sqrt((len(a) * a.var() + len(b) * b.var()) / (len(a) + len(b)))
    # Two different constants: the spread of both together keeps the number finite.
    spread = float(spread) or float(np.concatenate([a, b]).std())
    return difference / spread if spread > 0 else 0.0
