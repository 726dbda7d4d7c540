"""The control file: how another process tells a running training what to do.

`request` leaves a wish in `control.json` in the run's folder, the callback
`ManualControl` takes it from there. The file is JSON and may be written by hand:

    {"learning_rate": 0.0003}
    {"stop": true, "checkpoint": true}

What came of it stands in `interventions.jsonl`, one line each.

This module imports neither TensorFlow nor Keras.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from numbers import Real
from pathlib import Path
from typing import Any, BinaryIO

import filelock

from tfkit import run_folder

CONTROL = "control.json"
INTERVENTIONS = "interventions.jsonl"
# Both sides hold it for a few milliseconds.
_LOCK_SECONDS = 10.0


@dataclass(frozen=True)
class Request:
    """One wish.

    Args:
        learning_rate: New learning rate, > 0; None leaves it.
        stop: Whether training shall end.
        checkpoint: Whether the model shall be saved.
        time: When the wish was made, ISO 8601; empty if not known.

    Raises:
        ValueError: If nothing is wished, or a value is out of its range.
    """

    learning_rate: float | None = None
    stop: bool = False
    checkpoint: bool = False
    time: str = ""

    def __post_init__(self) -> None:
        rate = self.learning_rate
        if rate is not None and not (
            isinstance(rate, Real)
            and not isinstance(rate, bool)
            and math.isfinite(rate)
            and rate > 0
        ):
            raise ValueError(
                "`learning_rate` must be a finite number > 0. "
                f"Received: learning_rate={rate!r}. To end the training, use stop."
            )
        for name in ("stop", "checkpoint"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(
                    f"`{name}` must be true or false. "
                    f"Received: {name}={getattr(self, name)!r}"
                )
        if rate is None and not self.stop and not self.checkpoint:
            raise ValueError(
                "A request must hold a learning rate, a stop or a checkpoint. "
                "Received: none of them."
            )


def request(
    folder: str | Path,
    *,
    learning_rate: float | None = None,
    stop: bool = False,
    checkpoint: bool = False,
) -> Request:
    """Asks the training that runs in `folder` to change its rate, stop, or save.

    The request joins those that the training has not taken yet.

    Args:
        folder: The run's folder, the one that `ManualControl` was given.
        learning_rate: New learning rate, > 0.
        stop: Whether training shall end.
        checkpoint: Whether the model shall be saved to `checkpoints/` in the folder.

    Returns:
        The request as written.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If nothing is asked for, a value is out of its range, or the file
            there was written by hand and cannot be read.

    Example:
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> request(folder, learning_rate=3e-4).learning_rate
        0.0003
        >>> request(folder, stop=True).stop
        True
        >>> [(wish.learning_rate, wish.stop) for wish in take(folder)]
        [(0.0003, False), (None, True)]
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"`folder` must be the folder of a run. Received: folder={str(folder)!r}, "
            "which is no folder. Look for the runs there are in logs/."
        )
    wish = Request(learning_rate, stop, checkpoint, now())
    with _lock(folder):
        wishes = [*_read(folder), wish]
        text = json.dumps({"requests": [asdict(w) for w in wishes]}, indent=2)
        run_folder.write_text(folder / CONTROL, text + "\n")
    return wish


def take(folder: str | Path) -> list[Request]:
    """Reads the requests and removes the file.

    Raises:
        ValueError: If the file cannot be understood. It is left as it is.
    """
    folder = Path(folder)
    if not (folder / CONTROL).exists():
        return []
    with _lock(folder):
        wishes = _read(folder)
        (folder / CONTROL).unlink(missing_ok=True)
    return wishes


def log(folder: str | Path, entry: dict[str, Any]) -> None:
    """Appends one line to `interventions.jsonl`."""
    with (Path(folder) / INTERVENTIONS).open("ab+") as file:
        _drop_unfinished_line(file)
        file.write(json.dumps(entry).encode() + b"\n")


def interventions(path: str | Path) -> Iterator[dict[str, Any]]:
    """Yields the lines of `interventions.jsonl`.

    Args:
        path: The file, or the run's folder.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If a line is not JSON. A last line without its end, which a killed
            process leaves, is skipped.
    """
    path = Path(path)
    if path.is_dir():
        path = path / INTERVENTIONS
    if not path.is_file():
        raise FileNotFoundError(
            f"`path` must be an {INTERVENTIONS} or a run's folder that holds one. "
            f"Received: path={str(path)!r}. ManualControl writes it during training."
        )
    for number, line in enumerate(path.read_text("utf-8").splitlines(True), start=1):
        try:
            yield json.loads(line)
        except json.JSONDecodeError as error:
            if not line.endswith("\n"):
                return
            raise ValueError(
                f"Every line of {path} must be JSON. Received: {line.strip()!r} in "
                f"line {number} ({error})."
            ) from None


def now() -> str:
    """Returns the present time, UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _drop_unfinished_line(file: BinaryIO) -> None:
    """Cuts off what a killed process left of a line, or the next would join it."""
    file.seek(0)
    content = file.read()
    file.truncate(content.rfind(b"\n") + 1)


def _lock(folder: Path) -> filelock.BaseFileLock:
    return filelock.FileLock(folder / f".{CONTROL}.lock", timeout=_LOCK_SECONDS)


def _read(folder: Path) -> list[Request]:
    path = folder / CONTROL
    if not path.exists():
        return []
    try:
        content = json.loads(path.read_text("utf-8"))
        if isinstance(content, dict) and "requests" in content:
            content = content["requests"]
        items = content if isinstance(content, list) else [content]
        return [Request(**item) for item in items]
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"{path} must hold JSON such as "
            '{"learning_rate": 0.0003, "stop": false, "checkpoint": false}. '
            f"Received: {error}. Correct or delete it."
        ) from None
