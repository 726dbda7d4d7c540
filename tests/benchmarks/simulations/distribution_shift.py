"""How often `distribution_shift` is wrong: 1000 simulated cases of each kind.

    python tests/benchmarks/simulations/distribution_shift.py [CASES]

Prints the table of docs/DIAGNOSE.md. Half an hour of one core.
"""

import os
import sys

# One case is too small to be worth a second thread; cases run side by side instead.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from scipy import stats
from sklearn.datasets import load_digits

from tfkit.diagnose.distribution_shift import distribution_shift

Case = Callable[[np.random.Generator], dict[str, Any]]
FEATURES = 20


def table(
    generator: np.random.Generator,
    size: int = 500,
    *,
    shift: float = 0.0,
    scale: float = 1.0,
    missing: float = 0.0,
    correlation: float = 0.0,
) -> dict[str, Any]:
    """20 normal features; the first of b is another, or two of b are correlated."""
    a = generator.normal(size=(size, FEATURES))
    b = generator.normal(size=(size, FEATURES))
    b[:, 1] = correlation * b[:, 0] + np.sqrt(1 - correlation**2) * b[:, 1]
    b[:, 0] = b[:, 0] * scale + shift
    b[generator.random(size) < missing, 0] = np.nan
    return {"a": a, "b": b}


def rough_table(generator: np.random.Generator) -> dict[str, Any]:
    """No difference; heavy tails, counts, a rare flag, missing values, copied columns."""
    size_a, size_b = 400, 90
    values = generator.standard_t(1, size=(size_a + size_b, 8))
    values[:, 1] = generator.poisson(0.7, len(values))
    values[:, 2] = generator.random(len(values)) < 0.02
    values[generator.random(len(values)) < 0.1, 3] = np.nan
    values[:, 4] = values[:, 5] * 1000
    return {"a": values[:size_a], "b": values[size_a:]}


def correlated_table(generator: np.random.Generator) -> dict[str, Any]:
    """No difference; 20 features with a correlation of 0.9."""
    both = generator.normal(size=(1000, 1)) * 3 + generator.normal(size=(1000, 20))
    return {"a": both[:500], "b": both[500:]}


def classes(
    generator: np.random.Generator, *, share: float = 0.1, size: int = 500
) -> dict[str, Any]:
    """Three features without a difference; ten classes, in b the first of that share."""
    shares = [share, *[(1 - share) / 9] * 9]
    return {
        "a": generator.normal(size=(size, 3)),
        "b": generator.normal(size=(size, 3)),
        "labels_a": generator.integers(0, 10, size),
        "labels_b": generator.choice(10, size, p=shares),
    }


def digits(
    generator: np.random.Generator,
    *,
    brightness: float = 1.0,
    without: int | None = None,
    size: int = 500,
) -> dict[str, Any]:
    """Two halves of 1000 digits drawn at random, b changed."""
    x, y = load_digits(return_X_y=True)
    if without is not None:
        order = generator.permutation(len(x))
        a, b = order[:size], order[size:]
        b = b[y[b] != without][:size]
    else:
        a, b = generator.permutation(len(x))[: 2 * size].reshape(2, size)
    images = x.reshape(-1, 8, 8)
    return {"a": images[a], "b": images[b] * brightness}


FALSE_ALARMS: dict[str, Case] = {
    "20 normal features, 500 + 500": table,
    "20 normal features, 30 + 30": partial(table, size=30),
    "20 features correlated 0.9, 500 + 500": correlated_table,
    "heavy tails, counts, flags, NaN, 400 + 90": rough_table,
    "10 classes, 500 + 500": classes,
    "digits, 500 + 500": digits,
}
POWER: dict[str, Case] = {
    "one of 20 features shifted by 0.35 SD, 500 + 500": partial(table, shift=0.35),
    "one of 20 features of 1.4 times the SD, 500 + 500": partial(table, scale=1.4),
    "two of 20 features correlated 0.8, 500 + 500": partial(table, correlation=0.8),
    "5 % of one of 20 features missing, 500 + 500": partial(table, missing=0.05),
    "one class of 20 % for 10 %, 500 + 500": partial(classes, share=0.2),
    "one class of 25 % for 10 %, 500 + 500": partial(classes, share=0.25),
    "digits 10 % brighter, 500 + 500": partial(digits, brightness=1.1),
    "digits without the zeros, 800 + 800": partial(digits, without=0, size=800),
}


def outcome(case: Case, seed: int) -> str:
    """Returns the outcome of one case."""
    return distribution_shift(**case(np.random.default_rng(seed)), seed=seed).outcome


def rate(case: Case, cases: int, map_over: Callable[..., Any] = map) -> tuple[int, int]:
    """Returns how many of so many cases were found different, and how many the same."""
    found = list(map_over(partial(outcome, case), range(cases)))
    return found.count("different"), found.count("same")


def main(cases: int) -> None:
    """Prints the table."""
    print(
        f"| {cases} cases each | different | 95 % interval | same | not enough data |"
    )
    print("| --- | ---: | ---: | ---: | ---: |")
    with ProcessPoolExecutor() as pool:
        for title, kinds in (("no difference", FALSE_ALARMS), ("", POWER)):
            for name, case in kinds.items():
                several = partial(pool.map, chunksize=10)
                different, same = rate(case, cases, several)
                ends = stats.binomtest(different, cases).proportion_ci(method="wilson")
                unclear = cases - different - same
                print(
                    f"| {title + ': ' if title else ''}{name} | {different / cases:.1%} "
                    f"| {ends.low:.1%} to {ends.high:.1%} | {same / cases:.1%} "
                    f"| {unclear / cases:.1%} |",
                    flush=True,
                )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
