"""What can be asked of a run besides the program and its arguments."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of a run; none of them is needed.

    Args:
        seed: Seeds TensorFlow's graphs, NumPy and `random` before the program begins.
        max_seconds: Interrupts the program after so many seconds, as Ctrl-C does.
        logdir: Folder for the event files that the program writes elsewhere.
        pictures: Folder for the figures that the program shows, as PNG files.
        save: The executed notebook.
        report: Whether to tell which parts of TensorFlow 1 the program used, and what
            replaces them.
        full_traceback: Whether the traceback of an error shows the runner's and the
            face's lines too.

    Raises:
        ValueError: If a number is out of its range.
    """

    seed: int | None = None
    max_seconds: float | None = None
    logdir: Path | None = None
    pictures: Path | None = None
    save: Path | None = None
    report: bool = False
    full_traceback: bool = False

    def __post_init__(self) -> None:
        # numpy.random.seed takes no more.
        if self.seed is not None and not 0 <= self.seed < 2**32:
            raise ValueError(
                f"`seed` must be an int from 0 to 2**32 - 1. Received: {self.seed}."
            )
        if self.max_seconds is not None and not self.max_seconds > 0:
            raise ValueError(
                "`max_seconds` must be positive. "
                f"Received: {self.max_seconds}. Leave it out to run without a limit."
            )

    def check_places(self) -> None:
        """Makes the folders that are to be written to, before any long work.

        Raises:
            OSError: If one cannot be made or written to; it names it.
        """
        save = None if self.save is None else self.save.absolute()
        for folder in (self.logdir, self.pictures, save and save.parent):
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
                _check_access(folder)
        if save is not None and save.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(save))
        if save is not None and save.exists():
            _check_access(save)


def _check_access(path: Path) -> None:
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
