"""Which learning rate to begin with: Smith's range test, on the model as it is."""

from __future__ import annotations

import itertools
import math
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from tfkit._checks import check_count, check_number
from tfkit.averages import ExponentiallyWeightedAverage, ewa
from tfkit.diagnose import rehearsal
from tfkit.diagnose.arrays import check_arrays, count_examples, rows
from tfkit.diagnose.model_checks import require_compiled
from tfkit.diagnose.targets import require_labels, require_targets
from tfkit.training.sample_order import epoch_order

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Averages about five steps; with more, the smoothed curve lies behind the rate.
_BETA = 0.8
# Shares of the cost without training: below, nothing has happened.
_LEAST_DESCENT = 0.01
# Steps down to the lowest cost: fewer are no descent that has a middle.
_FEWEST_STEPS = 5


@dataclass(frozen=True, eq=False)
class LearningRateRange:
    """What `learning_rate_range` found. Printed, it is a table.

    Args:
        rates: Learning rate of each step, ascending, `(n,)`.
        costs: Cost of each step's batch before the step, freed of what the batch alone
            makes of it, `(n,)`.
        smoothed: The same, smoothed, `(n,)`.
        start: Mean cost of the batches without training.
        suggestion: Rate to begin with, the middle of the descent; None where there is
            no descent.
        valley: The same as `suggestion`.
        steepest: Rate at which the smoothed cost falls fastest; None with `suggestion`.
        descent_from: Rate at which a tenth of the descent is done; None likewise.
        descent_to: Rate of the lowest smoothed cost; None likewise.
        diverged_at: Rate at which the test stopped as the cost was four times the
            lowest (and above `start`), NaN or infinite; None if it went to the end.
        reason: Why this rate, or why none.
        optimizer: Name of the optimizer's class.
        scheduled: Whether its own rate is a schedule.
        lowest: First rate of the test.
        highest: Last rate it would have gone to.
    """

    rates: np.ndarray
    costs: np.ndarray
    smoothed: np.ndarray
    start: float
    suggestion: float | None
    steepest: float | None
    descent_from: float | None
    descent_to: float | None
    diverged_at: float | None
    reason: str
    optimizer: str
    scheduled: bool
    lowest: float
    highest: float

    @property
    def valley(self) -> float | None:
        """The geometric middle of the descent, which is what is suggested."""
        return self.suggestion

    @property
    def still_falling(self) -> bool:
        """Whether the cost is lowest at the end of the range."""
        return self.descent_to is not None and self.descent_to >= 0.8 * self.highest

    @property
    def verdict(self) -> str:
        """The rate, or that there is none, with the reason."""
        if self.suggestion is None:
            return f"no suggestion: {self.reason}"
        return f"learning rate {self.suggestion:.2g}: {self.reason}"

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do with it."""
        return tuple(self._advice())

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON types, with the verdict and the advice."""
        return {
            "verdict": self.verdict,
            "advice": list(self.advice),
            **{
                name: value.tolist() if isinstance(value, np.ndarray) else value
                for name, value in vars(self).items()
            },
            "valley": self.valley,
        }

    def plot(self) -> Figure:
        """Draws the cost over the rate, with the suggestion marked."""
        from tfkit.plots.learning_rate_range import learning_rate_curve

        return learning_rate_curve(
            self.rates,
            self.costs,
            self.smoothed,
            title=self.verdict,
            suggestion=self.suggestion,
            steepest=self.steepest,
            start=self.start,
            diverged_at=self.diverged_at,
        )

    def __str__(self) -> str:
        rows = [("cost without training", f"{self.start:.4g}", "")]
        if len(self.smoothed):
            at = f"at learning rate {self.rates[self.smoothed.argmin()]:.2g}"
            rows.append(("lowest smoothed cost", f"{self.smoothed.min():.4g}", at))
        if self.suggestion is not None:
            fell = f"from {self.descent_from:.2g} to {self.descent_to:.2g}"
            rows += [
                ("valley (suggested)", f"{self.suggestion:.2g}", f"descent {fell}"),
                ("steepest descent", f"{self.steepest:.2g}", ""),
            ]
        end = "went to the end of the range"
        if self.diverged_at is not None:
            end = f"diverged at {self.diverged_at:.2g}"
        lines = [
            self.verdict,
            *(f"  {a:<22} {b:>9}  {c}".rstrip() for a, b, c in rows),
            f"  {len(self.rates)} steps of {self.optimizer} from {self.lowest:.2g} to "
            f"{self.highest:.2g}: {end}",
            *(
                line
                for each in self.advice
                for line in textwrap.wrap(f"- {each}", 88, subsequent_indent="  ")
            ),
        ]
        return "\n".join(lines)

    def _advice(self) -> Iterator[str]:
        rate = self.suggestion
        if rate is None:
            if self.diverged_at is None and "turns" not in self.reason:
                yield "test further up (`highest`) and with more `steps`"
                yield "check the gradient, dead units and frozen layers"
            else:
                yield "test further down (`lowest`)"
                yield "normalize inputs and targets: their scale is in the gradient"
            return
        if self.scheduled:
            yield "take it as the schedule's highest rate"
        yield (
            f"where it matters, search from {rate / 3:.1g} to {rate * 3:.1g} on a "
            "logarithmic scale"
        )
        if self.still_falling:
            yield (
                "the cost still falls at the end: the suggestion is on the low side; "
                "test further up (`highest`)"
            )
        else:
            yield f"stay below {self.descent_to:.2g}, where the cost turns"
        if self.descent_from is not None and self.descent_from <= 2 * self.lowest:
            yield "the descent begins with the range: test further down (`lowest`)"


