"""One `fit`: Keras's loop over epochs, on compiled calls of many steps."""

from __future__ import annotations

import abc
import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import keras
from keras.src.backend.tensorflow.trainer import TFEpochIterator
from keras.src.trainers.data_adapters import data_adapter_utils

from tfkit.training import plan as planning
from tfkit.training.compiled_epoch import CompiledEpoch, Data, Logs
from tfkit.training.engine import as_numbers, hears_tests
from tfkit.training.feeds import CompiledFeed
from tfkit.training.observe import StepObserver, joined_options
from tfkit.training.observer import Options
from tfkit.training.plan import TrainingPlan
from tfkit.training.sources import CannotCompileError, Resident

if TYPE_CHECKING:
    from tfkit.training.engine import Engine


class Fit(abc.ABC):
    """A run of `fit`; how an epoch gets its batches is for subclasses.

    Args:
        engine: The model's engine.
        validation: The validation data, or None.
        **arguments: Those of `keras.Model.fit` that do not concern data.
    """

    def __init__(
        self,
        engine: Engine,
        validation: Validation | None,
        *,
        epochs: int,
        verbose: str | int,
        callbacks: Any,
        initial_epoch: int,
        validation_freq: Any,
    ) -> None:
        self._engine, self._model = engine, engine.model
        self._validation = validation
        self._epochs = range(initial_epoch, epochs)
        self._verbose = verbose
        self._callbacks = callbacks
        self._validation_freq = validation_freq
        self._in_use: CompiledEpoch
        # Steps in one call of the compiled loop, the number that callbacks ask for (None
        # if they don't), and the number after which the progress bar should move.
        self._steps, self._fixed, self._limit = 1, None, 1
        self._shows_progress = self._tests_are_heard = False
        self._feed: CompiledFeed | None = None

    # What a subclass provides.

    @property
    @abc.abstractmethod
    def batches(self) -> int | None:
        """Batches of an epoch, None if not known yet."""

    @property
    @abc.abstractmethod
    def spec(self) -> Data:
        """What a batch looks like, to build the model on."""

    @abc.abstractmethod
    def prepare(
        self, choice: planning.Choice, why: str, fixed: int | None
    ) -> TrainingPlan:
        """Sets `_compiled`, `_steps` and `_limit`, and compiles what can be known.

        Args:
            choice: What shall compile the loop.
            why: The reason for it.
            fixed: Steps between two calls of the callbacks, or None.

        Raises:
            CannotCompileError: If the model's step can't be compiled.
        """

    @abc.abstractmethod
    def epoch(self, callbacks: Any, *, tests: bool) -> tuple[Logs, Logs]:
        """Trains, and tests if asked; returns the logs of both."""

    def compiled_before(self) -> bool:
        """Whether XLA has compiled an epoch of such data already."""
        return False

    def parts(self) -> dict[str, tuple[Any, Any]]:
        """`(x, y)` of the "train" and "dev" data, where they are in memory."""
        if self._validation is None or self._validation.source is None:
            return {}
        return labelled({"dev": self._validation.source.data})

    # What they share.

    def run(self) -> keras.callbacks.History:
        """Trains; returns the history, as Keras does."""
        model = self._model
        try:
            self._engine.build(self.spec)
        except Exception as error:
            # Keras's own fit says best what is wrong.
            raise CannotCompileError(
                f"the model can't be built on the data ({first_line(error)})"
            ) from error
        callbacks = self._callbacks
        if not isinstance(callbacks, keras.callbacks.CallbackList):
            callbacks = keras.callbacks.CallbackList(
                callbacks,
                add_history=True,
                add_progbar=self._verbose != 0,
                verbose=self._verbose,
                epochs=self._epochs.stop,
                steps=self.batches,
                model=model,
            )
        self._be_observed(callbacks)
        self._plan(callbacks)
        model.stop_training = False
        callbacks.on_train_begin()
        # Set by `BackupAndRestore`, which has just read its file.
        if model._initial_epoch:
            self._epochs = range(model._initial_epoch, self._epochs.stop)
        epoch_logs = None
        for epoch in self._epochs:
            callbacks.on_epoch_begin(epoch)
            tests = self._validation is not None and model._should_eval(
                epoch, self._validation_freq
            )
            logs, tested = self.epoch(callbacks, tests=tests)
            epoch_logs = as_numbers(logs)
            for name, value in as_numbers(tested).items():
                epoch_logs[f"val_{name}"] = value
            callbacks.on_epoch_end(epoch, epoch_logs)
            if model.stop_training:
                break
        if self._epochs.stop > 0:
            model.optimizer.finalize_variable_values(model.trainable_weights)
        if self._validation is not None:
            self._validation.close()
        callbacks.on_train_end(logs=epoch_logs)
        return model.history

    def _be_observed(self, callbacks: Any) -> None:
        """Gives the callbacks that look into steps what they are told by."""
        observers = [
            callback
            for callback in callbacks.callbacks
            if isinstance(callback, StepObserver)
        ]
        if observers:
            options = joined_options(observers)
            self._feed = CompiledFeed(self._model, options)
            self._feed.parts = self.parts()
            for observer in observers:
                observer.follow(self._feed)

    def _compiled_by(self, compiler: planning.Compiler) -> CompiledEpoch:
        """The functions that `compiler` compiles, with what observes them."""
        options = self._observed()
        slots = 1 if options is None else options.periods.slots(self._steps)
        return self._engine.compiled(compiler, options, slots)

    def _observed(self) -> Options | None:
        """What is traced into the loop for observers, None if nothing is."""
        feed = self._feed
        wanted = feed is not None and (feed.options.periods or feed.options.guard)
        return feed.options if feed is not None and wanted else None

    @property
    def _compiled(self) -> CompiledEpoch:
        """The functions that train."""
        return self._in_use

    @_compiled.setter
    def _compiled(self, compiled: CompiledEpoch) -> None:
        self._in_use = compiled
        if self._feed is not None:
            self._feed.observer = compiled.observer
        if compiled.observer is not None:
            compiled.observer.begin()

    def _dues(self, first: int) -> tuple[int, ...]:
        """See `CompiledFeed.dues`; empty where nothing is observed."""
        return () if self._feed is None else self._feed.dues(first)

    def _is_due(self, first: int) -> bool:
        """Whether the step with this number in the epoch, the next one, is observed."""
        return 0 in self._dues(first)

    def _done(self, first: int, count: int, examples: int, looked_at: int) -> None:
        """Tells the observers what a call has done; see `CompiledFeed.after`."""
        if self._feed is not None:
            self._feed.after(first, count, examples, looked_at)

    def _plan(self, callbacks: Any) -> None:
        model = self._model
        total = None if self.batches is None else len(self._epochs) * self.batches
        choice, why = planning.choose_compiler(
            model, total, self._engine.jit_compile, compiled=self.compiled_before()
        )
        fixed, why_fixed = None, "no callback needs single batches"
        if model.steps_per_execution != 1:
            fixed = model.steps_per_execution
            why_fixed = f"steps_per_execution={fixed} was asked for"
        elif listener := planning.wants_every_batch(callbacks.callbacks):
            fixed, why_fixed = 1, f"{listener} hears of every batch"
        self._fixed = fixed
        self._shows_progress = any(
            isinstance(callback, keras.callbacks.ProgbarLogger)
            for callback in callbacks.callbacks
        )
        self._tests_are_heard = hears_tests(callbacks, begin=True)
        plan = self.prepare(choice, why, fixed)
        self._engine.plan = plan.because(why_fixed)

    def _pace(self, seconds_per_step: float) -> None:
        """Sets how many steps a call may take, for the progress bar and for Ctrl-C."""
        seconds = (
            planning.PROGRESS_SECONDS if self._shows_progress else planning.CALL_SECONDS
        )
        if self._fixed is None:
            self._limit = max(1, int(seconds / max(seconds_per_step, 1e-9)))

    @contextlib.contextmanager
    def _paced(self, steps: int) -> Iterator[None]:
        """Measures a call of some steps, and paces the next ones by it."""
        traces, start = self._compiled.traces, time.perf_counter()
        yield
        if self._compiled.traces == traces:
            self._pace((time.perf_counter() - start) / steps)


