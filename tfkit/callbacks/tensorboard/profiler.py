"""TensorFlow's profiler, for a stretch of training steps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar


class Profiler:
    """Profiles the calls in which the steps `first` to `last` of a training lie.

    Args:
        steps: `(first, last)`, counted from 1, or None for no profile.
        folder: Where the profile goes.

    Raises:
        ValueError: Unless 1 <= first <= last.
    """

    _running: ClassVar[Profiler | None] = None

    def __init__(self, steps: Sequence[int] | None, folder: Path) -> None:
        if steps is not None:
            whole = len(steps) == 2 and all(isinstance(n, int) for n in steps)
            if not whole or not 1 <= steps[0] <= steps[1]:
                raise ValueError(
                    "`profile_batch` must be None or (first, last), two training steps "
                    f"with 1 <= first <= last. Received: profile_batch={steps!r}"
                )
        self._steps, self._folder = steps, folder
        self._runs = self._done = False
        # Steps of a call, as far as is known: those of the last one.
        self._began, self._length = 0, 0

    def before(self, step: int) -> None:
        """Starts, if the call that begins after `step` steps may hold the first one."""
        self._began = step
        if self._steps is None or self._runs or self._done:
            return
        # Nobody knows yet how long the first call is: it may hold any.
        if not self._length or step + self._length >= self._steps[0]:
            self._start()

    def after(self, step: int) -> None:
        """Stops, if the call that ends after `step` steps has held the last one."""
        self._length = max(1, step - self._began)
        if self._steps is None or not self._runs:
            return
        if step >= self._steps[1]:
            self.stop()
        elif step < self._steps[0] and step + self._length < self._steps[0]:
            self._drop()

    def stop(self) -> None:
        """Stops, if it runs."""
        if self._runs:
            import tensorflow as tf

            self._runs, self._done = False, True
            Profiler._running = None
            tf.profiler.experimental.stop()

    def _drop(self) -> None:
        """Stops without a profile: the steps are still to come."""
        import tensorflow as tf

        self._runs, Profiler._running = False, None
        tf.profiler.experimental.stop(save=False)

    def _start(self) -> None:
        import tensorflow as tf

        if Profiler._running is not None:
            # Of a fit that was interrupted. There can be only one.
            Profiler._running.stop()
        self._done = True  # unless it starts: where it can't, it can't a step later
        tf.profiler.experimental.start(str(self._folder / "train"))
        self._runs, self._done, Profiler._running = True, False, self
