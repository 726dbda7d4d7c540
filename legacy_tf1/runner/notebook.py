"""Runs an unmodified TensorFlow-1 notebook, cell by cell, in this process."""

from __future__ import annotations

import ast
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, TextIO

import nbformat
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type

from legacy_tf1.compat import objects
from legacy_tf1.runner import deadline, environment, errors, imports, python2, source
from legacy_tf1.runner.options import Options

__all__ = ["NotANotebookError", "run"]

#: Magics of places that are not here, for which there is nothing to do.
_SILENT = {"tensorflow_version"}
# A notebook's packages are not to be installed over those of today.
_INSTALLS = re.compile(r"\s*(sudo\s+)?(pip3?|conda|apt|apt-get)\s+(-\S+\s+)*install\b")


class NotANotebookError(ValueError):
    """A file that was to be run as a notebook, and is none."""


def run(
    path: str | os.PathLike[str],
    arguments: Sequence[str] = (),
    options: Options | None = None,
    *,
    last: bool = False,
) -> int:
    """Executes a notebook's cells, with TensorFlow 1 for their `import tensorflow`.

    What the cells print and show is printed as it comes. An unknown magic is told and
    passed over; a command (`!...`) that fails does not stop the notebook, and one that
    installs packages is not executed.

    Args:
        path: The notebook, of format 3 or 4, of Python 3 or Python 2.
        arguments: What follows the notebook's name in `sys.argv`.
        options: What else is asked of the run.
        last: Whether the process ends with the notebook: see `script.run`.

    Returns:
        0, or 1 if a cell failed, which ends the run; 130 after Ctrl-C, 124 if it was
        stopped by `options.max_seconds`.

    Raises:
        OSError: If the notebook cannot be read, or not saved.
        NotANotebookError: If it is none.
    """
    options = options or Options()
    options.check_places()
    path = Path(path)
    notebook = _read(path)
    saved = options.save
    if saved is not None:
        saved = saved.absolute()  # the notebook may change the working directory
    limit = deadline.Deadline(options.max_seconds, last=last)
    folder, argv = path.resolve().parent, [str(path), *arguments]
    try:
        with (
            environment.prepared(folder, argv, options, last=last) as main,
            _shell(main, is_python2(notebook)) as shell,
            limit,
        ):
            status = _cells(notebook, shell, limit, full=options.full_traceback)
    finally:
        if saved is not None:
            nbformat.write(notebook, saved)
    if limit.passed:
        limit.tell()
        return deadline.STATUS
    return status


def _read(path: Path) -> nbformat.NotebookNode:
    data = path.read_bytes()
    try:
        notebook = nbformat.reads(data.decode("utf-8"), as_version=4)
    except (nbformat.reader.NotJSONError, UnicodeDecodeError) as error:
        raise NotANotebookError(f"{path} is not a notebook: it is not JSON.") from error
    except (nbformat.ValidationError, AttributeError, KeyError, TypeError) as error:
        reason = str(error).partition("\n")[0]
        raise NotANotebookError(f"{path} is not a notebook: {reason}.") from error
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def is_python2(notebook: nbformat.NotebookNode) -> bool:
    """Tells whether a notebook is Python 2, by what it says or by its cells.

    Args:
        notebook: Of format 4.
    """
    language = notebook.metadata.get("language_info", {}).get("version", "")
    kernel = notebook.metadata.get("kernelspec", {}).get("name", "")
    if language or kernel in {"python2", "python3"}:
        return language.startswith("2") or (not language and kernel == "python2")
    code = [
        _without_magics(cell.source)
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]
    return any(_only_python2(each) for each in code)


def _without_magics(cell: str) -> str:
    from IPython.core.inputtransformer2 import TransformerManager

    return TransformerManager().transform_cell(cell)


def _only_python2(code: str) -> bool:
    try:
        return source.parse(code, "<cell>")[1]
    except SyntaxError:
        return False


