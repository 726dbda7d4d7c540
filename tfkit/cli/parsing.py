"""Reads a command's options; wrong values are told in words, not in Python's."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar, get_args, get_origin

import tyro
from tyro.constructors import (
    ConstructorRegistry,
    PrimitiveConstructorSpec,
    PrimitiveTypeInfo,
)

T = TypeVar("T")

_NUMBERS = {int: "a whole number, such as 20", float: "a number, such as 0.01 or 1e-3"}


def parse(
    options: type[T], command: str, arguments: list[str], default: T | None = None
) -> T:
    """Reads the options of a command; ends with status 2 and words at a wrong one.

    Args:
        options: A dataclass.
        command: Name of the command.
        arguments: What follows it.
        default: Values of what is not given. Default: those of the dataclass.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass
        ... class Options:
        ...     epochs: int = 60
        >>> parse(Options, "train", ["--epochs", "5"])
        Options(epochs=5)
    """
    given: dict[str, Any] = {} if default is None else {"default": default}
    return tyro.cli(
        options, prog=f"tfkit {command}", args=arguments, registry=_registry, **given
    )


def _number(type_info: PrimitiveTypeInfo) -> PrimitiveConstructorSpec[Any] | None:
    """A number, whose own error would be "invalid literal for int() with base 10"."""
    kind: Any = type_info.type
    if kind not in _NUMBERS:
        return None
    return PrimitiveConstructorSpec(
        nargs=1,
        metavar=kind.__name__.upper(),
        instance_from_str=lambda words: _read(kind, words[0]),
        is_instance=lambda value: _is(kind, value),
        str_from_instance=lambda value: [str(value)],
    )


def _numbers(type_info: PrimitiveTypeInfo) -> PrimitiveConstructorSpec[Any] | None:
    """Any number of numbers; tyro would not say which of the words is none."""
    inner, *rest = get_args(type_info.type) or (None,)
    kind: Any = get_args(inner)[0] if get_origin(inner) is Annotated else inner
    if type_info.type_origin is not tuple or rest != [...] or kind not in _NUMBERS:
        return None
    name = kind.__name__.upper()
    return PrimitiveConstructorSpec(
        nargs="*",
        metavar=f"[{name} [{name} ...]]",
        instance_from_str=lambda words: tuple(_read(kind, word) for word in words),
        is_instance=lambda value: (
            isinstance(value, tuple) and all(_is(kind, each) for each in value)
        ),
        str_from_instance=lambda value: [str(each) for each in value],
    )


def _read(kind: Any, word: str) -> Any:
    try:
        return kind(word)
    except ValueError:
        raise ValueError(f"must be {_NUMBERS[kind]}. Received: {word!r}") from None


def _is(kind: Any, value: Any) -> bool:
    # An int is good for a float.
    return isinstance(value, (int, kind)) and not isinstance(value, bool)


_registry = ConstructorRegistry()
_registry.primitive_rule(_number)
_registry.primitive_rule(_numbers)
