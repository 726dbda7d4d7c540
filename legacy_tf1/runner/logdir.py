"""`--logdir`: event files go to a folder of the user's choice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any


def inside(folder: Path, asked: str) -> Path:
    """Returns where event files go that the program wants elsewhere.

    Runs that the program tells apart stay apart: a relative path is kept below
    `folder`, of an absolute one the last part.

    Example:
        >>> inside(Path("events"), "./logs/train").as_posix()
        'events/logs/train'
        >>> inside(Path("events"), "/tmp/mnist/logs").as_posix()
        'events/logs'
    """
    path = PurePath(asked)
    parts = path.parts[-1:] if path.is_absolute() else path.parts
    return folder.joinpath(*(part for part in parts if part not in {"..", "/"}))


@contextmanager
def redirected(folder: Path) -> Iterator[None]:
    """While it lasts, `tf.summary.FileWriter` writes below a folder.

    Args:
        folder: Made when the first writer is.
    """
    import tensorflow.compat.v1 as tf

    import legacy_tf1.tensorflow as face

    class FileWriter(tf.summary.FileWriter):
        """`tf.summary.FileWriter`, below the folder that the run was given."""

        def __init__(self, logdir: Any, *args: Any, **kwargs: Any) -> None:
            super().__init__(str(inside(folder, str(logdir))), *args, **kwargs)

    places = ((face.summary, "FileWriter"), (face.train, "SummaryWriter"))
    before = [(module, name, vars(module).get(name)) for module, name in places]
    for module, name in places:
        setattr(module, name, FileWriter)
    try:
        yield
    finally:
        for module, name, value in before:
            if value is None:
                delattr(module, name)
            else:
                setattr(module, name, value)
