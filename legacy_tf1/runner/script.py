"""Runs an unmodified TensorFlow-1 script."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from legacy_tf1.runner import deadline, environment, errors, imports, source
from legacy_tf1.runner.options import Options

__all__ = ["run"]


def run(
    path: str | os.PathLike[str],
    arguments: Sequence[str] = (),
    options: Options | None = None,
    *,
    last: bool = False,
) -> int:
    """Executes a script as `__main__`, with TensorFlow 1 for its `import tensorflow`.

    It sees what `python script.py` shows it: its own folder first on `sys.path`, its
    arguments in `sys.argv`, `__file__`, the working directory as it is.

    Args:
        path: The script, of Python 3 or Python 2.
        arguments: What follows the script's name in `sys.argv`.
        options: What else is asked of the run.
        last: Whether the process ends with the program. Then `sys.argv`, `__main__` and
            the rest stay the program's, for its threads and its exit handlers.

    Returns:
        The exit status: the script's own, 1 after an error, 130 after Ctrl-C, 124 if it
        was stopped by `options.max_seconds`.

    Raises:
        OSError: If the script cannot be read.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     script = Path(folder, "half.py")
        ...     _ = script.write_text("import sys; print 7 / 2; sys.exit(3)")
        ...     status = run(script)
        3
        >>> status
        3
    """
    options = options or Options()
    try:
        program = source.load(Path(path).absolute())
    except SyntaxError as error:
        return errors.status(error.with_traceback(None))
    folder = Path(path).resolve().parent
    ended: BaseException | None = None
    limit = deadline.Deadline(options.max_seconds, last=last)
    argv = [str(path), *arguments]
    with environment.prepared(folder, argv, options, last=last) as main:
        vars(main).update(
            __file__=str(program.path),
            __builtins__=imports.main_builtins(python2=program.python2),
            __cached__=None,
        )
        try:
            with limit:
                exec(program.code, vars(main))
        except BaseException as error:
            ended = error
        if limit.passed and isinstance(ended, KeyboardInterrupt):
            ended = None  # it is the runner's; `tell` says so
        status = errors.status(ended, full=options.full_traceback)
    errors.flush()
    if limit.passed:
        limit.tell()
        return deadline.STATUS
    return status
