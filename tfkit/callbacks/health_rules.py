r"""What in the numbers of a training speaks of trouble, and what to try.

Each rule looks at the stream of a training: the observations of single steps
(`tfkit.training.observation.Observation`) and the logs of its epochs. It has no other source
and no effect; `TrainingHealth` is the callback that warns and acts. Nothing here loads
TensorFlow.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict, deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tfkit.callbacks.depth_slope import INITIALIZE, Verdict, depth_slope

if TYPE_CHECKING:
    from tfkit.training.observation import Activation, Observation

Kind = Literal[
    "learning rate",
    "non-finite",
    "spike",
    "dead",
    "saturated",
    "vanishing",
    "exploding",
    "update too large",
    "update too small",
    "plateau",
    "oscillation",
    "stationary",
]

#: How many steps after the first one tell whether the learning rate is far too high, ...
FIRST_STEPS = 3
#: ... by the cost at so many times the first; ...
GROWN = 2.0
#: ... a step of such a size, ||change|| / ||weights||, has replaced the weights.
REPLACED = 1.0
#: Values that a level is taken from, at most and at least.
WINDOW, FEWEST = 20, 5
#: A spike lies so many (normal) standard deviations above the median, ...
SPIKE_DEVIATIONS = 6.0
#: ... at so many times the level, ...
SPIKE_FACTOR = 10.0
# ... and not below the cost with which training began.
#: A share of the first cost that is small, as at a minimum.
SMALL = 0.1
#: What the cost of single steps is called.
MINI_BATCH = "cost of a mini-batch"
#: Below this share of the first epoch's cost, a flat cost is the end of a training.
LEARNT = 0.2
#: Share of a layer's units that is too much.
SHARE = 0.5
#: Observations in a row after which a state is no accident.
IN_A_ROW = 3
#: Bounds of ||change|| / ||weights|| in a step; about 1e-3 is usual.
LARGEST_UPDATE, SMALLEST_UPDATE = 1e-1, 1e-5
#: Relative improvement of the cost below which it is flat.
FLAT = 1e-3
#: A flat cost that swings by more than this share of itself oscillates.
SWING = 0.05
#: Share of the first gradients at which gradients count as gone.
GONE = 1e-2

# A normal variable's standard deviation in units of its median absolute deviation.
_DEVIATIONS_PER_MAD = 1.4826


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a training.

    Args:
        kind: What it is, such as "dead" or "spike".
        where: The layer, or the name in the logs; "network" for the whole of it.
        message: What was seen, in a sentence.
        advice: What to try, in words.
    """

    kind: Kind
    where: str
    message: str
    advice: str

    def __str__(self) -> str:
        return f"{self.message} {self.advice}"


class Rule:
    """One kind of trouble: sees every observation and every epoch, keeps what it needs.

    Both methods may find the same again and again; who warns does so once.
    """

    def step(self, seen: Observation) -> Iterator[Finding]:
        """Yields what a step's numbers show."""
        yield from ()

    def epoch(self, epoch: int, logs: Mapping[str, float]) -> Iterator[Finding]:
        """Yields what an epoch's logs show; epochs are counted from 0."""
        yield from ()


