"""Numbers taken inside the real training step, for callbacks.

A callback that builds on `StepObserver` says which steps it wants to see. In those the
training function hands out norms of gradients, weights and changes, and statistics of
activations: of the step that trains, without a second pass. In compiled epochs only the
steps that are looked at cost more; the epoch stays one call.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import keras
import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf

    from tfkit.training.probes import Quantity, Record, Sample

#: A step's number, and what makes its observation.
Pending = tuple[int, Callable[[], "Observation"]]
Every = int | Literal["epoch"] | None


@dataclasses.dataclass(frozen=True)
class Activation:
    """What a layer put out for a mini-batch.

    Attributes:
        mean: Over all units and examples.
        std: Standard deviation over the same.
        dead: Share of ReLU units that are 0 for every example; None for others.
        saturated: Share of outputs of tanh or sigmoid where the derivative is below 5 %
            of its largest value; None for others.
    """

    mean: float
    std: float
    dead: float | None = None
    saturated: float | None = None


@dataclasses.dataclass(frozen=True)
class BatchNorm:
    """What a batch normalization has learnt, each averaged over its units.

    Attributes:
        mean: The moving mean.
        std: Root of the moving variance.
        gamma: The learnt standard deviation, None without.
        beta: The learnt mean, None without.
    """

    mean: float
    std: float
    gamma: float | None = None
    beta: float | None = None


@dataclasses.dataclass(frozen=True)
class Observation:
    r"""Numbers of one training step; layers by name, in the order of depth.

    Attributes:
        step: Training steps since the optimizer began, this one included.
        loss: Cost of this mini-batch with penalties; NaN where a model's own
            `train_step` does not call `compute_loss`.
        learning_rate: $\alpha$ of this step.
        gradient_norm: $\|g\|_2$ over a layer's weights, before clipping.
        total_gradient_norm: The same over all weights.
        weight_norm: $\|w\|_2$ before the step.
        update_ratio: $\|\Delta w\|_2 / \|w\|_2$; empty in a step that only gathers
            gradients, and without layers whose weights are all 0.
        activations: Of layers with an activation function, without the output's.
        batch_norm: Of batch normalizations.
    """

    step: int
    loss: float
    learning_rate: float
    gradient_norm: Mapping[str, float]
    total_gradient_norm: float
    weight_norm: Mapping[str, float]
    update_ratio: Mapping[str, float]
    activations: Mapping[str, Activation]
    batch_norm: Mapping[str, BatchNorm]

    @classmethod
    def from_row(
        cls, step: int, quantities: Sequence[Quantity], row: np.ndarray
    ) -> Observation:
        """Reads the row of numbers that a step wrote."""
        by_kind: dict[str, dict[str, float]] = {}
        for quantity, number in zip(quantities, row.tolist(), strict=True):
            by_kind.setdefault(quantity.kind, {})[quantity.of] = number
        of = by_kind.get
        norms = dict(of("gradient_norm", {}))
        total = norms.pop("", float("nan"))
        weights, changes = of("weight_norm", {}), of("update_norm", {})
        ratios = {n: changes[n] / w for n, w in weights.items() if w > 0}
        if not any(changes.values()):
            ratios = {}
        means, deviations = of("activation_mean", {}), of("activation_std", {})
        dead, saturated = of("dead_share", {}), of("saturated_share", {})
        gamma, beta = of("batch_norm_gamma", {}), of("batch_norm_beta", {})
        return cls(
            step=step,
            loss=of("loss", {}).get("", float("nan")),
            learning_rate=of("learning_rate", {}).get("", float("nan")),
            gradient_norm=norms,
            total_gradient_norm=total,
            weight_norm=weights,
            update_ratio=ratios,
            activations={
                n: Activation(mean, deviations[n], dead.get(n), saturated.get(n))
                for n, mean in means.items()
            },
            batch_norm={
                n: BatchNorm(m, of("batch_norm_std", {})[n], gamma.get(n), beta.get(n))
                for n, m in of("batch_norm_mean", {}).items()
            },
        )


@dataclasses.dataclass(frozen=True)
class BadStep:
    """The first step with a gradient that is not finite.

    Neither its update nor any later one was applied: the weights are those before it.

    Attributes:
        step: Its number, counted from 1 since the optimizer began.
        batch: `(x, y, sample_weight)` or what else the data gave, as NumPy arrays.
    """

    step: int
    batch: Any


@dataclasses.dataclass(frozen=True)
class Options:
    """What observers of one training want.

    Attributes:
        every: Steps from one observation to the next, beginning with the first of all;
            "epoch" for the first step of each epoch, None for none.
        samples: Whether values for histograms are taken.
        guard: Whether the first step that is not finite stops all updates.
    """

    every: Every = "epoch"
    samples: bool = False
    guard: bool = False

    def joined(self, other: Options) -> Options:
        """Options for both: the shorter period, and a number of steps before "epoch"."""
        periods = [e for e in (self.every, other.every) if isinstance(e, int)]
        names: list[Every] = [e for e in (self.every, other.every) if e == "epoch"]
        every: Every = min(periods) if periods else (names[0] if names else None)
        return Options(every, self.samples or other.samples, self.guard or other.guard)


class Observer:
    """What is traced into the training function, and the variables that it writes to.

    Args:
        model: A built and compiled model on the TensorFlow backend.
        options: What is wanted.
        slots: Observed steps whose numbers are kept until they are fetched.
    """

    def __init__(self, model: keras.Model, options: Options, slots: int) -> None:
        from tfkit.training.guard import Guard
        from tfkit.training.probes import Probes

        self.options = options
        self.slots = max(1, slots)
        self.guard = Guard(model) if options.guard else None
        self._probes = Probes(model, samples=options.samples)
        self._quantities: list[Quantity] = []
        self._rows: tf.Variable | None = None
        # Programs for other shapes of batches have samples of other sizes: a place for
        # each, and which of them was written to last.
        self._samples: list[tuple[list[Sample], list[tf.Variable], Any]] = []
        self._latest: tf.Variable | None = None

    # While the training function is traced.

    def plain(self, train_step: Callable[[Any], Any], data: Any) -> Any:
        """A step that nobody looks at."""
        if self.guard is None:
            return train_step(data)
        return self.guard.guarded(train_step, data)

    def observed(
        self,
        train_step: Callable[[Any], Any],
        data: Any,
        slot: Any,
        due: Any = None,
        step: Any = 1,
    ) -> Any:
        """A step whose numbers are written down.

        One that loss scaling skips for an overflow has none.

        Args:
            train_step: The model's.
            data: A batch.
            slot: Which row to write, modulo `slots`.
            due: Scalar bool, whether to write at all; None for yes.
            step: A number above 0 that is written along.
        """
        import tensorflow as tf

        def write(make: Callable[[], Record]) -> None:
            if due is None:
                self._write(make(), slot, step)
                return
            tf.cond(due, lambda: self._write(make(), slot, step), lambda: None)

        def watched(data: Any) -> Any:
            return self._probes.watched(train_step, data, write)

        # The guard outside: a step that is not finite is written down, too.
        return self.plain(watched, data)

    def _write(self, record: Record, slot: Any, step: Any) -> None:
        import tensorflow as tf

        from tfkit.training.probes import Quantity, new_variable

        row = tf.stack([tf.cast(step, tf.float32), *record.numbers])
        self._quantities = [Quantity("step"), *record.quantities]
        if self._rows is None or self._rows.shape[1] != row.shape[0]:
            self._rows = new_variable((self.slots, row.shape[0]), tf.float32)
        slot = tf.reshape(tf.cast(slot, tf.int32) % self.slots, (1, 1))
        self._rows.scatter_nd_update(slot, row[None])
        if record.values:
            self._write_samples(record)

    def _write_samples(self, record: Record) -> None:
        import tensorflow as tf

        from tfkit.training.probes import new_variable

        if self._latest is None:
            self._latest = new_variable((), tf.int32)
        known = [samples for samples, *_ in self._samples]
        if record.samples not in known:
            # One variable each: joined, XLA computes them value by value, which takes
            # longer than the step.
            places = [new_variable((each.size,), tf.float32) for each in record.samples]
            # One call to fetch them: each call from Python costs as much as all of them.
            joined = tf.function(lambda: tf.concat(places, axis=0), autograph=False)
            self._samples.append((record.samples, places, joined))
            known.append(record.samples)
        place = known.index(record.samples)
        for variable, values in zip(
            self._samples[place][1], record.values, strict=True
        ):
            variable.assign(values)
        self._latest.assign(place)

    # After it has run.

    def rows(self) -> np.ndarray:
        """All rows, `(slots, numbers)`; the first number is `step`, 0 if not written."""
        if self._rows is None:
            return np.zeros((0, 1), np.float32)
        return self._rows.numpy()

    def forget(self) -> None:
        """Drops the rows, so that those written later are told from earlier ones."""
        if self._rows is not None:
            self._rows.assign(np.zeros(self._rows.shape, np.float32))

    def begin(self) -> None:
        """Starts afresh: a program outlives the `fit` that it was made for."""
        self.forget()
        if self.guard is not None:
            self.guard.release()

    def observation(self, step: int, row: np.ndarray) -> Observation:
        """A row with names."""
        return Observation.from_row(step, self._quantities[1:], row[1:])

    def samples(self) -> dict[tuple[str, str], np.ndarray]:
        """Values of the last observed step, by kind and by variable or layer."""
        if self._latest is None:
            return {}
        samples, _, joined = self._samples[int(self._latest.numpy())]
        sizes = [sample.size for sample in samples]
        parts = np.split(joined().numpy(), np.cumsum(sizes)[:-1])
        return {(s.kind, s.of): p for s, p in zip(samples, parts, strict=True)}


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
        self._queues: list[list[Pending]] = []

    def subscribe(self) -> list[Pending]:
        """A list that each observation is appended to."""
        queue: list[Pending] = []
        self._queues.append(queue)
        return queue

    @property
    def step(self) -> int:
        """Training steps since the optimizer began."""
        return self.first_step + self.steps

    def push(self, step: int, row: np.ndarray) -> None:
        """Hands what a step wrote to all."""
        assert self.observer is not None
        pending = step, functools.partial(self.observer.observation, step, row)
        for queue in self._queues:
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

    def first_due(self, first: int, count: int) -> int:
        """Which of the next `count` steps is observed first; `count` for none.

        Args:
            first: Number of the first of them in the epoch, from 0.
            count: How many steps the next call does.
        """
        every = self.options.every
        if every is None:
            return count
        if every == "epoch":
            return 0 if first == 0 else count
        return min(count, -self.step % every)

    def after(self, first: int, count: int, examples: int, looked_at: int) -> None:
        """Takes in what a call has done.

        Args:
            first: As for `first_due`.
            count: Steps done in the call.
            examples: Examples in them.
            looked_at: How many of the steps, the first ones, could be observed.
        """
        due = self.first_due(first, looked_at)
        if due < looked_at and self.observer is not None:
            every = self.options.every
            period = every if isinstance(every, int) else looked_at
            rows = self.observer.rows()
            for slot, place in enumerate(range(due, looked_at, period)):
                if slot < len(rows) and rows[slot, 0]:
                    number = self.step + place + 1
                    self.push(number, rows[slot])
            if hasattr(self.model.optimizer, "inner_optimizer"):
                # A step that overflows writes nothing.
                self.observer.forget()
        self.steps += count
        self.examples += examples


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
        self._program.armed.assign(self.options.every == "epoch")

    def batches_end(self, last: int) -> None:
        """Counts, and fetches what is due."""
        # Keras counts by whole calls, of which the last one may have fewer steps.
        known = self.fit.get("steps") or last + 1
        before, self.steps = self.steps, self._epoch_first + min(last + 1, known)
        every = self.options.every
        if before == self._epoch_first or (
            isinstance(every, int)
            and (self.step - 1) // every > (self.first_step + before - 1) // every
        ):
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
            self.push(self.first_step + int(row[0]), row)
        self.examples = int(self._program.examples.numpy())


class _ObservedProgram:
    """Keras's training function with observation in it; kept from one fit to the next.

    Args:
        model: The model.
        options: What is wanted.
    """

    def __init__(self, model: keras.Model, options: Options) -> None:
        import tensorflow as tf

        every = options.every
        slots = 1
        if isinstance(every, int):
            slots = -(-model.steps_per_execution // every) + 1
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
        every = self.observer.options.every
        due = self.armed.read_value()
        if isinstance(every, int):
            due = tf.equal((self._offset + self.count - 1) % every, 0)
        self.armed.assign(False)
        slot = self._observed.read_value()
        self._observed.assign_add(tf.cast(due, tf.int64))
        step = self.count.read_value()
        if every is None:
            return self.observer.plain(self._step, data)
        return self.observer.observed(self._step, data, slot, due, step)


class StepObserver(keras.callbacks.Callback):
    """Base of callbacks that look into training steps; works in every `fit`.

    In tfkit's compiled epochs the engine observes, in Keras's own `fit` a replaced
    `train_step`. Under `tf.distribute` and on other backends no step is observed;
    `feed.refusal` says so.

    Subclasses that have a method for one of the hooks below call that of this class.

    Args:
        every: Steps from one observation to the next, "epoch" for the first step of
            each epoch, None for none. Of arrays, a shorter last batch is left out.
        samples: Whether values for histograms are taken.
        guard: Whether the first step that is not finite stops all updates.

    Raises:
        ValueError: If `every` is none of these.

    Example:
        >>> import numpy as np
        >>> class Norms(StepObserver):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         super().on_epoch_end(epoch, logs)
        ...         for observation in self.observations():
        ...             print(observation.step, sorted(observation.gradient_norm))
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.layers[0].name = "line"
        >>> model.compile("sgd", "mse")
        >>> x = np.ones((8, 2), "float32")
        >>> norms = Norms(every="epoch")
        >>> _ = model.fit(
        ...     x, x[:, :1], batch_size=4, epochs=2, verbose=0, callbacks=[norms]
        ... )
        1 ['line']
        3 ['line']
    """

    every_batch = False

    def __init__(
        self, *, every: Every = "epoch", samples: bool = False, guard: bool = False
    ) -> None:
        super().__init__()
        valid = every is None or every == "epoch"
        valid |= isinstance(every, int) and not isinstance(every, bool) and every > 0
        if not valid:
            raise ValueError(
                "Steps can be observed every so many (an int >= 1), once an epoch "
                f'("epoch"), or not at all (None). Received: {every!r}'
            )
        self.options = Options(every, samples, guard)
        self.feed: Feed | None = None
        self._given = False
        self._queue: list[Pending] = []

    def follow(self, feed: Feed) -> None:
        """Sets what the next `fit` is told by; a loop calls it before `on_train_begin`."""
        self.feed, self._given = feed, True
        self._queue = feed.subscribe()

    def observations(self) -> list[Observation]:
        """Those since this method was last called, the oldest first."""
        return [make() for _, make in self.pending()]

    def pending(self) -> list[Pending]:
        """The same as pairs of a step's number and what makes its observation."""
        taken = list(self._queue)
        self._queue.clear()
        return taken

    def bad_step(self) -> BadStep | None:
        """The step that was not finite, with `guard=True`."""
        return None if self.feed is None else self.feed.bad_step()

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Joins the feed of Keras's own loop, if no compiled one has been given."""
        if self._given:
            self._given = False
            return
        shared = self.model.__dict__.get("_observed_feed")
        if shared is None or shared.fit is not self.params:
            shared = KerasFeed(self.model, self.options, self.params)
            self.model.__dict__["_observed_feed"] = shared
        shared.options = shared.options.joined(self.options)
        self.feed, self._queue = shared, shared.subscribe()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Tells the feed."""
        for feed in self._led():
            feed.epoch_begins()

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Tells the feed."""
        for feed in self._led():
            feed.batches_end(batch)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Tells the feed."""
        for feed in self._led():
            feed.epoch_ends()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Tells the feed."""
        for feed in self._led():
            feed.ends()

    def _led(self) -> list[Feed]:
        """The feed, if this is the first of the callbacks that share it."""
        feed = self.feed
        if feed is None or not feed._queues or feed._queues[0] is not self._queue:
            return []
        return [feed]


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
    return int(keras.ops.convert_to_numpy(optimizer._iterations))


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


def joined_options(observers: Iterable[StepObserver]) -> Options:
    """What several callbacks want together."""
    result = Options(every=None)
    for observer in observers:
        result = result.joined(observer.options)
    return result


class Waiting:
    """Adds up the seconds that an iterator makes its user wait.

    Args:
        iterator: The iterator.

    Example:
        >>> waiting = Waiting(iter([1, 2]))
        >>> list(waiting), waiting.seconds < 1
        ([1, 2], True)
    """

    def __init__(self, iterator: Any) -> None:
        self._iterator = iterator
        self.seconds = 0.0

    def __iter__(self) -> Waiting:
        return self

    def __next__(self) -> Any:
        start = time.perf_counter()
        try:
            return next(self._iterator)
        finally:
            self.seconds += time.perf_counter() - start
