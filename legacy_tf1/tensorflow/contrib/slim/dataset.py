"""What a data set of slim is; today a `tf.data.TFRecordDataset` and its `map`."""

from __future__ import annotations

from typing import Any

__all__ = ["Dataset"]


class Dataset:
    """As `slim.dataset.Dataset`: where records are, how to read and decode them.

    Args:
        data_sources: Paths or patterns of the files.
        reader: A class, as `tf.TFRecordReader`.
        decoder: A `DataDecoder`, as `slim.tfexample_decoder.TFExampleDecoder`.
        num_samples: How many records there are.
        items_to_descriptions: What each item that the decoder gives is.
        kwargs: Further attributes, as `num_classes` and `labels_to_names`.
    """

    def __init__(
        self,
        data_sources: Any,
        reader: Any,
        decoder: Any,
        num_samples: Any,
        items_to_descriptions: Any,
        **kwargs: Any,
    ) -> None:
        self.data_sources = data_sources
        self.reader = reader
        self.decoder = decoder
        self.num_samples = num_samples
        self.items_to_descriptions = items_to_descriptions
        vars(self).update(kwargs)
