"""The command line: `python -m legacy_tf1 list | run | explain`.

TensorFlow is imported by the program that is run, and not before.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

from legacy_tf1.runner.options import Options

__all__ = ["main"]

_RUN = """\
Options may stand before or after the path. All other arguments are the program's; what
follows `--` is the program's in any case:

    python -m legacy_tf1 run train.py --seed 1 --batch_size 50 -- --logdir runs/1

The exit status is the program's; 1 after an error, 130 after Ctrl-C, 124 after
--max-seconds.
"""


def main(argv: Sequence[str] | None = None, *, last: bool = False) -> int:
    """Runs the command line and returns its exit status.

    Args:
        argv: The arguments, `sys.argv[1:]` by default.
        last: Whether the process ends with it: then it stays the program's that is run.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(
        prog="python -m legacy_tf1",
        description="Runs unmodified TensorFlow-1 code on TensorFlow 2.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("list", help="the lecture's own examples")
    commands.add_parser("run", help="run an example, a script or a notebook")
    explain = commands.add_parser(
        "explain", help="what each TensorFlow-1 idiom of a file is called today"
    )
    explain.add_argument("path", help="a lecture's name, a .py or .ipynb file")
    if arguments[:1] == ["run"]:
        return _run(arguments[1:], last)
    given = parser.parse_args(arguments)
    if given.command == "list":
        return _list()
    return _explain(given.path)


def _run_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m legacy_tf1 run",
        usage="python -m legacy_tf1 run NAME_OR_PATH [options] [arguments]",
        description="Runs an example, a script or a notebook of TensorFlow 1.",
        epilog=_RUN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,  # after the path it is the program's
    )
    parser.add_argument(
        "path", nargs="?", metavar="NAME_OR_PATH", help="see `list`; or a file"
    )
    add = parser.add_argument_group("options").add_argument
    add("--seed", type=int, help="seed TensorFlow's graphs, NumPy and random")
    add("--max-seconds", type=float, metavar="S", help="interrupt the program after S")
    add("--logdir", type=Path, metavar="DIR", help="event files go there")
    add("--pictures", type=Path, metavar="DIR", help="figures are saved there as PNG")
    add("--save", type=Path, metavar="OUT.ipynb", help="keep the executed notebook")
    add(
        "--report",
        action="store_true",
        help="tell which parts of TensorFlow 1 were used, and what replaces them",
    )
    add(
        "--full-traceback",
        action="store_true",
        help="show the runner's lines in the traceback of an error too",
    )
    return parser


def _run(arguments: list[str], last: bool) -> int:
    parser = _run_parser()
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    given, rest = parser.parse_known_args(arguments[:cut])
    before = arguments[:cut]
    if given.path is not None:
        before = before[: before.index(given.path)]
    if given.path is None or {"-h", "--help"} & set(before):
        parser.print_help()
        return 0 if {"-h", "--help"} & set(before) else 2
    unknown = [each for each in before if each.startswith("-") and each in rest]
    if unknown:
        parser.error(
            f"unknown option {unknown[0]} before {given.path}. Options of the program "
            "come after its name."
        )
    values = vars(given)
    name = values.pop("path")
    try:
        options = Options(**values)
    except ValueError as error:
        parser.error(str(error))
    path = _find(name)
    if path is None:
        return 2
    if _is_binary(path):
        print(
            f"{path} holds binary data, it is no script (.py) or notebook (.ipynb).",
            file=sys.stderr,
        )
        return 2
    notebook = path.suffix == ".ipynb"
    if options.save is not None and not notebook:
        parser.error(
            f"--save is for notebooks. Received: {name}. An option --save of the "
            "program itself stands after `--`."
        )
    try:
        options.check_places()
    except OSError as error:
        parser.error(f"cannot write to {error.filename}: {error.strerror}")
    program = [*rest, *arguments[cut + 1 :]]
    try:
        if notebook:
            return _run_notebook(path, program, options, last)
        from legacy_tf1.runner import script

        return script.run(path, program, options, last=last)
    except OSError as error:
        if error.filename is None or Path(error.filename) != path:
            raise
        print(f"Cannot read {path}: {error.strerror}.", file=sys.stderr)
        return 2


def _run_notebook(
    path: Path, arguments: list[str], options: Options, last: bool
) -> int:
    from legacy_tf1.runner import notebook

    try:
        return notebook.run(path, arguments, options, last=last)
    except notebook.NotANotebookError as error:
        print(error, file=sys.stderr)
        return 2


def _is_binary(path: Path) -> bool:
    """Whether a file holds what no text has; one that cannot be read is told later."""
    try:
        with path.open("rb") as file:
            return b"\0" in file.read(1024)
    except OSError:
        return False


def _find(name: str) -> Path | None:
    """The file that is meant by a path or the name of a lecture."""
    from legacy_tf1 import lectures

    path, scripts = Path(name), lectures.catalogue()
    if path.is_file():
        return path
    if name in scripts:
        return scripts[name][0]
    if path.is_dir() and (path / "__main__.py").is_file():
        return path / "__main__.py"
    if path.is_dir():
        scripts_in = sorted(file.name for file in path.glob("*.py"))[:5]
        print(
            f"{name} is a folder. Name a script or notebook in it"
            f"{': ' if scripts_in else '.'}{', '.join(scripts_in)}",
            file=sys.stderr,
        )
        return None
    if path.parent.is_dir():
        files = [*path.parent.glob("*.py"), *path.parent.glob("*.ipynb")]
    else:
        files = []
    known = [*scripts, *(str(file) for file in files)]
    close = difflib.get_close_matches(name, known, n=3)
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    print(
        f"There is neither a file nor a lecture {name}.{hint} "
        "`python -m legacy_tf1 list` shows the lectures.",
        file=sys.stderr,
    )
    return None


def _list() -> int:
    from legacy_tf1 import lectures

    scripts = lectures.catalogue()
    width = max(map(len, scripts))
    for name, (_, line) in scripts.items():
        print(f"{name:{width}}  {line}")
    print("\nRun one: python -m legacy_tf1 run", next(iter(scripts)))
    return 0


def _explain(name: str) -> int:
    path = _find(name)
    if path is None:
        return 2
    if _is_binary(path):
        print(
            f"{path} holds binary data, it is no script (.py) or notebook (.ipynb).",
            file=sys.stderr,
        )
        return 2
    from legacy_tf1.explain import explain

    try:
        print(explain(path))
    except SyntaxError as error:
        from legacy_tf1.runner import errors

        return errors.status(error.with_traceback(None))
    return 0
