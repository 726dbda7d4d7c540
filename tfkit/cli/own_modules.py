"""`--imports MODULE`: layers and losses of one's own, for models that hold them."""

from __future__ import annotations

import contextlib
import importlib
import itertools
import re
import sys
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class MissingPart:
    """A part of the user's own that a model's file names.

    Args:
        name: Of the class or function.
        module: That defined it; None where that is not known, as of a script's.
    """

    name: str
    module: str | None


@contextlib.contextmanager
def imported(modules: Sequence[str]) -> Iterator[None]:
    """Imports modules, the present folder's too, as `python -m` does.

    Inside, the present folder stays importable, as a model may import more of it; and
    Keras finds what the modules define by its name, registered with it or not.

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
        found = [importlib.import_module(module) for module in modules]
        if not found:
            yield
            return
        own = itertools.chain.from_iterable(map(_own, found))
        import keras  # which the modules have imported, if they are of use

        with keras.saving.custom_object_scope(dict(own)):
            yield
    finally:
        sys.path.remove("")


def _own(module: types.ModuleType) -> Iterator[tuple[str, Any]]:
    """Classes and functions that a module defines itself, by name."""
    for name, part in vars(module).items():
        if callable(part) and getattr(part, "__module__", None) == module.__name__:
            yield name, part


def missing_part(error: BaseException) -> MissingPart | None:
    """Returns the part whose lack is what made the loading of a model fail, if it is.

    Args:
        error: What was raised; the causes it names are looked at, too.
    """
    reason: BaseException | None = error
    while reason is not None:
        text = str(reason)
        found = re.search(r"Could not \w+ (?:class|function) '([\w>.]+)'", text)
        # Keras writes the whole config behind it.
        if found is not None and "'class_name'" in text:
            name = found[1]
            module = re.search(rf"'module': '([\w.]+)', 'class_name': '{name}'", text)
            return MissingPart(name, module[1] if module else None)
        reason = reason.__cause__
    return None


def load_model(file: Path) -> keras.Model:
    """Loads a `.keras` file, and says which part of one's own it lacks.

    Args:
        file: As for `tfkit.saving.load_model`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it needs a part that was not imported; or is damaged.
    """
    from tfkit import saving

    try:
        return saving.load_model(file)
    except ValueError as error:
        part = missing_part(error)
        if part is None:
            raise
        raise ValueError(
            f"{file} needs {part.name}, a part of your own that is not imported: give "
            f"`--imports {part.module or 'MODULE'}`, the module that defines it."
        ) from None


def require_file(file: Path, what: str) -> None:
    """Raises if there is no such file: before TensorFlow is imported.

    Args:
        file: What the user named.
        what: What it should be, such as "model file".

    Raises:
        FileNotFoundError: With the folder that was looked in.

    Example:
        >>> require_file(Path("no.npz"), "data file")
        Traceback (most recent call last):
        ...
        FileNotFoundError: There is no data file no.npz (looked in ...).
    """
    if not file.is_file():
        raise FileNotFoundError(f"There is no {what} {file} (looked in {Path.cwd()}).")
