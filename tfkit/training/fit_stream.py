"""`fit` on a `tf.data.Dataset`, a generator or a `PyDataset`: batches taken together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from tfkit.training import labels
from tfkit.training import plan as planning
from tfkit.training.compiled_epoch import Data, Logs, constant
from tfkit.training.engine import announced
from tfkit.training.fit import Fit, Validation, first_line
from tfkit.training.plan import TrainingPlan
from tfkit.training.sources import Stream, Waiting, batch_size, shapes, stacked

if TYPE_CHECKING:
    from tfkit.training.engine import Engine

#: Most batches that are taken together.
_STEPS = 32


class StreamFit(Fit):
    """A run of `fit` on a stream of batches.

    Args:
        engine: The model's engine.
        source: The stream.
        validation: The validation data, or None.
        **arguments: As for `Fit`.
    """

    def __init__(
        self,
        engine: Engine,
        source: Stream,
        validation: Validation | None,
        **arguments: Any,
    ) -> None:
        super().__init__(engine, validation, **arguments)
        self._source = source

    @property
    def batches(self) -> int | None:
        """Batches of an epoch, None before the first epoch of some streams."""
        return self._source.batches

    @property
    def spec(self) -> Data:
        """The stream's specification."""
        return self._source.spec

    def prepare(
        self, choice: planning.Choice, why: str, fixed: int | None
    ) -> TrainingPlan:
        """Plans; what is compiled shows only with the first batches."""
        self._steps = fixed or min(_STEPS, self.batches or _STEPS)
        compiler: planning.Compiler = "xla" if choice == "xla" else "graph"
        if choice == "trial":
            why += ", and a stream can't be tried out"
        self._source.reset()
        self._compiled = self._compiled_by(compiler)
        return TrainingPlan(compiler, self._steps, self.batches, (why,))

    def epoch(self, callbacks: Any, *, tests: bool) -> tuple[Logs, Logs]:
        """Trains on the stream's batches, as many together as have one shape."""
        self._compiled.reset_metrics()
        first, logs = 0, {}
        waiting: list[Data] = []
        arriving = Waiting(self._source.epoch())
        for batch in arriving:
            if self._feed is not None:
                self._feed.waiting, arriving.seconds = (
                    (self._feed.waiting or 0.0) + arriving.seconds,
                    0.0,
                )
            if waiting and shapes(batch) != shapes(waiting[0]):
                logs = self._train_singly(waiting, first, callbacks)
                first, waiting = first + len(waiting), []
            waiting.append(batch)
            if len(waiting) == self._steps:
                logs = self._train_together(waiting, first, callbacks)
                first, waiting = first + len(waiting), []
            if self._model.stop_training:
                break
        if waiting and not self._model.stop_training:
            logs = self._train_singly(waiting, first, callbacks)
        tested = self._validation.logs(callbacks) if tests and self._validation else {}
        return logs, tested

    def _train_together(
        self, batches: Sequence[Data], first: int, callbacks: Any
    ) -> Logs:
        together, count = stacked(batches), tf.constant(len(batches))
        callbacks.on_train_batch_begin(first)
        if self._compiled is not self._compiled_by("graph"):
            # XLA would not find wrong ones, and train on NaN.
            labels.check(self._model, together)
        if self._compiled.is_new(together, len(batches)):
            self._compile(together)
        due = constant(self._dues(first))
        logs = self._compiled.train_stacked(together, count, due)
        size = sum(map(batch_size, batches))
        self._done(first, len(batches), size, len(batches))
        callbacks.on_train_batch_end(first + len(batches) - 1, logs)
        return logs

    def _compile(self, batches: Data) -> None:
        """Compiles the loop for such batches, without training; without XLA if it must."""
        with announced(f"Compiling {self._model.name}", quiet=self._verbose == 0):
            try:
                self._compiled.train_stacked(
                    batches, tf.constant(0), constant(self._dues(0))
                )
            except Exception as error:
                if self._compiled is self._compiled_by("graph"):
                    raise
                why = f"XLA can't compile the step ({first_line(error)})"
                self._compiled = self._compiled_by("graph")
                self._engine.plan = TrainingPlan(
                    "graph", self._steps, self.batches, (why,)
                )

    def _train_singly(
        self, batches: Sequence[Data], first: int, callbacks: Any
    ) -> Logs:
        logs: Logs = {}
        for number, batch in enumerate(batches, first):
            callbacks.on_train_batch_begin(number)
            logs = self._compiled.train_one(batch, self._is_due(number))
            self._done(number, 1, batch_size(batch), 1)
            callbacks.on_train_batch_end(number, logs)
            if self._model.stop_training:
                break
        return logs
