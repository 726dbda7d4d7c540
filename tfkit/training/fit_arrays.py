"""`fit` on arrays: held as tensors, gathered in the order of each epoch."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from tfkit.training import labels
from tfkit.training import plan as planning
from tfkit.training.compiled_epoch import CompiledEpoch, Data, Logs, constant
from tfkit.training.engine import announced, as_numbers
from tfkit.training.fit import Fit, Validation, first_line, labelled
from tfkit.training.plan import Compiler, TrainingPlan
from tfkit.training.sample_order import epoch_order
from tfkit.training.sources import CannotCompileError, Resident

if TYPE_CHECKING:
    from tfkit.training.engine import Engine

#: Steps of a trial of XLA against the graph.
_TRIAL_STEPS = 20


class ArrayFit(Fit):
    """A run of `fit` on arrays.

    Args:
        engine: The model's engine.
        source: The training data.
        validation: The validation data, or None.
        shuffle: Whether each epoch has an order of its own.
        **arguments: As for `Fit`.
    """

    def __init__(
        self,
        engine: Engine,
        source: Resident,
        validation: Validation | None,
        *,
        shuffle: bool,
        **arguments: Any,
    ) -> None:
        super().__init__(engine, validation, **arguments)
        self._source = source
        self._shuffle = shuffle
        self._whole = False
        self._program: tuple[CompiledEpoch, Any] | None = None

    @property
    def batches(self) -> int:
        """Batches of an epoch."""
        return self._source.batches

    @property
    def spec(self) -> Data:
        """The first batch."""
        return self._source.first_batch()

    def prepare(
        self, choice: planning.Choice, why: str, fixed: int | None
    ) -> TrainingPlan:
        """Compiles the loop before anything is changed, so that a failure shows then."""
        source = self._source
        self._limit = self._steps = planning.steps_per_call(
            source.full_batches, source.bytes_per_batch, fixed
        )
        self._pace(planning.seconds_per_step(self._model, source.batch_size))
        self._whole = self._fits_one_call()
        if choice != "graph":
            # XLA would not find them, and train on NaN.
            labels.check(self._model, source.data)
            if self._validation is not None and self._validation.source is not None:
                labels.check(self._model, self._validation.source.data)
            try:
                self._compile("xla")
            except Exception as error:
                choice = "graph"
                why = f"XLA can't compile the step ({first_line(error)})"
        if choice != "xla":
            try:
                self._compile("graph")
            except Exception as error:
                raise CannotCompileError(
                    f"the step can't be traced in a loop ({first_line(error)})"
                ) from error
        compiler: Compiler
        if choice == "trial":
            graph, xla = self._seconds_per_step("graph"), self._seconds_per_step("xla")
            compiler = "xla" if xla < graph else "graph"
            why += (
                f"; in a trial a step took {1e3 * graph:.2f} ms in the graph and "
                f"{1e3 * xla:.2f} ms in XLA"
            )
        else:
            compiler = choice
        self._compiled = self._compiled_by(compiler)
        steps = source.batches if self._whole else self._steps
        return TrainingPlan(compiler, steps, source.batches, (why,))

    def compiled_before(self) -> bool:
        """Whether XLA has compiled an epoch of such data already."""
        options = self._observed()
        return self._engine.has_compiled("xla", options, self._source.data)

    def parts(self) -> dict[str, tuple[Any, Any]]:
        """`(x, y)` of the "train" and "dev" data."""
        return {**labelled({"train": self._source.data}), **super().parts()}

    def epoch(self, callbacks: Any, *, tests: bool) -> tuple[Logs, Logs]:
        """Trains on all examples, in one call where nobody listens in between."""
        if self._whole and self._limit >= self._source.full_batches:
            return self._in_one_call(callbacks)
        self._compiled.reset_metrics()
        logs = self._in_calls(callbacks)
        validation = self._validation if tests else None
        return logs, {} if validation is None else validation.logs(callbacks)

    def _fits_one_call(self) -> bool:
        """Whether an epoch and its validation can be one call: nobody listens within."""
        validation = self._validation
        tested = validation is None or (
            validation.source is not None
            and self._validation_freq == 1
            and not self._tests_are_heard
        )
        full = self._source.full_batches
        return (
            tested and self._fixed is None and 0 < full <= min(self._steps, self._limit)
        )

    def _in_one_call(self, callbacks: Any) -> tuple[Logs, Logs]:
        callbacks.on_train_batch_begin(0)
        with self._paced(self._source.batches):
            try:
                results = self._one_call(self._compiled, self._order())
            except Exception as error:
                if self._compiled is self._compiled_by("graph"):
                    raise
                self._give_xla_up(error)
                results = self._one_call(self._compiled, self._order())
            logs, tested, rate = results
            logs = as_numbers(logs)  # waits for the result
        source = self._source
        self._done(0, source.batches, source.examples, source.full_batches)
        if self._feed is not None:
            self._feed.rate_of_call = rate
        callbacks.on_train_batch_end(source.batches - 1, logs)
        return logs, tested

    def _one_call(
        self, compiled: CompiledEpoch, order: np.ndarray
    ) -> tuple[Logs, Logs, tf.Tensor | None]:
        arguments = self._of_one_call(tf.constant(order))
        if self._program is None or self._program[0] is not compiled:
            # Found once for the whole fit: to look it up takes a millisecond.
            program = compiled.epoch.get_concrete_function(*arguments)
            self._program = compiled, program
            with self._announced(compiled, "epoch"):
                return program(*arguments)
        return self._program[1](*arguments)

    def _of_one_call(self, order: Any) -> tuple[Any, ...]:
        source = self._source
        validation = None if self._validation is None else self._validation.source
        return (
            source.data,
            order,
            source.batch_size,
            None if validation is None else validation.data,
            0 if validation is None else validation.batch_size,
            constant(self._dues(0)),
        )

    def _give_xla_up(self, error: Exception) -> None:
        """Goes on in the graph: a program that does not compile has changed nothing."""
        self._compiled = self._compiled_by("graph")
        why = f"XLA can't compile the step ({first_line(error)})"
        steps = self._source.batches
        self._engine.plan = TrainingPlan("graph", steps, steps, (why,))

    def _in_calls(self, callbacks: Any) -> Logs:
        source, order, first = self._source, self._order(), 0
        rest = order[source.full_batches * source.batch_size :]
        logs: Logs = {}
        while first < source.batches and not self._model.stop_training:
            count = min(self._steps, self._limit, source.full_batches - first)
            # The short batch goes along with the last call, unless calls are counted.
            last = first + count == source.full_batches
            with_rest = last and len(rest) > 0 and (self._fixed is None or not count)
            callbacks.on_train_batch_begin(first)
            with self._paced(count + with_rest):
                if count:
                    logs = self._train(order, first, count)
                if with_rest:
                    # Where it is the only one there is, it is looked at.
                    seen = not source.full_batches and self._is_due(first)
                    logs = self._compiled.train_rest(
                        source.data, tf.constant(rest), seen
                    )
                logs = as_numbers(logs)  # waits for the result
            examples = count * source.batch_size + with_rest * len(rest)
            looked_at = count if source.full_batches else 1
            self._done(first, count + with_rest, examples, looked_at)
            first += count + with_rest
            callbacks.on_train_batch_end(first - 1, logs)
        return logs

    def _train(self, order: np.ndarray, first: int, count: int) -> Logs:
        source = self._source
        size = self._steps * source.batch_size
        # The program's shapes are fixed: what lies beyond `count` is not looked at.
        part = np.resize(order[first * source.batch_size :][:size], size)
        return self._compiled.train(
            source.data,
            tf.constant(part),
            tf.constant(count),
            source.batch_size,
            constant(self._dues(first)),
        )

    def _order(self) -> np.ndarray:
        """The order of the examples in this epoch."""
        examples = self._source.examples
        if not self._shuffle:
            return np.arange(examples)
        number = self._engine.epoch_number(self._source.batches)
        return epoch_order(examples, seed=self._engine.order_seed(), epoch=number)

    def _compile(self, compiler: Compiler) -> None:
        """Traces and, but for a whole epoch, compiles what is called, without training."""
        source, compiled = self._source, self._compiled_by(compiler)
        if not source.full_batches:
            return
        if self._whole:
            order = tf.TensorSpec((source.examples,), tf.int64)
            compiled.epoch.get_concrete_function(*self._of_one_call(order))
            return
        with self._announced(compiled, "loop"):
            if compiled.is_new(source.data, self._steps):
                compiled.prepare(source.data, self._steps, source.batch_size)

    def _announced(
        self, compiled: CompiledEpoch, what: str
    ) -> contextlib.AbstractContextManager[None]:
        """Says that it takes a while, if this is the first time for these shapes."""
        new = compiled.is_new(self._source.data, f"{what} announced {self._steps}")
        return announced(
            f"Compiling {self._model.name}", quiet=self._verbose == 0 or not new
        )

    def _seconds_per_step(self, compiler: Compiler) -> float:
        """Measures a step on the first batches; nothing stays changed."""
        model, order = self._model, np.arange(self._source.examples)
        self._compiled = self._compiled_by(compiler)
        variables = [*model.variables, *model.optimizer.variables]
        variables += [each for metric in model.metrics for each in metric.variables]
        before = [variable.numpy() for variable in variables]
        count = min(_TRIAL_STEPS, self._steps, self._source.full_batches)
        seconds = []
        try:
            for _ in range(3):
                start = time.perf_counter()
                as_numbers(self._train(order, 0, count))
                seconds.append((time.perf_counter() - start) / max(1, count))
        finally:
            for variable, value in zip(variables, before, strict=True):
                variable.assign(value)
        return min(seconds)
