"""The command line: parses, calls the package, prints. Nothing imports it."""

from __future__ import annotations

import argparse
import difflib
import importlib
import os
import sys
import warnings
from collections.abc import Sequence
from typing import TextIO

from tfkit.cli import quiet

# Each command's function lives in a module of its own group, which is imported only
# when the command is given: the overview and a wrong command answer at once.
_COMMANDS = {
    "train": ("train", "train a network, judge it, leave a folder that explains it"),
    "evaluate": ("runs", "measure a run's errors again"),
    "predict": ("runs", "predict the classes of new examples with a run's network"),
    "babysit": (
        "babysit",
        "step in while a run trains: learning rate, stop, checkpoint",
    ),
    "doctor": ("doctor", "look for what makes a training fail, before it starts"),
    "diagnose": ("diagnose", "say what is wrong with a run, and what to try next"),
    "check-gradients": (
        "check_gradients",
        "check a model's gradients against differences of its cost",
    ),
    "runs": ("listing", "list the runs: errors, verdict, what was varied"),
    "compare": ("compare", "compare runs: options, data, results, and a plot"),
    "replay": ("replay", "name the layer that gave NaN, from a failure's bundle"),
    "board": ("board", "open TensorBoard on the runs"),
    "datasets": (
        "datasets",
        "list the datasets and whether they are available offline",
    ),
    "bench": ("bench", "compare with other systems on this machine"),
}
# Ctrl-C, as shells report it.
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs `tfkit ARGUMENTS` and returns its exit status.

    Errors that the user can mend (a wrong option, bad data, a folder that exists) end
    with their message and status 2; with TFKIT_DEBUG=1 they keep their traceback.

    Args:
        arguments: Default: those of the process.
    """
    quiet.own_process = arguments is None
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            return _run(arguments)
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader (`| head`) has enough; a second report at exit would be noise.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, TypeError, OSError, ImportError) as error:
        if os.environ.get("TFKIT_DEBUG"):
            raise
        print(f"error: {error or type(error).__name__}", file=sys.stderr)
        return 2


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Leaves out file, line and source: they say nothing to who typed a command."""
    print(f"warning: {message}", file=sys.stderr)


def _run(arguments: list[str]) -> int:
    if not arguments or arguments[0].startswith("-"):
        _overview().parse_args(arguments or ["--help"])
    command = arguments[0]
    if command not in _COMMANDS:
        close = difflib.get_close_matches(command, _COMMANDS, n=1)
        hint = f"Did you mean `tfkit {close[0]}`?" if close else "See `tfkit --help`."
        raise ValueError(f"There is no command {command!r}. {hint}")
    module = importlib.import_module(f"tfkit.cli.{_COMMANDS[command][0]}")
    getattr(module, command.replace("-", "_"))(arguments[1:])
    return 0


def _overview() -> argparse.ArgumentParser:
    from tfkit import __version__

    width = max(map(len, _COMMANDS))
    parser = argparse.ArgumentParser(
        prog="tfkit",
        usage="tfkit COMMAND [OPTIONS]",
        description="Train networks that explain themselves.",
        epilog="commands:\n"
        + "".join(f"  {n:<{width}}  {text}\n" for n, (_, text) in _COMMANDS.items())
        + "\n`tfkit COMMAND --help` lists a command's options and their defaults.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tfkit {__version__}")
    return parser
