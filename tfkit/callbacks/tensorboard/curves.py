"""The curves of a training: by step, by epoch, by layer."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from tfkit.callbacks import _optimizer
from tfkit.callbacks.tensorboard.tags import described, of_observation
from tfkit.training.feeds import Feed
from tfkit.training.observation import Observation

if TYPE_CHECKING:
    from tfkit.callbacks.events.summaries import Histograms, Series
    from tfkit.callbacks.events.writer import EventWriter

#: Steps of a schedule whose rates are computed together: one by one they would cost
#: more than the training of a small network.
_SCHEDULE_STEPS = 200
#: The same in seconds: what Ctrl-C may lose of a schedule's curve.
_SCHEDULE_SECONDS = 0.5


class Curves:
    """Writes the numbers of one training.

    Args:
        writer: The thread that writes.
        tags: Of all scalars written so far, by run; those new to it are added.
        feed: What the training is told by.
        model: The model that trains.
    """

    def __init__(
        self,
        writer: EventWriter,
        tags: dict[str, set[str]],
        feed: Feed,
        model: keras.Model,
    ) -> None:
        self._writer, self._tags, self._feed, self._model = writer, tags, feed, model
        self._began = time.monotonic()
        self._examples, self._waited = 0, 0.0
        self._rate_step, self._rate = feed.step, float("nan")
        self._rates: list[tuple[int, int, float]] = []
        self._rates_written = self._began
        self._series: dict[tuple[str, tuple[str, ...]], Series] = {}
        self._histograms: dict[tuple[str, ...], Histograms] = {}
        self._said = ""
        #: The last step that was observed and written.
        self.last: Observation | None = None

    def add(
        self,
        run: str,
        scalars: Mapping[str, float] | Callable[[], Mapping[str, float]],
        step: int,
    ) -> None:
        """Writes numbers, or those that a function returns, called in the thread."""
        self._writer.add(run, lambda: self._summary(run, scalars), step)

    def _summary(self, run: str, scalars: Any) -> Any:
        from tfkit.callbacks.events.summaries import Series

        if callable(scalars):
            scalars = scalars()
        tags = tuple(scalars)
        series = self._series.get((run, tags))
        if series is None:
            new = set(tags) - self._tags.setdefault(run, set())
            self._tags[run] |= new
            # TensorBoard takes a chart's description from its first point.
            series = Series(tags, {tag: described(tag) for tag in new})
            self._series[run, tags] = series
        return series(scalars.values())

    def steps(
        self, observations: Iterable[tuple[int, Callable[[], Observation]]]
    ) -> None:
        """Writes what was observed in single steps, made in the thread."""
        for number, make in observations:
            self._writer.add("train", functools.partial(self._step, make), number)

    def _step(self, make: Callable[[], Observation]) -> Any:
        self.last = seen = make()
        scalars = of_observation(seen)
        depth = depth_of(seen)
        if depth is not None:
            scalars["gradient_depth_slope"] = depth.slope
            if self._said != depth.verdict:
                self._said = depth.verdict
                self.say(
                    "verdict/gradients over depth", _in_words(depth, seen), seen.step
                )
        return self._summary("train", scalars)

    def say(self, tag: str, markdown: str, step: int) -> None:
        """Writes a text."""
        from tfkit.callbacks.events import summaries

        self._writer.add("train", lambda: summaries.text(tag, markdown), step)

    def epoch(self, number: int, logs: Mapping[str, float], seconds: float) -> None:
        """Writes an epoch's cost and metrics, and how fast it was."""
        train = {f"epoch_{n}": v for n, v in logs.items() if not n.startswith("val_")}
        train.pop("epoch_learning_rate", None)  # drawn step by step
        dev = {f"epoch_{n[4:]}": v for n, v in logs.items() if n.startswith("val_")}
        feed = self._feed
        train["seconds_per_epoch"] = seconds
        train["hours"] = (time.monotonic() - self._began) / 3600
        if feed.examples > self._examples:
            train["examples_per_second"] = (feed.examples - self._examples) / seconds
            self._examples = feed.examples
        if feed.waiting:
            train["waiting_for_data"] = (feed.waiting - self._waited) / seconds
            self._waited = feed.waiting
        self.add("train", train, number)
        if dev:
            self.add("validation", dev, number)

    def histograms(self, number: int) -> None:
        """Writes histograms of the last observed step."""
        from tfkit.callbacks.events.summaries import Histograms

        samples = self._feed.samples()
        if not samples:
            return
        tags = tuple(f"{kind}/{of}" for kind, of in samples)
        if tags not in self._histograms:
            self._histograms[tags] = Histograms(tags)
        drawn = functools.partial(self._histograms[tags], list(samples.values()))
        self._writer.add("train", drawn, number)

    def begin(self) -> None:
        """Begins with the first epoch: an optimizer may have been restored before it."""
        self._rate_step = self._feed.step

    def epoch_begins(self) -> None:
        """Reads the rate where JAX runs the epoch, which has none to read within it."""
        if keras.backend.backend() != "jax":
            return
        if not _optimizer.holds_schedule(self._model.optimizer):
            self._rate = _optimizer.learning_rate(self._model.optimizer)

    def note_rate(self) -> None:
        """Remembers the rate of the steps that are just done; a schedule needs none."""
        optimizer, step = self._model.optimizer, self._feed.step
        if _optimizer.holds_schedule(optimizer):
            return
        rate = self._rate
        if keras.backend.backend() != "jax":
            rate = self._feed.learning_rate()
        first = self._rates[-1][1] + 1 if self._rates else self._rate_step + 1
        if self._rates and self._rates[-1][2] == rate:
            first, *_ = self._rates.pop()
        if step >= first:
            self._rates.append((first, step, rate))

    def rates(self, *, last: bool = False) -> None:
        """Writes the learning rate of each step up to now.

        A rate that stays the same is written at both ends of its stretch, which draws
        the same line.

        Args:
            last: Whether nothing comes after it.
        """
        step = self._feed.step
        if step <= self._rate_step:
            return
        optimizer = self._model.optimizer
        if not _optimizer.holds_schedule(optimizer):
            for first, end, rate in self._rates:
                for at in {first: None, end: None}:
                    self.add("train", {"learning_rate": rate}, at)
            self._rates, self._rate_step = [], step
        elif (
            last
            or step - self._rate_step >= _SCHEDULE_STEPS
            or time.monotonic() - self._rates_written > _SCHEDULE_SECONDS
        ):
            self._rates_written = time.monotonic()
            steps = np.arange(self._rate_step + 1, step + 1)
            for number, value in zip(steps, rates_of(optimizer, steps), strict=True):
                self.add("train", {"learning_rate": float(value)}, int(number))
            self._rate_step = step