class FirstSteps(Rule):
    r"""A learning rate so high that the first steps make the cost rise.

    Whatever a network lacks, small steps along its gradient lower the cost. Of the first
    step that is observed, with the cost $J_0$ before it and the largest
    $r = \lVert \Delta W \rVert / \lVert W \rVert$ of all layers, the rate is far too
    high when $r > 0.1$ (about 1e-3 is usual) and $J > 2\,|J_0|$, where $J$ is the lowest
    cost of a mini-batch in the three steps after it, as far as they are observed, or
    the mean cost of the first epoch. Where no cost is known before a gradient is not
    finite, $r > 1$ is enough: one step has replaced the weights.

    Everything else that is found afterwards, such as dead or saturated layers, follows
    from it as a rule.
    """

    def __init__(self) -> None:
        self._first: Observation | None = None
        self._after: list[float] = []
        self._layer, self._ratio = "", 0.0
        self._ended = False

    def step(self, seen: Observation) -> Iterator[Finding]:
        """Looks at the first steps."""
        if self._ended:
            return
        if self._first is None:
            self._first = seen
            ratios = {n: r for n, r in seen.update_ratio.items() if math.isfinite(r)}
            if ratios:
                self._layer = max(ratios, key=lambda name: ratios[name])
                self._ratio = ratios[self._layer]
        elif seen.step <= self._first.step + FIRST_STEPS:
            self._after.append(seen.loss)
            if len(self._after) == FIRST_STEPS:
                lowest = min(self._after, key=lambda c: c if c == c else math.inf)
                yield from self._judged(
                    lowest, f"in the {FIRST_STEPS} steps after it the lowest"
                )

    def epoch(self, epoch: int, logs: Mapping[str, float]) -> Iterator[Finding]:
        """Looks at the cost of the first epoch."""
        if not self._ended and self._first is not None and "loss" in logs:
            yield from self._judged(logs["loss"], f"in epoch {epoch + 1} the mean")
        self._ended = True

    def failed(self) -> Iterator[Finding]:
        """Yields what the first step shows once a gradient is not finite."""
        if not self._ended and self._ratio > REPLACED:
            yield self._finding("then a gradient was NaN or infinite")

    def _judged(self, cost: float, when: str) -> Iterator[Finding]:
        assert self._first is not None
        before = abs(self._first.loss)
        if self._ratio > LARGEST_UPDATE and not cost <= GROWN * before:
            yield self._finding(
                f"the cost of a mini-batch was {before:.4g} before it, {when} was "
                f"{cost:.4g}"
            )

    def _finding(self, what_then: str) -> Finding:
        assert self._first is not None
        rate = self._first.learning_rate
        text = (
            f"The learning rate {rate:.4g} is far too high: step {self._first.step} "
            f"changed the weights of {self._layer!r} by {self._ratio:.2g} times their "
            f"size (about 0.001 is usual), and {what_then}."
        )
        advice = (
            f"Begin anew with {float(f'{rate / 10:.2g}'):g} or less; "
            "`tfkit.diagnose.learning_rate_range` proposes a rate."
        )
        return Finding("learning rate", "network", text, advice)


class NonFinite(Rule):
    """A cost, a metric or a gradient that is NaN or infinite."""

    _advice = (
        "NaN does not go away by itself. Try a lower learning rate, gradient clipping "
        "(`clipnorm=1.0`), and a search of the data for NaN; "
        "`tfkit.diagnose.find_first_bad_layer(model, batch)` names the layer."
    )

    def step(self, seen: Observation) -> Iterator[Finding]:
        """Looks at the cost and at the gradients."""
        if not math.isfinite(seen.loss):
            text = f"The cost of a mini-batch is {seen.loss} at step {seen.step}."
            yield Finding("non-finite", "cost of a mini-batch", text, self._advice)
        for layer, norm in seen.gradient_norm.items():
            if not math.isfinite(norm):
                text = f"The gradient of {layer!r} is {norm} at step {seen.step}."
                yield Finding("non-finite", layer, text, self._advice)
                return  # those of the layers around it follow from it

    def epoch(self, epoch: int, logs: Mapping[str, float]) -> Iterator[Finding]:
        """Looks at every number of the logs."""
        for name, value in logs.items():
            if not math.isfinite(value):
                text = f"{name} is {value} in epoch {epoch + 1}."
                yield Finding("non-finite", name, text, self._advice)


