"""The first import of TensorFlow without the notes that TensorFlow 1 did not write."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

# What TensorFlow 2 says of processors and missing graphics cards. Its C++ side writes
# it before its logging reads TF_CPP_MIN_LOG_LEVEL, straight to file descriptor 2.
_NOTES = re.compile(
    rb"All log messages before absl::InitializeLog"
    rb"|cudart_stub\.cc|cpu_feature_guard\.cc|port\.cc:\d+\] oneDNN"
    rb"|To enable the following instructions"
)


@contextmanager
def tensorflow_import() -> Iterator[None]:
    """Drops TensorFlow's start-up notes from standard error; the rest passes through.

    Example:
        >>> with tensorflow_import():
        ...     import tensorflow
    """
    # C++ libraries read it when they load; the search for a graphics card is an error.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        original = os.dup(2)
    except OSError:  # closed: nothing is written there
        yield
        return
    if sys.stderr is not None:
        sys.stderr.flush()
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(original, 2)
            os.close(original)
            caught.seek(0)
            for line in caught:
                if not _NOTES.search(line):
                    os.write(2, line)
