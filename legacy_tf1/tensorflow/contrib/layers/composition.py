"""Several layers by one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import namespace as _namespace

__all__ = ["repeat", "stack"]


def repeat(
    inputs: Any, repetitions: int, layer: Callable[..., Any], *args: Any, **kwargs: Any
) -> Any:
    """As `tf.contrib.layers.repeat` of TensorFlow 1.15: the same layer several times.

    Their scopes are `scope/scope_1`, `scope/scope_2`, ...
    """
    scope = kwargs.pop("scope", None)
    return _chain(inputs, layer, [args] * repetitions, "Repeat", scope, kwargs)


def stack(
    inputs: Any, layer: Callable[..., Any], stack_args: Sequence[Any], **kwargs: Any
) -> Any:
    """As `tf.contrib.layers.stack` of TensorFlow 1.15: a layer for each argument.

    Args:
        stack_args: The arguments of each layer: one, or a list of them.
    """
    if not isinstance(stack_args, list | tuple):
        raise ValueError(
            "`stack_args` must be a list or tuple, one entry for each layer. "
            f"Received: stack_args={stack_args!r}. Write [{stack_args!r}]."
        )
    arguments = [
        tuple(each) if isinstance(each, list | tuple) else (each,)
        for each in stack_args
    ]
    scope = kwargs.pop("scope", None)
    return _chain(inputs, layer, arguments, "Stack", scope, kwargs)


def _chain(
    inputs: Any,
    layer: Callable[..., Any],
    arguments: Sequence[tuple[Any, ...]],
    default_name: str,
    scope: Any,
    kwargs: dict[str, Any],
) -> Any:
    with tf.variable_scope(scope, default_name, [inputs]):
        outputs = tf.convert_to_tensor(inputs)
        if scope is None:
            # A functools.partial, as contrib's `relu` and `linear`, has no name.
            named = getattr(layer, "func", layer)
            scope = getattr(
                layer, "__name__", getattr(named, "__name__", default_name.lower())
            )
        for number, each in enumerate(arguments, start=1):
            outputs = layer(outputs, *each, **{**kwargs, "scope": f"{scope}_{number}"})
        return outputs


__getattr__, __dir__ = _namespace.attach(__name__)
