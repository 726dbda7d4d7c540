"""Finds the checkpoint that a path means."""

from __future__ import annotations

import os
import re
from pathlib import Path

from .names import natural


def find(path: str | os.PathLike[str]) -> str:
    """Returns the prefix of the checkpoint that a path means.

    Args:
        path: A prefix, a file of a checkpoint, or a folder.

    Raises:
        FileNotFoundError: If there is none.
    """
    given = Path(path)
    if given.is_dir():
        return _latest(given)
    prefix = re.sub(r"\.(index|meta|data-\d{5}-of-\d{5})$", "", os.fspath(path))
    prefix = re.sub(r"-\d{5}-of-\d{5}$", "-?????-of-?????", prefix)  # old and in parts
    if Path(f"{prefix}.index").exists() or list(given.parent.glob(Path(prefix).name)):
        return prefix
    there = sorted({_prefix(file) for file in given.parent.glob("*.index")})
    raise FileNotFoundError(
        "`path` must be a checkpoint of TensorFlow 1: its prefix, one of its files or "
        f"their folder. Received: {os.fspath(path)!r}. "
        f"Checkpoints there: {', '.join(there) or 'none'}."
    )


def _prefix(file: Path) -> str:
    return file.name.removesuffix(".index")


def _latest(folder: Path) -> str:
    """By the folder's `checkpoint` file; it may name paths of another machine."""
    state = folder / "checkpoint"
    if state.exists():
        latest = re.search(r'^model_checkpoint_path: "(.*)"', state.read_text(), re.M)
        if latest:
            name = re.split(r"[/\\]", latest[1])[-1]
            if (folder / f"{name}.index").exists() or (folder / name).exists():
                return str(folder / name)
    there = sorted(folder.glob("*.index"), key=lambda file: natural(_prefix(file)))
    if len({re.sub(r"-\d+$", "", _prefix(file)) for file in there}) == 1:
        return str(folder / _prefix(there[-1]))
    raise FileNotFoundError(
        "A folder given as `path` must hold checkpoints of one name, or a `checkpoint` "
        f"file that tells the latest. Received: {str(folder)!r} with "
        f"{', '.join(map(_prefix, there)) or 'no checkpoint'}. Give the prefix of one."
    )