class Validation:
    """The validation data of one `fit`, converted once.

    Args:
        engine: The model's engine.
        data: `validation_data`, as for `model.fit`.
        batch_size: Examples of a batch, None for Keras's default.
        steps: `validation_steps`.
    """

    def __init__(
        self, engine: Engine, data: Any, batch_size: int | None, steps: int | None
    ) -> None:
        self._engine, self._model = engine, engine.model
        x, y, weight = data_adapter_utils.unpack_x_y_sample_weight(data)
        self._arguments = {
            "x": x,
            "y": y,
            "sample_weight": weight,
            "batch_size": batch_size,
        }
        self._steps = steps
        #: The data as tensors, None where they go through Keras's or the model's own
        #: `evaluate`.
        self.source: Resident | None = None
        # An interrupted fit leaves its iterator behind; Keras drops it here, too.
        self._model._eval_epoch_iterator = None
        if not engine.own_evaluate and steps is None:
            with contextlib.suppress(CannotCompileError):
                self.source = Resident(x, y, weight, batch_size=batch_size)

    def logs(self, callbacks: Any) -> Logs:
        """The loss and metrics on the validation data."""
        model = self._model
        if self.source is not None:
            return self._engine.test(self.source, callbacks=callbacks)
        options = {"steps": self._steps, "callbacks": callbacks, "return_dict": True}
        if self._engine.own_evaluate:
            return model.evaluate(**self._arguments, **options)
        if getattr(model, "_eval_epoch_iterator", None) is None:
            # A stream goes through Keras's loop, from one cached iterator.
            model._eval_epoch_iterator = TFEpochIterator(
                **self._arguments,
                distribute_strategy=model.distribute_strategy,
                steps_per_execution=model.steps_per_execution,
                steps_per_epoch=self._steps,
                shuffle=False,
            )
        return self._engine.keras.evaluate(
            **self._arguments, **options, _use_cached_eval_dataset=True
        )

    def close(self) -> None:
        """Drops the cached iterator."""
        if getattr(self._model, "_eval_epoch_iterator", None) is not None:
            del self._model._eval_epoch_iterator


def labelled(parts: dict[str, Data]) -> dict[str, tuple[Any, Any]]:
    """Those parts that have targets, without their weights."""
    found = {}
    for name, data in parts.items():
        x, y, _ = data_adapter_utils.unpack_x_y_sample_weight(data)
        if y is not None:
            found[name] = x, y
    return found


def first_line(error: BaseException) -> str:
    """What an error says, on one line."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:200]}"