def _cells(
    notebook: nbformat.NotebookNode, shell: _Shell, limit: Any, *, full: bool
) -> int:
    """Executes the cells until one fails; returns the exit status."""
    number = 0
    for cell in notebook.cells:
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        number += 1
        cell.execution_count = number
        shell.outputs = cell.outputs
        ended = shell.execute(cell.source, number)
        if ended is None:
            continue
        if isinstance(ended, SystemExit):
            return errors.status(ended)
        if limit.passed and isinstance(ended, KeyboardInterrupt):
            return deadline.STATUS
        told = errors.text(ended, full=full)
        cell.outputs.append(
            nbformat.v4.new_output(
                "error",
                ename=type(ended).__name__,
                evalue=str(ended),
                traceback=told.splitlines(),
            )
        )
        sys.stdout.flush()
        print(told, end="", file=sys.stderr)
        return 130 if isinstance(ended, KeyboardInterrupt) else 1
    return 0


class _Compiler(CachingCompiler):
    """Names a cell by its number in the notebook: tracebacks show it."""

    cell = 0

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        return f"<cell {self.cell}>"

    def format_code_name(self, name: str) -> tuple[str, str] | None:
        return ("Cell", name)


class _Hook(DisplayHook):
    """Prints a cell's last value, and keeps it as an output."""

    shell: _Shell

    def __call__(self, result: Any = None) -> None:
        if result is None or self.quiet():
            return
        data, metadata = self.compute_format_data(result)
        self.update_user_ns(result)
        self.shell.keep(
            "execute_result",
            data=data,
            metadata=metadata,
            execution_count=self.shell.compile.cell,
        )


class _Publisher(DisplayPublisher):
    """Prints what a cell displays, and keeps it as an output."""

    shell: _Shell

    def publish(
        self, data: Any, metadata: Any = None, source: Any = None, **_: Any
    ) -> None:
        self.shell.keep("display_data", data=data, metadata=metadata or {})

    def clear_output(self, wait: bool = False) -> None:
        self.shell.outputs.clear()


class _Stream(io.TextIOBase):
    """Passes on what is written, and keeps it."""

    def __init__(self, shell: _Shell, name: str, to: TextIO) -> None:
        self._shell, self._name, self._to = shell, name, to

    def write(self, text: str) -> int:
        self._to.write(text)
        self._shell.keep_text(self._name, text)
        return len(text)

    def flush(self) -> None:
        self._to.flush()

    def fileno(self) -> int:
        return self._to.fileno()

    def isatty(self) -> bool:
        return False

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"


