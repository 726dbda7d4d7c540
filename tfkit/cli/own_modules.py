"""`--imports MODULE`: layers and losses of one's own, for models that hold them."""

from __future__ import annotations

import contextlib
import importlib
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


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
        cause = str(error.__cause__)
        # Keras writes the whole config behind it.
        missing = re.search(r"Could not \w+ (?:class|function) '([\w>.]+)'", cause)
        if missing is None:
            raise
        name = missing[1]
        written = re.search(rf"'module': '([\w.]+)', 'class_name': '{name}'", cause)
        module = written[1] if written else "MODULE"
        raise ValueError(
            f"{file} needs {name}, a part of your own that is not imported: give "
            f"`--imports {module}`, the module that defines it."
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
