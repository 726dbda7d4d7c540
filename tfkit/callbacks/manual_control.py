"""A hand on a running training: learning rate, stop, checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import keras

from tfkit import run_folder
from tfkit._warnings import warn
from tfkit.callbacks import _optimizer, control_file


@dataclass(frozen=True)
class RateChange:
    """One change of the learning rate by hand.

    Args:
        epoch: First epoch that began with the new rate, counted from 0.
        step: First optimizer step taken with it, counted from 0.
        before: Learning rate until then.
        after: Learning rate from then on.
    """

    epoch: int
    step: int
    before: float
    after: float


@dataclass(frozen=True)
class Replay:
    """The interventions of one training as a schedule for another.

    Give it to `LearningRateDecay`, or its `per_step()` to an optimizer.

    Args:
        initial: Learning rate at the start.
        changes: What was changed, in order.
        schedule: The decay on which the changes came; None for a constant rate.
    """

    initial: float
    changes: tuple[RateChange, ...]
    schedule: Callable[[int], float] | None = None

    def at_epoch(self, epoch: int) -> float:
        """Returns the learning rate with which this epoch began, counted from 0."""
        changes = [change for change in self.changes if change.epoch <= epoch]
        if self.schedule is None:
            return changes[-1].after if changes else self.initial
        rate = float(self.schedule(epoch))
        for change in changes:
            rate *= change.after / change.before
        return rate

    def per_step(self) -> keras.optimizers.schedules.PiecewiseConstantDecay:
        """Returns a Keras schedule exact to the step, for changes within an epoch.

        Raises:
            ValueError: If there was no change, or a decay besides the changes.
        """
        if self.schedule is not None or not self.changes:
            raise ValueError(
                "`per_step` needs at least one change and no other schedule. Received: "
                f"{len(self.changes)} changes, schedule={self.schedule!r}. "
                "Use LearningRateDecay(replay), which works in every case."
            )
        # Of several changes before one step only the last was ever used.
        after = {change.step: change.after for change in self.changes}
        # PiecewiseConstantDecay keeps the old value up to and including the boundary.
        return keras.optimizers.schedules.PiecewiseConstantDecay(
            [step - 1 for step in after], [self.initial, *after.values()]
        )


class ManualControl(keras.callbacks.Callback):
    """Lets somebody watch one training and step in: "the baby sit model".

    At every epoch's end, and between batches if `every_batches` is given, it looks for
    `control.json` in the run's folder and does what is asked there: set the learning
    rate, stop, save the model to `checkpoints/`. Requests are made with
    `tfkit babysit RUN --learning-rate 3e-4 | --stop | --checkpoint`, with
    `tfkit.callbacks.control_file.request`, or in an editor.

    Every intervention is a line in `interventions.jsonl`: epoch, step, time, what was
    done. `ManualControl.replay` makes a schedule of them, so that the training can be
    repeated without anybody watching.

    A request made before training began is not obeyed, since a stop that the last
    training left behind must not end this one. A request that is not obeyed, cannot be
    understood or carried out gives a warning, and training goes on; all but those that
    cannot be understood are recorded as refused, too, with the reason.

    A change of the rate composes with a `LearningRateDecay`, and with a schedule in an
    optimizer of `tfkit.optimizers`: the decay goes on from the new rate. A stock Keras
    optimizer with a schedule of its own refuses the change.

    Args:
        path: Folder of the run; created when missing.
        every_batches: Also look after every so many batches. None: only at the ends of
            epochs, which leaves whole epochs to the compiled loop.

    Raises:
        ValueError: If `every_batches` is not an int >= 1.
        PermissionError: If the folder cannot be written to.

    Example:
        >>> import tempfile, numpy as np
        >>> from tfkit.callbacks import control_file
        >>> folder = tempfile.mkdtemp()
        >>> def somebody(epoch, logs):
        ...     if epoch == 1:
        ...         control_file.request(folder, learning_rate=0.01)
        >>> watcher = keras.callbacks.LambdaCallback(on_epoch_begin=somebody)
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(keras.optimizers.SGD(0.1), loss="mse")
        >>> x = np.ones((4, 1), "float32")
        >>> callbacks = [watcher, ManualControl(folder)]
        >>> history = model.fit(x, x, epochs=3, callbacks=callbacks, verbose=0)
        >>> replay = ManualControl.replay(folder)
        >>> [round(replay.at_epoch(epoch), 4) for epoch in range(3)]
        [0.1, 0.1, 0.01]

    Reference:
        Course notes, "Hyperparameters tuning in practice: Pandas vs. Caviar".
    """

    def __init__(self, path: str | Path, *, every_batches: int | None = None) -> None:
        super().__init__()
        if every_batches is not None and (
            not isinstance(every_batches, int)
            or isinstance(every_batches, bool)
            or every_batches < 1
        ):
            raise ValueError(
                "`every_batches` must be an int >= 1 (batches between two looks at the "
                f"control file) or None. Received: every_batches={every_batches!r}"
            )
        self.folder = Path(path)
        run_folder.require_writable(self.folder, option="path")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.every_batches = every_batches
        if every_batches is not None:
            # On the instance, because loops look whether a callback has this method at
            # all before they run many batches in one go.
            self.on_train_batch_end = self._after_batch

    @staticmethod
    def replay(path: str | Path, schedule: Any = None) -> Replay:
        """Makes a schedule of the interventions in a training.

        What a later start of the same training (a resume) undid is left out.

        Args:
            path: `interventions.jsonl`, or the run's folder.
            schedule: What `LearningRateDecay` or the optimizer had in that training,
                if there was one: an object with `at_epoch`, or a function of the epoch.

        Raises:
            FileNotFoundError: If there is no such file.
            ValueError: If it holds no start of a training.
        """
        initial: float | None = None
        changes: list[RateChange] = []
        for entry in control_file.interventions(path):
            if entry["event"] == "start":
                changes = [c for c in changes if c.epoch <= entry["epoch"]]
                if entry["epoch"] == 0:
                    changes.clear()
                if not changes:
                    initial = entry["learning_rate"]
            elif entry["event"] == "learning_rate":
                changes.append(
                    RateChange(
                        entry["epoch"] + 1, entry["step"], entry["from"], entry["to"]
                    )
                )
        if initial is None:
            raise ValueError(
                "`path` must hold the start of a training with its learning rate. "
                f"Received: path={str(path)!r}, which has none. An optimizer with its "
                "own schedule needs no replay."
            )
        at_epoch = getattr(schedule, "at_epoch", schedule)
        return Replay(initial, tuple(changes), at_epoch)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Sets aside what was asked of an earlier training."""
        self._started = False
        self._epoch: int | None = None
        self._refused_file: tuple[int, int] | None = None
        for wish in self._take():
            self._refuse(
                _in_words(wish),
                None,
                "It was made before training began; ask again while it trains.",
            )

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Notes the start of the training."""
        self._epoch = epoch
        self._looked_at = 0
        if not self._started:
            self._started = True
            self._log("start", None, learning_rate=self._rate())

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Looks for requests; the logs get the rate that was in force until now."""
        rate = self._rate()
        if logs is not None and rate is not None:
            logs.setdefault("learning_rate", rate)
        self._look(batch=None)

    def _after_batch(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        # With steps_per_execution > 1 this is called once for several batches.
        if batch + 1 - self._looked_at >= (self.every_batches or 1):
            self._looked_at = batch + 1
            self._look(batch)

    def _look(self, batch: int | None) -> None:
        for wish in self._take():
            if wish.learning_rate is not None:
                self._set_rate(wish.learning_rate, batch)
            if wish.checkpoint:
                self._checkpoint(batch)
            if wish.stop:
                self.model.stop_training = True
                self._log("stop", batch)

    def _take(self) -> list[control_file.Request]:
        try:
            return control_file.take(self.folder)
        except filelock.Timeout:
            return []  # next time
        except (ValueError, OSError) as error:
            self._warn_once_a_version(error)
            return []

    def _warn_once_a_version(self, error: Exception) -> None:
        """Warns, but of one and the same faulty file only once."""
        try:
            stat = (self.folder / control_file.CONTROL).stat()
            version = (stat.st_mtime_ns, stat.st_size)
        except OSError:
            version = None
        if version is None or version != self._refused_file:
            self._refused_file = version
            warn(f"Control file ignored: {error}")

    def _set_rate(self, new: float, batch: int | None) -> None:
        optimizer = self.model.optimizer
        old = self._rate()
        try:
            _optimizer.require_settable_rate(optimizer, "ManualControl", composes=True)
            optimizer.learning_rate = new
        except ValueError as error:
            self._refuse(f"learning rate {new}", batch, error)
            return
        self._log("learning_rate", batch, **{"from": old, "to": self._rate()})

    def _checkpoint(self, batch: int | None) -> None:
        folder = self.folder / "checkpoints"
        name = f"epoch-{(self._epoch or 0) + 1:04d}-step-{self._step():06d}.keras"
        try:
            folder.mkdir(exist_ok=True)
            with run_folder.replacing(folder / name) as temporary:
                self.model.save(temporary)
        # A full disk or a part that can't be saved must not end the training; Keras
        # lets through what its parts raise.
        except Exception as error:
            self._refuse("checkpoint", batch, error)
            return
        self._log("checkpoint", batch, path=f"checkpoints/{name}")

    def _refuse(self, what: str, batch: int | None, error: Exception | str) -> None:
        warn(f"Request not carried out: {what}. {error}")
        self._log("refused", batch, request=what, reason=str(error))

    def _log(self, event: str, batch: int | None, **what: Any) -> None:
        entry = {
            "event": event,
            "epoch": self._epoch,
            "batch": batch,
            "step": self._step(),
            "time": control_file.now(),
            **what,
        }
        try:
            control_file.log(self.folder, entry)
        except OSError as error:
            warn(f"Intervention not logged: {entry}. {error}")

    def _rate(self) -> float | None:
        """Returns the rate; None where the optimizer has not got one single rate."""
        optimizer = self.model.optimizer
        if hasattr(optimizer, "optimizers"):
            return None
        return _optimizer.learning_rate(optimizer)

    def _step(self) -> int:
        return _optimizer.step(self.model.optimizer)


def _in_words(wish: control_file.Request) -> str:
    parts = (
        [] if wish.learning_rate is None else [f"learning rate {wish.learning_rate}"]
    )
    parts += ["checkpoint"] if wish.checkpoint else []
    return ", ".join(parts + (["stop"] if wish.stop else []))
