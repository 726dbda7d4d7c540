"""The compiled loop: many training steps in one call of one TensorFlow function.

What a step does is the model's own `train_step`, so custom steps, losses, metrics,
batch normalization, loss scaling and gradient accumulation need no code here. What is
saved is everything around it: one call, one gather and one set of masks for many steps,
and with XLA the start of each of the step's hundred small operations.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.trainers.data_adapters import data_adapter_utils

from tfkit.training import masks
from tfkit.training.observer import Observer
from tfkit.training.periods import Periods
from tfkit.training.plan import Compiler

#: A batch, or a whole dataset: nested tensors whose first axis counts examples, with
#: None where there are no targets or weights.
Data = Any
Logs = dict[str, Any]
# Where that is all, the loop needs no decision in it.
_FIRST_OF_EPOCH = Periods.of("epoch")


@functools.lru_cache(maxsize=1024)
def constant(numbers: tuple[int, ...]) -> tf.Tensor:
    """Whole numbers as an int32 tensor; to make one takes longer than to look it up."""
    with tf.init_scope():
        return tf.constant(numbers, tf.int32, (len(numbers),))


class CannotCompileError(Exception):
    """A model or its data can't go through compiled loops; the message says why."""

    #: Arguments for Keras's own `fit` in place of those that were used up.
    instead: Mapping[str, Any] = MappingProxyType({})


