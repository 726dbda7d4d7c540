"""What may fail beside a training without undoing it."""

from __future__ import annotations

import re
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from tfkit.callbacks.events.writer import EventsLostWarning

#: Keras and TensorFlow add graphs and stacks to their messages.
_LONGEST_REASON = 300


class Failures:
    """Catches what fails, so that the training keeps its result, and tells of it once.

    Example:
        >>> failures = Failures()
        >>> with failures.caught("the error of the dev data", "Look at `dev_data`."):
        ...     raise ValueError("no label")
        >>> with warnings.catch_warnings(record=True, action="always") as warned:
        ...     failures.tell()
        >>> print(warned[0].message)
        TensorBoard lacks the error of the dev data (ValueError: no label). Look at
        `dev_data`. The training and all other events are not affected.
    """

    def __init__(self) -> None:
        self._new: list[tuple[str, str, Exception]] = []
        self._told: set[str] = set()

    @contextmanager
    def caught(self, what: str, remedy: str) -> Iterator[None]:
        """Catches any exception inside. May be used in the thread that writes.

        Args:
            what: What is lacking after it, with its article.
            remedy: What to do, in a sentence.
        """
        try:
            yield
        except Exception as error:
            self._new.append((what, remedy, error))

    def tell(self) -> None:
        """Warns of what failed since the last time, in one warning.

        What has been told is not told again.
        """
        failed, self._new = self._new, []
        # By reason, since one reason often stops several things.
        groups: dict[str, dict[str, str]] = {}
        for what, remedy, error in failed:
            if what not in self._told:
                self._told.add(what)
                groups.setdefault(_reason(error), {})[what] = remedy
        if not groups:
            return
        lacking = "; and ".join(f"{_listed(w)} ({why})" for why, w in groups.items())
        remedies = dict.fromkeys(r for whats in groups.values() for r in whats.values())
        warnings.warn(
            f"TensorBoard lacks {lacking}. {' '.join(remedies)} "
            "The training and all other events are not affected.",
            EventsLostWarning,
            stacklevel=2,
        )

    def forget(self) -> None:
        """Begins afresh, for another training."""
        self._new, self._told = [], set()


def _listed(whats: dict[str, str]) -> str:
    *most, last = whats
    return f"{', '.join(most)} and {last}" if most else last


def _reason(error: Exception) -> str:
    # Keras colours its messages for terminals.
    text = re.sub(r"\x1b\[[\d;]*m", "", str(error))
    text = " ".join(text.split()).removesuffix(".")
    text = textwrap.shorten(text, _LONGEST_REASON, placeholder=" ...")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
