"""What can be asked of a run besides the program and its arguments."""

from __future__ import annotations

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
