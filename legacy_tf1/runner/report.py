"""`--report`: what of TensorFlow 1 a program used, and what replaces it today."""

from __future__ import annotations

import logging
import operator
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def told() -> Iterator[None]:
    """Records what the program uses while it lasts, and tells it on standard error."""
    import legacy_tf1.tensorflow  # noqa: F401 - what is to be recorded
    from legacy_tf1.compat import usage

    heard = _Heard()
    logger = logging.getLogger("tensorflow")
    logger.addHandler(heard)
    show = warnings.showwarning

    def showwarning(message: Any, category: Any, *args: Any, **kwargs: Any) -> None:
        heard.add(f"{category.__name__}: {message}")
        show(message, category, *args, **kwargs)

    warnings.showwarning = showwarning
    usage.record()
    try:
        yield
    finally:
        warnings.showwarning = show
        logger.removeHandler(heard)
        sys.stdout.flush()
        print(text(usage.used(), list(heard.messages)), file=sys.stderr)


def text(uses: Any, messages: list[str]) -> str:
    """Returns the report as it is printed.

    Args:
        uses: Objects with `name`, `count`, `since` and `today`, in order of first use.
        messages: The warnings that were given, each once.

    Example:
        >>> text([], ["UserWarning: slow"]).splitlines()[-1]
        '  UserWarning: slow'
    """
    lines = ["", f"TensorFlow 1 in this program: {'' if uses else 'nothing.'}".rstrip()]
    width = max((len(use.name) for use in uses), default=0)
    for use in uses:
        today = use.today or _without_entry(use.name)
        since = f" (gone since {use.since})" if use.since else ""
        lines.append(f"  {use.name:{width}} {use.count:5}x  {today}{since}")
    if messages:
        lines += ["Warnings:", *(f"  {message}" for message in messages)]
    return "\n".join(lines)


def _without_entry(name: str) -> str:
    """What is said of a name that the catalogue does not have, as "tf.matmul"."""
    import tensorflow

    path = name.removeprefix("tf.")
    try:
        today = operator.attrgetter(path)(tensorflow)
    except AttributeError:
        return f"tf.compat.v1.{path}"
    try:
        then = operator.attrgetter(path)(tensorflow.compat.v1)
    except AttributeError:
        then = None
    return "the same" if today is then else "the same name, other arguments"


class _Heard(logging.Handler):
    """Keeps TensorFlow's warnings, each once."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: dict[str, None] = {}  # an ordered set

    def emit(self, record: logging.LogRecord) -> None:
        # "From FILE:LINE: NAME (from MODULE) is deprecated and will be removed ..."
        message = record.getMessage().partition("\n")[0]
        self.add(re.sub(r"^From \S+:\d+: ", "", message))

    def add(self, message: str) -> None:
        self.messages[message.partition("\n")[0]] = None
