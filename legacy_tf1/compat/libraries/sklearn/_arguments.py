"""Arguments that scikit-learn has renamed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


def renamed(today: Callable[..., Any], **names: str | None) -> Callable[..., Any]:
    """Returns a function or class that takes arguments by the names they had.

    Args:
        today: scikit-learn's.
        **names: What an argument is called today; None where it has gone, and is
            dropped.
    """

    @functools.wraps(today, updated=())
    def then(*args: Any, **kwargs: Any) -> Any:
        for old, new in names.items():
            if old in kwargs:
                value = kwargs.pop(old)
                if new is not None and value is not None:
                    kwargs[new] = value
        return today(*args, **kwargs)

    return then
