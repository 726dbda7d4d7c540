"""Early stopping that NaN, moving averages and restarts do not lead astray."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from numbers import Real
from typing import Any

import keras
import numpy as np

from tfkit.callbacks import _optimizer
from tfkit.callbacks.state import CallbackState, Resumable


@dataclass(frozen=True)
class Curves:
    """The train and the dev curve of one metric, as early stopping saw them.

    Args:
        metric: Name of the metric on the training set, such as `"loss"`.
        epochs: Epochs counted from 0.
        train: Its value on the training set in each of these epochs; NaN where missing.
        dev: Its value on the validation set; NaN where it was not measured.
    """

    metric: str
    epochs: tuple[int, ...]
    train: tuple[float, ...]
    dev: tuple[float, ...]


class EarlyStopping(Resumable, keras.callbacks.EarlyStopping):
    r"""Stops when the dev cost no longer falls, and returns to the best weights.

    Keras's callback, of the same arguments and the same rule: training ends after the
    epoch in which the monitored value has not been better than its best by more than
    `min_delta` for `patience` epochs. What is different:

    - **NaN.** A value that is NaN or infinite counts as no improvement. With Keras's
      callback a NaN in the first epoch stays the "best" value for good.
    - **Missing metric.** An error that lists the names there are, in the first epoch;
      Keras warns and never stops.
    - **Moving averages.** With `use_ema=True` in the optimizer, `fit` ends by putting
      the averages into the model. The averages of the best epoch are then what is kept
      and restored (in the optimizer too); Keras restores the raw weights over them.
      Which epoch is best is decided by the logs: add `keras.callbacks.SwapEMAWeights()`
      to have the validation measured with the averages as well. With
      `swap_on_epoch=True` it must stand *behind* this callback in the list.
    - **Resume.** `get_state()` and `set_state(state)` carry `best`, `wait`, the best
      weights and the curves over a restart, see `CallbackState`.
    - `restore_best_weights` is on by default. Best weights come back also when training
      runs to its last epoch.

    Early stopping couples two tasks, to minimize the cost and not to overfit; the
    course prefers L2 for that reason, but it saves the search for lambda.

    Args:
        monitor: Name in the logs. The best parameters are those of the lowest *dev*
            cost, hence `"val_loss"`.
        min_delta: Smallest change that counts as an improvement, in units of the
            monitored value.
        patience: Epochs without improvement after which training stops.
        verbose: 1 prints the epoch of the stop and the best epoch; 0 nothing.
        mode: `"min"`, `"max"`, or `"auto"`: taken from the metric.
        baseline: Value to be reached; patience runs until it is.
        restore_best_weights: Whether the model ends with its best weights.
        start_from_epoch: First epoch that counts (0 is the first).
        restore_optimizer: Whether the optimizer goes back with the weights: its slots,
            step count and learning rate. For training on from the best epoch.
        validation_freq: What `fit` is given as `validation_freq`, so that a missing
            value is told from one that was not due.

    Attributes:
        best: Best value so far; None before the first finite one.
        best_epoch: Its epoch, counted from 0.
        stopped_epoch: Epoch after which training was stopped, 0 if it was not.
        curves: A `Curves`: train and dev, epoch by epoch.

    Raises:
        ValueError: If an argument is out of its range; after the first epoch, if the
            logs have no `monitor`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x, y = rng.normal(size=(2, 16, 1)).astype("float32")
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(keras.optimizers.SGD(0.5), loss="mse")
        >>> stop = EarlyStopping(patience=2)
        >>> history = model.fit(
        ...     x[:8],
        ...     y[:8],
        ...     epochs=100,
        ...     validation_data=(x[8:], y[8:]),
        ...     callbacks=[stop],
        ...     verbose=0,
        ... )
        >>> len(stop.curves.dev) == stop.stopped_epoch + 1 == stop.best_epoch + 3
        True
        >>> min(stop.curves.dev) == stop.best
        True

    Reference:
        Course notes, "Other regularization methods".
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        *,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = True,
        start_from_epoch: int = 0,
        restore_optimizer: bool = False,
        validation_freq: int | Collection[int] = 1,
    ) -> None:
        _check_arguments(
            monitor, min_delta, patience, verbose, mode, baseline, start_from_epoch
        )
        _check_validation_freq(validation_freq)
        if restore_optimizer and not restore_best_weights:
            raise ValueError(
                "`restore_optimizer` must be False when the weights stay. Received: "
                "restore_optimizer=True, restore_best_weights=False. The optimizer of "
                "one epoch does not fit the weights of another."
            )
        super().__init__(
            monitor=monitor,
            min_delta=min_delta,
            patience=patience,
            verbose=verbose,
            mode=mode,
            baseline=baseline,
            restore_best_weights=restore_best_weights,
            start_from_epoch=start_from_epoch,
        )
        self.restore_optimizer = restore_optimizer
        self.validation_freq = validation_freq
        self.reset_state()

    @property
    def curves(self) -> Curves:
        """The train and the dev curve of the monitored metric."""
        return Curves(
            self.monitor.removeprefix("val_"),
            tuple(self._epochs),
            tuple(self._train),
            tuple(self._dev),
        )

    def reset_state(self) -> None:
        """Forgets the last training."""
        keras.callbacks.EarlyStopping.on_train_begin(self)
        self._best_optimizer: list[np.ndarray] | None = None
        self._epochs: list[int] = []
        self._train: list[float] = []
        self._dev: list[float] = []

    def get_state(self) -> CallbackState:
        """Returns best value, patience used, curves, and the best weights."""
        arrays = {
            **_numbered("weights", self.best_weights),
            **_numbered("optimizer", self._best_optimizer),
        }
        values = {
            "best": self.best,
            "best_epoch": self.best_epoch,
            "wait": self.wait,
            "epochs": self._epochs,
            "train": self._train,
            "dev": self._dev,
        }
        # Copies: the lists grow, the state must not.
        values = {k: [*v] if isinstance(v, list) else v for k, v in values.items()}
        return CallbackState(values, arrays)

    def load_state(self, state: CallbackState) -> None:
        """Takes over what `get_state` returned."""
        self.best = state.values["best"]
        self.best_epoch = state.values["best_epoch"]
        self.wait = state.values["wait"]
        self._epochs = list(state.values["epochs"])
        self._train = list(state.values["train"])
        self._dev = list(state.values["dev"])
        self.best_weights = _listed("weights", state.arrays)
        self._best_optimizer = _listed("optimizer", state.arrays)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Compares with the best epoch so far; stops when patience is used up."""
        if self.monitor_op is None:
            self._set_monitor_op()
        logs = logs or {}
        self._record(epoch, logs)
        current = self._monitored(epoch, logs)
        if current is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self._is_improvement(current, self.best):
            self._keep(current, epoch)
            if self.baseline is None or self._is_improvement(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Restores the best epoch."""
        super().on_train_end(logs)  # prints, and restores the weights
        if self.best_weights is None:
            if self.restore_best_weights and self.verbose:
                print(f"No epoch had a finite {self.monitor}: the weights stay.")
            return
        optimizer = self.model.optimizer
        if self._best_optimizer is not None:
            for variable, value in zip(
                optimizer.variables, self._best_optimizer, strict=True
            ):
                variable.assign(value)
        else:
            # The next `fit` puts the averages into the model: they must be the best
            # ones too, or it would silently go back to those of the last epoch.
            for variable, average in _optimizer.averaged_variables(optimizer):
                average.assign(variable)

    def _keep(self, current: float, epoch: int) -> None:
        self.best, self.best_epoch = current, epoch
        if self.restore_best_weights:
            self.best_weights = _optimizer.final_weights(self.model)
        if self.restore_optimizer:
            self._best_optimizer = [
                keras.ops.convert_to_numpy(variable)
                for variable in self.model.optimizer.variables
            ]

    def _is_improvement(self, monitor_value: float, reference: float | None) -> bool:
        return math.isfinite(monitor_value) and bool(
            super()._is_improvement(monitor_value, reference)
        )

    def _record(self, epoch: int, logs: dict[str, Any]) -> None:
        metric = self.monitor.removeprefix("val_")
        self._epochs.append(epoch)
        self._train.append(float(logs.get(metric, math.nan)))
        self._dev.append(float(logs.get(f"val_{metric}", math.nan)))

    def _monitored(self, epoch: int, logs: dict[str, Any]) -> float | None:
        """Returns the monitored value; None if no validation was due."""
        if self.monitor in logs:
            return float(logs[self.monitor])
        if self.monitor.startswith("val_") and not self._validation_due(epoch):
            return None
        hint = "Monitor one of these"
        if self.monitor.startswith("val_"):
            hint += (
                ", or give `fit` validation_data; if `fit` has a `validation_freq`, "
                "give EarlyStopping the same"
            )
        raise ValueError(
            "`monitor` must be a name in the logs. Received: "
            f"monitor={self.monitor!r}. Names there are: {sorted(logs)}. {hint}."
        )

    def _validation_due(self, epoch: int) -> bool:
        if isinstance(self.validation_freq, int):
            return (epoch + 1) % self.validation_freq == 0
        return epoch + 1 in self.validation_freq


