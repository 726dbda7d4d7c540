"""A data set of slim, read by queues; today `tf.data`."""

from __future__ import annotations

from typing import Any

from legacy_tf1.tensorflow.contrib.slim.data_provider import DataProvider
from legacy_tf1.tensorflow.contrib.slim.parallel_reader import parallel_read

__all__ = ["DatasetDataProvider"]


class DatasetDataProvider(DataProvider):
    """As `slim.dataset_data_provider.DatasetDataProvider`.

    It needs running queues (`slim.queues.QueueRunners`, `slim.learning.train`), and
    `tf.local_variables_initializer()` where `num_epochs` is given.

    Args:
        dataset: A `slim.dataset.Dataset`.
        num_readers: How many readers read different files at a time.
        reader_kwargs: For the reader's class.
        shuffle: Whether files and records are shuffled.
        num_epochs: How often the files are read; again and again if None.
        common_queue_capacity: How many records wait at most.
        common_queue_min: How many wait at least, to be shuffled.
        record_key: The name of the item with the record's key.
        seed: For shuffling.
        scope: A name for the operations.
    """

    def __init__(
        self,
        dataset: Any,
        num_readers: int = 1,
        reader_kwargs: dict[str, Any] | None = None,
        shuffle: bool = True,
        num_epochs: int | None = None,
        common_queue_capacity: int = 256,
        common_queue_min: int = 128,
        record_key: str = "record_key",
        seed: int | None = None,
        scope: str | None = None,
    ) -> None:
        key, record = parallel_read(
            dataset.data_sources,
            reader_class=dataset.reader,
            num_epochs=num_epochs,
            num_readers=num_readers,
            reader_kwargs=reader_kwargs,
            shuffle=shuffle,
            capacity=common_queue_capacity,
            min_after_dequeue=common_queue_min,
            seed=seed,
            scope=scope,
        )
        items = dataset.decoder.list_items()
        if record_key in items:
            raise ValueError(
                "The item name used for `record_key` cannot also be used for a "
                f"dataset item: {record_key}."
            )
        tensors = dict(zip(items, dataset.decoder.decode(record, items), strict=True))
        super().__init__({**tensors, record_key: key}, dataset.num_samples)
