"""What surrounds a program while it runs, and is as before when it has ended."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType

from legacy_tf1.runner import own_modules
from legacy_tf1.runner.options import Options


@contextmanager
def prepared(
    folder: Path, arguments: Sequence[str], options: Options
) -> Iterator[ModuleType]:
    """Makes the process the program's: `sys.argv`, `sys.path`, `__main__`, options.

    Args:
        folder: The program's folder.
        arguments: `sys.argv`.
        options: What is asked of the run.

    Yields:
        The empty module `__main__`.
    """
    # What TensorFlow 2 says of processors and missing graphics cards, TensorFlow 1
    # did not.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main = ModuleType("__main__")
    before, argv, folder_before = sys.modules["__main__"], sys.argv, Path.cwd()
    with ExitStack() as stack:
        stack.enter_context(_scalars_print_as_then())
        stack.enter_context(own_modules.installed(folder))
        if options.pictures is not None:
            from legacy_tf1.runner import pictures

            stack.enter_context(pictures.kept(options.pictures))
        if options.logdir is not None:
            from legacy_tf1.runner import logdir

            stack.enter_context(logdir.redirected(options.logdir))
        if options.seed is not None:
            from legacy_tf1.runner import seed

            stack.enter_context(seed.given(options.seed))
        if options.report:
            from legacy_tf1.runner import report

            stack.enter_context(report.told())
        sys.modules["__main__"] = main
        sys.argv = list(arguments)
        try:
            yield main
        finally:
            sys.modules["__main__"], sys.argv = before, argv
            os.chdir(folder_before)


@contextmanager
def _scalars_print_as_then() -> Iterator[None]:
    """NumPy 2 prints [np.float32(0.5)] where NumPy 1 printed [0.5]."""
    import numpy as np

    before = np.get_printoptions()["legacy"]
    np.set_printoptions(legacy="1.25")
    try:
        yield
    finally:
        np.set_printoptions(legacy=before)
