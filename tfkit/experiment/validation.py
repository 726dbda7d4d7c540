"""Validated dataclasses whose errors say what was got, what was expected, what to do."""

from __future__ import annotations

import difflib
import functools
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, dataclass_transform, get_args

from pydantic import ConfigDict, ValidationError
from pydantic.dataclasses import dataclass

T = TypeVar("T")


@dataclass_transform(kw_only_default=True, frozen_default=True)
def options(cls: type[T]) -> type[T]:
    """Makes a frozen, keyword-only dataclass that checks names, types and ranges.

    Args:
        cls: A class with annotated fields; ranges as `Annotated[float, Field(gt=0)]`.

    Returns:
        A pydantic dataclass whose constructor raises ValueError in tfkit's form.
    """
    config = ConfigDict(extra="forbid", allow_inf_nan=False)
    checked: Any = dataclass(frozen=True, kw_only=True, config=config)(cls)
    # Nested validation, as of a config file, does not pass through __init__, so the
    # full path of a wrong option survives there.
    plain_init = checked.__init__

    @functools.wraps(plain_init)
    def init(self: Any, *arguments: Any, **values: Any) -> None:
        try:
            plain_init(self, *arguments, **values)
        except ValidationError as error:
            raise ValueError(explain(error, checked)) from None

    checked.__init__ = init
    return checked


def explain(error: ValidationError, cls: type) -> str:
    """Says in words what is wrong with a description.

    Args:
        error: What pydantic found.
        cls: The class that was to be built.

    Returns:
        One line a problem: the option, what it must be, what was received, and for
        an unknown option the nearest known one.
    """
    return "\n".join(dict.fromkeys(_explain_one(item, cls) for item in error.errors()))


def _explain_one(item: Any, cls: type) -> str:
    location = [part for part in item["loc"] if isinstance(part, str)]
    option = ".".join(location)
    if item["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        known = _known_options(cls, location[:-1])
        close = difflib.get_close_matches(location[-1], known, n=1)
        hint = f"Did you mean `{close[0]}`?" if close else f"Known: {', '.join(known)}."
        return f"Unknown option `{option}`. {hint}"
    expected = item["msg"].removeprefix("Value error, ")
    expected = expected.replace("Input should", "must").replace(" should ", " must ")
    if not option:  # about several options at once: the text names them
        return expected
    return f"`{option}` {expected}. Received: {item['input']!r}"


def _known_options(cls: Any, section: list[str]) -> list[str]:
    for name in section:
        annotation = {field.name: field.type for field in fields(cls)}.get(name)
        candidates = (annotation, *get_args(annotation))
        cls = next((c for c in candidates if is_dataclass(c)), cls)
    return sorted(field.name for field in fields(cls))
