"""Watches over a training: says what goes wrong, and can go back and try again."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import keras
import numpy as np

from tfkit import run_folder
from tfkit._checks import check_count, check_number
from tfkit._variables import value_of
from tfkit._warnings import warn
from tfkit.callbacks import _optimizer
from tfkit.callbacks.health_rules import SPIKE_FACTOR, Finding, HealthRules
from tfkit.diagnose.failure_bundle import save_bundle
from tfkit.training.observation import BadStep
from tfkit.training.observe import StepObserver

if TYPE_CHECKING:
    from tfkit.diagnose.failure import FailureReport

Action = Literal["warn", "stop", "rollback"]
_ACTIONS = ("warn", "stop", "rollback")
# What often befalls many layers at once, and is told of all of them together.
_OF_LAYERS = ("dead", "saturated", "update too large", "update too small")


class TrainingHealthWarning(UserWarning):
    """Something is wrong with a training; the text says what, and what to try."""


class TrainingHealth(StepObserver):
    r"""Warns, in words, when a training goes wrong; stops it or goes back if asked to.

    What it looks for, each with a rule of its own in `tfkit.callbacks.health_rules`:
    first steps that make the cost rise (a learning rate far too high); costs, metrics and gradients that are not finite; costs that jump; layers with dead
    ReLUs or saturated sigmoids; gradients that vanish or explode with depth; updates
    too large or too small for the weights; a cost that no longer falls (plateau,
    oscillation, stationary point). Each is told once in a training, for each layer or
    number that it concerns, as a `TrainingHealthWarning`; layers with the same trouble
    in one epoch share one, at its end.

    **The first gradient that is not finite** stops all updates at once, also in the
    middle of a compiled epoch: the weights stay those before that step. What failed is
    named (`tfkit.diagnose.find_first_bad_layer`) and, with a `bundle_dir`, kept for
    `tfkit replay`. Moving averages (of batch normalization), which a step changes
    before its gradients are known, go back to those of the last epoch.

    **Actions.** "warn" only warns, "stop" ends the training, "rollback" goes back to
    the last good state (weights and optimizer as they were at the end of the last epoch
    without trouble, whose cost was below ten times the lowest so far), multiplies the learning rate by `rate_cut` and goes on. They follow
    on a gradient that is not finite, and on an epoch whose training cost is not finite
    or jumps. With "warn" a training ends, too, at a gradient that is not finite: from
    there no update is applied. A cut composes with `LearningRateDecay`,
    `ManualControl`, and a schedule in an optimizer of `tfkit.optimizers`.

    Args:
        every: Steps from one observation to the next; "epoch" for the first step of
            each epoch.
        action: "warn", "stop" or "rollback".
        bundle_dir: Folder for failures, one folder for each; None keeps none. The
            mini-batch that failed is part of it.
        patience: Epochs over which the cost is averaged to see whether it falls.
        rate_cut: Factor on the learning rate at each rollback, above 0, below 1.
        max_rollbacks: Rollbacks in one training, after which it is stopped.
        config: What is to be kept in a bundle besides, in plain JSON types.

    Attributes:
        findings: What was found in the last training, each a `Finding`.
        rollbacks: How often it went back.
        stopped_for: The epoch's finding for which "stop" ended the training; None.
        bundles: Folders that were written.

    Raises:
        TypeError: If an argument is no number where one is needed.
        ValueError: If an argument is out of its range; at the start of training, with
            "rollback", if the learning rate can't be set.
        PermissionError: If `bundle_dir` can't be written to.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.array([[1, 2], [3, 4], [5, 6], [np.nan, 8]], "float32")
        >>> health = TrainingHealth()
        >>> import warnings
        >>> with warnings.catch_warnings(record=True, action="always"):
        ...     history = model.fit(
        ...         x,
        ...         x[:, 1:],
        ...         epochs=5,
        ...         shuffle=False,
        ...         callbacks=[health],
        ...         verbose=0,
        ...     )
        >>> len(history.epoch), bool(np.isfinite(model.get_weights()[0]).all())
        (1, True)
        >>> print(health.findings[0].message)  # doctest: +ELLIPSIS
        Step 1 ... example 3, column 0 of the batch. Training ends here.

    Reference:
        Course notes, "Vanishing / Exploding gradients", "The problem of local optima".
    """

    def __init__(
        self,
        *,
        every: int | Literal["epoch"] = "epoch",
        action: Action = "warn",
        bundle_dir: str | Path | None = None,
        patience: int = 10,
        rate_cut: float = 0.5,
        max_rollbacks: int = 3,
        config: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(every=every, guard=True)
        if action not in _ACTIONS:
            raise ValueError(
                "`action` must be 'warn', 'stop' or 'rollback' (go back to the last "
                f"good state and lower the learning rate). Received: action={action!r}"
            )
        self.action = action
        self.patience = check_count(
            "patience", patience, hint="Epochs that the cost is averaged over."
        )
        self.rate_cut = check_number(
            "rate_cut",
            rate_cut,
            exclusive=True,
            maximum=0.99,
            hint="0.5 halves the learning rate at each rollback.",
        )
        self.max_rollbacks = check_count(
            "max_rollbacks",
            max_rollbacks,
            minimum=0,
            hint="Use action='stop' to never go back.",
        )
        self.bundle_dir = None if bundle_dir is None else Path(bundle_dir)
        if self.bundle_dir is not None:
            run_folder.require_writable(self.bundle_dir, option="bundle_dir")
        self.config = config
        self.findings: list[Finding] = []
        self.rollbacks = 0
        self.stopped_for: Finding | None = None
        self.bundles: list[Path] = []
        self._good = self._averages = _State([])

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Checks that the rate can be set, and starts afresh."""
        if self.action == "rollback":
            _optimizer.require_settable_rate(
                self.model.optimizer, "TrainingHealth(action='rollback')", composes=True
            )
        super().on_train_begin(logs)
        self.findings, self.bundles, self.rollbacks = [], [], 0
        self.stopped_for = None
        self._told: set[tuple[str, str]] = set()
        self._of_layers: list[Finding] = []
        self._rules = self._fresh_rules()
        self._epoch, self._failed = 0, False
        self._lowest = math.inf
        self._keep(math.nan)
        if self.feed is not None and self.feed.refusal is not None:
            warn(
                f"TrainingHealth sees only the logs of epochs: {self.feed.refusal}.",
                TrainingHealthWarning,
            )

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Begins an epoch."""
        super().on_epoch_begin(epoch, logs)
        self._epoch, self._failed = epoch, False

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Looks at the steps since the last look."""
        super().on_train_batch_end(batch, logs)
        self._look_at_steps()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Looks at the rest of the epoch, and acts."""
        super().on_epoch_end(epoch, logs)
        self._look_at_steps()
        if self._failed:
            # Its logs are NaN, or of steps without an update: told already.
            self._warn_of_layers()
            return
        numbers = {
            name: float(value)
            for name, value in (logs or {}).items()
            if np.ndim(value) == 0
        }
        found = self._rules.epoch(epoch, numbers)
        self._tell(found)
        self._warn_of_layers()
        serious = next(filter(_is_serious, found), None)
        if serious is None:
            self._keep(numbers.get("loss", math.nan))
        elif self.action == "stop":
            self.stopped_for = serious
            self.model.stop_training = True
        elif self.action == "rollback":
            self._go_back()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Lets go of the copies, and leaves the next training unguarded."""
        self._warn_of_layers()  # of an epoch that was broken off
        if self.feed is not None:
            self.feed.go_on()
        super().on_train_end(logs)
        self._good = self._averages = _State([])

    def _fresh_rules(self) -> HealthRules:
        return HealthRules(self.patience, _layers_with_kernels(self.model))

    def _look_at_steps(self) -> None:
        seen = self.observations()
        bad = None if self._failed and self.model.stop_training else self.bad_step()
        if bad is not None:
            # What fails is told once, in full, below.
            seen = [each for each in seen if math.isfinite(each.total_gradient_norm)]
        for observation in seen:
            if math.isinf(self._lowest) and math.isfinite(observation.loss):
                self._lowest = observation.loss
            self._tell(self._rules.step(observation))
        if bad is not None:
            self._failed = True
            self._warn_of_layers()
            self._take_care_of(bad)

    def _take_care_of(self, bad: BadStep) -> None:
        """Keeps and explains the step that failed, then stops or goes back."""
        self._averages.restore()
        report = self._explained(bad)
        if report is None or report.kind != "data":
            self._tell(self._rules.failed())
        bundle = self._bundled(bad)
        text = (
            f"Step {bad.step} (epoch {self._epoch + 1}) gave a gradient that is NaN or "
        )
        text += "infinite, and was not applied."
        advice = ""
        if report is not None:
            text += f" First bad: {report.message}"
            advice = f"Try: {'; '.join(report.advice)}."
        if bundle is not None:
            advice += f" `tfkit replay {bundle}` shows the step."
        goes_back = self._goes_back(report)
        if not goes_back:
            text += " Training ends here."
            if self.action == "rollback":
                text += " To go back would not help: no learning rate mends the data."
        where = f"step {bad.step}"
        self._tell([Finding("non-finite", where, text, advice.strip())])
        if goes_back:
            self._go_back()
        else:
            self.model.stop_training = True

    def _goes_back(self, report: FailureReport | None) -> bool:
        """Whether a failed step is tried again, with a lower learning rate."""
        mendable = report is None or report.kind != "data"
        return self.action == "rollback" and mendable

    def _explained(self, bad: BadStep) -> FailureReport | None:
        # TensorFlow, which a training on another backend does without.
        from tfkit.diagnose.failure import find_first_bad_layer

        try:
            return find_first_bad_layer(self.model, bad.batch)
        # Layers and losses raise what they like outside of a compiled step; the
        # training and its other callbacks must not end by that.
        except Exception as error:
            warn(
                f"Step {bad.step} could not be replayed: {error}",
                TrainingHealthWarning,
            )
            return None

    def _bundled(self, bad: BadStep) -> Path | None:
        if self.bundle_dir is None:
            return None
        try:
            folder = _free(self.bundle_dir / f"step-{bad.step:07d}")
            save_bundle(folder, self.model, bad.batch, bad.step, self.config)
        except OSError as error:
            warn(
                f"Step {bad.step} could not be kept in {self.bundle_dir}: {error}",
                TrainingHealthWarning,
            )
            return None
        self.bundles.append(folder)
        return folder

    def _go_back(self) -> None:
        """Restores the last good state with a lower rate; stops after too many times."""
        self._good.restore()
        if self.rollbacks == self.max_rollbacks:
            self._tell(
                [
                    Finding(
                        "non-finite",
                        "rollbacks",
                        f"Training was stopped after {self.rollbacks} rollbacks; the "
                        "model has the weights of the last good epoch.",
                        "Begin with a much lower learning rate: it was "
                        f"{_optimizer.learning_rate(self.model.optimizer):.4g} at last. "
                        "If that does not help, look at the data and at the layers.",
                    )
                ]
            )
            self.model.stop_training = True
            return
        self.rollbacks += 1
        optimizer = self.model.optimizer
        rate = _optimizer.learning_rate(optimizer)
        if rate > 0:
            optimizer.learning_rate = rate * self.rate_cut
        # What was seen on the way up is not what happens from here on.
        self._rules = self._fresh_rules()
        if self.feed is not None:
            self.feed.go_on()
        warn(
            f"Back to the last good state with learning rate {rate * self.rate_cut:.4g} "
            f"in place of {rate:.4g} (rollback {self.rollbacks} of at most "
            f"{self.max_rollbacks}).",
            TrainingHealthWarning,
        )

    def _tell(self, found: Iterable[Finding]) -> None:
        """Warns of what has not been told in this training."""
        for finding in found:
            key = (finding.kind, finding.where)
            if key not in self._told:
                self._told.add(key)
                if finding.kind == "learning rate":
                    # The rest follows from it.
                    self.findings.insert(0, finding)
                else:
                    self.findings.append(finding)
                if finding.kind in _OF_LAYERS:
                    self._of_layers.append(finding)
                else:
                    warn(str(finding), TrainingHealthWarning)

    def _warn_of_layers(self) -> None:
        """Warns once of what several layers have in common."""
        found, self._of_layers = self._of_layers, []
        for kind in dict.fromkeys(finding.kind for finding in found):
            first, *others = (each for each in found if each.kind == kind)
            text = first.message
            if others:
                *most, last = (repr(finding.where) for finding in others)
                names = f"{', '.join(most)} and {last}" if most else last
                text += f" The same goes for {names}."
            text += f" {first.advice}"
            warn(text, TrainingHealthWarning)

    def _keep(self, loss: float) -> None:
        """Keeps the present state as the last good one, unless it is on the way up.

        Args:
            loss: Cost of the epoch; NaN at the start of training.
        """
        self._averages = _State.of(_variables_of_forward_pass(self.model))
        if self.action != "rollback":
            return
        # Costs rise before they overflow. A state from which they would do so again is
        # none to go back to.
        rise = loss - self._lowest
        self._lowest = min(self._lowest, loss)
        if rise > (SPIKE_FACTOR - 1) * abs(self._lowest):
            return
        state = _State.of(_variables_of_training(self.model))
        # A step of finite gradients can still be so long that weights overflow.
        if state.is_finite() or math.isnan(loss):
            self._good = state


