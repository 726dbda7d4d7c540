"""Progress of `fit`: a live bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from typing import Any

import keras
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

# Lines of a log file: often enough to see life, seldom enough to stay readable.
_SECONDS_BETWEEN_LINES = 2.0


class ProgressDisplay(keras.callbacks.Callback):
    """Shows the epoch, both costs and the best dev cost so far.

    In a terminal it is one live bar; where there is none (a log file, CI, a pipe) it
    is a plain line for the first and the last epoch, and in between at most one every
    two seconds. Use it with `fit(..., verbose=0)`.

    Args:
        console: Where to print. Default: standard output.

    Example:
        >>> import numpy as np
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(loss="mse")
        >>> x = np.zeros((8, 1), "float32")
        >>> console = Console(width=60)
        >>> history = model.fit(x, x, verbose=0, callbacks=[ProgressDisplay(console)])
        epoch 1/1  loss 0.0000
    """

    def __init__(self, console: Console | None = None) -> None:
        super().__init__()
        self._console = console or Console()
        self._pending = ""
        self._bar: Progress | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Starts the display afresh."""
        self._epochs = self.params.get("epochs") or 1
        self._best = float("inf")
        self._last_line, self._pending = float("-inf"), ""
        self._bar = None
        if self._console.is_terminal:
            self._bar = Progress(
                TextColumn("epoch {task.completed:.0f}/{task.total:.0f}"),
                BarColumn(bar_width=8),
                TimeElapsedColumn(),
                TextColumn("{task.fields[state]}"),
                console=self._console,
            )
            self._task = self._bar.add_task("fit", total=self._epochs, state="")
            self._bar.start()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Shows the epoch's costs."""
        values = {name: float(value) for name, value in (logs or {}).items()}
        self._best = min(self._best, values.get("val_loss", self._best))
        if self._bar is not None:
            state = self._state(values, "dev {:.4f} (best {:.4f})", "acc {:.1f} %")
            self._bar.update(self._task, completed=epoch + 1, state=state)
            return
        state = self._state(
            values, "dev loss {:.4f}  best {:.4f}", "dev accuracy {:.1f} %"
        )
        self._pending = f"epoch {epoch + 1}/{self._epochs}  {state}"
        now = time.monotonic()
        if now - self._last_line >= _SECONDS_BETWEEN_LINES:
            self._print_line()
            self._last_line = now

    def _state(self, values: dict[str, float], cost: str, accuracy: str) -> str:
        """The numbers in words; a bar has to fit them into 80 columns."""
        words = []
        if "loss" in values:
            words.append(f"loss {values['loss']:.4f}")
        if "val_loss" in values:
            words.append(cost.format(values["val_loss"], self._best))
        if "val_accuracy" in values:
            words.append(accuracy.format(100 * values["val_accuracy"]))
        return "  ".join(words)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Ends the bar, or prints the last epoch's line."""
        self.close()

    def close(self) -> None:
        """Ends the display; safe to call again, and after an interruption."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        self._print_line()

    def _print_line(self) -> None:
        if self._pending:
            self._console.print(self._pending, highlight=False, soft_wrap=True)
            self._pending = ""
