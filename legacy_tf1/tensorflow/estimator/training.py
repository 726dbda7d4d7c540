"""`train_and_evaluate`: training with an evaluation after each checkpoint."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.estimator.estimator import Estimator
from legacy_tf1.tensorflow.estimator.exporter import Exporter
from legacy_tf1.tensorflow.estimator.model_fn import checked_hooks


class _TrainFields(NamedTuple):
    input_fn: Callable[..., Any]
    max_steps: int | None
    hooks: tuple[Any, ...]


class TrainSpec(_TrainFields):
    """What to train on and how long, as `tf.estimator.TrainSpec`."""

    def __new__(
        cls,
        input_fn: Callable[..., Any],
        max_steps: int | None = None,
        hooks: Iterable[Any] | None = None,
    ) -> TrainSpec:
        """Checks the values."""
        _check_input_fn(input_fn)
        _check_positive(max_steps=max_steps)
        return super().__new__(cls, input_fn, max_steps, checked_hooks(hooks))


class _EvalFields(NamedTuple):
    input_fn: Callable[..., Any]
    steps: int | None
    name: str | None
    hooks: tuple[Any, ...]
    exporters: tuple[Exporter, ...]
    start_delay_secs: float
    throttle_secs: float


class EvalSpec(_EvalFields):
    """What to evaluate on and how often, as `tf.estimator.EvalSpec`."""

    def __new__(
        cls,
        input_fn: Callable[..., Any],
        steps: int | None = 100,
        name: str | None = None,
        hooks: Iterable[Any] | None = None,
        exporters: Any = None,
        start_delay_secs: float = 120,
        throttle_secs: float = 600,
    ) -> EvalSpec:
        """Checks the values."""
        _check_input_fn(input_fn)
        _check_positive(steps=steps)
        for label, value in (
            ("start_delay_secs", start_delay_secs),
            ("throttle_secs", throttle_secs),
        ):
            if value < 0:
                raise ValueError(f"Must specify {label} >= 0, given: {value}")
        if exporters is None:
            exporters = ()
        elif isinstance(exporters, Exporter):
            exporters = (exporters,)
        for exporter in exporters:
            if not isinstance(exporter, Exporter):
                raise TypeError(
                    f"`exporters` must be an Exporter or several, given: {exporter}"
                )
        return super().__new__(
            cls,
            input_fn,
            steps,
            name,
            checked_hooks(hooks),
            tuple(exporters),
            start_delay_secs,
            throttle_secs,
        )


def _check_input_fn(input_fn: Any) -> None:
    if not callable(input_fn):
        raise TypeError(f"`input_fn` must be callable, given: {input_fn}")


def _check_positive(**named: int | None) -> None:
    for name, value in named.items():
        if value is not None and value <= 0:
            raise ValueError(f"Must specify {name} > 0, given: {value}")


class _EvaluateAfterSaving(tf.train.CheckpointSaverListener):
    """Evaluates the checkpoints that are saved, not more often than it may."""

    def __init__(self, estimator: Estimator, train: TrainSpec, spec: EvalSpec) -> None:
        self._estimator, self._train, self._spec = estimator, train, spec
        self.metrics: dict[str, Any] | None = None
        self.exports: list[Any] | None = None

    def begin(self) -> None:
        self._timer = tf.train.SecondOrStepTimer(every_secs=self._spec.throttle_secs)
        self._first = True

    def after_save(self, session: Any, global_step_value: int) -> None:
        if self._first:  # the checkpoint before training
            self._first = False
        elif self._timer.should_trigger_for_step(global_step_value):
            self._evaluate(global_step_value)
        else:
            tf.logging.info(
                "Skip the current checkpoint eval due to throttle secs (%s secs).",
                self._spec.throttle_secs,
            )

    def end(self, session: Any, global_step_value: int) -> None:
        if global_step_value != self._timer.last_triggered_step():
            self._evaluate(global_step_value)

    def _evaluate(self, step: int) -> None:
        self._timer.update_last_triggered_step(step)
        spec, estimator = self._spec, self._estimator
        checkpoint = (
            estimator.latest_checkpoint() or ""
        )  # there is one: it was just saved
        self.metrics = estimator.evaluate(
            spec.input_fn,
            steps=spec.steps,
            hooks=spec.hooks,
            checkpoint_path=checkpoint,
            name=spec.name,
        )
        limit = self._train.max_steps
        final = limit is not None and self.metrics[tf.GraphKeys.GLOBAL_STEP] >= limit
        self.exports = [
            exporter.export(
                estimator,
                os.path.join(estimator.model_dir, "export", exporter.name),
                checkpoint,
                self.metrics,
                final,
            )
            for exporter in spec.exporters
        ]


def train_and_evaluate(
    estimator: Estimator, train_spec: TrainSpec, eval_spec: EvalSpec
) -> tuple[dict[str, Any] | None, list[Any] | None]:
    """Trains, and evaluates and exports after each checkpoint.

    Returns:
        The metrics of the last evaluation and the folders of its exports.

    Raises:
        TypeError: If an argument is of the wrong type.
    """
    for value, name, kind in (
        (estimator, "estimator", Estimator),
        (train_spec, "train_spec", TrainSpec),
        (eval_spec, "eval_spec", EvalSpec),
    ):
        if not isinstance(value, kind):
            raise TypeError(
                f"`{name}` must have type `tf.estimator.{kind.__name__}`. Got: "
                f"{type(value)}"
            )
    tf.logging.info("Running training and evaluation locally (non-distributed).")
    config = estimator.config
    tf.logging.info(
        "Start train and evaluate loop. The evaluate will happen after every "
        "checkpoint. Checkpoint frequency is determined based on RunConfig arguments: "
        "save_checkpoints_steps %s or save_checkpoints_secs %s.",
        config.save_checkpoints_steps,
        config.save_checkpoints_secs,
    )
    listener = _EvaluateAfterSaving(estimator, train_spec, eval_spec)
    estimator.train(
        train_spec.input_fn,
        hooks=train_spec.hooks,
        max_steps=train_spec.max_steps,
        saving_listeners=[listener],
    )
    return listener.metrics, listener.exports