def _numbered(name: str, arrays: list[np.ndarray] | None) -> dict[str, np.ndarray]:
    return {f"{name}/{i}": array for i, array in enumerate(arrays or [])}


def _listed(name: str, arrays: dict[str, np.ndarray]) -> list[np.ndarray] | None:
    count = sum(key.startswith(f"{name}/") for key in arrays)
    return [arrays[f"{name}/{i}"] for i in range(count)] or None


def _check_arguments(
    monitor: Any,
    min_delta: Any,
    patience: Any,
    verbose: Any,
    mode: Any,
    baseline: Any,
    start_from_epoch: Any,
) -> None:
    if not isinstance(monitor, str) or not monitor:
        raise ValueError(
            "`monitor` must be the name of a loss or metric in the logs, such as "
            f"'val_loss'. Received: monitor={monitor!r}"
        )
    if not _is_finite(min_delta) or min_delta < 0:
        raise ValueError(
            "`min_delta` must be a finite number >= 0 (smallest change that counts as "
            f"an improvement). Received: min_delta={min_delta!r}"
        )
    if not _is_count(patience):
        raise ValueError(
            "`patience` must be an int >= 0 (epochs without improvement). "
            f"Received: patience={patience!r}. Use patience=0 to stop at the first "
            "such epoch."
        )
    if verbose not in (0, 1):
        raise ValueError(
            "`verbose` must be 0 (silent) or 1 (says when it stops and what it "
            f"restores). Received: verbose={verbose!r}"
        )
    if mode not in ("auto", "min", "max"):
        raise ValueError(
            "`mode` must be 'auto', 'min' or 'max' (whether the monitored value "
            f"should fall or rise). Received: mode={mode!r}"
        )
    if baseline is not None and not _is_finite(baseline):
        raise ValueError(
            "`baseline` must be a finite number or None (value to be reached). "
            f"Received: baseline={baseline!r}"
        )
    if not _is_count(start_from_epoch):
        raise ValueError(
            "`start_from_epoch` must be an int >= 0 (first epoch that counts). "
            f"Received: start_from_epoch={start_from_epoch!r}"
        )


def _check_validation_freq(freq: Any) -> None:
    if isinstance(freq, Collection) and not isinstance(freq, str):
        return
    if not _is_count(freq) or freq == 0:
        raise ValueError(
            "`validation_freq` must be an int >= 1 (every so many epochs) or a "
            "collection of epochs counted from 1, the same as given to `fit`. "
            f"Received: validation_freq={freq!r}"
        )


def _is_finite(value: Any) -> bool:
    return (
        isinstance(value, Real)
        and not isinstance(value, bool)
        and math.isfinite(float(value))
    )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
