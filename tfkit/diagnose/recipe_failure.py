"""Whether a training worked at all: before it does, no gap of errors means anything."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

# Of an untrained network the cost is ln C and a little more, for its outputs vary
# already: about 2.5 ln C at most. Well above that, training has made it worse.
_FAR = 3.0
# With a penalty the cost holds more than the cross-entropy, and a cost that is only
# somewhat above ln C says nothing.
_PENALIZED = 30.0
# Rise over the first epoch's cost that is no noise.
_RISE = 2.0
# Change that is none, as a share of the first epoch's cost.
_STILL = 0.02


@dataclass(frozen=True)
class Failure:
    """A training that did not work.

    Args:
        text: The cost, and what it is beside, in words.
        diverged: Whether the cost went up, which too high a learning rate does; else
            it stood still.
    """

    text: str
    diverged: bool


def failure_of(
    loss: np.ndarray, classes: int | None = None, *, penalized: bool = False
) -> Failure | None:
    r"""Says from the cost by epoch whether a training did not work.

    $J_1$ is the cost of the first epoch, $J$ the lower one of the last two (the last
    of two), $\ln C$ the cross-entropy of an even guess among $C$ classes. Training

    - *diverged* if a cost is NaN or infinite; if $J > \ln C$ after a cost above
      $3 \ln C$ in any epoch; or if $J > 2 J_1$ and $J > \frac12 \ln C$;
    - *stood still* if $J > \ln C$ after two epochs or more, and
      $J > 0.98\,J_1$.

    With a penalty in the cost, $30 \ln C$ stands in the place of $\ln C$. Without
    $C$, only the first and the third sign can be looked for.

    Args:
        loss: The training cost by epoch.
        classes: $C$, where the cost is a cross-entropy; None if not known.
        penalized: Whether a penalty on the weights may be part of the cost.

    Example:
        >>> failure_of(np.array([611.0, 25.4, 3.7, 3.0]), 10).text
        'the cost was 611 in epoch 1 and is 3 at the end, against ln 10 = 2.3 for chance'
        >>> failure_of(np.array([2.4, 1.2, 0.6]), 10) is None
        True
    """
    if not len(loss):
        return None
    chance = None if classes is None else math.log(classes)
    beside = (
        "" if chance is None else f", against ln {classes} = {chance:.2g} for chance"
    )
    finite = np.isfinite(loss)
    if not finite.all():
        epoch = int(np.argmin(finite)) + 1
        before = f" after {loss[epoch - 2]:.3g}" if epoch > 1 else ""
        text = f"the cost was no number from epoch {epoch} on{before}{beside}"
        return Failure(text, diverged=True)
    first, highest = float(loss[0]), float(loss.max())
    end = float(loss[-2:].min() if len(loss) > 2 else loss[-1])
    limit = None if chance is None else chance * (_PENALIZED if penalized else 1.0)
    if limit is not None and end > limit and highest > _FAR * limit:
        when = int(np.argmax(loss)) + 1
        was = "" if highest == end else f"was {highest:.3g} in epoch {when} and "
        at_the_end = " at the end" if was else ""
        return Failure(f"the cost {was}is {end:.3g}{at_the_end}{beside}", diverged=True)
    if end > _RISE * first and (limit is None or end > limit / 2):
        text = f"the cost rose from {first:.3g} to {end:.3g}{beside}"
        return Failure(text, diverged=True)
    stands = len(loss) > 1 and end > (1 - _STILL) * first
    if stands and limit is not None and end > limit:
        return Failure(f"the cost stands at {end:.3g}{beside}", diverged=False)
    return None
