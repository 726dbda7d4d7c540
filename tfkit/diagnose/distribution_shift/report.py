"""What `distribution_shift` found, as a table, plain types and a picture."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from scipy import stats

from tfkit.diagnose.distribution_shift.wording import (
    advice_lines,
    p_equals,
    p_text,
    wrapped,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Lines of each part in the text; to_dict has all.
_ROWS = 10
# Cohen's words for a difference of so many standard deviations.
_SIZES = ((0.2, "slight"), (0.5, "small"), (0.8, "medium"), (math.inf, "large"))
# Means so far apart are seldom a matter of nature.
_OTHER_SCALE = 3.0


@dataclass(frozen=True)
class ShiftTest:
    """One of the tests that the verdict rests on.

    Args:
        name: "features", "classifier" or "classes".
        p_value: Of the test, already corrected for the features or classes in it.
        corrected: Corrected for the number of tests as well.
        differs: Whether `corrected` is at most alpha.
    """

    name: str
    p_value: float
    corrected: float
    differs: bool


@dataclass(frozen=True)
class FeatureDifference:
    """How one feature differs between a and b.

    Args:
        name: Of the feature; of the share of its missing values, "NAME missing".
        mean_a: Mean in a; None for categories.
        mean_b: Mean in b.
        shift: (mean of b - mean of a) / pooled standard deviation; None for categories.
        distance: Largest distance of the two distribution functions (Kolmogorov-
            Smirnov); of categories, the share that would have to change.
        p_value: Corrected for the number of features and of tests.
        differs: Whether it is at most alpha.
    """

    name: str
    mean_a: float | None
    mean_b: float | None
    shift: float | None
    distance: float
    p_value: float
    differs: bool


@dataclass(frozen=True)
class ClassDifference:
    """How the share of one class differs between a and b.

    Args:
        name: Of the class.
        share_a: Share of the examples of a, a fraction.
        share_b: Share of the examples of b.
        p_value: Corrected for the number of classes and of tests.
        differs: Whether it is at most alpha.
    """

    name: str
    share_a: float
    share_b: float
    p_value: float
    differs: bool


@dataclass(frozen=True)
class DistributionShift:
    """What `distribution_shift` found. Printed, it is a table.

    Args:
        names: What the two sets are called.
        sizes: Examples of each.
        used: Examples of each that were looked at, fewer where there are very many.
        kind: "table" or "images".
        outcome: "different", "same", or "unclear" where nothing was found and a
            difference of `smallest_effect` might have been missed.
        alpha: Share of false alarms allowed.
        smallest_effect: The difference that "same" rules out with 90 % power, in
            standard deviations of one feature (or of being of one class).
        visible_effect: The smallest one these examples show with 90 % power.
        tests: The tests that the verdict rests on.
        auc: How well a classifier tells an example of a from one of b: 0.5 is
            guessing, 1 is always right.
        auc_sees: What that classifier goes by.
        features: Each feature, the most different first.
        classes: Each class, the most different first; empty without labels.
    """

    names: tuple[str, str]
    sizes: tuple[int, int]
    used: tuple[int, int]
    kind: Literal["table", "images"]
    outcome: Literal["different", "same", "unclear"]
    alpha: float
    smallest_effect: float
    visible_effect: float
    tests: tuple[ShiftTest, ...]
    auc: float
    auc_sees: str
    features: tuple[FeatureDifference, ...]
    classes: tuple[ClassDifference, ...]

    @property
    def p_value(self) -> float:
        """Of the verdict: the smallest of the tests', corrected for their number."""
        return min(test.corrected for test in self.tests)

    @property
    def effect_size(self) -> float:
        """The largest difference, in standard deviations.

        Of the features that differ, of being of a class that differs, and of the
        classifier's scores where it differs: sqrt(2) * the normal quantile of the AUC.
        """
        sizes = [abs(item.shift or 0.0) for item in self.features if item.differs]
        sizes += [
            abs(item.share_b - item.share_a) / _spread(item)
            for item in self.classes
            if item.differs
        ]
        if any(test.name == "classifier" and test.differs for test in self.tests):
            # An AUC of 1 has no normal quantile.
            quantile = float(stats.norm.ppf(min(self.auc, 1 - 1e-6)))
            sizes.append(math.sqrt(2) * quantile)
        return max(sizes, default=0.0)

    @property
    def verdict(self) -> str:
        """One line that says whether a and b are of one distribution."""
        a, b = self.names
        if self.outcome == "different":
            size = next(word for end, word in _SIZES if self.effect_size < end)
            named = [item.name for item in self.features if item.differs]
            named += [f"class {item.name}" for item in self.classes if item.differs]
            more = f" and {len(named) - 3} more" if len(named) > 3 else ""
            what = ", ".join(named[:3]) + more
            where = what or "the features together"
            return f"different: {b} is not distributed as {a} ({size} effect: {where})"
        if self.outcome == "same":
            return (
                f"same: no difference of {a} and {b}; one of "
                f"{self.visible_effect:.2g} standard deviations would have shown"
            )
        return (
            f"not enough data to say: {a} and {b} could differ by "
            f"{self.visible_effect:.2g} standard deviations unseen"
        )

    @property
    def advice(self) -> tuple[str, ...]:
        """What the course says to do about it."""
        a, b = self.names
        if self.outcome == "same":
            return ()
        if self.outcome == "unclear":
            # Visible effects shrink with the root of the number of examples.
            times = (self.visible_effect / self.smallest_effect) ** 2
            return (
                f"about {times:.1f} times as many examples of both would show a "
                f"difference of {self.smallest_effect:g} standard deviations",
            )
        steps = []
        scaled = [
            item
            for item in self.features
            if self.kind == "table" or item.name in ("brightness", "contrast")
        ]
        if any(abs(item.shift or 0) > _OTHER_SCALE for item in scaled):
            steps.append(
                f"check the scale first: normalize {a} and {b} with the same numbers, "
                f"those of {a}"
            )
        lacks = [i for i in self.features if i.differs and i.name.endswith(" missing")]
        if lacks:
            steps.append(
                "look at how the data were collected: values are missing more often in "
                "one of them"
            )
        if any(name.startswith("train") for name in self.names):
            steps += [
                f"get training data that resembles {b}: collect it, or augment {a}",
                f"hold out a train-dev set of {a}: bias_variance(train_dev_error=...) "
                f"then tells variance from data mismatch",
                f"check that {b} and the data the model is for come from one "
                "distribution; it is what the model is tuned to",
            ]
        else:
            steps.append(
                f"{a} and {b} must come from one distribution: put them together, "
                "shuffle, split anew (stratified by class)"
            )
        if any(item.differs for item in self.classes):
            steps.append(
                "split with equal shares of the classes, or weight the classes"
            )
        return tuple(steps)

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON types, with the verdict and the advice."""
        return {
            "verdict": self.verdict,
            "advice": list(self.advice),
            "p_value": self.p_value,
            "effect_size": self.effect_size,
            **{
                name: list(value) if isinstance(value, tuple) else value
                for name, value in asdict(self).items()
            },
        }

    def plot(self) -> Figure:
        """Draws the features' shifts, and the shares of the classes if there are."""
        from tfkit.plots.distribution_shift import shift_chart

        return shift_chart(self)

    def __str__(self) -> str:
        a, b = self.names
        lines = [f"verdict: {self.verdict}"]
        looked = ""
        if self.used != self.sizes:
            looked = f", of which {self.used[0]} and {self.used[1]} were looked at"
        lines.append(
            f"  {self.sizes[0]} examples of {a}, {self.sizes[1]} of {b}{looked}"
        )
        # 2.5, where two comparisons share 5.
        level = f"{100 * self.alpha:{'.1f' if self.alpha >= 1e-3 else '.1g'}} %"
        lines.append(
            f"  {p_equals(self.p_value)}; at most {level} is called a difference, which "
            f"allows {level} false alarms"
        )
        for test in self.tests:
            auc = f", AUC {self.auc:.3f}" if test.name == "classifier" else ""
            answer = "differs" if test.differs else "no difference"
            lines.append(
                f"  {test.name:<10}  {answer}, {p_equals(test.corrected)}{auc}"
            )
        lines += self._feature_lines() + self._class_lines()
        return "\n".join([*wrapped(lines), *advice_lines(self.advice)])

    def _feature_lines(self) -> list[str]:
        a, b = (_cut(name, 10) for name in self.names)
        lines = [f"  {'feature':<24}{a:>11}{b:>11}{'shift':>8}{'KS':>7}{'p':>9}"]
        for item in self.features[:_ROWS]:
            means = [
                "-" if mean is None else f"{mean:.4g}"
                for mean in (item.mean_a, item.mean_b)
            ]
            shift = "-" if item.shift is None else f"{item.shift:+.2f}"
            lines.append(
                f"  {_cut(item.name, 23):<24}{means[0]:>11}{means[1]:>11}{shift:>8}"
                f"{item.distance:>7.2f}{p_text(item.p_value):>9}{_mark(item.differs)}"
            )
        if len(self.features) > _ROWS:
            rest = sum(item.differs for item in self.features[_ROWS:])
            more = len(self.features) - _ROWS
            lines.append(f"  and {more} features more, of which {rest} differ")
        shown = [item.name for item in self.features[:_ROWS]]
        if self.kind == "images" and any(n.startswith("component ") for n in shown):
            lines.append(
                "  component N: the N-th principal component of the pixels, a pattern "
                "of light and dark; its numbers say how much of it an image has"
            )
        return lines

    def _class_lines(self) -> list[str]:
        if not self.classes:
            return []
        if not any(item.differs for item in self.classes):
            apart = max(abs(item.share_b - item.share_a) for item in self.classes)
            return [
                f"  shares of the {len(self.classes)} classes: no difference beyond "
                f"chance (at most {100 * apart:.1f} points)"
            ]
        a, b = (_cut(name, 10) for name in self.names)
        lines = [f"  {'class':<24}{a:>11}{b:>11}{'':>15}{'p':>9}"]
        lines += [
            f"  {_cut(item.name, 23):<24}{item.share_a:>11.1%}{item.share_b:>11.1%}"
            f"{'':>15}{p_text(item.p_value):>9}{_mark(item.differs)}"
            for item in self.classes[:_ROWS]
        ]
        if len(self.classes) > _ROWS:
            rest = sum(item.differs for item in self.classes[_ROWS:])
            more = len(self.classes) - _ROWS
            lines.append(f"  and {more} classes more, of which {rest} differ")
        return lines


def _spread(item: ClassDifference) -> float:
    share = (item.share_a + item.share_b) / 2
    return math.sqrt(share * (1 - share)) or 1.0


def _mark(differs: bool) -> str:
    return "  differs" if differs else ""


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
