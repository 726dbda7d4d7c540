"""Stops a program politely: as Ctrl-C does, and harder where that does not help."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

from legacy_tf1.runner import errors

#: The status of coreutils' `timeout`.
STATUS = 124
# Long enough to save a model in a `finally`.
_GRACE_SECONDS = 10.0


class Deadline:
    """Interrupts the main thread after some seconds.

    The program gets a `KeyboardInterrupt`, so that its `finally` and `with` blocks run;
    another one ten seconds later if it still runs; and ten seconds later the process
    ends.

    Args:
        seconds: From entering the context; None for no limit.
        last: Whether the process ends with the program. Then the limit holds for the
            program's threads too, which may run on after its main part.
    """

    def __init__(self, seconds: float | None, *, last: bool = False) -> None:
        self._seconds, self._last = seconds, last
        self._over, self._ended = threading.Event(), False
        self._lock = threading.Lock()
        self._told = False
        self.passed = False

    def __enter__(self) -> Deadline:
        if self._seconds is not None:
            _hear_interrupts(lambda: self.passed)
            threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._ended = True
        if not self._last:
            self._over.set()

    def tell(self) -> None:
        """Says that the program was stopped."""
        if not self._told:
            self._told = True
            errors.flush()
            message = f"Stopped after {self._seconds:g} seconds (--max-seconds)."
            print(message, file=sys.stderr, flush=True)

    def _watch(self) -> None:
        wait = self._seconds
        for _ in range(2):
            if self._over.wait(wait):
                return
            with self._lock:
                self.passed = True
                if self._ended:
                    break
                _interrupt()
            wait = _GRACE_SECONDS
        else:
            if self._over.wait(wait):
                return
        self.tell()
        os._exit(STATUS)


def _hear_interrupts(wanted: Callable[[], bool]) -> None:
    """Where SIGINT is ignored, as in a shell script's background: only ours are heard."""
    if threading.current_thread() is not threading.main_thread():
        return  # only the main thread may ask to be called
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:

        def handle(number: int, frame: FrameType | None) -> None:
            if wanted():
                signal.default_int_handler(number, frame)

        signal.signal(signal.SIGINT, handle)


def _interrupt() -> None:
    """As Ctrl-C: wakes the main thread even while it sleeps."""
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, signal.SIGINT)
    else:  # Windows
        signal.raise_signal(signal.SIGINT)
