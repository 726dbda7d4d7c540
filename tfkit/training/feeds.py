"""What callbacks are told about the steps of one `fit`, whichever loop runs it."""

from __future__ import annotations

import contextlib
import functools
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from tfkit._variables import value_of
from tfkit.training.observation import BadStep, Observation
from tfkit.training.observer import Observer, Options
from tfkit.training.periods import Periods

#: A step's number, and what makes its observation.
Pending = tuple[int, Callable[[], Observation]]


class Feed:
    """What observers are told in one `fit`, whichever loop runs it.

    Args:
        model: The model that trains.
        options: What the observers want together.
    """

    def __init__(self, model: keras.Model, options: Options) -> None:
        self.model = model
        self.options = options
        self.observer: Observer | None = None
        #: Why no step is observed, None if they are.
        self.refusal: str | None = refusal(model)
        #: Steps that the optimizer had done before, and those of this `fit`.
        self.first_step, self.steps = steps_done(model), 0
        #: Examples trained on in this `fit`.
        self.examples = 0
        #: Seconds that training waited for data in this `fit`; None if not known.
        self.waiting: float | None = None
        #: `(x, y)` of the "train" and "dev" data, where the loop has them in memory.
        self.parts: dict[str, tuple[Any, Any]] = {}
        self._queues: list[tuple[Periods, list[Pending]]] = []

    def subscribe(self, periods: Periods) -> list[Pending]:
        """A list that each observation of these periods is appended to."""
        queue: list[Pending] = []
        self._queues.append((periods, queue))
        return queue

    def is_led_by(self, queue: list[Pending]) -> bool:
        """Whether this is the first of the lists: one callback speaks for all."""
        return bool(self._queues) and self._queues[0][1] is queue

    @property
    def step(self) -> int:
        """Training steps since the optimizer began."""
        return self.first_step + self.steps

    def push(self, step: int, row: np.ndarray, *, begins_epoch: bool) -> None:
        """Hands what a step wrote to those that want it."""
        assert self.observer is not None
        pending = step, functools.partial(self.observer.observation, step, row)
        for periods, queue in self._queues:
            if periods.include(step, begins_epoch=begins_epoch):
                queue.append(pending)

    def samples(self) -> dict[tuple[str, str], np.ndarray]:
        """Values for histograms; see `Observer.samples`."""
        return {} if self.observer is None else self.observer.samples()

    def bad_step(self) -> BadStep | None:
        """The step that was not finite, if the guard has caught one."""
        if self.observer is None or self.observer.guard is None:
            return None
        batch = self.observer.guard.caught()
        if batch is None:
            return None
        return BadStep(steps_done(self.model) + 1, batch)

    def go_on(self) -> None:
        """Lets updates happen again after a step that was not finite."""
        if self.observer is not None and self.observer.guard is not None:
            self.observer.guard.release()

    def learning_rate(self) -> float:
        """The rate of the steps that are just done, where the optimizer holds one."""
        return float(value_of(self.model.optimizer.learning_rate))

    # What the loop that runs the fit says; the compiled one has its own way.

    def epoch_begins(self) -> None:
        """An epoch begins."""
        if not self.steps:
            # A callback may have restored the optimizer since.
            self.first_step = steps_done(self.model)

    def batches_end(self, last: int) -> None:
        """The batches up to number `last` of the epoch are done."""

    def epoch_ends(self) -> None:
        """An epoch ends."""

    def ends(self) -> None:
        """The fit ends."""


class CompiledFeed(Feed):
    """The feed of compiled epochs: the engine says what it runs."""

    def __init__(self, model: keras.Model, options: Options) -> None:
        super().__init__(model, options)
        self.waiting = 0.0  # until a stream makes it wait
        #: The learning rate of the last call, where that has returned it.
        self.rate_of_call: Any = None

    def learning_rate(self) -> float:
        """The rate of the steps that are just done, where the optimizer holds one."""
        if self.rate_of_call is None:
            return super().learning_rate()
        return float(self.rate_of_call.numpy())

    def dues(self, first: int) -> tuple[int, ...]:
        """The next step due of each period, counted from the one that comes next.

        Args:
            first: Its number in the epoch, from 0.
        """
        return self.options.periods.dues(self.step, begins_epoch=first == 0)

    def after(self, first: int, count: int, examples: int, looked_at: int) -> None:
        """Takes in what a call has done.

        Args:
            first: As for `dues`.
            count: Steps done in the call.
            examples: Examples in them.
            looked_at: How many of the steps, the first ones, could be observed.
        """
        places = self.options.periods.places(self.dues(first), looked_at)
        if places and self.observer is not None:
            rows = self.observer.rows()
            for place, row in zip(places, rows, strict=False):
                if row[0]:
                    begins = first + place == 0
                    self.push(self.step + place + 1, row, begins_epoch=begins)
            if hasattr(self.model.optimizer, "inner_optimizer"):
                # A step that overflows writes nothing.
                self.observer.forget()
        self.steps += count
        self.examples += examples
        self.rate_of_call = None


