"""The machinery of `legacy_tf1.compat.libraries`: faces of NumPy, SciPy and others."""

from __future__ import annotations

import functools
import importlib
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

_PACKAGE = "legacy_tf1.compat.libraries"
_TREE = Path(__file__).parent / "libraries"


@functools.cache
def has_face(name: str) -> bool:
    """Tells whether a module, by its real name, has a file here.

    Example:
        >>> has_face("scipy.misc"), has_face("scipy.linalg")
        (True, False)
    """
    path = _TREE.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def module(name: str) -> ModuleType:
    """Returns a module as programs see it.

    Args:
        name: Its real name, as "scipy.misc".

    Raises:
        ModuleNotFoundError: If neither the library nor its face has it.
    """
    if has_face(name):
        return importlib.import_module(f"{_PACKAGE}.{name}")
    return importlib.import_module(name)


def import_face(name: str, fromlist: Sequence[str]) -> ModuleType:
    """`__import__(name, fromlist=...)` for a library that has a face."""
    found = module(name)
    if not fromlist:
        return module(name.partition(".")[0])
    for attribute in fromlist:
        if attribute != "*" and not hasattr(found, attribute):
            try:
                module(f"{name}.{attribute}")
            except ModuleNotFoundError as error:
                # Python itself raises the ImportError where the name is nowhere.
                if error.name != f"{name}.{attribute}":
                    raise
    return found


def attach(face: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Returns the `__getattr__` and `__dir__` of a module of this tree.

    Args:
        face: The module's `__name__`.
    """
    name = face.removeprefix(f"{_PACKAGE}.")
    try:
        with warnings.catch_warnings():
            # Empty modules that SciPy keeps to say so, as scipy.misc.
            warnings.simplefilter("ignore", DeprecationWarning)
            real: ModuleType | None = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        real = None

    def look_up(attribute: str) -> Any:
        if attribute == "__all__":
            return [each for each in names() if not each.startswith("_")]
        if has_face(f"{name}.{attribute}"):
            return module(f"{name}.{attribute}")
        if real is None or not hasattr(real, attribute):
            raise AttributeError(f"module {name!r} has no attribute {attribute!r}")
        return getattr(real, attribute)

    def names() -> list[str]:
        own = vars(importlib.import_module(face))
        return sorted({*own, *dir(real)} if real else own)

    return look_up, names
