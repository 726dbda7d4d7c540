"""Several readers that fill one queue; today `tf.data.Dataset.interleave`."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf

__all__ = ["ParallelReader", "get_data_files", "parallel_read", "single_pass_read"]


class ParallelReader(tf.ReaderBase):
    """As `slim.parallel_reader.ParallelReader`.

    Args:
        reader_class: As `tf.TFRecordReader`.
        common_queue: A queue of two strings: key and record.
        num_readers: How many readers there are.
        reader_kwargs: For the class.
    """

    def __init__(
        self,
        reader_class: Any,
        common_queue: Any,
        num_readers: int = 4,
        reader_kwargs: dict[str, Any] | None = None,
    ) -> None:
        if list(common_queue.dtypes) != [tf.string, tf.string]:
            raise TypeError(
                "common_queue.dtypes must be [tf.string, tf.string]. "
                f"Received: {common_queue.dtypes}."
            )
        # The base's own would ask for an operation that reads; here there are several.
        self._readers = [
            reader_class(**reader_kwargs or {}) for _ in range(num_readers)
        ]
        self._common_queue = common_queue

    @property
    def num_readers(self) -> int:
        """How many readers there are."""
        return len(self._readers)

    @property
    def common_queue(self) -> Any:
        """The queue that the readers fill."""
        return self._common_queue

    def read(self, queue: Any, name: str | None = None) -> Any:
        """Returns key and record of the next example; `queue` has the file names."""
        self._fill_from(queue)
        return self._common_queue.dequeue(name=name)

    def read_up_to(self, queue: Any, num_records: Any, name: str | None = None) -> Any:
        """Returns keys and records of up to so many examples."""
        self._fill_from(queue)
        return self._common_queue.dequeue_up_to(num_records, name)

    def _fill_from(self, queue: Any) -> None:
        enqueue = [
            self._common_queue.enqueue(reader.read(queue)) for reader in self._readers
        ]
        tf.train.add_queue_runner(tf.train.QueueRunner(self._common_queue, enqueue))

    def num_records_produced(self, name: str | None = None) -> Any:
        """Returns how many records have been read, as a tensor."""
        return tf.add_n([each.num_records_produced() for each in self._readers], name)

    def num_work_units_completed(self, name: str | None = None) -> Any:
        """Returns how many files have been read, as a tensor."""
        return tf.add_n(
            [each.num_work_units_completed() for each in self._readers], name
        )


def parallel_read(
    data_sources: Any,
    reader_class: Any,
    num_epochs: int | None = None,
    num_readers: int = 4,
    reader_kwargs: dict[str, Any] | None = None,
    shuffle: bool = True,
    dtypes: Any = None,
    capacity: int = 256,
    min_after_dequeue: int = 128,
    seed: int | None = None,
    scope: str | None = None,
) -> Any:
    """As `slim.parallel_reader.parallel_read`: key and record of the next example."""
    files = get_data_files(data_sources)
    with tf.name_scope(scope, "parallel_read"):
        filename_queue = tf.train.string_input_producer(
            files, num_epochs=num_epochs, shuffle=shuffle, seed=seed, name="filenames"
        )
        dtypes = dtypes or [tf.string, tf.string]
        if shuffle:
            common_queue = tf.RandomShuffleQueue(
                capacity, min_after_dequeue, dtypes, seed=seed, name="common_queue"
            )
        else:
            common_queue = tf.FIFOQueue(capacity, dtypes, name="common_queue")
        tf.summary.scalar(
            f"fraction_of_{capacity}_full",
            tf.cast(common_queue.size(), tf.float32) * (1.0 / capacity),
        )
        reader = ParallelReader(reader_class, common_queue, num_readers, reader_kwargs)
        return reader.read(filename_queue)


def single_pass_read(
    data_sources: Any,
    reader_class: Any,
    reader_kwargs: dict[str, Any] | None = None,
    scope: str | None = None,
) -> Any:
    """As `slim.parallel_reader.single_pass_read`: each record once, in order."""
    files = get_data_files(data_sources)
    with tf.name_scope(scope, "single_pass_read"):
        filename_queue = tf.train.string_input_producer(
            files, num_epochs=1, shuffle=False, capacity=1, name="filenames"
        )
        return reader_class(**reader_kwargs or {}).read(filename_queue)


def get_data_files(data_sources: Any) -> list[str]:
    """Returns the files that paths and patterns mean.

    Raises:
        ValueError: If a pattern matches no file.
    """
    if isinstance(data_sources, list | tuple):
        files = [each for source in data_sources for each in get_data_files(source)]
    elif any(sign in data_sources for sign in "*?["):
        files = tf.gfile.Glob(data_sources)
    else:
        files = [data_sources]
    if not files:
        raise ValueError(f"No data files found in {data_sources}")
    return files
