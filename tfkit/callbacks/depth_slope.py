r"""Whether gradients vanish or explode with depth, from their norms layer by layer.

Plain numbers in, a verdict out: `TrainingHealth` and the TensorBoard page ask it during
a training, `tfkit.diagnose` before one. Nothing here loads TensorFlow.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Verdict = Literal[
    "vanishing", "healthy", "exploding", "too shallow to say", "no gradient"
]

#: First layer against last: beyond this factor the gradients vanish or explode.
SPAN = 100.0
#: The part of an advice that names the initializers.
INITIALIZE = (
    "He initialization for ReLU, Xavier for tanh (tfkit.initializers.for_activation)"
)

# Stands for a gradient of exactly 0, whose logarithm there is not.
_SMALLEST = float(np.finfo(np.float32).tiny)

_ADVICE: dict[Verdict, str] = {
    "vanishing": (
        "The first layers hardly learn. Try ReLU or another activation that does not "
        f"saturate in place of sigmoid and tanh; {INITIALIZE}; batch normalization; "
        "residual connections; or fewer layers."
    ),
    "exploding": (
        f"Try {INITIALIZE}; gradient clipping (`clipnorm=1.0` in the optimizer); batch "
        "normalization; a lower learning rate; or fewer layers."
    ),
    "no gradient": (
        "No layer gets a gradient. Look for dead units, weights that all began at 0, and "
        "operations without a derivative (argmax, round, a comparison)."
    ),
}


@dataclass(frozen=True)
class DepthSlope:
    r"""How gradients change from the first layer to the last.

    Args:
        slope: Slope of $\ln \lVert g \rVert$ over the layers, per layer.
        span: Fitted norm of the last layer over that of the first.
        verdict: "vanishing", "healthy", "exploding", "too shallow to say" with fewer
            than three layers, or "no gradient" where all are zero.
        advice: What to try; empty where there is nothing to mend.
    """

    slope: float
    span: float
    verdict: Verdict
    advice: str


def depth_slope(norms: Mapping[str, float] | Sequence[float]) -> DepthSlope:
    r"""Says from the gradients' norms whether they vanish or explode with depth.

    In a deep network whose layers each multiply by $w$, the gradients of first and last
    layer differ by $w^{L-1}$, a straight line in logarithms. So $\ln \lVert g_l \rVert$
    is fitted over the depth $l = 1 \dots L$ by least squares, and judged by the fitted
    ratio of the last layer's norm to the first's:

    $$s = \frac{\sum_l (l-\bar l)\,\ln \lVert g_l \rVert}{\sum_l (l-\bar l)^2},
    \qquad \text{span} = e^{s(L-1)}$$

    ============== ==================================================== ===========
    span           which means                                          verdict
    ============== ==================================================== ===========
    above 100      the first layers' are < 1/100 of the last's          vanishing
    0.01 to 100                                                         healthy
    below 0.01     the first layers' are > 100 times the last's         exploding
    ============== ==================================================== ===========

    The bands are wide on purpose: layers of different widths have gradients of
    different size without harm, and adaptive optimizers make good for much of it.

    Args:
        norms: Norm of each layer's gradient, from the first layer to the last; by name
            or as a sequence. One that is not finite is left out; a zero between others
            counts as the smallest float32.

    Returns:
        A `DepthSlope`.

    Raises:
        ValueError: If a norm is negative.

    Example:
        >>> deep = [1.5**-layer for layer in range(20)]  # W = 1.5 I, the last layer 1st
        >>> depth_slope(deep).verdict
        'exploding'
        >>> round(depth_slope(deep).span * 1.5**19, 6)
        1.0
        >>> depth_slope([0.5**-layer for layer in range(20)]).verdict
        'vanishing'
        >>> depth_slope({"hidden": 0.2, "output": 0.3}).verdict
        'too shallow to say'

    Reference:
        Course notes, "Vanishing / Exploding gradients".
    """
    values = np.asarray(
        [*(norms.values() if isinstance(norms, Mapping) else norms)], np.float64
    )
    if (values < 0).any():
        raise ValueError(
            "`norms` must be norms of gradients, none below 0. "
            f"Received: norms={norms!r}. Take their L2 norms, layer by layer."
        )
    depth = np.flatnonzero(np.isfinite(values)).astype(np.float64)
    values = values[np.isfinite(values)]
    if values.size < 3:
        return DepthSlope(math.nan, math.nan, "too shallow to say", "")
    if not values.any():
        advice = _ADVICE["no gradient"]
        return DepthSlope(math.nan, math.nan, "no gradient", advice)
    logs = np.log(np.maximum(values, _SMALLEST))
    centered = depth - depth.mean()
    slope = float(centered @ logs / (centered @ centered))
    rise = slope * float(depth[-1] - depth[0])
    # Up to e**709 fits a float; 40 layers of nothing below one of something does not.
    span = math.exp(min(rise, 700.0))
    verdict: Verdict = (
        "vanishing" if span > SPAN else "exploding" if span < 1 / SPAN else "healthy"
    )
    return DepthSlope(slope, span, verdict, _ADVICE.get(verdict, ""))
