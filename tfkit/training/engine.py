"""`fit`, `evaluate` and `predict` of one model on compiled loops."""

from __future__ import annotations

import contextlib
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.tensorflow.trainer import TFEpochIterator
from keras.src.trainers.data_adapters import array_slicing
from keras.src.utils import rng_utils
from keras.src.utils.python_utils import pythonify_logs

from tfkit._variables import value_of
from tfkit.training import labels
from tfkit.training import plan as planning
from tfkit.training.compiled_epoch import (
    CompiledEpoch,
    Data,
    Logs,
    inputs_of,
    map_data,
    overrides,
)
from tfkit.training.feeds import compiled_parts
from tfkit.training.keras_loops import KerasLoops
from tfkit.training.observer import Observer, Options
from tfkit.training.plan import Compiler, TrainingPlan
from tfkit.training.sources import CannotCompileError, Resident, Stream

if TYPE_CHECKING:
    from tfkit.training.fit import Fit

#: Seconds that a compilation may take in silence.
_QUIET_SECONDS = 1.0
#: Batches that `predict` holds the outputs of in one call.
_PREDICTED_BATCHES = 64


class NotCompiledWarning(UserWarning):
    """A model goes through Keras's own loops; the message says why."""


class Engine:
    """Trains, tests and predicts with one model.

    Args:
        model: Any Keras model.
        keras_loops: Its own `fit`, `evaluate` and `predict`.
        jit_compile: What was asked of `model.compile`.
        own_evaluate: Whether the model's class has an `evaluate` of its own.
        shows_plan: Whether to set `model.training_plan` after each plan.
    """

    def __init__(
        self,
        model: keras.Model,
        keras_loops: KerasLoops,
        jit_compile: bool | Literal["auto"] = "auto",
        *,
        own_evaluate: bool = False,
        shows_plan: bool = False,
    ) -> None:
        self.own_evaluate = own_evaluate
        self._shows_plan = shows_plan
        self._plan: TrainingPlan | None = None
        self.model = model
        self.keras = keras_loops
        self.jit_compile = jit_compile
        self._compiled: dict[Any, CompiledEpoch] = {}
        self._compiled_for: tuple[Any, ...] = ()
        self._order_seed: int | None = None
        self._last_epoch: tuple[int, int] | None = None
        self._warned: set[str] = set()

    @property
    def plan(self) -> TrainingPlan | None:
        """How the last `fit` ran."""
        return self._plan

    @plan.setter
    def plan(self, plan: TrainingPlan) -> None:
        self._plan = plan
        if self._shows_plan:
            self.model.training_plan = plan

    def fit(self, arguments: dict[str, Any]) -> keras.callbacks.History:
        """Trains as Keras's `fit` does with the same arguments."""
        self.model._assert_compile_called("fit")
        labels.require_no_text(self.model, arguments["y"])
        validation = arguments["validation_data"]
        if isinstance(validation, (tuple, list)) and len(validation) > 1:
            labels.require_no_text(self.model, validation[1], "y of validation_data")
        reason = self.refusal() or (
            "`optimizer` is None" if self.model.optimizer is None else None
        )
        if reason is None:
            try:
                return self._fit(**arguments).run()
            except CannotCompileError as error:
                reason = str(error)
                arguments = {**arguments, **error.instead}
                if error.__cause__ is not None:
                    # Most such errors are the data's or the model's, and Keras's to
                    # raise. Only if it does not, there is something to say.
                    self.plan = TrainingPlan("keras", None, None, (reason,))
                    history = self.keras.fit(**arguments)
                    self._fall_back(reason)
                    return history
        self._fall_back(reason)
        return self.keras.fit(**arguments)

    def _fit(
        self,
        *,
        x: Any,
        y: Any,
        batch_size: int | None,
        validation_split: float,
        validation_data: Any,
        shuffle: bool | str,
        class_weight: Any,
        sample_weight: Any,
        steps_per_epoch: int | None,
        validation_steps: int | None,
        validation_batch_size: int | None,
        **others: Any,
    ) -> Fit:
        # Not at the top: they build on this module.
        from tfkit.training.fit import Validation
        from tfkit.training.fit_arrays import ArrayFit
        from tfkit.training.fit_stream import StreamFit

        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = (
                array_slicing.train_validation_split(
                    (x, y, sample_weight), validation_split=validation_split
                )
            )
        validation = None
        if validation_data is not None:
            size = validation_batch_size or batch_size
            validation = Validation(self, validation_data, size, validation_steps)
        data = {
            "x": x,
            "y": y,
            "sample_weight": sample_weight,
            "batch_size": batch_size,
            "class_weight": class_weight,
        }
        # Keras cuts arrays in ways of its own in the other cases.
        if steps_per_epoch is None and shuffle != "batch":
            with contextlib.suppress(CannotCompileError):
                return ArrayFit(
                    self, Resident(**data), validation, shuffle=bool(shuffle), **others
                )
        stream = Stream(
            TFEpochIterator(
                **data,
                steps_per_epoch=steps_per_epoch,
                shuffle=shuffle,
                distribute_strategy=self.model.distribute_strategy,
            )
        )
        return StreamFit(self, stream, validation, **others)

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **cached: Any,
    ) -> Any:
        """Tests as Keras's `evaluate` does with the same arguments."""
        arguments = {
            "x": x,
            "y": y,
            "batch_size": batch_size,
            "verbose": verbose,
            "sample_weight": sample_weight,
            "steps": steps,
            "callbacks": callbacks,
            "return_dict": return_dict,
            **cached,
        }
        self.model._assert_compile_called("evaluate")
        labels.require_no_text(self.model, y)
        if cached or steps is not None or self.refusal():
            return self.keras.evaluate(**arguments)
        try:
            source = Resident(x, y, sample_weight, batch_size=batch_size)
        except CannotCompileError:
            return self.keras.evaluate(**arguments)
        logs = self.test(source, verbose=verbose, callbacks=callbacks)
        return logs if return_dict else self.model._flatten_metrics_in_order(logs)

    def test(
        self, source: Resident, *, verbose: str | int = 0, callbacks: Any = None
    ) -> Logs:
        """The loss and metrics over all of `source`, with Keras's callbacks."""
        model = self.model
        self.build(source.first_batch())
        if not isinstance(callbacks, keras.callbacks.CallbackList):
            callbacks = keras.callbacks.CallbackList(
                callbacks,
                add_progbar=verbose != 0,
                verbose=verbose,
                epochs=1,
                steps=source.batches,
                model=model,
            )
        # Compiled as graph: see CompiledEpoch.
        compiled = self.compiled("graph")
        model.stop_evaluating = False
        callbacks.on_test_begin()
        compiled.reset_metrics()
        logs: Logs = {}
        step = full = max(1, source.full_batches)
        data, rest = source.data, None
        if hears_tests(callbacks):
            step = model.steps_per_execution
            if source.full_batches and source.has_rest:
                # Heard of by itself; else it goes along with the last full batch.
                data, rest = source.full(), source.rest()
        calls = [
            (data, first, min(first + step, full)) for first in range(0, full, step)
        ]
        if rest is not None:
            calls.append((rest, full, full))
        for number, (part, first, end) in enumerate(calls, 1):
            callbacks.on_test_batch_begin(first)
            logs = compiled.test(
                part, tf.constant(first), tf.constant(end - first), source.batch_size
            )
            end = source.batches if number == len(calls) else end
            callbacks.on_test_batch_end(end - 1, logs)
            if model.stop_evaluating:
                break
        logs = as_numbers(logs)
        callbacks.on_test_end(logs)
        return logs

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """Predicts as Keras's `predict` does with the same arguments."""

        def by_keras() -> Any:
            return self.keras.predict(x, batch_size, verbose, steps, callbacks)

        if steps is not None or callbacks or self.refusal():
            return by_keras()
        try:
            source = Resident(x, batch_size=batch_size)
        except CannotCompileError:
            return by_keras()
        if not self.model.built:
            first = map_data(lambda t: t[:1], source.data)
            self.model(inputs_of(first), training=False)
        try:
            parts = self._predicted(source, verbose)
        except CannotCompileError:
            return by_keras()
        return tf.nest.map_structure(
            lambda *ts: np.concatenate([t.numpy() for t in ts]), *parts
        )

    def _predicted(self, source: Resident, verbose: str | int) -> list[Data]:
        """The outputs for all of `source`, in parts."""
        compiled = self.compiled("graph")
        parts: list[Data] = []
        progress = keras.callbacks.CallbackList(
            None,
            add_progbar=verbose != 0,
            verbose=verbose,
            epochs=1,
            steps=source.batches,
            model=self.model,
        )
        self.model.stop_predicting = False
        progress.on_predict_begin()
        for first in range(0, source.full_batches, _PREDICTED_BATCHES):
            count = min(_PREDICTED_BATCHES, source.full_batches - first)
            progress.on_predict_batch_begin(first)
            parts.append(
                compiled.predict(
                    source.data,
                    tf.constant(first),
                    tf.constant(count),
                    source.batch_size,
                )
            )
            progress.on_predict_batch_end(first + count - 1)
        if source.has_rest:
            progress.on_predict_batch_begin(source.full_batches)
            parts.append(compiled.predict_one(source.rest()))
            progress.on_predict_batch_end(source.full_batches)
        progress.on_predict_end()
        return parts

    # What the loops share.

    def refusal(self) -> str | None:
        """Why the model can't go through compiled loops, or None."""
        model = self.model
        if model.run_eagerly or tf.config.functions_run_eagerly():
            return "`run_eagerly` is on"
        if getattr(model, "_distribute_strategy", None) is not None:
            return "the model was made under a tf.distribute strategy"
        for name in ("make_train_function", "make_test_function", "_make_function"):
            if overrides(model, name):
                return f"{type(model).__name__} has a `{name}` of its own"
        if keras.config.max_epochs() or keras.config.max_steps_per_epoch():
            return "`keras.config` limits epochs or steps"
        return None

    def compiled(
        self,
        compiler: Compiler,
        options: Options | None = None,
        slots: int = 1,
    ) -> CompiledEpoch:
        """The compiled functions, made anew after each `model.compile`.

        Args:
            compiler: What compiles them.
            options: Which steps are observed, None for none.
            slots: Observed steps in one call at most.
        """
        now = compiled_parts(self.model)
        if len(now) != len(self._compiled_for) or any(
            a is not b for a, b in zip(now, self._compiled_for, strict=True)
        ):
            self._compiled, self._compiled_for = {}, now
        key = (compiler, options, slots)
        if key not in self._compiled:
            observer = None
            if options is not None:
                observer = Observer(self.model, options, slots)
            self._compiled[key] = CompiledEpoch(self.model, compiler, observer)
        return self._compiled[key]

    def has_compiled(
        self, compiler: Compiler, options: Options | None, data: Data
    ) -> bool:
        """Whether `compiler` has compiled such an epoch since `model.compile`."""
        self.compiled("graph")  # drops what an earlier `model.compile` left
        return any(
            key[:2] == (compiler, options) and compiled.knows(data)
            for key, compiled in self._compiled.items()
        )

    def build(self, batch: Data) -> None:
        """Builds what is not built yet, from a batch or its specification."""
        self.model._symbolic_build(data_batch=batch)

    def order_seed(self) -> int:
        """The seed of the epochs' orders: Keras's, or one drawn once for the model."""
        seed = rng_utils.get_random_seed()
        if seed is not None:
            return int(seed)
        if self._order_seed is None:
            self._order_seed = int(np.random.default_rng().integers(2**31))
        return self._order_seed

    def epoch_number(self, batches: int) -> int:
        """Which epoch of `batches` steps comes next, from 0.

        Counted by what the optimizer has done, it goes on where an earlier fit or a
        saved run stopped.
        """
        # Loss scaling wraps the optimizer that counts.
        optimizer = getattr(self.model.optimizer, "inner_optimizer", None)
        steps = int(value_of((optimizer or self.model.optimizer)._iterations))
        # Rounded: a step skipped for an overflow does not count, an epoch does.
        number = round(steps / batches)
        if optimizer is not None or overrides(self.model, "train_step"):
            # Neither a step that overflowed nor one of another optimizer, which a
            # `train_step` may have, was counted.
            if self._last_epoch is not None:
                began, last = self._last_epoch
                if began <= steps < began + batches:
                    number = last + 1
            self._last_epoch = (steps, number)
        return number

    def _fall_back(self, reason: str) -> None:
        self.plan = TrainingPlan("keras", None, None, (reason,))
        if reason not in self._warned and "run_eagerly" not in reason:
            self._warned.add(reason)
            warnings.warn(
                f"{self.model.name} trains with Keras's own `fit`, not in compiled "
                f"epochs: {reason}.",
                NotCompiledWarning,
                stacklevel=4,
            )


def hears_tests(
    callbacks: keras.callbacks.CallbackList, *, begin: bool = False
) -> bool:
    """Whether a callback has a method for the batches, or the begin, of tests."""
    hooks = ["on_test_batch_begin", "on_test_batch_end"]
    if begin:
        hooks += ["on_test_begin", "on_test_end"]
    return any(
        planning.has_own(callback, hook)
        for callback in callbacks.callbacks
        if not isinstance(callback, keras.callbacks.ProgbarLogger)
        for hook in hooks
    )


def as_numbers(logs: Logs) -> Logs:
    """Logs with tensors turned into Python numbers, as Keras hands them to callbacks."""
    return pythonify_logs(logs)


@contextlib.contextmanager
def announced(what: str, *, quiet: bool) -> Iterator[None]:
    """Says on standard error that something is being compiled, if it takes long."""
    if quiet:
        yield
        return
    done = threading.Event()

    def announce() -> None:
        if not done.wait(_QUIET_SECONDS):
            print(f"{what} ...", file=sys.stderr, flush=True)

    thread = threading.Thread(target=announce, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
