"""`--imports MODULE`: layers and losses of one's own, for models that hold them."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator, Sequence


@contextlib.contextmanager
def imported(modules: Sequence[str]) -> Iterator[None]:
    """Imports modules, the present folder's too, as `python -m` does.

    Inside, the present folder stays importable, as a model may import more of it.

    Args:
        modules: Dotted names.

    Raises:
        ImportError: If there is no such module.

    Example:
        >>> with imported(["json"]):
        ...     pass
    """
    sys.path.insert(0, "")
    try:
        for module in modules:
            importlib.import_module(module)
        yield
    finally:
        sys.path.remove("")
