"""TensorFlow's profiler, for a stretch of training steps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class Profiler:
    """Profiles the calls in which the steps `first` to `last` of a training lie.

    Args:
        steps: `(first, last)`, counted from 1, or None for no profile.
        folder: Where the profile goes.

    Raises:
        ValueError: Unless 1 <= first <= last.
    """

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

    def before(self, step: int) -> None:
        """Starts, if a call that begins after `step` steps may hold the first one."""
        if self._steps is None or self._runs or self._done:
            return
        # How long the call is, nobody knows yet; one that lies before costs little.
        if step + 1 >= self._steps[0]:
            self._start()

    def after(self, step: int) -> None:
        """Stops, if the last one lies in the first `step` steps."""
        if self._steps is None:
            return
        if not self._runs and not self._done and step >= self._steps[0] - 1:
            self._start()
        if self._runs and step >= self._steps[1]:
            self.stop()

    def stop(self) -> None:
        """Stops, if it runs."""
        if self._runs:
            import tensorflow as tf

            self._runs, self._done = False, True
            tf.profiler.experimental.stop()

    def _start(self) -> None:
        import tensorflow as tf

        self._runs = True
        tf.profiler.experimental.start(str(self._folder / "train"))