def norms_over_depth(seen: Observation) -> dict[str, float]:
    """The gradient norms of the layers that are links in the chain of products."""
    return {
        layer: norm
        for layer, norm in seen.gradient_norm.items()
        # The two small vectors of a batch normalization are none.
        if layer not in seen.batch_norm
    }


def depth_of(seen: Observation) -> Any:
    """How gradients change over depth; None for fewer than three layers with kernels."""
    from tfkit.callbacks.depth_slope import depth_slope

    norms = norms_over_depth(seen)
    found = depth_slope(norms) if len(norms) > 2 else None
    return found if found is not None and math.isfinite(found.slope) else None


def _in_words(depth: Any, seen: Observation) -> str:
    layers = len(seen.gradient_norm) - len(seen.batch_norm)
    return (
        f"**{depth.verdict}** at step {seen.step}: the last layer's gradient is "
        f"{depth.span:.3g} times the first one's (fitted over {layers} layers). "
        f"{depth.advice}"
    )


def rates_of(optimizer: Any, steps: np.ndarray) -> np.ndarray:
    """The rates that an optimizer's schedule gave the steps of these numbers, from 1."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    schedule, scale = inner._learning_rate, getattr(inner, "learning_rate_scale", 1.0)
    if not isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
        # A function without arguments knows only the rate of the moment.
        return np.full(len(steps), _optimizer.learning_rate(optimizer))
    # A schedule is asked with the number of steps done before.
    before = (steps - 1).astype("float32")
    try:
        rates = np.asarray(keras.ops.convert_to_numpy(schedule(before)))
    except Exception:  # one that takes a single step only
        rates = np.zeros(0)
    if rates.shape != before.shape:
        rates = np.array([float(schedule(step)) for step in before])
    return rates * scale
