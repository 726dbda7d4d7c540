"""Collections of outputs, conditions and shapes, for the layers."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.layers._branches import constant_value, smart_cond

__all__ = [
    "append_tensor_alias",
    "channel_dimension",
    "collect_named_outputs",
    "constant_value",
    "convert_collection_to_dict",
    "gather_tensors_aliases",
    "get_tensor_aliases",
    "get_variable_collections",
    "last_dimension",
    "n_positive_integers",
    "smart_cond",
    "static_cond",
    "two_element_tuple",
]

NamedOutputs = namedtuple("NamedOutputs", ["name", "outputs"])

# What the argument `variables_collections` may be: names, or names by variable.
Collections = Sequence[str] | Mapping[str, Sequence[str]] | None


def collect_named_outputs(collections: Any, alias: str, outputs: Any) -> Any:
    """Adds a layer's output to collections, under the layer's name; returns it."""
    if collections:
        append_tensor_alias(outputs, alias)
        tf.add_to_collections(collections, outputs)
    return outputs


def append_tensor_alias(tensor: Any, alias: str) -> Any:
    """Notes another name on a tensor."""
    tensor.aliases = [*getattr(tensor, "aliases", ()), alias.removesuffix("/")]
    return tensor


def get_tensor_aliases(tensor: Any) -> list[str]:
    """The other names of a tensor, or its own."""
    return getattr(tensor, "aliases", None) or [tensor.name.removesuffix(":0")]


def gather_tensors_aliases(tensors: Sequence[Any]) -> list[str]:
    """The other names of several tensors, in one list."""
    return [alias for tensor in tensors for alias in get_tensor_aliases(tensor)]


def convert_collection_to_dict(
    collection: str, clear_collection: bool = False
) -> OrderedDict[str, Any]:
    """The tensors of a collection by their names: the `end_points` of a network."""
    named = OrderedDict(
        (alias, tensor)
        for tensor in tf.get_collection(collection)
        for alias in get_tensor_aliases(tensor)
    )
    if clear_collection:
        tf.get_default_graph().clear_collection(collection)
    return named


def static_cond(pred: Any, fn1: Callable[[], Any], fn2: Callable[[], Any]) -> Any:
    """Calls one of two functions."""
    for function in (fn1, fn2):
        if not callable(function):
            raise TypeError(f"static_cond expects functions. Received: {function!r}.")
    return fn1() if pred else fn2()


def get_variable_collections(variables_collections: Collections, name: str) -> Any:
    """The collections for one of a layer's variables."""
    if isinstance(variables_collections, Mapping):
        return variables_collections.get(name)
    return variables_collections


def channel_dimension(shape: Any, data_format: str, min_rank: int = 1) -> int:
    """The number of channels, which must be known."""
    return _dimension(shape, 1 if data_format == "channels_first" else -1, min_rank)


def last_dimension(shape: Any, min_rank: int = 1) -> int:
    """The size of the last axis, which must be known."""
    return _dimension(shape, -1, min_rank)


def _dimension(shape: Any, axis: int, min_rank: int) -> int:
    if shape.dims is None or len(shape.dims) < min_rank:
        raise ValueError(
            f"The inputs must have a rank of at least {min_rank}. Received: {shape}."
        )
    value = shape.dims[axis].value
    if value is None:
        raise ValueError(
            f"The size of axis {axis} must be known, since a variable has it. "
            f"Received: {shape}. Give the placeholder a shape."
        )
    return value


def two_element_tuple(int_or_tuple: Any) -> tuple[int, int]:
    """Height and width from one number or two."""
    if isinstance(int_or_tuple, int):
        return int_or_tuple, int_or_tuple
    pair = isinstance(int_or_tuple, list | tuple | tf.TensorShape)
    if pair and len(int_or_tuple) == 2:
        return int(int_or_tuple[0]), int(int_or_tuple[1])
    raise ValueError(f"Expected an int or two ints. Received: {int_or_tuple!r}.")


def n_positive_integers(n: int, value: Any) -> tuple[int, ...]:
    """`n` ints above 0, from one or from `n`."""
    values = (int(value),) * n if _is_number(value) else tuple(int(v) for v in value)
    if len(values) != n or min(values, default=0) < 1:
        raise ValueError(f"Expected {n} ints above 0. Received: {value!r}.")
    return values


def _is_number(value: Any) -> bool:
    try:
        int(value)
    except (TypeError, ValueError):
        return False
    return True


__getattr__, __dir__ = _namespace.attach(__name__)