class KerasFeed(Feed):
    """The feed of Keras's own loop: `train_step` is replaced while a `fit` lasts."""

    def __init__(self, model: keras.Model, options: Options, fit: Any) -> None:
        super().__init__(model, options)
        #: What tells one fit from another: the parameters that all callbacks share.
        self.fit = fit
        self._epoch_first = 0
        self._last_row = 0.0
        self._program: _ObservedProgram | None = None

    def epoch_begins(self) -> None:
        """Puts the observed step in place, and marks the first step of the epoch."""
        super().epoch_begins()
        self._epoch_first = self.steps
        if self.refusal is not None:
            return
        if self._program is None:
            self._program = _ObservedProgram.of(self.model, self.options)
            self._program.install()
            self.observer = self._program.observer
        self._program.armed.assign(self.options.periods.epoch)

    def batches_end(self, last: int) -> None:
        """Counts, and fetches what is due."""
        # Keras counts by whole calls, of which the last one may have fewer steps.
        known = self.fit.get("steps") or last + 1
        before, self.steps = self.steps, self._epoch_first + min(last + 1, known)
        periods, done = self.options.periods, self.first_step + before
        dues = periods.dues(done, begins_epoch=before == self._epoch_first)
        if periods.places(dues, self.steps - before):
            self._fetch()

    def epoch_ends(self) -> None:
        """Fetches the rest."""
        self._fetch()
        if self._program is not None:
            self.steps = int(self._program.count.numpy())

    def ends(self) -> None:
        """Takes the observed step away again."""
        if self._program is not None:
            self._program.remove()

    def _fetch(self) -> None:
        if self.observer is None or self._program is None:
            return
        rows = self.observer.rows()
        new = rows[rows[:, 0] > self._last_row]
        for row in new[np.argsort(new[:, 0])]:
            self._last_row = float(row[0])
            begins = int(row[0]) == self._epoch_first + 1
            self.push(self.first_step + int(row[0]), row, begins_epoch=begins)
        self.examples = int(self._program.examples.numpy())


class _ObservedProgram:
    """Keras's training function with observation in it; kept from one fit to the next.

    Args:
        model: The model.
        options: What is wanted.
    """

    def __init__(self, model: keras.Model, options: Options) -> None:
        import tensorflow as tf

        slots = options.periods.slots(model.steps_per_execution) + 1
        self.observer = Observer(model, options, slots)
        self._model, self._step = weakref.ref(model), model.train_step
        self._function: Any = None
        self._plain: Any = None
        self._offset, self.count, self._observed = (
            tf.Variable(0, dtype=tf.int64, trainable=False) for _ in range(3)
        )
        self.examples = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.armed = tf.Variable(False, trainable=False)

    @classmethod
    def of(cls, model: keras.Model, options: Options) -> _ObservedProgram:
        """The one that an earlier fit of the model left behind, if it still fits."""
        key: tuple[Any, ...] = (options, model.steps_per_execution, model.run_eagerly)
        key += tuple(id(part) for part in compiled_parts(model))
        kept = model.__dict__.get("_observed_program")
        if kept is not None:
            # An interrupted fit has left it in its place.
            kept[1].remove()
        if kept is None or kept[0] != key:
            kept = key, cls(model, options)
            model.__dict__["_observed_program"] = kept
        return kept[1]

    def install(self) -> None:
        """Makes the model's training function an observed one."""
        model: Any = self._model()
        self._offset.assign(steps_done(model))
        for variable in (self.count, self._observed, self.examples):
            variable.assign(0)
        self.observer.begin()
        self._plain = model.train_function
        model.__dict__["train_step"] = self._train_step
        model.train_function = self._function
        with self._without_xla(model):
            model.make_train_function()
        self._function = model.train_function
        model.train_function = self._for_this_fit(getattr(model, "history", None))

    def _for_this_fit(self, history: Any) -> Callable[[Any], Any]:
        """The observed function, until a fit begins that this one has not ended for.

        Of an exception or Ctrl-C in a `fit` nothing tells; each has a history of its own.
        """
        observed = self._function

        def train(iterator: Any) -> Any:
            model: Any = self._model()
            if getattr(model, "history", None) is history:
                return observed(iterator)
            self.remove()
            model.make_train_function()
            return model.train_function(iterator)

        return train

    @contextlib.contextmanager
    def _without_xla(self, model: Any) -> Iterator[None]:
        """Leaves XLA out where a batch is to be kept: its variables can't change size."""
        asked = model.jit_compile
        model.jit_compile = asked and self.observer.guard is None
        try:
            yield
        finally:
            model.jit_compile = asked

    def remove(self) -> None:
        """Gives the model its own functions back."""
        model = self._model()
        if model is not None and model.__dict__.pop("train_step", None) is not None:
            model.train_function = self._plain

    def _train_step(self, data: Any) -> Any:
        import tensorflow as tf

        self.count.assign_add(1)
        size = tf.shape(next(t for t in keras.tree.flatten(data) if t is not None))[0]
        self.examples.assign_add(tf.cast(size, tf.int64))
        periods = self.observer.options.periods
        due = self.armed.read_value()
        for every in periods.steps:
            due |= tf.equal((self._offset + self.count - 1) % every, 0)
        self.armed.assign(False)
        slot = self._observed.read_value()
        self._observed.assign_add(tf.cast(due, tf.int64))
        step = self.count.read_value()
        if not periods:
            return self.observer.plain(self._step, data)
        return self.observer.observed(self._step, data, slot, due, step)


def refusal(model: keras.Model) -> str | None:
    """Why the steps of a model can't be observed, None if they can."""
    if keras.backend.backend() != "tensorflow":
        return f"on the {keras.backend.backend()} backend steps can't be observed"
    if getattr(model, "_distribute_strategy", None) is not None:
        return "under a tf.distribute strategy steps can't be observed"
    if model.optimizer is None:
        return "the model has no optimizer"
    return None


def steps_done(model: keras.Model) -> int:
    """Training steps since the optimizer began, each mini-batch one."""
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    if optimizer is None:
        return 0
    return int(value_of(optimizer._iterations))


def compiled_parts(model: keras.Model) -> tuple[Any, ...]:
    """What `model.compile` makes anew, to tell whether it was called again."""
    return tuple(
        getattr(model, name, None)
        for name in (
            "optimizer",
            "_compile_loss",
            "_compile_metrics",
            "_compile_config",
        )
    )