class Spike(Rule):
    r"""A cost far above its recent level.

    $J_t$ is a spike when all of these hold, with $m$ the median of the last (up to 20,
    at least 5) finite costs, MAD their median absolute deviation from it, and $J_0$ the
    first cost:

    $$J_t - m > 6 \cdot 1.4826\,\mathrm{MAD}, \qquad J_t - m > 9\,|m|, \qquad
      J_t > |J_0|$$

    Median and MAD, because a spike must not raise the bar for the next one as it would
    with mean and standard deviation ($1.4826\,\mathrm{MAD}$ is the standard deviation of
    a normal variable). The second, ten times the level for a cost above 0, because on a
    smooth curve the MAD is next to nothing. The third, because late in training one
    mislabelled example makes a mini-batch a thousand times as dear as the others, and
    still cheap. Before there are five, the cost of an epoch is a spike at ten times the
    highest so far. Costs of mini-batches and of epochs have a level each.
    """

    _advice = (
        "If it comes again: a lower learning rate (or a warm-up), gradient clipping "
        "(`clipnorm=1.0`), and a look at the examples of that mini-batch."
    )

    def __init__(self) -> None:
        self._recent: dict[str, deque[float]] = defaultdict(
            lambda: deque(maxlen=WINDOW)
        )
        self._first: dict[str, float] = {}

    def step(self, seen: Observation) -> Iterator[Finding]:
        """Compares the mini-batch with those observed before it."""
        when = f"at step {seen.step}"
        yield from self._judged(MINI_BATCH, seen.loss, when)

    def epoch(self, epoch: int, logs: Mapping[str, float]) -> Iterator[Finding]:
        """Compares the costs of train and dev with those of the epochs before."""
        for name in ("loss", "val_loss"):
            if name in logs:
                yield from self._judged(name, logs[name], f"in epoch {epoch + 1}")

    def _judged(self, name: str, value: float, when: str) -> Iterator[Finding]:
        if not math.isfinite(value):
            return
        recent = self._recent[name]
        first = self._first.setdefault(name, value)
        if len(recent) >= FEWEST:
            level = statistics.median(recent)
            mad = statistics.median(abs(each - level) for each in recent)
            noise = SPIKE_DEVIATIONS * _DEVIATIONS_PER_MAD * mad
            least = max(noise, (SPIKE_FACTOR - 1) * abs(level))
            if value - level > least and value > abs(first):
                yield self._jump(name, when, value, level)
        elif recent and name != MINI_BATCH:
            highest = max(recent)
            if value - highest > (SPIKE_FACTOR - 1) * abs(highest):
                yield self._jump(name, when, value, highest)
        recent.append(value)

    def _jump(self, name: str, when: str, value: float, level: float) -> Finding:
        text = f"{name} jumped {when} to {value:.4g}, from about {level:.4g}."
        return Finding("spike", name, text, self._advice)


class Units(Rule):
    """Layers of which half the units or more are dead, or saturated, for a while."""

    _advice: Mapping[Kind, str] = {
        "dead": (
            "Such a ReLU outputs 0 for every example, gets no gradient and does not come "
            "back. Try a lower learning rate; He initialization; batch normalization "
            "before the activation; or leaky ReLU."
        ),
        "saturated": (
            "Where sigmoid and tanh are flat hardly a gradient comes through. Try Xavier "
            "initialization; normalized inputs; batch normalization before the "
            "activation; a lower learning rate; or ReLU."
        ),
    }

    def __init__(self) -> None:
        self._in_a_row: dict[tuple[str, str], int] = defaultdict(int)

    def step(self, seen: Observation) -> Iterator[Finding]:
        """Counts the observations in a row in which too many units are so."""
        for layer, activation in seen.activations.items():
            for kind, share in _shares(activation):
                high = share is not None and share >= SHARE
                key = (kind, layer)
                self._in_a_row[key] = self._in_a_row[key] + 1 if high else 0
                if share is not None and self._in_a_row[key] >= IN_A_ROW:
                    yield self._finding(kind, layer, share, seen.step)

    def _finding(self, kind: Kind, layer: str, share: float, step: int) -> Finding:
        units = "ReLU units" if kind == "dead" else "activations"
        text = (
            f"{100 * share:.0f} % of the {units} of {layer!r} are {kind} at step {step}, "
            f"and {100 * SHARE:.0f} % or more were in the last {IN_A_ROW} observations."
        )
        return Finding(kind, layer, text, self._advice[kind])


def _shares(activation: Activation) -> tuple[tuple[Kind, float | None], ...]:
    return (("dead", activation.dead), ("saturated", activation.saturated))


class Depth(Rule):
    """Gradients that vanish or explode with depth, see `depth_slope`.

    Args:
        layers: Names of the layers with kernels; empty takes all that are observed.
    """

    def __init__(self, layers: Collection[str] = ()) -> None:
        self._layers = layers
        self._last: Verdict = "healthy"
        self._in_a_row = 0

    def step(self, seen: Observation) -> Iterator[Finding]:
        """Counts the observations in a row with the same verdict."""
        norms = seen.gradient_norm
        if self._layers:
            norms = {name: norms[name] for name in norms if name in self._layers}
        slope = depth_slope(norms)
        self._in_a_row = self._in_a_row + 1 if slope.verdict == self._last else 1
        self._last = slope.verdict
        if self._in_a_row < IN_A_ROW:
            return
        kind: Kind
        if slope.verdict == "vanishing":
            kind, ratio = "vanishing", f"1/{slope.span:.3g}"
        elif slope.verdict == "exploding":
            kind, ratio = "exploding", f"{1 / slope.span:.3g} times"
        else:
            return
        text = (
            f"Gradients are {kind} with depth: those of the first layer have {ratio} the "
            f"norm of the last layer's, in {IN_A_ROW} observations up to step {seen.step}."
        )
        yield Finding(kind, "network", text, slope.advice)


