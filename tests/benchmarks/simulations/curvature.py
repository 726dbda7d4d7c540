"""How often `curvature` is wrong, on costs of known Hessian: CASES (50) of each kind.

A linear unit under the mean squared error, whose examples have weights of both signs, has
at 0 a gradient of 0 and any symmetric matrix as Hessian: $2/m \\sum_i s_i x_i x_i^T$ with
the eigenvectors as examples and the eigenvalues as weights. Directions are drawn at
random. Prints a Markdown table; some minutes of one core.

    python tests/benchmarks/simulations/curvature.py [CASES] [FIRST_SEED]
"""

import os
import sys
from collections import Counter

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from scipy import stats

from tfkit.diagnose import curvature

WEIGHTS = 200


def even(rng):
    """Eigenvalues spread evenly, 0.01 to 1."""
    return rng.uniform(0.01, 1.0, WEIGHTS)


def of_a_network(rng):
    """A few large ones and a bulk near 0, as networks have them; the largest is 1."""
    values = np.exp(rng.uniform(np.log(1e-6), np.log(1e-2), WEIGHTS))
    values[:10] = np.geomspace(0.1, 1.0, 10)
    return values


def down(values, size, count):
    """The last ones are replaced by so many of negative curvature."""
    values[WEIGHTS - count :] = -size
    return values


KINDS = {
    "minimum, even": ("minimum", even),
    "minimum, most of it flat": ("minimum", of_a_network),
    "maximum, even": ("maximum", lambda rng: -even(rng)),
    "plateau": ("plateau", lambda rng: rng.uniform(-9e-4, 9e-4, WEIGHTS)),
    "saddle point, even, 1 of -0.1": ("saddle point", lambda r: down(even(r), 0.1, 1)),
    "saddle point, even, 1 of -0.01": (
        "saddle point",
        lambda r: down(even(r), 0.01, 1),
    ),
    "saddle point, most of it flat, 1 of -0.1": (
        "saddle point",
        lambda r: down(of_a_network(r), 0.1, 1),
    ),
    "saddle point, most of it flat, 1 of -0.01": (
        "saddle point",
        lambda r: down(of_a_network(r), 0.01, 1),
    ),
    "saddle point, most of it flat, 1 of -0.003": (
        "saddle point",
        lambda r: down(of_a_network(r), 0.003, 1),
    ),
    "saddle point, most of it flat, 30 of -0.003": (
        "saddle point",
        lambda r: down(of_a_network(r), 0.003, 30),
    ),
}


def found(spectrum, seed):
    """What `curvature` calls the point, and its error in the highest curvature."""
    rng = np.random.default_rng(seed)
    values = spectrum(rng)
    directions, _ = np.linalg.qr(rng.normal(size=(WEIGHTS, WEIGHTS)))
    model = keras.Sequential(
        [keras.Input((WEIGHTS,)), keras.layers.Dense(1, use_bias=False)]
    )
    model.compile("sgd", "mean_squared_error")
    model.set_weights([np.zeros((WEIGHTS, 1))])
    report = curvature(
        model,
        np.sqrt(WEIGHTS / 2) * directions.T,
        np.zeros((WEIGHTS, 1)),
        sample_weight=values,
        seed=seed,
    )
    return report.kind, abs(report.highest - values.max()) / np.abs(values).max()


def share(count, cases):
    ends = stats.binomtest(count, cases).proportion_ci(method="wilson")
    return f"{count / cases:.1%} ({ends.low:.1%} to {ends.high:.1%})"


def main(cases, first):
    print(f"| truth, {cases} cases each | right | said else | error of the highest |")
    print("|---|---:|---|---:|")
    for name, (truth, spectrum) in KINDS.items():
        results = [found(spectrum, seed) for seed in range(first, first + cases)]
        keras.backend.clear_session()
        said = Counter(kind for kind, _ in results)
        right = said.pop(truth, 0)
        others = ", ".join(f"{kind} {n / cases:.1%}" for kind, n in said.items())
        worst = max(error for _, error in results)
        print(
            f"| {name} | {share(right, cases)} | {others} | {worst:.1e} |", flush=True
        )


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    main(*given, *(50, 0)[len(given) :])
