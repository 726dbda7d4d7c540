"""Is the set-up sound? What can be told in seconds, before a long training."""

from __future__ import annotations

import math
import time
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from tfkit._checks import check_count
from tfkit.diagnose.arrays import count_examples, rows
from tfkit.diagnose.first_checks import (
    data_checks,
    layer_checks,
    output_checks,
    training_checks,
)
from tfkit.diagnose.first_checks.consequences import traced_back
from tfkit.diagnose.first_checks.examples import (
    as_arrays,
    require_any_batch,
    require_fit,
    tensors,
)
from tfkit.diagnose.first_checks.finding import Finding, Level
from tfkit.diagnose.first_checks.pure_model import PureModel
from tfkit.diagnose.first_checks.subject import Subject, examine
from tfkit.diagnose.first_checks.text import counted, plain_json, wrapped
from tfkit.diagnose.model_checks import require_compiled
from tfkit.diagnose.rehearsal import restored
from tfkit.diagnose.signal_propagation import (
    MOST_EXAMPLES,
    SignalPropagation,
    measure,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Checkup", "Finding", "checkup"]

# Of a dataset, so many examples; of arrays, the data are checked to the last one.
_MOST_OF_A_DATASET = 4096
_MARKS: dict[Level, str] = {"ok": "ok", "warning": "warn", "fault": "FAULT"}


@dataclass(frozen=True)
class Checkup:
    """What `checkup` found. Printed, it is a table, faults first.

    Args:
        findings: Everything that was looked at, in the order of the checks.
        not_run: What could not be looked at because of an earlier fault, by name.
        propagation: Activations and gradients by depth; None where the outputs or the
            cost are not finite, or the labels do not fit.
        overfit_costs: The cost of the few examples at each step; empty if not tried.
        overfit_baseline: What the best constant prediction costs on these.
        seconds: How long it took.
    """

    findings: tuple[Finding, ...]
    not_run: tuple[str, ...]
    propagation: SignalPropagation | None
    overfit_costs: tuple[float, ...]
    overfit_baseline: float
    seconds: float

    @property
    def faults(self) -> tuple[Finding, ...]:
        """What will make the training fail or mislead."""
        return tuple(f for f in self.findings if f.level == "fault")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What is worth a look."""
        return tuple(f for f in self.findings if f.level == "warning")

    @property
    def verdict(self) -> str:
        """One line, such as "1 fault: label encoding; 2 warnings: ..."."""
        parts = []
        for found, one in ((self.faults, "fault"), (self.warnings, "warning")):
            if found:
                names = ", ".join(dict.fromkeys(finding.name for finding in found))
                parts.append(f"{counted(len(found), one)}: {names}")
        return "; ".join(parts) or "sound"

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do, faults first."""
        return tuple(f"{f.name}: {f.advice}" for f in (*self.faults, *self.warnings))

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON types, with the verdict and the advice."""
        facts = {
            **asdict(self),
            "propagation": self.propagation and self.propagation.to_dict(),
            "verdict": self.verdict,
            "advice": list(self.advice),
        }
        return plain_json(facts)

    def __str__(self) -> str:
        lines = wrapped("verdict: ", self.verdict)
        counts = Counter(finding.level for finding in self.findings)
        for finding in (*self.faults, *self.warnings):
            label = f"  {_MARKS[finding.level]:<6}{finding.name}: "
            text = finding.measured
            if finding.expected:
                text += f" (expected: {finding.expected})"
            lines += wrapped(label, text, indent=8)
            lines += wrapped("        do: ", finding.advice)
        for finding in self.findings:
            if finding.level == "ok":
                label = f"  ok    {finding.name}: "
                lines += wrapped(label, finding.measured, indent=8)
        if self.not_run:
            lines += wrapped("  not looked at: ", ", ".join(self.not_run), indent=8)
        lines.append(
            f"  {counted(len(self.findings), 'check')} in {self.seconds:.1f} s: "
            f"{counted(counts['fault'], 'fault')}, "
            f"{counted(counts['warning'], 'warning')}"
        )
        return "\n".join(lines)

    def plot(self) -> Figure:
        """Draws the cost of the few examples that were to be learnt by heart."""
        from tfkit.plots.signal_propagation import overfit_curve

        return overfit_curve(self)


def checkup(
    model: keras.Model,
    x: Any,
    y: Any = None,
    *,
    batch_size: int = 32,
    overfit_steps: int = 300,
    seed: int = 0,
) -> Checkup:
    r"""Looks for what makes trainings fail, in seconds, before a long one.

    ========================== ====================================================
    finding                    what is compared
    ========================== ====================================================
    finite inputs, targets     no NaN, no infinity
    input scale                what reaches the first kernel has mean 0, std 1
    constant features          columns of a table that never change
    label encoding             targets against the loss and the number of outputs
    classes, target scale      every class occurs; regression targets near 0, 1
    output activation          last activation against the loss and `from_logits`
    loss at the start          $\ln C$ (softmax), $\ln 2$ (sigmoid), mean of $y^2$
    batch norm, dropout        biases before batch norm, dropout before it, rates
    penalties                  on kernels only; their part of the cost
    batch size                 against the data; 1 with batch normalization
    gradients                  reach every trained weight
    signal propagation         `signal_propagation`: one size at all depths
    learning rate              20 steps of a copy of the optimizer: change of the
                               weights $\lVert\Delta W\rVert / \lVert W\rVert$, cost
    overfit one batch          up to 32 examples can be learnt by heart
    ========================== ====================================================

    The last one trains a copy of the weights with Adam, without dropout and penalties,
    until the cost is below a tenth of what the best constant prediction costs, or every
    example is classified with a margin. Networks with few weights $n$ and $k$ outputs
    get $n / (8k)$ examples. With several outputs, or a loss of one's own, the checks
    that need to know the loss are left out.

    Nothing of the model changes: weights, optimizer, random states, metrics. A warning
    is a matter of taste or circumstance; a fault is not. Where a fault of data, labels or
    output shows again in the cost, the checks that go by the cost say what they follow
    from, and are warnings.

    Args:
        model: A built and compiled Keras model: Sequential, functional or subclassed.
        x: Inputs, as `fit` takes them; or a `tf.data.Dataset` of batches `(x, y)`, of
            which the first 4096 examples are taken.
        y: Targets; None for a dataset.
        batch_size: Of the training to come. Int >= 1.
        overfit_steps: Steps for each of two learning rates, at most. Int >= 1.
        seed: Decides which examples are drawn. Int >= 0.

    Returns:
        A `Checkup`; `print` shows the table.

    Raises:
        TypeError: If `model` is no Keras model, or the data no numbers.
        ValueError: If the model is not built, not compiled with a loss and an optimizer,
            or has nothing to train; or the data do not fit it.

    Example:
        >>> import keras, numpy as np
        >>> rng = np.random.default_rng(0)
        >>> x = rng.normal(size=(64, 4))
        >>> labels = (x[:, 0] > 0).astype(int) + 1  # 1 and 2, not 0 and 1
        >>> keras.utils.set_random_seed(0)
        >>> model = keras.Sequential(
        ...     [keras.Input((4,)), keras.layers.Dense(2, activation="softmax")]
        ... )
        >>> model.compile("adam", "sparse_categorical_crossentropy")
        >>> report = checkup(model, x, labels)
        >>> report.verdict
        '1 fault: label encoding'
        >>> report.faults[0].advice
        'number from 0: y - 1'

    Reference:
        Karpathy, 2019, "A Recipe for Training Neural Networks",
        http://karpathy.github.io/2019/04/25/recipe/; course notes, "Normalizing
        inputs", "Vanishing / Exploding gradients".
    """
    began = time.perf_counter()
    seed = check_count("seed", seed, minimum=0, hint="Use seed=0 for the usual draw.")
    batch_size = check_count("batch_size", batch_size, hint="Give that of `fit`.")
    overfit_steps = check_count("overfit_steps", overfit_steps, hint="300 is usual.")
    require_compiled(model)
    require_any_batch(model)
    pure = PureModel(model)
    _require_loss(pure)
    x, y = as_arrays(x, y, most=_MOST_OF_A_DATASET)
    if y is None:
        raise ValueError(
            "`y` must hold the targets. Received: y=None. Pass x and y, or a dataset of "
            "batches (x, y)."
        )
    require_fit(model, x, y)
    # `PureModel` leaves Keras's variables alone, but not a layer's tf.Variable, nor the
    # generator of Python, from which new initializers and optimizers draw.
    with restored(model):
        return _Run(pure, x, y, batch_size, overfit_steps, seed).done(began)


class _Run:
    """The checks one after the other; later ones need what earlier ones found sound."""

    def __init__(
        self,
        pure: PureModel,
        x: Any,
        y: Any,
        batch_size: int,
        overfit_steps: int,
        seed: int,
    ) -> None:
        self._pure, self._x, self._y = pure, x, y
        self._batch_size, self._steps = batch_size, overfit_steps
        self._rng = np.random.default_rng(seed)
        self._findings: list[Finding] = []
        self._not_run: list[str] = []
        self._propagation: SignalPropagation | None = None
        self._overfit = training_checks.Overfit(Finding("", "ok", ""), (), math.nan)

    def done(self, began: float) -> Checkup:
        """Does them all."""
        sound = self._data()
        subject = self._structure()
        cost = self._cost(subject) if sound and self._labels(subject) else None
        if cost is not None and math.isfinite(cost):
            self._training(subject)
        else:
            self._not_run += [
                "gradients",
                "signal propagation",
                "learning rate",
                "overfit one batch",
            ]
        return Checkup(
            findings=tuple(traced_back(self._findings)),
            not_run=tuple(self._not_run),
            propagation=self._propagation,
            overfit_costs=self._overfit.costs,
            overfit_baseline=self._overfit.baseline,
            seconds=time.perf_counter() - began,
        )

    def _data(self) -> bool:
        found = [
            data_checks.finite("inputs", self._x),
            data_checks.finite("targets", self._y),
        ]
        self._findings += found
        return all(finding.level == "ok" for finding in found)

    def _structure(self) -> Subject:
        count = min(MOST_EXAMPLES, count_examples(self._x))
        self._drawn = np.sort(
            self._rng.choice(count_examples(self._x), count, replace=False)
        )
        subject = examine(
            self._pure,
            self._x,
            self._y,
            self._batch_size,
            tensors(rows(self._x, self._drawn)),
        )
        if self._findings[0].level == "ok":
            self._findings += data_checks.input_scale(subject)
            self._findings += data_checks.constant_features(subject)
        self._findings.append(layer_checks.biases_before_normalization(subject))
        self._findings += layer_checks.dropout(subject)
        self._findings.append(layer_checks.stacked_linear_layers(subject))
        self._findings.append(layer_checks.batch_size(subject))
        return subject

    def _labels(self, subject: Subject) -> bool:
        encoding = data_checks.label_encoding(subject)
        if encoding is not None:
            self._findings.append(encoding)
            if encoding.level == "fault":
                self._findings += output_checks.output_activation(subject)
                self._not_run.append("loss at the start")
                return False
        balance = data_checks.label_balance(subject)
        self._findings += [] if balance is None else [balance]
        self._findings += output_checks.output_activation(subject)
        return True

    def _cost(self, subject: Subject) -> float:
        x, y = (tensors(rows(part, self._drawn)) for part in (self._x, self._y))
        result = self._pure.forward(
            x, y, weights=self._pure.weights(), state=self._pure.state()
        )
        cost = float(self._pure.cost(y, result))
        self._findings += output_checks.loss_at_start(subject, cost)
        self._findings += layer_checks.penalties(subject, cost)
        return cost

    def _training(self, subject: Subject) -> None:
        x, y = rows(self._x, self._drawn), rows(self._y, self._drawn)
        self._propagation = measure(self._pure, x, y, self._rng)
        rate, start, end = training_checks.trial(subject, self._rng)
        self._findings += [
            training_checks.reached_weights(subject, start, end),
            _signals(self._propagation),
            rate,
        ]
        self._overfit = training_checks.overfit_one_batch(
            subject, self._rng, self._steps
        )
        self._findings.append(self._overfit.finding)


def _signals(report: SignalPropagation) -> Finding:
    name = "signal propagation"
    if not report.problems:
        return Finding(name, "ok", report.verdict)
    return Finding(
        name,
        "fault",
        report.verdict,
        "one size at all depths",
        "; ".join(report.advice),
    )


def _require_loss(pure: PureModel) -> None:
    if not pure.has_loss:
        raise ValueError(
            "`model` must be compiled with an optimizer and a loss. Received: "
            f"{pure.model.name!r}, without a loss. Call model.compile(optimizer, loss), "
            "or override `compute_loss`."
        )