class CompiledEpoch:
    """The functions that train, test and predict with a model, many batches at a time.

    TensorFlow keeps one program for each combination of shapes, so calls with data of
    equal shape reuse what was compiled.

    Args:
        model: A compiled Keras model on the TensorFlow backend, built with its
            optimizer, loss and metrics.
        compiler: What compiles the loops: "xla" or "graph".
        observer: What looks into training steps, if anything does.
    """

    def __init__(
        self,
        model: keras.Model,
        compiler: Compiler,
        observer: Observer | None = None,
    ) -> None:
        self._model = model
        self.observer = observer
        self._compiler = compiler
        self._stand_ins = masks.Masks(model)
        self._draws: dict[Any, list[masks.Draw]] = {}
        self.epoch = self._function(self._epoch)
        self.train = self._function(self._train)
        self.train_stacked = self._function(self._train_stacked)
        self.train_one = self._function(self._train_one, reduce_retracing=True)
        self.train_rest = self._function(self._train_rest)
        self.test = self._function(self._test)
        self.predict = self._function(self._predict)
        self.predict_one = self._function(self._predict_one, reduce_retracing=True)
        self.reset_metrics = self._function(model.reset_metrics)
        # XLA only where it pays: what is called once in an epoch of many calls, such as
        # the short last batch, takes longer to compile than it can save.
        xla = compiler == "xla" or None
        self._loop = self._function(self._loop_of_training, jit_compile=xla)
        self._program = self._function(self._program_of_an_epoch, jit_compile=xla)
        self._seen: set[tuple[str, str]] = set()

    @property
    def traces(self) -> int:
        """How often a function of training was traced; a call that traces is slow."""
        functions = (self.epoch, self.train, self.train_rest)
        return sum(each.experimental_get_tracing_count() for each in functions)

    def prepare(self, data: Data, steps: int, batch_size: int) -> None:
        """Traces and compiles the loop for `steps` batches of `data`, training nothing."""
        batches = map_data(
            lambda t: tf.zeros((steps, batch_size, *t.shape[1:]), t.dtype), data
        )
        dues = constant(self._periods.dues(0, begins_epoch=True))
        self.train_stacked(batches, tf.constant(0), dues)

    def is_new(self, data: Data, what: int | str) -> bool:
        """Whether `what`, such as a number of steps, is new for `data` of these shapes."""
        key = (str(what), _shapes(data))
        seen = key in self._seen
        self._seen.add(key)
        return not seen

    def knows(self, data: Data) -> bool:
        """Whether something was compiled for `data` of these shapes."""
        return any(shapes == _shapes(data) for _, shapes in self._seen)

    @staticmethod
    def _function(python_function: Callable[..., Any], **options: Any) -> Any:
        function = tf.function(python_function, autograph=False, **options)
        # TensorFlow counts the traces of all models together, and would warn of
        # retracing where a program merely trains its sixth model.
        function._omit_frequent_tracing_warning = True
        return function

    def _epoch(
        self,
        data: Data,
        order: tf.Tensor,
        batch_size: int,
        test_data: Data | None,
        test_batch_size: int,
        dues: tf.Tensor,
    ) -> tuple[Logs, Logs, tf.Tensor | None]:
        """Trains a whole epoch in the given order, and tests after it.

        Args:
            data: All examples.
            order: Indices of the examples, `(examples,)`.
            batch_size: Python int.
            test_data: The examples to test on, or None.
            test_batch_size: Python int.
            dues: The first steps that are observed, one for each period.

        Returns:
            The metrics' results of training, those of testing, and the learning rate
            of the steps, None where a schedule sets it.
        """
        examples = map_data(lambda t: tf.gather(t, order), data)
        batches, rest = _cut(examples, batch_size)
        tests = None if test_data is None else _cut(test_data, test_batch_size)
        steps = int(order.shape[0]) // batch_size
        draws, of_rest = self._draws_of(map_data(lambda t: t[0], batches)), []
        if rest is not None:
            of_rest = self._draws_of(rest)
            rest = (
                rest,
                _masks(of_rest, [s[0] for s in masks.seeds(of_rest, 1, steps)]),
            )
        results = self._program(batches, self._noise(draws, steps), rest, tests, dues)
        masks.advance(draws, tf.constant(steps))
        masks.advance(of_rest, tf.constant(1))
        return results

    def _program_of_an_epoch(
        self,
        batches: Data,
        noise: Sequence[tf.Tensor],
        rest: tuple[Data, Sequence[tf.Tensor]] | None,
        tests: tuple[Data | None, Data | None] | None,
        dues: tf.Tensor,
    ) -> tuple[Logs, Logs, tf.Tensor | None]:
        model = self._model
        model.reset_metrics()
        steps = _length(batches)
        rate = self._rate()
        # The first step of an epoch is in this call: nothing has to be decided in it.
        at: Any = 0 if self._periods == _FIRST_OF_EPOCH else dues
        logs = self._loop_of_training(batches, noise, tf.constant(steps), at)
        if rest is not None:
            batch, of_step = rest
            with self._stand_ins.given(self._draws_of(batch), of_step):
                logs = self._train_step(batch)
        if tests is None:
            return logs, {}, rate
        model.reset_metrics()
        tested: Logs = {}
        batches, batch = tests
        if batches is not None:

            def step(i: tf.Tensor) -> Logs:
                return model.test_step(map_data(lambda t: t[i], batches))

            steps = tf.constant(_length(batches))
            tested = self._looped(step, tf.constant(0), steps, "test_step")
        if batch is not None:
            tested = model.test_step(batch)
        return logs, tested, rate

    def _rate(self) -> tf.Tensor | None:
        """The learning rate; the call returns it, since to read it after costs more."""
        optimizer = self._model.optimizer
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)
        rate = getattr(optimizer, "_learning_rate", None)
        return tf.identity(rate) if isinstance(rate, keras.Variable) else None

    def _noise(self, draws: Sequence[masks.Draw], steps: int) -> list[tf.Tensor]:
        """What the loop makes the masks of the next steps of: masks for XLA, or seeds."""
        seeds = masks.seeds(draws, steps)
        return masks.drawn(draws, seeds) if self._compiler == "xla" else seeds

    def _train(
        self,
        data: Data,
        order: tf.Tensor,
        count: tf.Tensor,
        batch_size: int,
        dues: tf.Tensor,
    ) -> Logs:
        """Trains on the first `count` batches of `order`.

        Args:
            data: All examples.
            order: Indices of the examples of some batches, `(steps * batch_size,)`.
            count: Scalar int32, how many of the batches to train on. With 0 the call
                compiles without training.
            batch_size: Python int.
            dues: The first steps of them that are observed, one for each period.

        Returns:
            The metrics' results, or the last step's logs where the model has a
            `train_step` of its own.
        """
        steps = int(order.shape[0]) // batch_size
        batches = map_data(
            lambda t: tf.reshape(
                tf.gather(t, order), (steps, batch_size, *t.shape[1:])
            ),
            data,
        )
        return self._train_stacked(batches, count, dues)

    def _train_stacked(self, batches: Data, count: tf.Tensor, dues: tf.Tensor) -> Logs:
        """Trains on the first `count` of `batches`, `(steps, batch_size, ...)`."""
        draws = self._draws_of(map_data(lambda t: t[0], batches))
        logs = self._loop(batches, self._noise(draws, _length(batches)), count, dues)
        masks.advance(draws, count)
        return logs

    def _loop_of_training(
        self, batches: Data, noise: Sequence[tf.Tensor], count: tf.Tensor, dues: Any
    ) -> Logs:
        """Trains on `count` of `batches`; `noise` has masks for XLA, else seeds."""

        def step(i: tf.Tensor, slot: Any = None, sampled: Any = None) -> Logs:
            batch = map_data(lambda t: t[i], batches)
            draws, of_step = self._draws_of(batch), [each[i] for each in noise]
            if self._compiler != "xla":
                of_step = _masks(draws, of_step)
            with self._stand_ins.given(draws, of_step):
                return self._train_step(batch, slot, sampled)

        if not self._periods:
            return self._looped(step, tf.constant(0), count, "train_step")
        return self._looped_and_observed(step, count, dues)

    def _looped_and_observed(
        self, step: Callable[..., Logs], count: tf.Tensor, dues: Any
    ) -> Logs:
        """Runs `count` steps, of which some are observed.

        These are traced apart from the others, which so cost what they did.

        Args:
            step: Runs one; with a slot to write to, an observed one.
            count: How many steps.
            dues: The first of them that are observed, one for each period; the Python
                number 0 where that is the first one, and the only one.
        """
        nothing = self._logs_of_none(step, "train_step")

        def plain(i: Any, stop: tf.Tensor, logs: Logs) -> tuple[tf.Tensor, Logs]:
            return tf.while_loop(
                lambda i, _: i < stop,
                lambda i, _: (i + 1, self._own(step(i), nothing)),
                (i, logs),
                parallel_iterations=1,
            )

        def observed(i: Any, slot: Any, sampled: Any = None) -> tuple[tf.Tensor, Logs]:
            return i + 1, self._own(step(i, slot, sampled), nothing)

        zero = tf.constant(0)
        if self._periods == _FIRST_OF_EPOCH:
            if isinstance(dues, int):
                i, logs = observed(zero, zero)
            else:
                i, logs = tf.cond(
                    dues[0] < count,
                    lambda: observed(zero, zero),
                    lambda: (zero, nothing),
                )
            _, logs = plain(i, count, logs)
            return logs or self._model.get_metrics_result()

        lengths = np.array(self._periods.lengths, np.int32)

        def segment(
            i: tf.Tensor, dues: tf.Tensor, slot: tf.Tensor, logs: Logs
        ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, Logs]:
            due = tf.reduce_min(dues)
            i, logs = plain(i, tf.minimum(due, count), logs)
            dues = tf.where(dues == due, dues + lengths, dues)
            # Of the values for histograms only the last ones are fetched.
            last = tf.reduce_min(dues) >= count
            i, logs = tf.cond(
                i < count, lambda: observed(i, slot, last), lambda: (i, logs)
            )
            return i, dues, slot + 1, logs

        *_, logs = tf.while_loop(
            lambda i, *_: i < count,
            segment,
            (zero, dues, zero, nothing),
            parallel_iterations=1,
        )
        return logs or self._model.get_metrics_result()

    @property
    def _periods(self) -> Periods:
        """Which steps are observed."""
        return Periods() if self.observer is None else self.observer.options.periods

    def _train_step(self, batch: Data, slot: Any = None, sampled: Any = None) -> Logs:
        """The model's, observed if there is a slot to write to."""
        train_step = self._model.train_step
        if self.observer is None:
            return train_step(batch)
        if slot is None:
            return self.observer.plain(train_step, batch)
        return self.observer.observed(train_step, batch, slot, sampled=sampled)

    def _train_one(self, batch: Data, observed: bool = False) -> Logs:
        """Trains on one batch, such as the short one at the end of an epoch."""
        draws = self._draws_of(batch)
        of_step = _masks(draws, [seed[0] for seed in masks.seeds(draws, 1)])
        with self._stand_ins.given(draws, of_step):
            logs = self._train_step(batch, 0 if observed else None)
        masks.advance(draws, tf.constant(1))
        return logs

    def _train_rest(self, data: Data, order: tf.Tensor, observed: bool = False) -> Logs:
        """Trains on one batch, the examples of `order`."""
        return self._train_one(map_data(lambda t: tf.gather(t, order), data), observed)

    def _draws_of(self, batch: Data) -> list[masks.Draw]:
        """The masks that a training step on `batch` needs."""
        if not self._stand_ins:
            return []
        spec = map_data(lambda t: tf.TensorSpec(t.shape, t.dtype), batch)
        key = str(spec)
        if key not in self._draws:

            def forward(x: Data) -> None:
                self._model(x, training=True)

            own_step = overrides(self._model, "train_step")
            traced = self._model.train_step if own_step else forward
            with self._stand_ins.recorded() as draws:
                self._function(
                    lambda data: (traced(data), None)[1]
                ).get_concrete_function(spec if own_step else inputs_of(spec))
            self._draws[key] = draws
        return self._draws[key]

    def _test(
        self, data: Data, first: tf.Tensor, count: tf.Tensor, batch_size: int
    ) -> Logs:
        """Tests on `count` batches from batch `first` on.

        The short batch at the end belongs to the last full one.
        """
        examples = _length(data)
        full = examples // batch_size

        def step(i: tf.Tensor) -> Logs:
            return self._model.test_step(_batch(data, i, batch_size))

        logs: Logs = {}
        if full:
            logs = self._looped(step, first, first + count, "test_step")
        if full * batch_size == examples:
            return logs
        rest = map_data(lambda t: t[full * batch_size :], data)
        if not full:
            return self._model.test_step(rest)
        return tf.cond(
            first + count >= full, lambda: self._model.test_step(rest), lambda: logs
        )

    def _predict(
        self, data: Data, first: tf.Tensor, count: tf.Tensor, batch_size: int
    ) -> Data:
        """The outputs for `count` batches, from batch `first` on.

        Raises:
            CannotCompileError: If an output's shape varies, or it has no axis.
        """

        def step(i: tf.Tensor) -> Data:
            return self._model.predict_step(_batch(data, i, batch_size))

        spec = tf.nest.map_structure(
            lambda t: tf.TensorSpec(t.shape, t.dtype), self._outputs_of(step)
        )
        for output in tf.nest.flatten(spec):
            if output.shape.rank in (None, 0) or None in output.shape.as_list():
                raise CannotCompileError(f"an output has the shape {output.shape}")
        outputs = tf.map_fn(
            step,
            tf.range(first, first + count),
            fn_output_signature=spec,
            parallel_iterations=1,
        )
        return tf.nest.map_structure(
            lambda t: tf.reshape(t, (-1, *t.shape[2:])), outputs
        )

    def _predict_one(self, batch: Data) -> Data:
        outputs = self._model.predict_step(batch)
        if any(output.shape.rank == 0 for output in tf.nest.flatten(outputs)):
            raise CannotCompileError("an output has no axis")
        return outputs

    def _outputs_of(self, step: Callable[[tf.Tensor], Any]) -> Any:
        """The outputs of a step, as symbolic tensors that tell shape and type."""
        traced = self._function(step).get_concrete_function(tf.TensorSpec((), tf.int32))
        return traced.structured_outputs

    def _looped(
        self,
        step: Callable[[tf.Tensor], Logs],
        start: tf.Tensor,
        stop: tf.Tensor,
        name: str,
    ) -> Logs:
        """Runs the steps `start` to `stop` - 1 and returns the logs after them."""
        last = self._logs_of_none(step, name)
        _, last = tf.while_loop(
            lambda i, _: i < stop,
            lambda i, _: (i + 1, self._own(step(i), last)),
            (start, last),
            parallel_iterations=1,
        )
        return last or self._model.get_metrics_result()

    def _logs_of_none(self, step: Callable[..., Logs], name: str) -> Logs:
        """What a loop begins with: zeros, where the model's own step `name` gives logs.

        Those may be more than the metrics' results, so the last step's are kept.
        """
        if not overrides(self._model, name):
            return {}
        return tf.nest.map_structure(
            lambda t: tf.zeros(t.shape, t.dtype), self._outputs_of(step)
        )

    @staticmethod
    def _own(logs: Logs, kept: Logs) -> Logs:
        """A step's logs where they are kept, as `_logs_of_none` decided."""
        return logs if kept else {}