@dataclass(frozen=True)
class _State:
    """Variables and what they held."""

    values: list[tuple[Any, np.ndarray]]

    @classmethod
    def of(cls, variables: Iterable[Any]) -> _State:
        return cls([(v, np.array(value_of(v))) for v in variables])

    def restore(self) -> None:
        for variable, value in self.values:
            variable.assign(value)

    def is_finite(self) -> bool:
        return all(
            np.isfinite(value.astype(np.float32, copy=False)).all()
            for _, value in self.values
        )


def _variables_of_forward_pass(model: keras.Model) -> list[Any]:
    """Those that a forward pass changes: moving averages."""
    return [
        variable
        for layer in model._flatten_layers()
        for variable in layer._non_trainable_variables
    ]


def _variables_of_training(model: keras.Model) -> list[Any]:
    """Weights and optimizer, without what the learning rate is: that is not undone."""
    optimizer = model.optimizer
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    rate = {
        id(getattr(inner, name, None))
        for name in ("_learning_rate", "_learning_rate_scale")
    }
    kept = [variable for variable in optimizer.variables if id(variable) not in rate]
    return [*model.weights, *kept]


def _layers_with_kernels(model: keras.Model) -> set[str]:
    """Names and paths of the layers that multiply by a matrix or more."""
    layers = [
        layer
        for layer in model._flatten_layers(include_self=False)
        if any(len(variable.shape) > 1 for variable in layer._trainable_variables)
    ]
    return {name for layer in layers for name in (layer.name, layer.path)}


def _is_serious(finding: Finding) -> bool:
    """Whether an epoch's finding calls for an action."""
    return finding.where == "loss" and finding.kind in ("non-finite", "spike")


def _free(folder: Path) -> Path:
    """The folder, or the first of `-2`, `-3`, ... that is not taken."""
    candidate, number = folder, 1
    while candidate.exists():
        number += 1
        candidate = folder.with_name(f"{folder.name}-{number}")
    return candidate
