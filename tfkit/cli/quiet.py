"""Importing TensorFlow without its start-up notes, and without what no command uses."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from tfkit import _imports

# What TensorFlow says on every machine without a GPU. The C++ side writes it before its
# logging reads TF_CPP_MIN_LOG_LEVEL, straight to file descriptor 2.
_NOTES = re.compile(
    rb"All log messages before absl::InitializeLog"
    rb"|cudart_stub\.cc|cpu_feature_guard\.cc|port\.cc:\d+\] oneDNN"
    rb"|To enable the following instructions"
)


# Whether this process is a command and nothing else; `tfkit.cli.main` finds out.
own_process = False


@contextmanager
def tensorflow_import() -> Iterator[None]:
    """Drops TensorFlow's start-up notes from standard error; the rest passes through.

    In a process of its own a command imports them without pandas, SciPy and IPython,
    which they can do without (`tfkit._imports.lean`).

    Example:
        >>> with tensorflow_import():
        ...     import tensorflow
    """
    # C++ libraries read it when they load. Without errors, too: on a machine without a
    # GPU the search for one is logged as an error; and what fails raises an exception.
    _imports.set_log_level("3")
    sys.stderr.flush()
    original = os.dup(2)
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            with _imports.lean() if own_process else nullcontext():
                yield
        finally:
            sys.stderr.flush()
            os.dup2(original, 2)
            os.close(original)
            caught.seek(0)
            for line in caught:
                if not _NOTES.search(line):
                    os.write(2, line)
