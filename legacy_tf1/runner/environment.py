"""What surrounds a program while it runs, and is as before when it has ended."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import ModuleType

from legacy_tf1.runner import imports, own_modules
from legacy_tf1.runner.options import Options


@contextmanager
def prepared(
    folder: Path, arguments: Sequence[str], options: Options, *, last: bool = False
) -> Iterator[ModuleType]:
    """Makes the process the program's: `sys.argv`, `sys.path`, `__main__`, options.

    Args:
        folder: The program's folder.
        arguments: `sys.argv`.
        options: What is asked of the run.
        last: Whether the process ends with the program. Then it is as before only when
            the program's threads and exit handlers have ended.

    Yields:
        The empty module `__main__`.
    """
    # What TensorFlow 2 says of processors and missing graphics cards, TensorFlow 1
    # did not.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main = ModuleType("__main__")
    imports.forget_builtins()
    with ExitStack() as stack:
        lasting = stack
        if last:
            lasting = ExitStack()
            # Handlers are called in reverse: the program's come first.
            atexit.register(lasting.close)
        lasting.enter_context(_scalars_print_as_then())
        lasting.enter_context(own_modules.installed(folder))
        if options.pictures is not None:
            from legacy_tf1.runner import pictures

            stack.enter_context(pictures.kept(options.pictures))
        if options.logdir is not None or options.seed is not None:
            # First: it drops TensorFlow 2's notes when it imports it.
            import legacy_tf1.tensorflow  # noqa: F401
        if options.logdir is not None:
            from legacy_tf1.runner import logdir

            lasting.enter_context(logdir.redirected(options.logdir))
        if options.seed is not None:
            from legacy_tf1.runner import seed

            lasting.enter_context(seed.given(options.seed))
        if options.report:
            from legacy_tf1.runner import report

            stack.enter_context(report.told())
        lasting.enter_context(_as_main(main, arguments))
        yield main


@contextmanager
def _as_main(main: ModuleType, arguments: Sequence[str]) -> Iterator[None]:
    before, argv, folder = sys.modules["__main__"], sys.argv, Path.cwd()
    sys.modules["__main__"], sys.argv = main, list(arguments)
    try:
        yield
    finally:
        sys.modules["__main__"], sys.argv = before, argv
        # The program may have removed it.
        with suppress(OSError):
            os.chdir(folder)


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
