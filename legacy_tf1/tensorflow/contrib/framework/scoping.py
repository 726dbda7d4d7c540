"""Default arguments for the calls inside a `with` block: `arg_scope`.

Today a function of one's own that makes the layers, or `functools.partial`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from legacy_tf1.compat import namespace as _namespace

__all__ = [
    "add_arg_scope",
    "arg_scope",
    "arg_scope_func_key",
    "arg_scoped_arguments",
    "current_arg_scope",
    "has_arg_scope",
]

Scope = dict[str, dict[str, Any]]

_stack: list[Scope] = [{}]
_arguments: dict[str, tuple[str, ...]] = {}


def current_arg_scope() -> Scope:
    """Returns the default arguments now in force, by the functions' keys."""
    return _stack[-1]


def arg_scope_func_key(op: Callable[..., Any]) -> str:
    """Returns what a function is known by in a scope."""
    return getattr(op, "_key_op", str(op))


def has_arg_scope(func: Callable[..., Any]) -> bool:
    """Whether a function takes default arguments from a scope."""
    return arg_scope_func_key(func) in _arguments


def arg_scoped_arguments(func: Callable[..., Any]) -> tuple[str, ...]:
    """Returns the names of the arguments that a scope can set for a function."""
    _require(func)
    return _arguments[arg_scope_func_key(func)]


def add_arg_scope(func: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a function to take default arguments from the scope it is called in.

    As `tf.contrib.framework.add_arg_scope` of TensorFlow 1.15.

    Example:
        >>> from legacy_tf1.tensorflow.contrib.framework import add_arg_scope, arg_scope
        >>> @add_arg_scope
        ... def power(base, exponent=2):
        ...     return base**exponent
        >>> with arg_scope([power], exponent=3):
        ...     power(2), power(2, exponent=4)
        (8, 16)
        >>> power(2)
        4
    """
    key = arg_scope_func_key(func)

    @functools.wraps(func)
    def scoped(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **{**current_arg_scope().get(key, {}), **kwargs})

    _arguments[key] = tuple(
        name
        for name, parameter in inspect.signature(func).parameters.items()
        if parameter.default is not parameter.empty
    )
    vars(scoped)["_key_op"] = key
    return scoped


@contextmanager
def arg_scope(
    list_ops_or_scope: Sequence[Callable[..., Any]] | Scope, **kwargs: Any
) -> Iterator[Scope]:
    """Sets default arguments of functions for the calls inside the block.

    As `tf.contrib.framework.arg_scope` of TensorFlow 1.15.

    Args:
        list_ops_or_scope: Functions decorated by `add_arg_scope`, or a scope that an
            earlier block gave by `as`.
        **kwargs: The arguments; none with an earlier scope.

    Raises:
        TypeError: If it is neither a list, a tuple nor a scope.
        ValueError: If a function is not decorated, or a scope comes with arguments.
    """
    if isinstance(list_ops_or_scope, dict):
        if kwargs:
            raise ValueError(
                "An earlier scope must come without arguments. "
                f"Received: {sorted(kwargs)}. Set them in a second arg_scope inside."
            )
        scope = dict(list_ops_or_scope)
    elif isinstance(list_ops_or_scope, list | tuple):
        scope = dict(current_arg_scope())
        for op in list_ops_or_scope:
            _require(op)
            key = arg_scope_func_key(op)
            scope[key] = {**scope.get(key, {}), **kwargs}
    else:
        raise TypeError(
            "arg_scope expects a list or tuple of functions, or an earlier scope. "
            f"Received: {list_ops_or_scope!r}. Write arg_scope([function], ...)."
        )
    _stack.append(scope)
    try:
        yield scope
    finally:
        _stack.pop()


def _require(func: Callable[..., Any]) -> None:
    if not has_arg_scope(func):
        name = f"{func.__module__}.{getattr(func, '__name__', func)}"
        raise ValueError(
            f"{name} is not decorated with @add_arg_scope, so that arg_scope cannot set "
            "its arguments. Decorate it, or pass the arguments where it is called."
        )


__getattr__, __dir__ = _namespace.attach(__name__)
