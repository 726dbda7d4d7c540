"""Training the models of a curve, and the chance in what they get wrong."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import keras
import numpy as np
from scipy import stats
from sklearn.model_selection import train_test_split

from tfkit.diagnose.error_rate import ErrorRate
from tfkit.diagnose.measure import classifier_loss, wrong_answers
from tfkit.diagnose.random_states import own_seed

Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Estimate:
    """An error with its 95 % interval.

    Args:
        value: The error, a fraction; the mean over the repeats.
        low: Lower end: chance of the examples (Wilson), and of the training where it
            was repeated.
        high: Upper end.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return (
            f"{100 * self.value:.1f} % ({100 * self.low:.1f} to {100 * self.high:.1f})"
        )


@dataclass(frozen=True, eq=False)
class Training:
    """Which examples one trained model gets wrong, bool `(m,)` of each part.

    Args:
        train: Of those it was trained on.
        dev: Of the dev set.
        costs: Training cost of each epoch.
    """

    train: np.ndarray
    dev: np.ndarray
    costs: tuple[float, ...] = ()


def train(
    build: Callable[[], keras.Model],
    x: Any,
    y: np.ndarray,
    dev: Any,
    epochs: int,
    batch_size: int,
    seed: int,
) -> Training:
    """Builds a model under the seed, trains it, and measures it in inference mode."""
    with own_seed(seed):
        model = build()
        _check_new(model)
        fitted = model.fit(x, y, epochs=epochs, batch_size=batch_size, verbose=0)
        return Training(
            wrong_answers(model, (x, y), name="data"),
            wrong_answers(model, dev, name="dev"),
            tuple(map(float, fitted.history["loss"])),
        )


def require_classifier(build: Callable[[], keras.Model], seed: int) -> None:
    """Raises unless `build` makes a new classifier.

    By its loss: whole numbers can be a regression's targets as well as classes.
    """
    with own_seed(seed):
        model = build()
        _check_new(model)
        classifier_loss(model)


def _check_new(model: Any) -> None:
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"`build` must return a keras.Model. Received: {type(model).__name__}. End "
            "it in `return model`."
        )
    if not model.compiled or model.optimizer is None:
        raise ValueError(
            "`build` must return a compiled model. Received: one that is not. Call "
            "model.compile(optimizer, loss) in it."
        )
    steps = int(model.optimizer.iterations)
    if steps:
        raise ValueError(
            "`build` must return a new model each time. Received: one whose optimizer "
            f"has made {steps} steps. Make the layers and the optimizer inside `build`."
        )


def nested_subsets(y: np.ndarray, sizes: list[int], seed: int) -> list[np.ndarray]:
    """Returns the indices of each subset; each holds those before it."""
    labels = y.argmax(axis=1) if y.ndim == 2 and y.shape[1] > 1 else y.reshape(-1)
    if y.ndim == 2 and y.shape[1] > 1 and not np.allclose(y.sum(axis=1), 1):
        labels = np.zeros(len(y), int)  # several labels an example: nothing to stratify
    if labels.dtype.kind == "f" and (labels != np.floor(labels)).any():
        fraction = labels[labels != np.floor(labels)][0]
        raise ValueError(
            "A learning curve counts wrong answers, so it needs a classifier and its "
            f"class numbers. Received: targets such as {fraction:g}. Of a regression, "
            "compare model.evaluate on train and dev for each amount of data."
        )
    classes = np.unique(labels)
    if sizes[0] < len(classes):
        raise ValueError(
            "The smallest subset must have an example of each class. Received: "
            f"{sizes[0]} examples for {len(classes)} classes. Begin with a larger "
            "fraction."
        )
    chosen = np.arange(len(y))
    subsets = []
    for size in reversed(sizes):
        if size < len(chosen):
            chosen, _ = train_test_split(
                chosen,
                train_size=size,
                random_state=seed,
                stratify=_strata(labels[chosen], len(chosen) - size),
            )
        subsets.append(np.sort(chosen))
    return subsets[::-1]


def _strata(labels: np.ndarray, left_out: int) -> np.ndarray | None:
    """Returns what scikit-learn can stratify by: it needs two of each class.

    It also needs room for one of each in what is left out; else the draw is even.
    """
    classes, counts = np.unique(labels, return_counts=True)
    return labels if counts.min() >= 2 and left_out >= len(classes) else None


def taken(x: Any, y: np.ndarray, chosen: np.ndarray) -> tuple[Any, np.ndarray]:
    """Returns the chosen examples."""
    return keras.tree.map_structure(lambda t: t[chosen], x), y[chosen]


def mean_rate(wrong: list[np.ndarray]) -> ErrorRate:
    """Returns the mean error; the examples are counted once, not once a repeat."""
    examples = len(wrong[0])
    mean = float(np.mean([each.mean() for each in wrong]))
    return ErrorRate(round(mean * examples), examples)


def _spread(values: np.ndarray) -> float:
    """Returns half the 95 % interval of a mean over repeats (Student's t)."""
    repeats = len(values)
    if repeats < 2:
        return 0.0
    t = float(stats.t.ppf(0.975, repeats - 1))
    return t * float(values.std(ddof=1)) / math.sqrt(repeats)


def estimate(wrong: list[np.ndarray]) -> Estimate:
    """Returns the mean error over the repeats, with its interval."""
    rates = np.array([each.mean() for each in wrong])
    mean, chance, spread = float(rates.mean()), mean_rate(wrong), _spread(rates)
    return Estimate(
        mean,
        max(0.0, mean - math.hypot(chance.rate - chance.low, spread)),
        min(1.0, mean + math.hypot(chance.high - chance.rate, spread)),
    )


def difference(first: list[Training], second: list[Training], z: float) -> Estimate:
    """Returns the first dev error less the second, from the same examples."""
    pairs = [
        a.dev.astype(float) - b.dev.astype(float)
        for a, b in zip(first, second, strict=True)
    ]
    by_example = np.mean(pairs, axis=0)
    value = float(by_example.mean())
    chance = z * float(by_example.std(ddof=1)) / math.sqrt(len(by_example))
    spread = _spread(np.array([each.mean() for each in pairs])) * z / Z
    half = math.hypot(chance, spread)
    return Estimate(value, value - half, value + half)


def late_fall(repeated: list[Training]) -> float:
    """Returns by what share the training cost fell in the last quarter of the epochs."""
    falls = []
    for each in repeated:
        quarter = max(1, len(each.costs) // 4)
        if len(each.costs) > quarter and each.costs[-1 - quarter] > 0:
            falls.append(1 - each.costs[-1] / each.costs[-1 - quarter])
    return float(np.mean(falls)) if falls else 0.0


def deviation(repeated: list[Training]) -> float:
    """Returns the standard deviation of a dev error; never 0, as Agresti and Coull."""
    wrong = [each.dev for each in repeated]
    examples, mean = len(wrong[0]), float(np.mean([each.mean() for each in wrong]))
    p = (mean * examples + 2) / (examples + 4)
    spread = _spread(np.array([each.mean() for each in wrong])) / Z
    return math.hypot(math.sqrt(p * (1 - p) / (examples + 4)), spread)
