"""Warnings that point at the user's line, however deep the code is that warns."""

from __future__ import annotations

import os
import sys
import warnings

# Where the code lies that a user's call goes through: `fit` of Keras, its callbacks,
# the guards around TensorFlow's functions.
_INNER = ("keras", "tensorflow", __name__.partition(".")[0])


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warns in the name of the first caller outside of tfkit, Keras and TensorFlow.

    `stacklevel` counts frames, and how many lie between a callback and the `fit` of the
    user depends on what trains. (`skip_file_prefixes` came with Python 3.12.)

    Args:
        message: What is wrong, and what to do.
        category: Kind of the warning.

    Example:
        >>> with warnings.catch_warnings(record=True, action="always") as caught:
        ...     warn("The cost rises.")
        >>> [(str(each.message), each.category.__name__) for each in caught]
        [('The cost rises.', 'UserWarning')]
    """
    level, frame = 2, sys._getframe(1)
    while _is_inner(frame.f_code.co_filename) and frame.f_back is not None:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def _is_inner(file: str) -> bool:
    return file.startswith(_folders())


def _folders() -> tuple[str, ...]:
    """Folders of the packages that are loaded."""
    modules = (sys.modules.get(name) for name in _INNER)
    files = (getattr(module, "__file__", None) for module in modules)
    return tuple(os.path.join(os.path.dirname(f), "") for f in files if f)
