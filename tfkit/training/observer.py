"""What looks into training steps: traced into the training function."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from tfkit._variables import value_of
from tfkit.training.observation import Observation
from tfkit.training.periods import Periods

if TYPE_CHECKING:
    import tensorflow as tf

    from tfkit.training.probes import Quantity, Record, Sample


@dataclasses.dataclass(frozen=True)
class Options:
    """What observers of one training want.

    Attributes:
        periods: Which steps.
        samples: Whether values for histograms are taken.
        guard: Whether the first step that is not finite stops all updates.
    """

    periods: Periods = dataclasses.field(default_factory=Periods)
    samples: bool = False
    guard: bool = False

    def joined(self, other: Options) -> Options:
        """Options for both."""
        return Options(
            self.periods | other.periods,
            self.samples or other.samples,
            self.guard or other.guard,
        )


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
        self._samples: list[tuple[list[Sample], tf.Variable]] = []
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
        sampled: Any = None,
    ) -> Any:
        """A step whose numbers are written down.

        One that loss scaling skips for an overflow has none.

        Args:
            train_step: The model's.
            data: A batch.
            slot: Which row to write, modulo `slots`.
            due: Scalar bool, whether to write at all; None for yes.
            step: A number above 0 that is written along.
            sampled: Scalar bool, whether to keep values for histograms, too; None for
                yes.
        """
        import tensorflow as tf

        def write(make: Callable[[], Record]) -> None:
            if due is None:
                self._write(make(), slot, step, sampled)
                return
            tf.cond(due, lambda: self._write(make(), slot, step, sampled), lambda: None)

        def watched(data: Any) -> Any:
            return self._probes.watched(train_step, data, write)

        # The guard outside: a step that is not finite is written down, too.
        return self.plain(watched, data)

    def _write(self, record: Record, slot: Any, step: Any, sampled: Any) -> None:
        import tensorflow as tf

        from tfkit.training.probes import Quantity, new_variable

        row = tf.stack([tf.cast(step, tf.float32), *record.numbers])
        self._quantities = [Quantity("step"), *record.quantities]
        if self._rows is None or self._rows.shape[1] != row.shape[0]:
            self._rows = new_variable((self.slots, row.shape[0]), tf.float32)
        slot = tf.reshape(tf.cast(slot, tf.int32) % self.slots, (1, 1))
        self._rows.scatter_nd_update(slot, row[None])
        if not record.values:
            return
        place = self._place_of(record)
        if sampled is None:
            self._write_samples(place, record.values)
            return
        tf.cond(
            sampled, lambda: self._write_samples(place, record.values), lambda: None
        )

    def _place_of(self, record: Record) -> int:
        """Which of the places the samples of a program of these shapes have."""
        import tensorflow as tf

        from tfkit.training.probes import new_variable

        if self._latest is None:
            self._latest = new_variable((), tf.int32)
        known = [samples for samples, _ in self._samples]
        if record.samples not in known:
            size = sum(each.size for each in record.samples)
            # One variable: a call from Python to read one costs more than what is read.
            self._samples.append((record.samples, new_variable((size,), tf.float32)))
            known.append(record.samples)
        return known.index(record.samples)

    def _write_samples(self, place: int, values: list[tf.Tensor]) -> None:
        import tensorflow as tf

        assert self._latest is not None
        self._samples[place][1].assign(tf.concat(values, axis=0))
        self._latest.assign(place)

    # After it has run.

    def rows(self) -> np.ndarray:
        """All rows, `(slots, numbers)`; the first number is `step`, 0 if not written."""
        if self._rows is None:
            return np.zeros((0, 1), np.float32)
        return value_of(self._rows)

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
        place = int(value_of(self._latest)) if len(self._samples) > 1 else 0
        samples, variable = self._samples[place]
        sizes = [sample.size for sample in samples]
        parts = np.split(value_of(variable), np.cumsum(sizes)[:-1])
        return {(s.kind, s.of): p for s, p in zip(samples, parts, strict=True)}