class UpdateSize(Rule):
    r"""Updates too large or too small for the weights they change.

    The median of a layer's $\lVert \Delta W \rVert / \lVert W \rVert$ over the last five
    observations is above 1e-1, or below 1e-5; about 1e-3 is usual.

    Small updates are as they should be where the learning rate was brought down to less
    than a hundredth of its highest on purpose, and where the layer's gradient has
    shrunk to less than a hundredth of its first: then there is nothing left to learn.

    Reference:
        CS231n, "Ratio of weights:updates", https://cs231n.github.io/neural-networks-3/
    """

    def __init__(self) -> None:
        self._recent: dict[str, deque[float]] = defaultdict(
            lambda: deque(maxlen=FEWEST)
        )
        self._first_gradient: dict[str, float] = {}
        self._highest_rate = 0.0

    def step(self, seen: Observation) -> Iterator[Finding]:
        """Looks at each layer's ratio."""
        self._highest_rate = max(self._highest_rate, seen.learning_rate)
        for layer, ratio in seen.update_ratio.items():
            if not math.isfinite(ratio):
                continue  # weights that were all 0
            self._recent[layer].append(ratio)
            if len(self._recent[layer]) < FEWEST:
                continue
            usual = statistics.median(self._recent[layer])
            if usual > LARGEST_UPDATE:
                yield self._finding(
                    "update too large", layer, usual, seen, "Lower the learning rate"
                )
            elif usual < SMALLEST_UPDATE and self._could_learn(layer, seen):
                yield self._finding(
                    "update too small", layer, usual, seen, "Raise the learning rate"
                )
        for layer, norm in seen.gradient_norm.items():
            self._first_gradient.setdefault(layer, norm)

    def _could_learn(self, layer: str, seen: Observation) -> bool:
        gradient = seen.gradient_norm.get(layer, 0.0)
        first = self._first_gradient.get(layer, 0.0)
        return (
            gradient > 0
            and gradient >= GONE * first
            and seen.learning_rate >= GONE * self._highest_rate
        )

    def _finding(
        self, kind: Kind, layer: str, usual: float, seen: Observation, advice: str
    ) -> Finding:
        text = (
            f"A step changes the weights of {layer!r} by {usual:.1e} of their size "
            f"(around step {seen.step}); about 1e-03 is usual."
        )
        return Finding(
            kind, layer, text, f"{advice}, by a factor of ten to begin with."
        )