def learning_rate_range(
    model: keras.Model,
    x: Any,
    y: Any = None,
    *,
    sample_weight: Any = None,
    batch_size: int = 32,
    lowest: float = 1e-6,
    highest: float = 10.0,
    steps: int = 100,
    seed: int = 0,
) -> LearningRateRange:
    r"""Trains with a rising learning rate, to see at which the cost falls and rises.

    Step $i$ of $n$ is a step of the model's own `train_step` and optimizer with the rate

    $$\alpha_i = \alpha_1 (\alpha_n / \alpha_1)^{(i-1)/(n-1)}$$

    The cost of a batch says more of the batch than of the rate. So the same batches (and
    dropout masks) go through the model once with rate 0, and what counts is the
    difference, $c_i = J_i(\alpha) - J_i(0) + \bar J(0)$. It is smoothed by an
    exponentially weighted average ($\beta = 0.8$, bias-corrected), forwards and back, so
    that the curve does not lie behind. The suggestion is the valley's middle: the
    geometric mean of the rate at which a tenth of the descent is done and that of the
    lowest cost. The rate of steepest descent is told as well; it is more often too
    high. There is no suggestion where the descent is less than 1 % of the cost, or lost
    in the noise.

    The rule was chosen on four problems (an MLP and a convolution on digits,
    regression, logistic regression) with gradient descent, momentum and Adam, and is
    tested on the same ones: after a few epochs at the suggested rate the cost is at
    most 4.5 times that of the best rate of a grid. Other problems can be worse. It is
    the beginning of a search, not its end.

    At the end everything is as it was: weights, optimizer (which is not even used, but a
    copy of it in the same state), metrics, random states, compiled functions; also when
    it ends by an exception or Ctrl-C. Metrics that were not built yet are built.

    Args:
        model: A built and compiled model. A rate that is a schedule gives way for the
            test.
        x: Inputs: an array, or a list or dictionary of arrays; or a `tf.data.Dataset`
            of batches, `(x, y)` or `(x, y, sample_weight)`.
        y: Targets, in the same forms; None with a dataset.
        sample_weight: A weight for each example; None with a dataset.
        batch_size: Examples in a batch, of arrays. Use that of the training: the rate
            goes with it.
        lowest: Rate of the first step, above 0.
        highest: Rate of the last step, above `lowest`.
        steps: Steps, int >= 10. The data is gone through again where it ends.
        seed: Of the order of the examples; a dataset has its own.

    Raises:
        TypeError: If `model` is no Keras model, or a number is none.
        ValueError: If the model is not built, not compiled, or has no trainable
            weights; targets are missing, or labels out of range; lengths differ; a number is out of its range; the cost is NaN or
            infinite before the first step; or `train_step` does not use the optimizer
            or does not return the loss.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = rng.normal(size=(256, 3)).astype("float32")
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> found = learning_rate_range(model, x, x.sum(axis=1), steps=50)
        >>> 0.01 < found.suggestion < found.descent_to
        True

    Reference:
        Smith, 2017, https://arxiv.org/abs/1506.01186, section 3.3.
        Course notes, "Tuning process": the learning rate comes first.
    """
    require_compiled(model)
    _check_numbers(batch_size, lowest, highest, steps, seed)
    if model.distribute_strategy.num_replicas_in_sync > 1:
        raise ValueError(
            "learning_rate_range runs on one device. Received: a model under a "
            f"strategy of {model.distribute_strategy.num_replicas_in_sync} replicas. "
            "Build it outside of the strategy's scope."
        )
    require_targets(model, x, y)
    scheduled = _is_scheduled(model.optimizer)
    with rehearsal.rehearsal(model) as optimizer:
        batches = _batches(x, y, sample_weight, batch_size, steps, seed)
        for batch in batches:
            require_labels(model, batch)
        # As `fit` does: it makes the optimizer's slots and the metrics.
        model._symbolic_build(data_batch=batches[0])
        sweep = _Sweep(model, optimizer, batches)
        with rehearsal.restored(model):
            without = sweep.costs([0.0] * len(batches))
        if not np.isfinite(without).all() or len(without) < len(batches):
            raise ValueError(
                "The cost must be finite before the first step. Received: NaN or "
                f"infinity on batch {len(without)} of {len(batches)}. "
                "tfkit.diagnose.find_first_bad_layer tells where it begins."
            )
        rates = np.geomspace(lowest, highest, steps)
        costs = sweep.costs(rates, _stops_on_divergence(without))
    corrected = costs - without[: len(costs)] + without.mean()
    diverged = len(costs) < steps
    return LearningRateRange(
        rates=rates[: len(costs)],
        costs=corrected,
        start=float(without.mean()),
        diverged_at=float(rates[len(costs)]) if diverged else None,
        optimizer=type(optimizer).__name__,
        scheduled=scheduled,
        lowest=float(lowest),
        highest=float(highest),
        **_judged(rates[: len(costs)], corrected, float(without.mean()), diverged),
    )


