"""`tfkit board`: TensorBoard on localhost."""

from __future__ import annotations

import sys
import threading
import types
from dataclasses import dataclass
from pathlib import Path

import tyro

from tfkit.cli import parsing


@dataclass(frozen=True)
class _Board:
    """Open TensorBoard on a folder of runs; Ctrl-C ends it."""

    logs: tyro.conf.Positional[Path] = Path("logs")
    """Folder of all runs, of one experiment, or of one run."""
    port: int | None = None
    """Port on localhost. Default: 6006, or the next free one."""


def board(arguments: list[str]) -> None:
    """Serves TensorBoard until Ctrl-C.

    Args:
        arguments: What follows `tfkit board`.
    """
    options = parsing.parse(_Board, "board", arguments)
    serve(options.logs, options.port)


def serve(logs: Path, port: int | None) -> None:
    """Serves TensorBoard on `logs` until interrupted and says its address.

    Args:
        logs: A folder that holds event files, at any depth.
        port: Port on localhost; None takes 6006 or one of the next nine.

    Raises:
        FileNotFoundError: If `logs` is no folder.
        ImportError: If tensorboard is not installed.
        OSError: If the port is taken.
    """
    if not logs.is_dir():
        raise FileNotFoundError(
            f"There is no folder {logs}. `tfkit train` makes one; name another with "
            "`tfkit board FOLDER`."
        )
    # TensorBoard's own switch for "no TensorFlow": its reader handles local files, and
    # importing TensorFlow would take seconds.
    notf = "tensorboard.compat.notf"
    sys.modules.setdefault(notf, types.ModuleType(notf))
    from tensorboard import program

    server = program.TensorBoard()
    flags = ["--logdir", str(logs), "--window_title", f"tfkit: {logs}"]
    server.configure(
        argv=["tfkit board", *flags, *(["--port", str(port)] if port else [])]
    )
    try:
        address = server.launch()
    except program.TensorBoardPortInUseError as error:
        reason = str(error).rstrip(".")
        raise OSError(f"{reason}. Choose another with `--port`.") from None
    print(f"TensorBoard on {logs}: {address}  (Ctrl-C ends it)", flush=True)
    threading.Event().wait()
