"""How small a difference a number of examples can show."""

from __future__ import annotations

import math

from scipy import stats

_POWER = 0.9
# Mann-Whitney's test needs pi/3 times the examples of the t-test on normal data.
_EFFICIENCY = 3 / math.pi


def visible_effect(size_a: int, size_b: int, *, alpha: float, tests: int) -> float:
    r"""Returns the shift that shows with 90 % power, in standard deviations.

    $$\delta = (z_{1-\alpha/(2t)} + z_{0.9})
      \sqrt{\frac\pi3 \left(\frac1{n_a} + \frac1{n_b}\right)}$$

    for one of $t$ tests, by the normal distribution that Mann-Whitney's statistic has
    in large samples.

    Example:
        >>> round(visible_effect(500, 500, alpha=0.05, tests=80), 2)
        0.3
    """
    quantiles = stats.norm.isf(alpha / (2 * tests)) + stats.norm.ppf(_POWER)
    return float(quantiles * math.sqrt((1 / size_a + 1 / size_b) / _EFFICIENCY))
