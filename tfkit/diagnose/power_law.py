"""A power law through the dev errors of a learning curve, where it holds up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize, stats

from tfkit.diagnose.curve_training import Estimate, Z

# An exponent above 2 has been seen nowhere; errors that drop so are a step.
_LEAST, _MOST = 0.01, 2.0
# Refits that give the interval of a projection.
_DRAWS = 200


@dataclass(frozen=True)
class PowerLaw:
    r"""A power law through the dev errors, $a + b\,(m/M)^{-c}$.

    Args:
        floor: $a$, the error that no amount of such data takes away.
        gain: $b$, what lies above it with `examples`.
        exponent: $c$, how fast it falls.
        examples: $M$, the largest number of training examples measured.
    """

    floor: float
    gain: float
    exponent: float
    examples: int

    def at(self, examples: float) -> float:
        """Returns the error with so many training examples."""
        return float(
            _power_law(examples / self.examples, self.floor, self.gain, self.exponent)
        )


@dataclass(frozen=True)
class Projection:
    """What a learning curve gives for more data.

    Args:
        power_law: Fitted to the dev errors; None where it does not hold up.
        note: Why there is none, or how it was checked.
        twice_the_data: Dev error that it gives for twice the data; None without one.
    """

    power_law: PowerLaw | None
    note: str
    twice_the_data: Estimate | None


def project(
    examples: np.ndarray,
    errors: np.ndarray,
    deviations: np.ndarray,
    *,
    falls: bool,
    seed: int,
) -> Projection:
    """Fits a power law, checks it, and reads the error for twice the data from it.

    Args:
        examples: Numbers of training examples, ascending, `(n,)`.
        errors: Dev errors, `(n,)`.
        deviations: Their standard deviations, `(n,)`, above 0.
        falls: Whether the dev error falls beyond chance.
        seed: Of the refits that give the interval.
    """

    def none(why: str) -> Projection:
        return Projection(None, f"no power law: {why}", None)

    if len(errors) < 4:
        return none("it takes four sizes")
    if not falls:
        return none("the dev error does not fall beyond chance up to the end")
    shares = examples / examples[-1]
    law = _fitted(shares, errors, deviations)
    # The search ends near a limit, not on it.
    if not 1.05 * _LEAST < law[2] < 0.99 * _MOST:
        return none(f"the best exponent lies at the limit of the fit, {law[2]:.2g}")
    shorter = _fitted(shares[:-1], errors[:-1], deviations[:-1])
    misfit = float(np.sum(((errors - _power_law(shares, *law)) / deviations) ** 2))
    if misfit > stats.chi2.ppf(0.95, len(errors) - 3):
        return none("it passes by the points beyond their chance")
    predicted = float(_power_law(1.0, *shorter))
    there = (
        f"without the largest size it gives {100 * predicted:.1f} % there, measured "
        f"{100 * errors[-1]:.1f} %"
    )
    # The prediction has the chance of the points that it comes from as well as that of
    # the point it is compared with, so twice the interval of one.
    if abs(predicted - errors[-1]) > 2 * Z * deviations[-1]:
        return none(there)
    floor, gain, exponent = law
    rng = np.random.default_rng(seed)
    drawn = (
        _power_law(shares, *law) + rng.normal(size=(_DRAWS, len(shares))) * deviations
    )
    again = [
        _power_law(2.0, *_fitted(shares, each, deviations))
        for each in np.clip(drawn, 0, 1)
    ]
    low, high = (float(end) for end in np.percentile(again, (2.5, 97.5)))
    twice = float(_power_law(2.0, *law))
    return Projection(
        PowerLaw(floor, gain, exponent, int(examples[-1])),
        f"power law {100 * floor:.1f} % + {100 * gain:.1f} % "
        f"(m / {examples[-1]:,.0f})^-{exponent:.2f}; {there}",
        Estimate(twice, min(twice, low), max(twice, high)),
    )


def _power_law(share: Any, floor: float, gain: float, exponent: float) -> Any:
    return floor + gain * np.power(share, -exponent)


def _fitted(
    shares: np.ndarray, errors: np.ndarray, deviations: np.ndarray
) -> tuple[float, float, float]:
    """Returns floor, gain and exponent by weighted least squares.

    For a given exponent the others are linear and not negative, so that the search has
    one dimension; `curve_fit` in three takes forty times as long and gets stuck.
    """

    def linear(exponent: float) -> tuple[np.ndarray, float]:
        columns = np.stack([np.ones_like(shares), shares**-exponent], axis=1)
        return optimize.nnls(columns / deviations[:, None], errors / deviations)

    found = optimize.minimize_scalar(
        lambda exponent: linear(exponent)[1],
        bounds=(_LEAST, _MOST),
        method="bounded",
    )
    (floor, gain), _ = linear(found.x)
    return float(floor), float(gain), float(found.x)
