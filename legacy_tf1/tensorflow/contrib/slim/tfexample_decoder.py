"""From a serialized `tf.train.Example` to tensors by name.

Today: `tf.io.parse_single_example` and `tf.io.decode_image` in `tf.data.Dataset.map`.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.contrib.slim.data_decoder import DataDecoder

__all__ = [
    "BackupHandler",
    "BoundingBox",
    "Image",
    "ItemHandler",
    "ItemHandlerCallback",
    "LookupTensor",
    "SparseTensor",
    "TFExampleDecoder",
    "Tensor",
]


class ItemHandler(abc.ABC):
    """As `slim.tfexample_decoder.ItemHandler`: makes an item of parsed features.

    Args:
        keys: The name of the feature, or several.
    """

    def __init__(self, keys: Any) -> None:
        self._keys = keys if isinstance(keys, tuple | list) else [keys]

    @property
    def keys(self) -> Any:
        """The names of the features it needs."""
        return self._keys

    @abc.abstractmethod
    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        """Returns the item for the tensors of its features."""


class ItemHandlerCallback(ItemHandler):
    """As `slim.tfexample_decoder.ItemHandlerCallback`: an item by a function."""

    def __init__(self, keys: Any, func: Callable[[dict[str, Any]], Any]) -> None:
        super().__init__(keys)
        self._func = func

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        """Returns what the function makes of the tensors."""
        return self._func(keys_to_tensors)


class BoundingBox(ItemHandler):
    """As `slim.tfexample_decoder.BoundingBox`: a row of 4 numbers for each box.

    Args:
        keys: Four names, for the least y and x and the greatest y and x.
        prefix: Put before each of them.
    """

    def __init__(self, keys: Sequence[str] | None = None, prefix: str = "") -> None:
        if keys is None:
            keys = ["ymin", "xmin", "ymax", "xmax"]
        elif len(keys) != 4:
            raise ValueError(f"BoundingBox expects 4 keys but got {len(keys)}")
        super().__init__([prefix + key for key in keys])

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        """Returns the boxes, (number of boxes, 4)."""
        sides = [keys_to_tensors[key] for key in self._keys]
        values = [
            side.values if isinstance(side, tf.SparseTensor) else side for side in sides
        ]
        return tf.transpose(tf.concat([tf.expand_dims(each, 0) for each in values], 0))


class Tensor(ItemHandler):
    """As `slim.tfexample_decoder.Tensor`: a feature as it is, or in another shape.

    Args:
        tensor_key: The feature.
        shape_keys: The feature with the shape, or one for each dimension.
        shape: The shape, where it is the same for all examples.
        default_value: For what a sparse feature lacks.
    """

    def __init__(
        self,
        tensor_key: str,
        shape_keys: Any = None,
        shape: Any = None,
        default_value: Any = 0,
    ) -> None:
        if shape_keys and shape is not None:
            raise ValueError("Cannot specify both shape_keys and shape parameters.")
        if shape_keys and not isinstance(shape_keys, list):
            shape_keys = [shape_keys]
        super().__init__([tensor_key, *(shape_keys or [])])
        self._shape = shape
        self._default_value = default_value

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        """Returns the dense tensor."""
        tensor_key, *shape_keys = self._keys
        tensor, shape = keys_to_tensors[tensor_key], self._shape
        if shape_keys:
            sizes = [_dense(keys_to_tensors[key]) for key in shape_keys]
            shape = tf.reshape(tf.stack(sizes), [-1])
        if not isinstance(tensor, tf.SparseTensor):
            return tensor if shape is None else tf.reshape(tensor, shape)
        if shape is not None:
            tensor = tf.sparse_reshape(tensor, shape)
        return tf.sparse_tensor_to_dense(tensor, self._default_value)


class LookupTensor(Tensor):
    """As `slim.tfexample_decoder.LookupTensor`: a feature through a table.

    Args:
        tensor_key: The feature.
        table: As `tf.contrib.lookup.HashTable`.
        shape_keys: As in `Tensor`.
        shape: As in `Tensor`.
        default_value: As in `Tensor`.
    """

    def __init__(
        self,
        tensor_key: str,
        table: Any,
        shape_keys: Any = None,
        shape: Any = None,
        default_value: Any = "",
    ) -> None:
        super().__init__(tensor_key, shape_keys, shape, default_value)
        self._table = table

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        """Returns the table's values."""
        return self._table.lookup(super().tensors_to_item(keys_to_tensors))


class BackupHandler(ItemHandler):
    """As `slim.tfexample_decoder.BackupHandler`: another item where one is empty."""

    def __init__(self, handler: ItemHandler, backup: ItemHandler) -> None:
        for which, each in (("Primary", handler), ("Backup", backup)):
            if not isinstance(each, ItemHandler):
                raise ValueError(
                    f"{which} handler is of type {type(each)} instead of ItemHandler"
                )
        super().__init__([*handler.keys, *backup.keys])
        self._handler, self._backup = handler, backup

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        """Returns the first item, or the second if that has no elements."""
        item = self._handler.tensors_to_item(keys_to_tensors)
        return tf.cond(
            tf.equal(tf.reduce_prod(tf.shape(item)), 0),
            lambda: self._backup.tensors_to_item(keys_to_tensors),
            lambda: item,
        )