class _Sweep:
    """Steps of a model's own `train_step` at given rates."""

    def __init__(self, model: keras.Model, optimizer: Any, batches: list[Any]) -> None:
        self._model, self._optimizer, self._batches = model, optimizer, batches
        self._step: Callable[[Any], Any] = model.train_step
        if not model.run_eagerly:
            self._step = tf.function(model.train_step, reduce_retracing=True)

    def costs(
        self, rates: Any, stop: Callable[[float], bool] = lambda cost: False
    ) -> np.ndarray:
        """The cost of each batch before its step, up to where it stops or is not finite."""
        inner = getattr(self._optimizer, "inner_optimizer", self._optimizer)
        before, costs = int(inner._iterations), []
        for rate, batch in zip(rates, self._batches, strict=True):
            self._optimizer.learning_rate = float(rate)
            # What a step returns is the mean since the last reset.
            self._model.reset_metrics()
            cost = self._loss(self._step(batch))
            if not math.isfinite(cost) or stop(cost):
                break
            costs.append(cost)
            # Loss scaling counts no step that overflows.
            if inner is self._optimizer and int(inner._iterations) == before:
                raise ValueError(
                    "The model must train with the optimizer that it is compiled "
                    f"with. Received: {self._model.name!r}, whose `train_step` left "
                    "`model.optimizer` unused. Use it, or test the rates by hand."
                )
        return np.array(costs)

    def _loss(self, logs: Any) -> float:
        if not isinstance(logs, dict) or "loss" not in logs:
            names = sorted(logs) if isinstance(logs, dict) else type(logs).__name__
            raise ValueError(
                "The model's `train_step` must return a dictionary with 'loss'. "
                f"Received: {names}. Add the loss under this name."
            )
        return float(logs["loss"])


def _stops_on_divergence(without: np.ndarray) -> Callable[[float], bool]:
    average, best, start = ExponentiallyWeightedAverage(_BETA), math.inf, without.mean()

    def stop(cost: float) -> bool:
        nonlocal best
        smoothed = average.update(cost)
        best = min(best, smoothed)
        # Four times the best; above the start too, as near 0 four times is little.
        return bool(smoothed > max(best + 3 * abs(best), start))

    return stop


