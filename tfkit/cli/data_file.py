"""The data on the command line: the options that say how, and `--data FILE.npz`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from tfkit.experiment.description import DataOptions

_NAMES = "|".join(field.name for field in fields(DataOptions))


@contextmanager
def spoken_of_as_options() -> Iterator[None]:
    """Lets errors name the data options as they are typed: `--label`, not `label`.

    Raises:
        ValueError: For a ValueError inside, with these names.

    Example:
        >>> with spoken_of_as_options():
        ...     raise ValueError("`image_size` does not apply. Received: image_size=8")
        Traceback (most recent call last):
        ...
        ValueError: `--image-size` does not apply. Received: --image-size 8
    """
    try:
        yield
    except ValueError as error:
        text = re.sub(rf"(?<=`)({_NAMES})(?=`)", _typed, f"{error}")
        text = re.sub(rf"(?<=[ `])({_NAMES})=", lambda name: f"{_typed(name)} ", text)
        if text == f"{error}":
            raise
        raise ValueError(text) from error


def _typed(name: re.Match[str]) -> str:
    return f"--{name[1].replace('_', '-')}"


def read_examples(file: Path, model: Any, *, targets: bool = True) -> tuple[Any, Any]:
    """Reads inputs and targets, as they are: `tfkit.data.load` would number classes.

    Args:
        file: An archive with `x` and `y`, or `x_train` and `y_train`, in small letters
            or capitals; or with arrays named as the model's inputs, and `y`.
        model: Whose inputs these are.
        targets: Whether there must be targets.

    Returns:
        The inputs, a list if they go by the model's names, and the targets or None.

    Raises:
        ValueError: If the file is damaged, or holds no such arrays.
    """
    from tfkit.data.npz_file import read_arrays

    arrays = read_arrays(file)
    lower = {name.lower(): array for name, array in arrays.items()}
    names = [tensor.name for tensor in getattr(model, "inputs", None) or ()]
    for x, y in (("x", "y"), ("x_train", "y_train")):
        if x in lower and (y in lower or not targets):
            return lower[x], lower.get(y)
    if names and set(names) <= set(arrays) and ("y" in lower or not targets):
        return [arrays[name] for name in names], lower.get("y")
    inputs = f", or {', '.join(names)} and y" if names else ""
    raise ValueError(
        f"{file} must hold x and y, or x_train and y_train{inputs}. Received: "
        f"{', '.join(arrays) or 'nothing'}. Write it with np.savez(file, x=x, y=y)."
    )
