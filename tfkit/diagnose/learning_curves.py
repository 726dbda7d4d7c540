"""Errors over the amount of data, and over the strength of regularization."""

from __future__ import annotations

import inspect
import itertools
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from tfkit._checks import check_count, check_number
from tfkit.diagnose.arrays import check_pair, require_numbers
from tfkit.diagnose.bias_variance import BiasVariance, bias_variance
from tfkit.diagnose.curve_training import (
    Estimate,
    Training,
    Z,
    deviation,
    difference,
    estimate,
    late_fall,
    mean_rate,
    nested_subsets,
    require_classifier,
    taken,
    train,
)
from tfkit.diagnose.error_rate import ErrorRate
from tfkit.diagnose.power_law import PowerLaw, project
from tfkit.diagnose.recipe import recommend

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# A training whose cost falls so much in the last quarter of its epochs has not ended.
_STILL_FALLING = 0.05
_EPOCHS_HINT = "Passes over the whole training set."
_BATCH_HINT = "32 to 512 are usual."


@dataclass(frozen=True)
class CurvePoint:
    """The errors at one place of a curve.

    Args:
        at: Number of training examples, or strength of the regularization.
        train: Error on the examples that the model was trained on.
        dev: Error on the dev set.
    """

    at: float
    train: Estimate
    dev: Estimate


@dataclass(frozen=True)
class LearningCurve:
    """What `learning_curve` found. Printed, it is a table.

    Args:
        points: The errors, from the least data to the most.
        judgement: Bias and variance with all the data.
        fall: Fall of the dev error from about half of the data to all of it; positive
            where more data helped.
        power_law: Fitted to the dev errors; None where it does not hold up.
        fit_note: Why there is none, or how it was checked.
        twice_the_data: Dev error that the power law gives for twice the data; None
            without one.
        late_fall: Share by which the training cost with all the data fell in the last
            quarter of the epochs.
    """

    points: tuple[CurvePoint, ...]
    judgement: BiasVariance
    fall: Estimate
    power_law: PowerLaw | None
    fit_note: str
    twice_the_data: Estimate | None
    late_fall: float = 0.0

    @property
    def verdict(self) -> str:
        """One line: bias and variance, and whether more data would help."""
        levels = {gap.name: gap.level for gap in self.judgement.gaps}
        last = self.points[-1]
        if self.fall.low > 0:
            reading = "the dev error still falls with more data"
            if self.twice_the_data is not None:
                reading += (
                    f": twice as much would give about "
                    f"{100 * self.twice_the_data.value:.1f} % "
                    f"(now {100 * last.dev.value:.1f} %)"
                )
        elif levels["variance"] == "low" and levels["avoidable bias"] == "high":
            reading = (
                f"the curves have met at {100 * last.dev.value:.1f} %, more data will "
                "not help"
            )
        elif self.fall.high < self.judgement.tolerance:
            reading = (
                "the dev error has stopped falling, more data of this kind helps little"
            )
        else:
            reading = "too few dev examples to say whether more data would help"
        return f"{self.judgement.verdict}; {reading}"

    @property
    def advice(self) -> tuple[str, ...]:
        """The course's recipe; without more data where the curve says it is no use.

        First of all to train longer, where the training was cut short: the cost still
        fell, and the train error is not low.
        """
        stopped = self.fall.low <= 0 and self.fall.high < self.judgement.tolerance
        bias = next(g for g in self.judgement.gaps if g.name == "avoidable bias")
        short = bias.level != "low" and self.late_fall > _STILL_FALLING
        first = (
            f"avoidable bias: train longer; the training cost still fell by "
            f"{100 * self.late_fall:.0f} % in the last quarter of the epochs, and all "
            "the rest is judged too early"
        )
        recipe = [
            f"{action.problem}: {action.what}"
            for action in recommend(self.judgement)
            if not (stopped and action.what.startswith("more data"))
            and not (short and action.what.startswith("train longer"))
        ]
        return (first, *recipe) if short else tuple(recipe)

    def to_dict(self) -> dict[str, Any]:
        """Returns plain types, with the verdict and the advice."""
        return {
            **asdict(self),
            "points": [asdict(point) for point in self.points],
            "judgement": self.judgement.to_dict(),
            "verdict": self.verdict,
            "advice": list(self.advice),
        }

    def plot(self) -> Figure:
        """Draws both errors over the number of training examples."""
        from tfkit.plots.learning_curves import error_by_examples

        return error_by_examples(self)

    def __str__(self) -> str:
        rows = [
            (f"{point.at:,.0f}", str(point.train), str(point.dev))
            for point in self.points
        ]
        if self.twice_the_data is not None:
            twice = f"{2 * self.points[-1].at:,.0f}"
            rows.append((twice, "", f"about {self.twice_the_data}"))
        return _text(
            self.verdict,
            [("examples", "train error", "dev error"), *rows],
            [
                f"{self.fit_note}",
                f"dev error, half the data less all of it: {_signed(self.fall)}",
                *(f"try: {step}" for step in self.advice),
            ],
        )


