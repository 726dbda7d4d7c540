"""Several models from one training: a snapshot at the end of each cosine cycle."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfkit import run_folder
from tfkit.callbacks import _optimizer
from tfkit.callbacks.state import CallbackState, Resumable
from tfkit.ensembles import Ensemble, copy_model


def cyclic_cosine(step: int, learning_rate: float, cycle_steps: int) -> float:
    r"""Returns the cyclic cosine learning rate of one step.

    $$\alpha(t) = \frac{\alpha_0}{2}
      \left(\cos\frac{\pi \bmod(t-1, C)}{C} + 1\right)$$

    Args:
        step: $t - 1$, optimizer steps taken before this one.
        learning_rate: $\alpha_0$, the rate at the start of each cycle.
        cycle_steps: $C = \lceil T/M \rceil$, steps in one cycle.

    Example:
        >>> [round(cyclic_cosine(step, 0.1, 4), 4) for step in range(5)]
        [0.1, 0.0854, 0.05, 0.0146, 0.1]

    Reference:
        Huang et al., 2017, eq. 2, https://arxiv.org/abs/1704.00109
    """
    return (
        learning_rate / 2 * (math.cos(math.pi * (step % cycle_steps) / cycle_steps) + 1)
    )


class SnapshotEnsemble(Resumable, keras.callbacks.Callback):
    r"""Makes `cycles` models in one training, each a minimum of its own.

    The learning rate starts high in every cycle and falls along a cosine to nearly 0,
    step by step (`cyclic_cosine`); at each cycle's end the network sits in a minimum,
    of which a snapshot is taken, and the next high rate drives it out again. The
    average of the snapshots is the ensemble, at the price of one training.

    With `steps_per_execution > 1` the rate can change only between executions. For
    every step its own rate there, and in a compiled epoch, compile the optimizer with
    `SnapshotEnsemble.schedule(...)` and leave `learning_rate` out: this callback then
    only takes the snapshots.

    With `use_ema=True` in the optimizer a snapshot holds the moving averages.

    Args:
        cycles: $M$, number of cycles and of snapshots.
        epochs: Epochs of the whole training, the same as given to `fit`, and a multiple
            of `cycles`, so that each cycle ends with an epoch.
        learning_rate: $\alpha_0$. None: what the optimizer has at the start, a float or
            a schedule of its own.
        steps_per_epoch: Batches in an epoch. None: what `fit` finds out; needed for
            data of unknown length.
        folder: Where snapshots are written, as `snapshot-01.keras`, ...; each file
            appears whole or not at all.
        in_memory: Whether weights are kept in memory. Without it `folder` is needed.

    Raises:
        ValueError: If an argument is out of its range; at the start of training, if
            `epochs` is not what `fit` has, the number of steps is not known, or the
            optimizer's schedule and `learning_rate` exclude each other.

    Example:
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(keras.optimizers.SGD(0.1), loss="mse")
        >>> x = np.ones((4, 1), "float32")
        >>> snapshots = SnapshotEnsemble(2, epochs=4)
        >>> history = model.fit(x, x, epochs=4, callbacks=[snapshots], verbose=0)
        >>> len(snapshots.models())
        2
        >>> snapshots.ensemble().predict(x, verbose=0).shape
        (4, 1)

    Reference:
        Huang et al., 2017, https://arxiv.org/abs/1704.00109; course notes, "Other
        regularization methods" (model ensembles).
    """

    def __init__(
        self,
        cycles: int,
        epochs: int,
        *,
        learning_rate: float | None = None,
        steps_per_epoch: int | None = None,
        folder: str | Path | None = None,
        in_memory: bool = True,
    ) -> None:
        super().__init__()
        _check_cycles(cycles, epochs)
        if learning_rate is not None:
            _check_rate(learning_rate)
        if steps_per_epoch is not None and not _is_positive_int(steps_per_epoch):
            raise ValueError(
                "`steps_per_epoch` must be an int >= 1 (batches in an epoch) or None. "
                f"Received: steps_per_epoch={steps_per_epoch!r}"
            )
        if folder is None and not in_memory:
            raise ValueError(
                "`folder` must be given when snapshots are not kept in memory. "
                "Received: folder=None, in_memory=False"
            )
        if folder is not None:
            run_folder.require_writable(Path(folder))
        self.cycles = cycles
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.steps_per_epoch = steps_per_epoch
        self.folder = None if folder is None else Path(folder)
        self.in_memory = in_memory
        self.reset_state()

    @staticmethod
    def schedule(
        learning_rate: float, *, cycles: int, epochs: int, steps_per_epoch: int
    ) -> keras.optimizers.schedules.CosineDecayRestarts:
        """Returns the same learning rate as a schedule for the optimizer.

        Args:
            learning_rate: The rate at the start of each cycle.
            cycles: Number of cycles.
            epochs: Epochs of the whole training, a multiple of `cycles`.
            steps_per_epoch: Batches in an epoch.
        """
        _check_cycles(cycles, epochs)
        _check_rate(learning_rate)
        return keras.optimizers.schedules.CosineDecayRestarts(
            learning_rate,
            first_decay_steps=epochs // cycles * steps_per_epoch,
            t_mul=1.0,
        )

    def models(self) -> list[Any]:
        """Returns one model per snapshot, oldest first.

        Raises:
            ValueError: If there is no snapshot yet.
        """
        if not self._taken:
            raise ValueError(
                "A snapshot is needed, and there is none. Received: a callback whose "
                f"first cycle of {self.epochs // self.cycles} epochs has not ended. "
                "Use it in `fit` first."
            )
        if self.in_memory:
            return [copy_model(self.model, weights) for weights in self._weights]
        return [keras.models.load_model(path) for path in self.paths]

    def ensemble(self) -> Ensemble:
        """Returns the average of the snapshots as one model."""
        return Ensemble(self.models())

    @property
    def paths(self) -> list[Path]:
        """The files written in this training, oldest first; empty without `folder`."""
        if self.folder is None:
            return []
        return [self.folder / f"snapshot-{cycle:02d}.keras" for cycle in self._taken]

    def reset_state(self) -> None:
        """Forgets the snapshots of the last training; files stay."""
        self._taken: list[int] = []  # cycles, counted from 1
        self._weights: list[list[np.ndarray]] = []
        self._start_rate: float | None = None

    def get_state(self) -> CallbackState:
        """Returns the snapshots in memory, their cycles, and the rate at the start."""
        arrays = {
            f"{n}/{i}": array
            for n, weights in enumerate(self._weights)
            for i, array in enumerate(weights)
        }
        return CallbackState(
            {"taken": [*self._taken], "start_rate": self._start_rate}, arrays
        )

    def load_state(self, state: CallbackState) -> None:
        """Takes over what `get_state` returned."""
        self._taken = list(state.values["taken"])
        self._start_rate = state.values["start_rate"]
        self._weights = []
        if self.in_memory:
            for n in range(len(self._taken)):
                count = sum(key.startswith(f"{n}/") for key in state.arrays)
                self._weights.append([state.arrays[f"{n}/{i}"] for i in range(count)])

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Checks epochs, steps and optimizer before any work."""
        if self.params["epochs"] != self.epochs:
            raise ValueError(
                "`epochs` must be what `fit` has, or cycles would not end with it. "
                f"Received: epochs={self.epochs}, and {self.params['epochs']} in `fit`."
            )
        super().on_train_begin(logs)
        optimizer = self.model.optimizer
        self._sets_rate = self.learning_rate is not None or not (
            hasattr(optimizer, "optimizers") or _optimizer.holds_schedule(optimizer)
        )
        if self._sets_rate:
            _optimizer.require_settable_rate(optimizer, "SnapshotEnsemble")
            if self._start_rate is None:
                self._start_rate = _optimizer.learning_rate(optimizer)
            self._cycle_steps = self.epochs // self.cycles * self._steps()
        copy_model(self.model)  # whether it can be copied must show now, not at the end

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Notes the epoch, from which the step is counted."""
        super().on_epoch_begin(epoch, logs)
        self._epoch = epoch

    def on_train_batch_begin(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Sets the rate of this step."""
        if self._sets_rate:
            step = self._epoch * self._steps() + batch
            peak = self.learning_rate or self._start_rate or 0.0
            self.model.optimizer.learning_rate = cyclic_cosine(
                step, peak, self._cycle_steps
            )

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Takes a snapshot if a cycle has ended."""
        if logs is not None and self._sets_rate:
            logs.setdefault(
                "learning_rate", _optimizer.learning_rate(self.model.optimizer)
            )
        cycle, rest = divmod(epoch + 1, self.epochs // self.cycles)
        if rest == 0:
            self._take_snapshot(cycle)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Gives the optimizer back the rate it had before, not the last one, near 0."""
        if self._sets_rate:
            self.model.optimizer.learning_rate = self._start_rate

    def _take_snapshot(self, cycle: int) -> None:
        weights = _optimizer.final_weights(self.model)
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"snapshot-{cycle:02d}.keras"
            with run_folder.replacing(path) as temporary:
                copy_model(self.model, weights).save(temporary)
        if self.in_memory:
            self._weights.append(weights)
        self._taken.append(cycle)

    def _steps(self) -> int:
        steps = self.steps_per_epoch or self.params["steps"]
        if steps is None:
            raise ValueError(
                "`steps_per_epoch` must be given for data of unknown length. Received: "
                "steps_per_epoch=None"
            )
        return steps


def _check_cycles(cycles: Any, epochs: Any) -> None:
    if not _is_positive_int(cycles):
        raise ValueError(
            "`cycles` must be an int >= 1 (cycles, one snapshot each). "
            f"Received: cycles={cycles!r}"
        )
    if not _is_positive_int(epochs):
        raise ValueError(
            "`epochs` must be an int >= 1 (epochs of the whole training). "
            f"Received: epochs={epochs!r}"
        )
    if epochs % cycles:
        raise ValueError(
            "`epochs` must be a multiple of `cycles`, so that each cycle ends with an "
            f"epoch. Received: epochs={epochs}, cycles={cycles}. "
            f"Use epochs={cycles * max(1, round(epochs / cycles))}."
        )


def _check_rate(learning_rate: Any) -> None:
    if (
        isinstance(learning_rate, bool)
        or not isinstance(learning_rate, int | float)
        or not 0 < learning_rate < math.inf
    ):
        raise ValueError(
            "`learning_rate` must be a finite number > 0 (rate at the start of each "
            f"cycle) or None. Received: learning_rate={learning_rate!r}"
        )


def _is_positive_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