def _judged(
    rates: np.ndarray, costs: np.ndarray, start: float, diverged: bool
) -> dict[str, Any]:
    """The smoothed curve and what it says."""
    nothing = dict.fromkeys(("suggestion", "steepest", "descent_from", "descent_to"))
    if len(costs) < 3:
        reason = "the cost diverges at the lowest rate"
        return {"smoothed": costs, **nothing, "reason": reason}
    # What lies far above says no more than "above", and would pull up the curve before.
    capped = np.minimum(costs, start + 3 * (start - min(costs.min(), start)))
    smoothed = ewa(ewa(capped, _BETA)[::-1], _BETA)[::-1]
    lowest = int(smoothed.argmin())
    descent = start - smoothed[lowest]
    noise = float(np.abs(np.diff(costs[: lowest + 1])).mean()) if lowest else 0.0
    if descent < max(_LEAST_DESCENT * abs(start), noise):
        span = f"from {rates[0]:.2g} to {rates[-1]:.2g}"
        reason = f"the cost does not fall at any rate {span}"
        # Of the costs themselves: smoothed, they are capped.
        if diverged or costs[-3:].mean() > start + _LEAST_DESCENT * abs(start):
            reason = "the cost rises without having fallen"
        return {"smoothed": smoothed, **nothing, "reason": reason}
    if lowest < _FEWEST_STEPS:
        reason = f"the cost turns at once: what fall there is lies below {rates[0]:.2g}"
        return {"smoothed": smoothed, **nothing, "reason": reason}
    begin = int(np.argmax(smoothed <= start - 0.1 * descent))
    slope = np.gradient(smoothed, np.log10(rates))
    low, high = float(rates[begin]), float(rates[lowest])
    return {
        "smoothed": smoothed,
        "suggestion": math.sqrt(low * high),
        "steepest": float(rates[slope[: lowest + 1].argmin()]),
        "descent_from": low,
        "descent_to": high,
        "reason": f"the middle of the descent, from {low:.2g} to {high:.2g}",
    }


def _batches(
    x: Any, y: Any, sample_weight: Any, batch_size: int, steps: int, seed: int
) -> list[Any]:
    if isinstance(x, tf.data.Dataset):
        if y is not None or sample_weight is not None:
            raise ValueError(
                "`y` and `sample_weight` must be None with a dataset, which holds "
                f"them. Received: y={type(y).__name__}, sample_weight="
                f"{type(sample_weight).__name__}. Zip them into it."
            )
        batches = list(itertools.islice(iter(x.repeat()), steps))
        if len(batches) < steps:
            raise ValueError(
                "The dataset must hold a batch at least. Received: an empty one. "
                "Look at its filters and file names."
            )
        return batches
    data = check_arrays(x, y, sample_weight)
    examples = count_examples(data[0])
    # Full ones only: the cost of a few examples is all noise.
    size = min(batch_size, examples)
    places: list[np.ndarray] = []
    for epoch in itertools.count():
        order = epoch_order(examples, seed=seed, epoch=epoch)
        places += np.split(order[: examples // size * size], examples // size)
        if len(places) >= steps:
            break
    return [_packed(rows(data, each)) for each in places[:steps]]


def _packed(data: Any) -> Any:
    x, y, weight = keras.tree.map_structure(
        lambda leaf: None if leaf is None else tf.convert_to_tensor(leaf), data
    )
    return keras.utils.pack_x_y_sample_weight(x, y, weight)


def _is_scheduled(optimizer: Any) -> bool:
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return not isinstance(getattr(inner, "_learning_rate", None), keras.Variable)


def _check_numbers(
    batch_size: Any, lowest: Any, highest: Any, steps: Any, seed: Any
) -> None:
    check_count("batch_size", batch_size, hint="Use that of the training.")
    check_count("steps", steps, minimum=10, hint="100 show a range of seven decades.")
    check_count("seed", seed, minimum=0, hint="Any such number will do.")
    check_number("lowest", lowest, exclusive=True, hint="1e-6 is below all that work.")
    check_number(
        "highest",
        highest,
        minimum=float(lowest),
        exclusive=True,
        hint="It must lie above `lowest`; 10 is above all that work.",
    )
