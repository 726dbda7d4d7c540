"""What decodes a record; today a function for `tf.data.Dataset.map`."""

from __future__ import annotations

import abc
from typing import Any

__all__ = ["DataDecoder"]


class DataDecoder(abc.ABC):
    """As `slim.data_decoder.DataDecoder`: from a record to tensors by name."""

    @abc.abstractmethod
    def decode(self, data: Any, items: Any) -> list[Any]:
        """Returns the tensor of each of the items."""

    @abc.abstractmethod
    def list_items(self) -> list[str]:
        """Returns the names of the items it can decode."""