@dataclass(frozen=True)
class RegularizationCurve:
    """What `regularization_curve` found. Printed, it is a table.

    Args:
        points: The errors, from the weakest regularization to the strongest.
        worse: Dev error of each point less that of the best, with an interval from the
            same dev examples, 95 % for all points together.
        judgements: Bias and variance at each point.
    """

    points: tuple[CurvePoint, ...]
    worse: tuple[Estimate, ...]
    judgements: tuple[BiasVariance, ...]

    @property
    def best(self) -> float:
        """The strength with the lowest dev error; the weakest of those that tie."""
        return self.points[self._best].at

    @property
    def as_good(self) -> tuple[float, ...]:
        """The strengths that are not worse than the best beyond chance."""
        return tuple(
            point.at
            for point, level in zip(self.points, self.levels, strict=True)
            if level in ("best", "as good")
        )

    @property
    def levels(self) -> tuple[str, ...]:
        """Of each point: "best", "as good", "too weak", "too strong" or "worse"."""
        good = [i for i, worse in enumerate(self.worse) if worse.low <= 0]

        def level(index: int) -> str:
            if index == self._best:
                return "best"
            if index in good:
                return "as good"
            if index < good[0]:
                return "too weak"
            return "too strong" if index > good[-1] else "worse"

        return tuple(map(level, range(len(self.points))))

    @property
    def verdict(self) -> str:
        """One line: the best strength and those as good, or that none could be told."""
        good = self.as_good
        if len(good) == len(self.points):
            return (
                "no strength is better than the others beyond chance "
                f"({self.points[0].at:g} to {self.points[-1].at:g})"
            )
        best = f"best strength {self.best:g}"
        if len(good) > 1:
            best += f" ({good[0]:g} to {good[-1]:g} are as good)"
        ends = {"too weak": "less is too weak", "too strong": "more is too strong"}
        said = [text for level, text in ends.items() if level in self.levels]
        return "; ".join([best, *said])

    @property
    def advice(self) -> tuple[str, ...]:
        """Where to look next."""
        if len(self.as_good) == len(self.points):
            return (
                "a wider range of strengths, a bigger dev set, or more `repeats`, to "
                "see a difference",
            )
        steps = []
        if self._best == len(self.points) - 1:
            steps.append(
                f"the best is the strongest tried: try more than {self.best:g}"
            )
        elif self._best == 0 and self.best > 0:
            steps.append(f"the best is the weakest tried: try less than {self.best:g}")
        steps += self.judgements[self._best].advice
        return tuple(steps)

    def to_dict(self) -> dict[str, Any]:
        """Returns plain types, with the verdict and the advice."""
        return {
            "points": [
                {**asdict(point), "worse": asdict(worse), "level": level}
                for point, worse, level in zip(
                    self.points, self.worse, self.levels, strict=True
                )
            ],
            "judgements": [judgement.to_dict() for judgement in self.judgements],
            "best": self.best,
            "as_good": list(self.as_good),
            "verdict": self.verdict,
            "advice": list(self.advice),
        }

    def plot(self) -> Figure:
        """Draws both errors over the strength."""
        from tfkit.plots.learning_curves import error_by_strength

        return error_by_strength(self)

    def __str__(self) -> str:
        rows = [
            (
                f"{point.at:g}",
                f"{100 * point.train.value:.1f} %",  # its interval has no room
                str(point.dev),
                _signed(worse),
                level,
            )
            for point, worse, level in zip(
                self.points, self.worse, self.levels, strict=True
            )
        ]
        header = ("strength", "train error", "dev error", "less the best", "")
        steps = [f"try: {step}" for step in self.advice]
        return _text(self.verdict, [header, *rows], steps)

    @property
    def _best(self) -> int:
        errors = [point.dev.value for point in self.points]
        return errors.index(min(errors))


