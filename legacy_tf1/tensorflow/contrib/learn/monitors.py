"""Monitors of training: session hooks of an older form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow.compat.v1 as tf

NanLossDuringTrainingError = tf.train.NanLossDuringTrainingError
StopAtStep = StopAtStepHook = tf.train.StopAtStepHook
CheckpointSaver = tf.train.CheckpointSaverHook
StepCounter = tf.train.StepCounterHook
SummarySaver = tf.train.SummarySaverHook


class BaseMonitor(tf.train.SessionRunHook):
    """Base of the monitors: it knows the estimator that trains."""

    def __init__(self) -> None:
        self._estimator: Any = None

    def set_estimator(self, estimator: Any) -> None:
        """Tells the monitor whose training it watches."""
        self._estimator = estimator


class EveryN(BaseMonitor):
    """Calls `every_n_step_end` each so many steps, after the first few."""

    def __init__(self, every_n_steps: int = 100, first_n_steps: int = 1) -> None:
        super().__init__()
        self._every, self._first = every_n_steps, first_n_steps

    def begin(self) -> None:
        """Looks for the global step."""
        self._step = tf.train.get_global_step()
        self._last: int | None = None

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Counts the steps."""
        step = int(run_context.session.run(self._step))
        early = step <= self._first
        if early or self._last is None or step - self._last >= self._every:
            self._last = step
            if self.every_n_step_end(step, None):
                run_context.request_stop()

    def every_n_step_end(self, step: int, outputs: Any) -> bool:
        """Returns whether to stop."""
        del step, outputs
        return False


class ValidationMonitor(EveryN):
    """Evaluates new checkpoints and may stop early.

    As `tf.contrib.learn.monitors.ValidationMonitor`.
    """

    def __init__(
        self,
        x: Any = None,
        y: Any = None,
        input_fn: Callable[[], Any] | None = None,
        batch_size: int | None = None,
        eval_steps: int | None = None,
        every_n_steps: int = 100,
        metrics: Any = None,
        hooks: Sequence[Any] | None = None,
        early_stopping_rounds: int | None = None,
        early_stopping_metric: str = "loss",
        early_stopping_metric_minimize: bool = True,
        name: str | None = None,
        check_interval_secs: float = 5,
    ) -> None:
        super().__init__(every_n_steps, first_n_steps=-1)
        if x is None and input_fn is None:
            raise ValueError("Either x or input_fn should be provided.")
        self._arguments = {
            "x": x,
            "y": y,
            "input_fn": input_fn,
            "batch_size": batch_size,
            "steps": eval_steps,
            "metrics": metrics,
            "hooks": hooks,
            "name": name,
        }
        self.early_stopping_rounds = early_stopping_rounds
        self.early_stopping_metric = early_stopping_metric
        self.early_stopping_metric_minimize = early_stopping_metric_minimize
        del check_interval_secs  # looking for a checkpoint costs nothing
        self._checkpoint: str | None = None
        self.best_step: int | None = None
        self.best_value: Any = None
        self.best_metrics: dict[str, Any] | None = None
        self.early_stopped = False

    def every_n_step_end(self, step: int, outputs: Any) -> bool:
        """Evaluates if there is a new checkpoint."""
        latest = tf.train.latest_checkpoint(self._estimator.model_dir)
        if latest is None or latest == self._checkpoint:
            return False
        self._checkpoint = latest
        arguments = self._arguments
        if not hasattr(self._estimator, "fit"):  # one of tf.estimator
            wanted = ("input_fn", "steps", "hooks", "name")
            arguments = {name: arguments[name] for name in wanted}
        results = self._estimator.evaluate(**arguments)
        texts = (f"{name} = {value}" for name, value in results.items())
        tf.logging.info("Validation (step %d): %s", step, ", ".join(texts))
        if self.early_stopping_rounds is None:
            return False
        if self.early_stopping_metric not in results:
            raise ValueError(
                f"Metric {self.early_stopping_metric} missing from outputs "
                f"{set(results)}."
            )
        value = results[self.early_stopping_metric]
        if self._is_better(value):
            self.best_value, self.best_step = value, step
            self.best_metrics = dict(results)
        self.early_stopped = step - (self.best_step or 0) >= self.early_stopping_rounds
        if self.early_stopped:
            tf.logging.info(
                "Stopping. Best step: %s with %s = %s.",
                self.best_step,
                self.early_stopping_metric,
                self.best_value,
            )
        return self.early_stopped

    def _is_better(self, value: Any) -> bool:
        if self.best_value is None:
            return True
        if self.early_stopping_metric_minimize:
            return bool(value < self.best_value)
        return bool(value > self.best_value)


class PrintTensor(tf.train.LoggingTensorHook):
    """Logs tensors by name, as `tf.contrib.learn.monitors.PrintTensor`."""

    def __init__(self, tensor_names: Any, every_n: int = 100, first_n: int = 1) -> None:
        del first_n
        super().__init__(tensor_names, every_n_iter=every_n)


def replace_monitors_with_hooks(monitors: Any, estimator: Any) -> list[Any]:
    """Tells the monitors their estimator; they are hooks already."""
    for monitor in monitors or ():
        if hasattr(monitor, "set_estimator"):
            monitor.set_estimator(estimator)
    return list(monitors or ())