def map_data(function: Callable[[Any], Any], data: Data) -> Data:
    """Applies `function` to each tensor of nested data, None left alone."""
    return keras.tree.map_structure(lambda t: None if t is None else function(t), data)


def inputs_of(data: Data) -> Data:
    """The `x` of a batch, with or without targets and weights."""
    return data_adapter_utils.unpack_x_y_sample_weight(data)[0]


def overrides(model: keras.Model, name: str) -> bool:
    """Whether a model's class has its own version of a method of Keras's models."""
    own = getattr(model, name)
    return getattr(own, "__func__", own) is not getattr(keras.Model, name)


def _shapes(data: Data) -> str:
    return str(map_data(lambda t: (t.shape, t.dtype), data))


def _length(data: Data) -> int:
    """The size of the first axis."""
    return next(t.shape[0] for t in keras.tree.flatten(data) if t is not None)


def _cut(data: Data, batch_size: int) -> tuple[Data | None, Data | None]:
    """Data as full batches, `(steps, batch_size, ...)`, and the rest; None for none."""
    steps, rest = divmod(_length(data), batch_size)
    end = steps * batch_size
    full = map_data(
        lambda t: tf.reshape(t[:end], (steps, batch_size, *t.shape[1:])), data
    )
    return (full if steps else None), (
        map_data(lambda t: t[end:], data) if rest else None
    )


def _masks(
    draws: Sequence[masks.Draw], of_step: Sequence[tf.Tensor]
) -> list[tf.Tensor]:
    """The masks of one step from its seeds."""
    return [draw.mask(seed) for draw, seed in zip(draws, of_step, strict=True)]


def _batch(data: Data, i: tf.Tensor, batch_size: int) -> Data:
    def rows(t: tf.Tensor) -> tf.Tensor:
        shape = [batch_size, *t.shape[1:]]
        return tf.slice(t, [i * batch_size] + [0] * (len(shape) - 1), shape)

    return map_data(rows, data)
