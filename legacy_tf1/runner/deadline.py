"""Stops a program politely: as Ctrl-C does, and harder where that does not help."""

from __future__ import annotations

import os
import signal
import sys
import threading

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
    """

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.passed = False

    def __enter__(self) -> Deadline:
        if self._seconds is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def tell(self) -> None:
        """Says that the program was stopped."""
        sys.stdout.flush()
        message = f"Stopped after {self._seconds:g} seconds (--max-seconds)."
        print(message, file=sys.stderr, flush=True)

    def _watch(self) -> None:
        wait = self._seconds
        for _ in range(2):
            if self._over.wait(wait):
                return
            self.passed = True
            _interrupt()
            wait = _GRACE_SECONDS
        if not self._over.wait(wait):
            self.tell()
            os._exit(STATUS)


def _interrupt() -> None:
    """As Ctrl-C: wakes the main thread even while it sleeps."""
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, signal.SIGINT)
    else:  # Windows
        signal.raise_signal(signal.SIGINT)