class _Shell(InteractiveShell):
    """IPython in this process: without a terminal, kernel, history or configuration."""

    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)
    compiler_class = Type(_Compiler)

    def __init__(self, **kwargs: Any) -> None:
        self.outputs: list[Any] = []
        self.names: Any = None
        super().__init__(**kwargs)

    def init_history(self) -> None:
        """Keeps the history in memory; the user's is not touched."""
        self.config.HistoryManager.hist_file = ":memory:"
        super().init_history()

    def enable_gui(self, gui: Any = None) -> None:
        """Nothing: figures are outputs of cells."""

    def execute(self, cell: str, number: int) -> BaseException | None:
        """Runs a cell and returns what it raised."""
        self.compile.cell = number
        self.user_ns["__builtins__"] = self.names  # %reset drops them
        streams = (
            redirect_stdout(_Stream(self, "stdout", sys.stdout)),
            redirect_stderr(_Stream(self, "stderr", sys.stderr)),
        )
        self.exited: BaseException | None = None
        with streams[0], streams[1]:
            result = self.run_cell(cell, store_history=True)
            sys.stdout.flush()
        error = result.error_before_exec or result.error_in_exec
        return self.exited or error

    def showtraceback(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: the runner prints the error, without its own lines."""
        if isinstance(error := sys.exc_info()[1], SystemExit):
            self.exited = error

    showsyntaxerror = showindentationerror = showtraceback

    def keep(self, kind: str, **parts: Any) -> None:
        """Prints an output and adds it to the cell's."""
        text = parts["data"].get("text/plain", "")
        # A figure's text is <Figure size 640x480 ...>, which tells nobody anything.
        if not any(name.startswith("image/") for name in parts["data"]):
            print(text, file=self._printed())
        self.outputs.append(nbformat.v4.new_output(kind, **_as_json(parts)))

    def _printed(self) -> TextIO:
        stream = sys.stdout
        return stream._to if isinstance(stream, _Stream) else stream

    def keep_text(self, name: str, text: str) -> None:
        """Adds printed text to the cell's outputs."""
        last = self.outputs[-1] if self.outputs else None
        if last is not None and last.output_type == "stream" and last.name == name:
            last.text += text
        elif text:
            self.outputs.append(nbformat.v4.new_output("stream", name=name, text=text))

    def system(self, cmd: str) -> None:
        """`!command`: a failure does not stop the notebook."""
        if _INSTALLS.match(cmd):
            print(f"Passed over, for it installs packages: !{cmd}", file=sys.stderr)
            return
        done = subprocess.run(
            self.var_expand(cmd, depth=1),
            shell=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        print(done.stdout, end="")
        self.user_ns["_exit_code"] = done.returncode

    def run_line_magic(self, name: str, line: str, _stack_depth: int = 1) -> Any:
        """A magic that is not known is told and passed over."""
        if name in {"pip", "conda"} and "install" in shlex.split(line, posix=False):
            print(f"Passed over, for it installs packages: %{name}", file=sys.stderr)
            return None
        if name in _SILENT:
            return None
        if name == "matplotlib":
            line = "inline"
        if name in {"load_ext", "reload_ext"}:
            return self._load(name, line)
        if self.find_line_magic(name) is None:
            print(f"Passed over, for it is not known: %{name} {line}", file=sys.stderr)
            return None
        return super().run_line_magic(name, line, _stack_depth + 1)

    def _load(self, name: str, line: str) -> Any:
        try:
            return super().run_line_magic(name, line, 2)
        except ModuleNotFoundError:
            print(f"Passed over, for it is not here: %{name} {line}", file=sys.stderr)
            return None

    def run_cell_magic(self, name: str, line: str, cell: str) -> Any:
        """A magic that is not known is told, and its cell passed over."""
        if self.find_cell_magic(name) is None:
            print(f"Passed over, for it is not known: %%{name} {line}", file=sys.stderr)
            return None
        return super().run_cell_magic(name, line, cell)


def _as_json(parts: dict[str, Any]) -> dict[str, Any]:
    """Outputs with their bytes as base64, as notebooks keep them."""
    from base64 import b64encode

    data = {
        name: b64encode(value).decode("ascii") if isinstance(value, bytes) else value
        for name, value in parts["data"].items()
    }
    return {**parts, "data": data}


class _AsThen(ast.NodeTransformer):
    """What is done to a script's syntax tree, for cells."""

    def __init__(self, is_python2: bool) -> None:
        self._python2 = is_python2
        self._true_division = False

    def visit_Module(self, node: ast.Module) -> ast.Module:
        if self._python2:
            self._true_division |= python2.has_true_division(node)
            node = python2.transformed(node, true_division=self._true_division)
        return objects.transformed(node)


def _to_python3(lines: list[str]) -> list[str]:
    text = "".join(lines)
    converted = python2.convert(text, "<cell>")
    return lines if converted is None else converted.splitlines(keepends=True)


@contextmanager
def _shell(main: Any, is_python2: bool) -> Iterator[_Shell]:
    """An IPython whose cells are TensorFlow 1."""
    with tempfile.TemporaryDirectory() as folder:
        before = os.environ.get("IPYTHONDIR"), sys.displayhook, sys.excepthook
        os.environ["IPYTHONDIR"] = folder
        shell = _Shell.instance(user_module=main)
        try:
            shell.names = imports.cell_builtins(shell, python2=is_python2)
            shell.ast_transformers.append(_AsThen(is_python2))
            if is_python2:
                shell.input_transformers_post.append(_to_python3)
            yield shell
        finally:
            if "matplotlib.pyplot" in sys.modules:
                # What `%matplotlib inline` has turned on.
                import matplotlib.pyplot as plt

                plt.close("all")
                plt.ioff()
            if shell.history_manager is not None:
                shell.history_manager.end_session()
            _Shell.clear_instance()
            _, sys.displayhook, sys.excepthook = before
            os.environ.pop("IPYTHONDIR")
            if before[0] is not None:
                os.environ["IPYTHONDIR"] = before[0]