def learning_curve(
    build: Callable[[], keras.Model],
    data: tuple[Any, Any],
    fractions: Sequence[float] = (0.1, 0.2, 0.4, 0.7, 1.0),
    *,
    dev: Any,
    epochs: int = 20,
    batch_size: int = 32,
    repeats: int = 1,
    equal_steps: bool = True,
    human_error: float | ErrorRate = 0.0,
    tolerance: float = 0.02,
    seed: int = 0,
) -> LearningCurve:
    r"""Trains on more and more of the data, and says whether more data would help.

    Each subset holds the one before it and has the classes in the same proportions.
    Errors are measured in inference mode. Read so:

    - *high bias*: both curves are flat and together, above human level;
    - *high variance*: a gap between them; while the dev error still falls, more data
      helps.

    How much twice the data would give is read from a power law
    $a + b\,(m/M)^{-c}$ (weighted least squares on the dev errors), but only where it
    holds up: there are four sizes at least, the error does fall up to the end, the law
    passes through all points within their chance ($\chi^2$ at 5 %), its exponent is not
    at a limit of the fit (0.01 to 2), and fitted without the largest size it predicts
    that one.

    Args:
        build: Returns a new, compiled model each time; it is called under a seed, so
            that all sizes start from the same weights.
        data: The training set, `(x, y)` arrays or a part of `tfkit.data.split`.
        fractions: Shares of it to train on, ascending, in (0, 1].
        dev: The dev set: `(x, y)`, or a batched `tf.data.Dataset`. It stays the same.
        epochs: Passes over the *whole* training set.
        batch_size: Examples of one mini-batch.
        repeats: Trainings of each size, each with another subset, other first weights
            and another order. With one, the intervals hold the chance of the dev
            examples only.
        equal_steps: Whether smaller subsets get as many steps as the whole, in more
            epochs. Else they get `epochs` passes, and a bad start of the curve may be
            too little training rather than too little data.
        human_error: Error of a careful person, as in `bias_variance`.
        tolerance: Gap above which a problem is called high.
        seed: Decides subsets, weights and order: the same answer each time. The global
            random states are as before afterwards.

    Raises:
        TypeError: If `build` cannot be called so or returns no Keras model, `data` is no
            pair, or labels are text.
        ValueError: If the fractions are not ascending in (0, 1], or the least of them
            has fewer examples than there are classes; if the targets are no classes,
            or the model's loss is that of a regression;
            if `build` returns a model that is not compiled or was trained already; as
            `measure_error` does.

    Example:
        >>> import keras, numpy as np
        >>> def build():
        ...     layers = [keras.Input((2,)), keras.layers.Dense(1, "sigmoid")]
        ...     model = keras.Sequential(layers)
        ...     model.compile(keras.optimizers.SGD(1.0), "binary_crossentropy")
        ...     return model
        >>> x = np.random.default_rng(0).normal(size=(200, 2))
        >>> y = (x.sum(axis=1) > 0).astype(int)
        >>> data, dev = (x[:100], y[:100]), (x[100:], y[100:])
        >>> curve = learning_curve(build, data, (0.5, 1.0), dev=dev, epochs=1)
        >>> [point.at for point in curve.points]
        [50.0, 100.0]

    Reference:
        Course notes, "Basic Recipe for Machine Learning". The power law: Hestness et
        al., 2017, Deep Learning Scaling is Predictable, Empirically,
        https://arxiv.org/abs/1712.00409
    """
    x, y = check_pair(data, "data")
    sizes = _sizes(fractions, len(y))
    _check_common(build, dev, epochs, batch_size, repeats, seed)
    _require_takes(build, (), "no argument")
    require_classifier(build, seed)
    orders = [nested_subsets(y, sizes, seed + repeat) for repeat in range(repeats)]
    whole_steps = epochs * -(-len(y) // batch_size)
    trainings = []
    for place, size in enumerate(sizes):
        steps = -(-size // batch_size)
        passes = max(1, round(whole_steps / steps)) if equal_steps else epochs
        trainings.append(
            [
                train(
                    build,
                    *taken(x, y, orders[repeat][place]),
                    dev,
                    passes,
                    batch_size,
                    seed + repeat,
                )
                for repeat in range(repeats)
            ]
        )
    points = _points(sizes, trainings)
    half = max(
        (i for i, size in enumerate(sizes[:-1]) if size <= 0.5 * sizes[-1]), default=0
    )
    fall = difference(trainings[half], trainings[-1], Z)
    projection = project(
        np.array(sizes, float),
        np.array([point.dev.value for point in points]),
        np.array([deviation(each) for each in trainings]),
        # At the end too: the verdict would deny what the law foretells.
        falls=min(fall.low, difference(trainings[0], trainings[-1], Z).low) > 0,
        seed=seed,
    )
    return LearningCurve(
        points=points,
        judgement=_judgement(trainings[-1], human_error, tolerance),
        fall=fall,
        power_law=projection.power_law,
        fit_note=projection.note,
        twice_the_data=projection.twice_the_data,
        late_fall=late_fall(trainings[-1]),
    )


def regularization_curve(
    build: Callable[[float], keras.Model],
    data: tuple[Any, Any],
    strengths: Sequence[float],
    *,
    dev: Any,
    epochs: int = 20,
    batch_size: int = 32,
    repeats: int = 1,
    human_error: float | ErrorRate = 0.0,
    tolerance: float = 0.02,
    seed: int = 0,
) -> RegularizationCurve:
    """Trains at each strength of regularization, and says which is best.

    Weak regularization shows as variance (train error low, dev error above it), strong
    as bias (both high). The best has the lowest dev error; others are *as good* unless
    their dev error is higher beyond chance. Since all are measured on the same dev
    examples, what counts is on which of these they differ (a paired comparison, as in
    McNemar's test), with Bonferroni's correction for the number of strengths.

    Args:
        build: Takes a strength and returns a new, compiled model: lambda of L2, the
            dropped share of units, the amount of augmentation, ...
        data: The training set, `(x, y)` arrays or a part of `tfkit.data.split`.
        strengths: Numbers >= 0, ascending; 0 is off. Factors of 3 to 10 are good steps
            for lambda.
        dev: The dev set: `(x, y)`, or a batched `tf.data.Dataset`.
        epochs: Passes over the training set.
        batch_size: Examples of one mini-batch.
        repeats: Trainings at each strength, with other first weights and another order.
            With one, the intervals hold the chance of the dev examples only.
        human_error: Error of a careful person, as in `bias_variance`.
        tolerance: Gap above which a problem is called high.
        seed: Decides weights and order: the same answer each time, and the same start
            for each strength. The global random states are as before afterwards.

    Raises:
        TypeError: If `build` cannot be called so or returns no Keras model, or `data` is no
            pair.
        ValueError: If there are fewer than two strengths, or they are not ascending; if
            `build` returns a model that is not compiled or was trained already; as
            `measure_error` does.

    Example:
        >>> import keras, numpy as np
        >>> def build(strength):
        ...     penalty = keras.regularizers.L2(strength)
        ...     dense = keras.layers.Dense(1, "sigmoid", kernel_regularizer=penalty)
        ...     model = keras.Sequential([keras.Input((2,)), dense])
        ...     model.compile(keras.optimizers.SGD(0.1), "binary_crossentropy")
        ...     return model
        >>> x = np.random.default_rng(0).normal(size=(200, 2))
        >>> y = (x.sum(axis=1) > 0).astype(int)
        >>> data, dev = (x[:100], y[:100]), (x[100:], y[100:])
        >>> curve = regularization_curve(build, data, (0, 1), dev=dev, epochs=1)
        >>> [point.at for point in curve.points]
        [0.0, 1.0]

    Reference:
        Course notes, "Regularization". McNemar, 1947, Psychometrika 12:153-157.
    """
    x, y = check_pair(data, "data")
    hint = "0 is off."
    values = [check_number("strengths", each, hint=hint) for each in strengths]
    if len(values) < 2 or any(a >= b for a, b in itertools.pairwise(values)):
        raise ValueError(
            "`strengths` must be two numbers at least, ascending. Received: "
            f"strengths={tuple(strengths)}. Sort them, and leave out what comes twice."
        )
    _check_common(build, dev, epochs, batch_size, repeats, seed)
    _require_takes(build, (values[0],), "one argument, the strength of regularization")
    require_classifier(lambda: build(values[0]), seed)
    trainings = [
        [
            train(lambda: build(value), x, y, dev, epochs, batch_size, seed + repeat)  # noqa: B023
            for repeat in range(repeats)
        ]
        for value in values
    ]
    points = _points(values, trainings)
    errors = [point.dev.value for point in points]
    best = trainings[errors.index(min(errors))]
    z = NormalDist().inv_cdf(1 - 0.025 / (len(values) - 1))
    return RegularizationCurve(
        points=points,
        worse=tuple(difference(each, best, z) for each in trainings),
        judgements=tuple(
            _judgement(each, human_error, tolerance) for each in trainings
        ),
    )


def _check_common(
    build: Any, dev: Any, epochs: int, batch_size: int, repeats: int, seed: int
) -> None:
    # A model is callable too.
    if not callable(build) or isinstance(build, keras.Model):
        raise TypeError(
            "`build` must be a function that returns a new, compiled model. Received: "
            f"{type(build).__name__}. A trained model cannot start afresh: wrap its "
            "construction and `compile` in a function."
        )
    check_count("epochs", epochs, hint=_EPOCHS_HINT)
    check_count("batch_size", batch_size, hint=_BATCH_HINT)
    check_count("repeats", repeats, hint="3 to 5 show the chance of the training.")
    check_count("seed", seed, minimum=0, hint="Any number, such as 0.")
    if not isinstance(dev, tf.data.Dataset):
        check_pair(dev, "dev")
    elif isinstance(dev.element_spec, tuple) and len(dev.element_spec) > 1:
        for batch in dev.take(1):
            require_numbers(batch[1], "y of dev")


def _require_takes(
    build: Callable[..., Any], given: tuple[Any, ...], what: str
) -> None:
    """Raises unless `build` can be called with these arguments."""
    try:
        signature = inspect.signature(build)
    except ValueError:
        return  # of a built-in that doesn't tell
    try:
        signature.bind(*given)
    except TypeError:
        name = getattr(build, "__name__", type(build).__name__)
        example = "def build(strength): ..." if given else "def build(): ..."
        raise TypeError(
            f"`build` must take {what}, and return a new, compiled model. Received: "
            f"{name}{signature}. Write `{example}`"
            + (", and use the strength in the model." if given else ".")
        ) from None


def _sizes(fractions: Sequence[float], examples: int) -> list[int]:
    shares = [
        check_number(
            "fractions",
            each,
            exclusive=True,
            maximum=1.0,
            hint="Such as 0.1, 0.2, 0.4, 0.7, 1.",
        )
        for each in fractions
    ]
    sizes = [round(share * examples) for share in shares]
    ascending = all(a < b for a, b in itertools.pairwise([0, *sizes]))
    if len(sizes) < 2 or not ascending:
        raise ValueError(
            "`fractions` must give two sizes at least, ascending and different. "
            f"Received: fractions={tuple(fractions)} of {examples} examples: {sizes}."
        )
    return sizes


def _points(
    places: Sequence[float], trainings: list[list[Training]]
) -> tuple[CurvePoint, ...]:
    return tuple(
        CurvePoint(
            float(place),
            estimate([each.train for each in repeated]),
            estimate([each.dev for each in repeated]),
        )
        for place, repeated in zip(places, trainings, strict=True)
    )


def _judgement(
    trainings: list[Training], human_error: float | ErrorRate, tolerance: float
) -> BiasVariance:
    return bias_variance(
        train_error=mean_rate([each.train for each in trainings]),
        dev_error=mean_rate([each.dev for each in trainings]),
        human_error=human_error,
        tolerance=tolerance,
    )


def _signed(estimate: Estimate) -> str:
    value, low, high = (
        100 * each for each in (estimate.value, estimate.low, estimate.high)
    )
    if low == high:
        return f"{value:.1f} %"
    return f"{value:+.1f} % ({low:+.1f} to {high:+.1f})"


def _text(verdict: str, rows: Sequence[tuple[str, ...]], notes: Sequence[str]) -> str:
    """Returns a table with the verdict above and notes below, 88 columns at most."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = textwrap.wrap(f"verdict: {verdict}", 88, subsequent_indent="  ")
    lines += [
        "  "
        + "  ".join(
            cell.ljust(width) if row == rows[0] or index else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    for note in notes:
        lines += [
            f"  {line}" for line in textwrap.wrap(note, 86, subsequent_indent="  ")
        ]
    return "\n".join(lines)
