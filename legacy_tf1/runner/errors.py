"""What a user sees of an error: the program's lines, not the runner's."""

from __future__ import annotations

import ast
import contextlib
import importlib
import os
import re
import sys
import traceback
from pathlib import Path
from types import TracebackType

import legacy_tf1

_PACKAGE = str(Path(legacy_tf1.__file__).parent) + os.sep
_IPYTHON = f"site-packages{os.sep}IPython{os.sep}"
_LECTURES = f"{_PACKAGE}lectures{os.sep}"
# Python's own modules by which the runner compiles and imports a program's.
_COMPILED_BY = {ast.__file__, importlib.__file__}
# "  File "...", line 3, in f" in the text of an error, where TensorFlow tells which of
# the program's lines has made an operation.
_TOLD_LINE = re.compile(r'^ +File "([^"]*)", line \d+, in .*\n', re.MULTILINE)


def is_ours(filename: str) -> bool:
    """Tells whether a line of a traceback is the runner's or the face's."""
    # The notebooks' cells are executed by IPython.
    if filename.startswith("<frozen ") or _IPYTHON in filename:
        return True
    if filename in _COMPILED_BY:
        return True
    return filename.startswith(_PACKAGE) and not filename.startswith(_LECTURES)


def text(error: BaseException, *, full: bool = False) -> str:
    """Returns the traceback of a program's error as Python prints it.

    Args:
        error: What the program raised.
        full: Whether to keep the lines of the runner and the face.
    """
    found = traceback.TracebackException.from_exception(error)
    if not full:
        _remove_ours(found)
    shown = "".join(found.format())
    return shown if full else _TOLD_LINE.sub(_unless_ours, shown)


def _unless_ours(line: re.Match[str]) -> str:
    return "" if is_ours(line[1]) else line[0]


def flush() -> None:
    """Flushes the standard output, which a program may have replaced or closed."""
    # Its own class may lack the method; Python too passes over it, or tells it later.
    with contextlib.suppress(AttributeError, OSError, ValueError):
        sys.stdout.flush()


def _remove_ours(found: traceback.TracebackException) -> None:
    lines = [line for line in found.stack if not is_ours(line.filename)]
    found.stack = traceback.StackSummary.from_list(lines)
    if not lines:  # as Python shows what is wrong with a program's syntax
        vars(found)["stack"] = None
    for inner in (found.__cause__, found.__context__, *(found.exceptions or ())):
        if inner is not None:
            _remove_ours(inner)


def status(error: BaseException | None, *, full: bool = False) -> int:
    """Reports how a program ended as Python does, and returns its exit status.

    Args:
        error: What it raised, if anything.
        full: See `text`.

    Returns:
        The status of `sys.exit`; 130 after Ctrl-C, as shells have it; 1 for any other
        error; else 0.
    """
    if error is None:
        return 0
    if isinstance(error, SystemExit):
        return _exit_status(error.code)
    flush()
    if sys.excepthook is sys.__excepthook__:
        print(text(error, full=full), end="", file=sys.stderr)
    else:
        _by_its_own_hook(error, full)
    return 130 if isinstance(error, KeyboardInterrupt) else 1


def _by_its_own_hook(error: BaseException, full: bool) -> None:
    """Calls the program's `sys.excepthook`, and tells its errors as Python does."""
    try:
        sys.excepthook(type(error), error, _program_lines(error.__traceback__))
    except Exception as failed:
        failed.__context__ = None
        print("Error in sys.excepthook:", file=sys.stderr)
        print(text(failed, full=full), file=sys.stderr)
        print("Original exception was:", file=sys.stderr)
        print(text(error, full=full), end="", file=sys.stderr)


def _exit_status(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code
    print(code, file=sys.stderr)
    return 1


def _program_lines(lines: TracebackType | None) -> TracebackType | None:
    """Drops the runner's frames at the beginning."""
    while lines is not None and is_ours(lines.tb_frame.f_code.co_filename):
        lines = lines.tb_next
    return lines