class SparseTensor(ItemHandler):
    """As `slim.tfexample_decoder.SparseTensor`.

    Args:
        indices_key: The feature with the last index of each value; "indices" if None.
        values_key: The feature with the values; "values" if None.
        shape_key: The feature with the dense shape.
        shape: The dense shape, where there is no such feature.
        densify: Whether to make it dense.
        default_value: For what is not there, when made dense.
    """

    def __init__(
        self,
        indices_key: str | None = None,
        values_key: str | None = None,
        shape_key: str | None = None,
        shape: Any = None,
        densify: bool = False,
        default_value: Any = 0,
    ) -> None:
        self._indices_key = indices_key or "indices"
        self._values_key = values_key or "values"
        self._shape_key, self._shape = shape_key, shape
        self._densify, self._default_value = densify, default_value
        keys = [self._indices_key, self._values_key]
        super().__init__([*keys, shape_key] if shape_key else keys)

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        """Returns the sparse tensor, or the dense one."""
        indices = keys_to_tensors[self._indices_key]
        shape = self._shape or indices.dense_shape
        if self._shape_key:
            shape = _dense(keys_to_tensors[self._shape_key])
        rank = tf.shape(indices.indices)[1]
        before = tf.slice(indices.indices, [0, 0], tf.stack([-1, rank - 1]))
        last = tf.reshape(tf.cast(indices.values, tf.int64), [-1, 1])
        tensor = tf.SparseTensor(
            tf.concat([before, last], 1),
            keys_to_tensors[self._values_key].values,
            shape,
        )
        if self._densify:
            return tf.sparse_tensor_to_dense(tensor, self._default_value)
        return tensor


class Image(ItemHandler):
    """As `slim.tfexample_decoder.Image`: a decoded picture.

    Args:
        image_key: The feature with the picture's bytes; "image/encoded" if None.
        format_key: The feature with its format; "image/format" if None. Only "raw" and
            "RAW" are told by it, all others by the bytes.
        shape: Of all pictures, where it is the same.
        channels: 3 for colours, 1 for grey.
        dtype: Of the result.
        repeated: Whether the feature has several pictures.
        dct_method: For JPEG: "", "INTEGER_FAST" or "INTEGER_ACCURATE".
    """

    def __init__(
        self,
        image_key: str | None = None,
        format_key: str | None = None,
        shape: Any = None,
        channels: int = 3,
        dtype: Any = tf.uint8,
        repeated: bool = False,
        dct_method: str = "",
    ) -> None:
        super().__init__([image_key or "image/encoded", format_key or "image/format"])
        self._shape, self._channels, self._dtype = shape, channels, dtype
        self._repeated, self._dct_method = repeated, dct_method

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        """Returns the picture, (height, width, channels), or all of them."""
        encoded, image_format = (keys_to_tensors[key] for key in self._keys)
        if not self._repeated:
            return self._decode(encoded, image_format)
        return tf.map_fn(
            lambda each: self._decode(each, image_format), encoded, dtype=self._dtype
        )

    def _decode(self, encoded: Any, image_format: Any) -> Any:
        def any_format() -> Any:
            image = tf.image.decode_image(encoded, channels=self._channels)
            return tf.cast(image, self._dtype)

        def jpeg() -> Any:
            image = tf.image.decode_jpeg(
                encoded, channels=self._channels, dct_method=self._dct_method
            )
            return tf.cast(image, self._dtype)

        def by_its_bytes() -> Any:
            is_jpeg = tf.image.is_jpeg(encoded)
            return tf.cond(is_jpeg, jpeg, any_format, name="cond_jpeg")

        is_raw = tf.logical_or(
            tf.equal(image_format, "raw"), tf.equal(image_format, "RAW")
        )
        image = tf.case(
            [(is_raw, lambda: tf.decode_raw(encoded, out_type=self._dtype))],
            default=by_its_bytes,
            exclusive=True,
        )
        image.set_shape([None, None, self._channels])
        return image if self._shape is None else tf.reshape(image, self._shape)


class TFExampleDecoder(DataDecoder):
    """As `slim.tfexample_decoder.TFExampleDecoder`.

    Args:
        keys_to_features: How to parse each feature, as
            `{"image/encoded": tf.FixedLenFeature((), tf.string, "")}`.
        items_to_handlers: The `ItemHandler` of each item.
    """

    def __init__(
        self,
        keys_to_features: dict[str, Any],
        items_to_handlers: dict[str, ItemHandler],
    ) -> None:
        self._keys_to_features = keys_to_features
        self._items_to_handlers = items_to_handlers

    def list_items(self) -> list[str]:
        """Returns the names of the items."""
        return list(self._items_to_handlers)

    def decode(self, serialized_example: Any, items: Any = None) -> list[Any]:
        """Returns the tensors of the items, of all where None are named."""
        example = tf.parse_single_example(serialized_example, self._keys_to_features)
        # In the order of the names, so that graphs are alike.
        for key, feature in sorted(self._keys_to_features.items()):
            if isinstance(feature, tf.FixedLenFeature):
                example[key] = tf.reshape(example[key], feature.shape)
        handlers = [
            self._items_to_handlers[item] for item in items or self.list_items()
        ]
        return [
            handler.tensors_to_item({key: example[key] for key in handler.keys})
            for handler in handlers
        ]


def _dense(tensor: Any) -> Any:
    if isinstance(tensor, tf.SparseTensor):
        return tf.sparse_tensor_to_dense(tensor)
    return tensor
