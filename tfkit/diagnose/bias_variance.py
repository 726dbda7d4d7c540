"""Bias or variance? The course's reading of train, dev and test errors."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Literal

from tfkit.diagnose.error_rate import ErrorRate, wilson_interval
from tfkit.diagnose.recipe import Actions, recommend

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Level = Literal["low", "high", "unclear"]

# Most that may be called high, by chance alone, over all gaps of one verdict.
_FALSE_ALARMS = 0.05
_ROUNDING = 1e-12
# Steps in the text; `advice` and `actions` have all.
_SHOWN = 5


@dataclass(frozen=True)
class Gap:
    """The difference of two errors and what it means.

    Args:
        name: "avoidable bias", "variance", "data mismatch" or "overfitting to dev".
        value: The difference, a fraction.
        low: Lower end of its interval, 95 % for all gaps of the verdict together;
            equals `value` when sizes are not known.
        high: Upper end.
        level: "high", "low", or "unclear" when the interval holds the tolerance.
    """

    name: str
    value: float
    low: float
    high: float
    level: Level


@dataclass(frozen=True)
class BiasVariance:
    """What `bias_variance` found.

    Args:
        errors: The error of each part, by name; fractions.
        gaps: Avoidable bias and variance; data mismatch and overfitting to dev where
            the errors that show them were given.
        tolerance: Gap above which a problem is called high.
        actions: What to try, in the order of the evidence that `with_evidence` was
            given; None for the course's order.
    """

    errors: dict[str, float]
    gaps: tuple[Gap, ...]
    tolerance: float
    actions: Actions | None = field(default=None, compare=False, repr=False)

    @property
    def verdict(self) -> str:
        """One line, such as "high variance" or "low bias, low variance"."""
        if self.actions is not None and self.actions.training_failed:
            return (
                "training does not work yet; bias and variance mean nothing until then"
            )
        named = {"avoidable bias": "bias"}
        high = [named.get(g.name, g.name) for g in self.gaps if g.level == "high"]
        unclear = [named.get(g.name, g.name) for g in self.gaps if g.level == "unclear"]
        parts = ["high " + " and high ".join(high)] if high else []
        if unclear:
            parts.append(f"not enough data to say: {', '.join(unclear)}")
        return "; ".join(parts) or "low bias, low variance"

    @property
    def advice(self) -> tuple[str, ...]:
        """What the course says to try, the largest high gap first.

        After `with_evidence`, ranked by what the model and its training show, with
        the numbers that do.
        """
        actions = recommend(self) if self.actions is None else self.actions
        return tuple(
            f"{action.problem}: {action.what}"
            + (f" ({action.why})" if action.why else "")
            for action in actions
        )

    def with_evidence(
        self,
        *,
        model: Any = None,
        history: Any = None,
        options: Mapping[str, Any] | None = None,
        examples: int | None = None,
    ) -> BiasVariance:
        """Returns the same judgement, with advice for this model and its training.

        Where the training did not work at all, the verdict says so, too.

        Args:
            model: As for `tfkit.diagnose.recommend`, which ranks the advice.
            history: The same.
            options: The same.
            examples: The same.

        Example:
            >>> judgement = bias_variance(train_error=0.9, dev_error=0.9)
            >>> history = {"loss": [2.3, 9e5]}
            >>> print(judgement.with_evidence(history=history).advice[0])
            training: a lower learning rate (the cost rose from 2.3 to 9e+05; bias and
            variance mean nothing until training works)
        """
        actions = recommend(
            self, model=model, history=history, options=options, examples=examples
        )
        return replace(self, actions=actions)

    def to_dict(self) -> dict[str, Any]:
        """Returns plain types, with the verdict and the advice."""
        found = {
            "errors": dict(self.errors),
            "gaps": [asdict(gap) for gap in self.gaps],
            "tolerance": self.tolerance,
            "verdict": self.verdict,
            "advice": list(self.advice),
        }
        if self.actions is not None:
            found["actions"] = [action.to_dict() for action in self.actions]
        return found

    def plot(self) -> Figure:
        """Draws the errors from human level to test, and the gaps between them."""
        from tfkit.plots.bias_variance import error_gaps

        return error_gaps(self)

    def __str__(self) -> str:
        width = max(len(gap.name) for gap in self.gaps)
        lines = [f"verdict: {self.verdict}"]
        for gap in self.gaps:
            interval = (
                f" ({100 * gap.low:.1f} to {100 * gap.high:.1f})"
                if gap.low < gap.high
                else ""
            )
            lines.append(
                f"  {gap.name:<{width}}  {100 * gap.value:5.1f} %{interval}  {gap.level}"
            )
        advice = self.advice
        shown = [f"try: {step}" for step in advice[:_SHOWN]]
        if len(advice) > _SHOWN:
            shown.append(f"and {len(advice) - _SHOWN} more")
        steps = (textwrap.wrap(step, 86, subsequent_indent=" " * 5) for step in shown)
        return "\n".join([*lines, *(f"  {line}" for step in steps for line in step)])


def bias_variance(
    *,
    train_error: float | ErrorRate,
    dev_error: float | ErrorRate,
    test_error: float | ErrorRate | None = None,
    train_dev_error: float | ErrorRate | None = None,
    human_error: float | ErrorRate = 0.0,
    tolerance: float = 0.02,
) -> BiasVariance:
    r"""Says from its errors whether a model has high bias, high variance, or both.

    With human-level error standing in for the Bayes error,

    - avoidable bias = train error - human error,
    - variance = dev error - train error (train-dev error - train error, where the
      error on a held-out part of the *training* distribution is given),
    - data mismatch = dev error - train-dev error,
    - overfitting to dev = test error - dev error.

    A gap is *high* above `tolerance`. Errors given as `ErrorRate` come with the size
    of their set; then a gap is high or low only when its whole 95 % interval
    (Newcombe's, from the two Wilson intervals $[l_i, u_i]$),

    $$d - \sqrt{(p_1-l_1)^2 + (u_2-p_2)^2} \;\ldots\;
      d + \sqrt{(u_1-p_1)^2 + (p_2-l_2)^2}, \quad d = p_1 - p_2,$$

    lies on that side of the tolerance, and *unclear* otherwise. Each gap is one more
    chance of a false alarm. Two gaps at 95 % (2.5 % on the upper side) come to 5 %;
    with more, each interval is widened so that they keep to it together (Bonferroni):
    96.7 % each for three gaps, 97.5 % for four. docs/DIAGNOSE.md has the measured rates.

    Measure the train error in inference mode (`model.evaluate`): the one in a Keras
    `History` is a running mean under dropout and can turn the verdict round.

    Args:
        train_error: Error on the training set, a fraction in [0, 1] or an `ErrorRate`.
        dev_error: Error on the dev set.
        test_error: Error on the test set, if there is one.
        train_dev_error: Error on held-out data of the training distribution, where
            dev and test come from another one.
        human_error: Error of a careful person, a fraction, or an `ErrorRate` where it
            was measured on a sample; 0 where people make none.
        tolerance: Gap above which a problem is called high.

    Raises:
        ValueError: If an error or the tolerance is not in [0, 1].

    Example:
        >>> bias_variance(train_error=0.01, dev_error=0.11).verdict
        'high variance'
        >>> bias_variance(train_error=0.15, dev_error=0.30).verdict
        'high bias and high variance'
        >>> bias_variance(train_error=0.15, dev_error=0.16, human_error=0.14).verdict
        'low bias, low variance'

    Reference:
        Course notes, "Bias / Variance" and "Basic Recipe for Machine Learning".
        Newcombe, 1998, Statistics in Medicine 17:873-890, method 10.
    """
    given = {
        "human": human_error,
        "train": train_error,
        "train-dev": train_dev_error,
        "dev": dev_error,
        "test": test_error,
    }
    errors = {name: error for name, error in given.items() if error is not None}
    for name, value in (*errors.items(), ("tolerance", tolerance)):
        rate = _rate(value)
        if not 0 <= rate <= 1:
            raise ValueError(
                f"The {name} error must be a fraction in [0, 1]. Received: {rate}. "
                "Divide percentages by 100."
            )
    held_out = "dev" if train_dev_error is None else "train-dev"
    compared = [
        ("avoidable bias", "train", "human"),
        ("variance", held_out, "train"),
        ("data mismatch", "dev", "train-dev"),
        ("overfitting to dev", "test", "dev"),
    ]
    pairs = [
        (name, errors[upper], errors[lower])
        for name, upper, lower in compared
        if upper in errors and lower in errors
    ]
    z = NormalDist().inv_cdf(1 - _FALSE_ALARMS / len(pairs))
    return BiasVariance(
        errors={name: _rate(error) for name, error in errors.items()},
        gaps=tuple(_gap(*pair, tolerance, z) for pair in pairs),
        tolerance=tolerance,
    )


def _rate(error: float | ErrorRate) -> float:
    return error.rate if isinstance(error, ErrorRate) else float(error)


def _ends(error: float | ErrorRate, z: float) -> tuple[float, float, float]:
    """Returns Wilson's interval around the rate, at `z` standard errors."""
    if not isinstance(error, ErrorRate):
        return float(error), float(error), float(error)
    low, high = wilson_interval(error.errors, error.examples, z)
    return low, error.rate, high


def _gap(
    name: str,
    upper: float | ErrorRate,
    lower: float | ErrorRate,
    tolerance: float,
    z: float,
) -> Gap:
    low_1, p_1, high_1 = _ends(upper, z)
    low_2, p_2, high_2 = _ends(lower, z)
    value = p_1 - p_2
    low = value - math.hypot(p_1 - low_1, high_2 - p_2)
    high = value + math.hypot(high_1 - p_1, p_2 - low_2)
    # 0.17 - 0.15 is 2e-17 above 0.02 in float64.
    limit = tolerance + _ROUNDING
    level: Level = "high" if low > limit else "low" if high <= limit else "unclear"
    return Gap(name, value, low, high, level)
