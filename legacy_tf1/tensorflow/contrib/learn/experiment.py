"""An estimator with its data: `tf.contrib.learn.Experiment`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from legacy_tf1.tensorflow.contrib.learn.monitors import replace_monitors_with_hooks


class Experiment:
    """Trains and evaluates an estimator; after it came `train_and_evaluate`."""

    def __init__(
        self,
        estimator: Any,
        train_input_fn: Callable[[], Any],
        eval_input_fn: Callable[[], Any],
        eval_metrics: Any = None,
        train_steps: int | None = None,
        eval_steps: int | None = 100,
        train_monitors: Sequence[Any] | None = None,
        eval_hooks: Sequence[Any] | None = None,
        **unused: Any,
    ) -> None:
        del unused  # of distributed runs
        self._estimator = estimator
        self._train_input_fn, self._eval_input_fn = train_input_fn, eval_input_fn
        self._eval_metrics = eval_metrics
        self._train_steps, self._eval_steps = train_steps, eval_steps
        self._monitors, self._eval_hooks = list(train_monitors or ()), eval_hooks

    @property
    def estimator(self) -> Any:
        """The estimator."""
        return self._estimator

    def train(self, delay_secs: float | None = None) -> Any:
        """Trains up to `train_steps` in all."""
        del delay_secs
        hooks = replace_monitors_with_hooks(self._monitors, self._estimator)
        if hasattr(self._estimator, "fit"):
            return self._estimator.fit(
                input_fn=self._train_input_fn,
                max_steps=self._train_steps,
                monitors=hooks,
            )
        return self._estimator.train(
            self._train_input_fn, hooks=hooks, max_steps=self._train_steps
        )

    def evaluate(self, delay_secs: float | None = None, name: str | None = None) -> Any:
        """Returns the metrics."""
        del delay_secs
        arguments = {
            "input_fn": self._eval_input_fn,
            "steps": self._eval_steps,
            "hooks": self._eval_hooks,
            "name": name,
        }
        if hasattr(self._estimator, "fit"):
            arguments["metrics"] = self._eval_metrics
        return self._estimator.evaluate(**arguments)

    def train_and_evaluate(self) -> Any:
        """Trains, then evaluates."""
        self.train()
        return self.evaluate(), []

    def run_std_server(self) -> None:
        """There is but one machine."""
        raise NotImplementedError(
            "Servers of a cluster are not supported: an experiment runs on one machine."
        )
