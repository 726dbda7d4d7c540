"""What gives the tensors of one example; today the elements of a `tf.data.Dataset`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["DataProvider"]


class DataProvider:
    """As `slim.data_provider.DataProvider`: tensors of one example, by name.

    Args:
        items_to_tensors: The tensor of each name.
        num_samples: How many examples there are.
    """

    def __init__(self, items_to_tensors: dict[str, Any], num_samples: Any) -> None:
        self._items_to_tensors = items_to_tensors
        self._num_samples = num_samples

    def get(self, items: Sequence[str]) -> list[Any]:
        """Returns the tensor of each of the items.

        Raises:
            ValueError: If the items are not a list or tuple, or one is not known.
        """
        if not isinstance(items, list | tuple):
            raise ValueError(
                f"items must be a list or tuple. Received: {items!r}. Write "
                "[name] for a single one."
            )
        for item in items:
            if item not in self._items_to_tensors:
                raise ValueError(
                    f"Item [{item}] is invalid. Valid entries include: "
                    f"{list(self._items_to_tensors)}."
                )
        return [self._items_to_tensors[item] for item in items]

    def list_items(self) -> Iterable[str]:
        """Returns the names of all items."""
        return self._items_to_tensors.keys()

    def num_samples(self) -> Any:
        """Returns how many examples there are."""
        return self._num_samples
