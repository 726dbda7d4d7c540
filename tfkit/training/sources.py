"""Where an epoch's batches come from: arrays held as tensors, or a stream."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from keras.src.trainers.data_adapters import array_data_adapter, array_slicing
from keras.src.trainers.data_adapters.generator_data_adapter import (
    GeneratorDataAdapter,
)

from tfkit.training.compiled_epoch import CannotCompileError, Data, map_data


class Resident:
    """Arrays held in memory as tensors, converted as Keras converts them.

    Args:
        x, y, sample_weight: As for `model.fit`.
        batch_size: Examples of a batch; None is Keras's 32.
        class_weight: As for `model.fit`.

    Raises:
        CannotCompileError: If they are not arrays, or not dense ones.
        ValueError: As Keras, if their lengths differ or the weights do not fit.
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        batch_size: int | None = None,
        class_weight: Any = None,
    ) -> None:
        if not array_data_adapter.can_convert_arrays((x, y, sample_weight)):
            raise CannotCompileError(f"the data is a stream ({type(x).__name__})")
        adapter = array_data_adapter.ArrayDataAdapter(
            x,
            y,
            sample_weight=sample_weight,
            batch_size=batch_size,
            class_weight=class_weight,
        )
        arrays = array_slicing.convert_to_sliceable(
            adapter._inputs, target_backend="tensorflow"
        )
        # As in Keras's adapter: a list of inputs is one structure, not many arrays.
        self.data: Data = map_data(_dense, _tuples(arrays))
        self.examples: int = adapter._num_samples
        if not self.examples:
            raise CannotCompileError("there are no examples")
        self.batch_size: int = adapter._batch_size
        self.full_batches = self.examples // self.batch_size
        self.batches = math.ceil(self.examples / self.batch_size)

    @property
    def bytes_per_batch(self) -> int:
        """Bytes of the examples of one batch."""
        total = sum(
            t.dtype.size * int(np.prod(t.shape))
            for t in tf.nest.flatten(self.data)
            if t is not None
        )
        return total * self.batch_size // self.examples

    def rest(self) -> Data | None:
        """The examples after the last full batch, or None if there are none."""
        first = self.full_batches * self.batch_size
        return map_data(lambda t: t[first:], self.data) if self.has_rest else None

    def full(self) -> Data:
        """The examples of all full batches."""
        return map_data(lambda t: t[: self.full_batches * self.batch_size], self.data)

    @property
    def has_rest(self) -> bool:
        """Whether the last batch is a short one."""
        return self.batches > self.full_batches

    def first_batch(self) -> Data:
        """The first examples, to build a model on."""
        return map_data(lambda t: t[: self.batch_size], self.data)


def stacked(batches: Sequence[Data]) -> Data:
    """Batches of equal shapes as one, along a new first axis."""
    return tf.nest.map_structure(
        lambda *ts: None if ts[0] is None else tf.stack(ts), *batches
    )


def batch_size(batch: Data) -> int:
    """Examples of a batch."""
    return next(int(t.shape[0]) for t in tf.nest.flatten(batch) if t is not None)


def shapes(batch: Data) -> list[Any]:
    """The shapes of a batch's tensors, by which batches are found to be stackable."""
    return [None if t is None else tuple(t.shape) for t in tf.nest.flatten(batch)]


class Stream:
    """Batches from a `tf.data.Dataset`, a generator or a `PyDataset`.

    Args:
        epoch_iterator: Keras's own, so that it ends, repeats and warns as in Keras.

    Raises:
        CannotCompileError: If a batch is sparse or ragged, or its shape, apart from the batch
            size, is known only when it comes.
    """

    def __init__(self, epoch_iterator: Any) -> None:
        self._iterator = epoch_iterator
        spec = epoch_iterator._distributed_dataset.element_spec
        try:
            self.spec: Data = map_data(_dense_spec, spec)
        except CannotCompileError as error:
            adapter = epoch_iterator.data_adapter
            if isinstance(adapter, GeneratorDataAdapter):
                # Keras has taken the first batches out of the generator to see them.
                again = (batch for batch in adapter.generator())
                error.instead = {"x": again, "shuffle": False}
            raise

    @property
    def batches(self) -> int | None:
        """Batches of an epoch, None if not known yet."""
        return self._iterator.num_batches

    def epoch(self) -> Iterator[Data]:
        """The batches of one epoch."""
        with self._iterator.catch_stop_iteration():
            for _, _, iterator in self._iterator:
                yield next(iterator)

    def reset(self) -> None:
        """Starts over, as Keras does before it trains."""
        self._iterator.reset()


def _dense_spec(spec: Any) -> tf.TensorSpec:
    if not isinstance(spec, tf.TensorSpec):
        raise CannotCompileError(
            f"the stream gives {type(spec).__name__}, not dense tensors"
        )
    if spec.shape.rank is None or None in spec.shape.as_list()[1:]:
        raise CannotCompileError(
            f"the shape of the stream's batches, {spec.shape}, varies"
        )
    return spec


def _tuples(arrays: Any) -> Any:
    from keras.src import tree

    return tree.lists_to_tuples(arrays)


def _dense(array: Any) -> tf.Tensor:
    if isinstance(array, (tf.RaggedTensor, tf.SparseTensor)) or not hasattr(
        array, "shape"
    ):
        raise CannotCompileError(f"the data is a {type(array).__name__}")
    return tf.convert_to_tensor(array)


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