class Plateau(Rule):
    r"""A cost that no longer falls: a plateau, an oscillation or a stationary point.

    With $\bar J$ the mean train cost of the last `patience` epochs and $\bar J'$ that of
    the `patience` epochs before them, the cost is flat when

    $$\frac{\bar J' - \bar J}{|\bar J'|} < 10^{-3}$$

    The gradients tell what it is; $g$ is the norm of all of them, the median of the last
    five observations, and $g_0$ that of the first five:

    - *stationary* if $g < 0.01\,g_0$, or 0: a minimum, or a saddle;
    - *oscillation* if the cost of the last epochs still swings by more than 5 % of its
      mean: the steps are too long;
    - *plateau* otherwise: it is flat though the gradients are not.

    A cost below a fifth of the first epoch's that is flat or swings is taken for the end
    of a training, and nothing is said.

    Args:
        patience: Epochs that are averaged.
    """

    def __init__(self, patience: int = 10) -> None:
        self._patience = patience
        self._costs: deque[float] = deque(maxlen=2 * patience)
        self._first_cost: float | None = None
        self._gradients: deque[float] = deque(maxlen=FEWEST)
        self._first_gradients: list[float] = []

    def step(self, seen: Observation) -> Iterator[Finding]:
        """Keeps the norm of all gradients."""
        norm = seen.total_gradient_norm
        if math.isfinite(norm):
            self._gradients.append(norm)
            if len(self._first_gradients) < FEWEST:
                self._first_gradients.append(norm)
        yield from ()

    def epoch(self, epoch: int, logs: Mapping[str, float]) -> Iterator[Finding]:
        """Compares the last epochs with those before."""
        cost = logs.get("loss", math.nan)
        if not math.isfinite(cost):
            return
        if self._first_cost is None:
            self._first_cost = cost
        self._costs.append(cost)
        if len(self._costs) < 2 * self._patience:
            return
        costs = [*self._costs]
        before = statistics.fmean(costs[: self._patience])
        last = costs[self._patience :]
        now = statistics.fmean(last)
        if before - now >= FLAT * abs(before) and before != now:
            return
        swing = max(last) - min(last) > SWING * abs(now)
        text = (
            f"The cost has not fallen for {self._patience} epochs (epoch {epoch + 1}: "
            f"{now:.4g} on average, {before:.4g} before)"
        )
        if self._gradients_are_gone():
            yield self._stationary(text, now)
        elif abs(now) < LEARNT * abs(self._first_cost):
            return
        elif swing:
            yield Finding(
                "oscillation",
                "loss",
                f"{text}, but swings between {min(last):.4g} and {max(last):.4g}: the "
                "steps are too long, or dropout makes the cost uncertain.",
                "Try a lower learning rate or learning-rate decay, larger mini-batches, "
                "or momentum.",
            )
        else:
            yield Finding(
                "plateau",
                "loss",
                f"{text}, though the gradients are not near zero: a plateau."
                if self._gradients
                else f"{text}: a plateau.",
                "Momentum, RMSprop and Adam cross plateaus faster. Try also another "
                "learning rate, batch normalization and better initialization "
                f"({INITIALIZE}). If the train error is still high, a bigger network.",
            )

    def _gradients_are_gone(self) -> bool:
        if not self._gradients:
            return False
        now = statistics.median(self._gradients)
        first = statistics.median(self._first_gradients)
        return now == 0 or now < GONE * first

    def _stationary(self, text: str, now: float) -> Finding:
        first = self._first_cost or 0.0
        text += ", and the gradients are near zero: a stationary point."
        if abs(now) < SMALL * abs(first):
            return Finding(
                "stationary",
                "loss",
                f"{text} The cost is a small part of the first epoch's, so it looks like "
                "a minimum.",
                "Training has done what it can. If the dev error is too high, see "
                "tfkit.diagnose.bias_variance.",
            )
        return Finding(
            "stationary",
            "loss",
            f"{text} The cost is still high, so it may be a saddle or a flat region: in "
            "many dimensions these are far more usual than bad local minima.",
            "Try momentum, RMSprop or Adam; smaller mini-batches, whose noise leads off "
            f"a saddle; {INITIALIZE} (weights that all began at 0 stay alike); "
            "activations that do not saturate. Or the network is too small, or the "
            "regularization too strong, for a lower cost.",
        )


class HealthRules:
    """All rules on one training.

    Args:
        patience: Epochs over which the cost is averaged to see whether it falls.
        layers: Names of the layers with kernels; empty takes all that are observed.

    Example:
        >>> rules = HealthRules(patience=2)
        >>> for epoch, loss in enumerate([0.69, 0.69, 0.69, 0.69]):
        ...     for finding in rules.epoch(epoch, {"loss": loss}):
        ...         print(finding.kind, "-", finding.message)
        plateau - The cost has not fallen for 2 epochs (epoch 4: 0.69 on average, 0.69
        before): a plateau.
    """

    def __init__(self, patience: int = 10, layers: Collection[str] = ()) -> None:
        self._first_steps = FirstSteps()
        self._rules: tuple[Rule, ...] = (
            self._first_steps,
            NonFinite(),
            Spike(),
            Units(),
            Depth(layers),
            UpdateSize(),
            Plateau(patience),
        )

    def step(self, seen: Observation) -> list[Finding]:
        """Returns what a step's numbers show; the same may come again and again."""
        return [finding for rule in self._rules for finding in rule.step(seen)]

    def failed(self) -> list[Finding]:
        """Returns what else is to be said when a gradient is not finite."""
        return [*self._first_steps.failed()]

    def epoch(self, epoch: int, logs: Mapping[str, float]) -> list[Finding]:
        """Returns what an epoch's logs show; epochs are counted from 0."""
        return [finding for rule in self._rules for finding in rule.epoch(epoch, logs)]
