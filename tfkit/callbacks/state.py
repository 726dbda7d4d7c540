"""Run state of callbacks that a resumed training takes over."""

from __future__ import annotations

import abc
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tfkit import run_folder

_VALUES = "values.json"


@dataclass(frozen=True)
class CallbackState:
    """What a callback must remember over a restart.

    Args:
        values: Numbers, texts and lists of them, in plain JSON types. NaN is written as
            Python's `json` does.
        arrays: Weights and optimizer slots, by name.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "early_stopping.npz"
        >>> CallbackState({"wait": 2}, {"kernel": np.eye(2)}).save(path)
        >>> CallbackState.load(path).values
        {'wait': 2}
    """

    values: dict[str, Any]
    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    def save(self, path: str | Path) -> None:
        """Writes one `.npz` file, whole or not at all.

        Raises:
            ValueError: If `path` does not end in `.npz`.
        """
        path = Path(path)
        if path.suffix != ".npz":
            raise ValueError(
                "`path` must end in '.npz' (values and arrays go into one NumPy "
                f"archive). Received: path={str(path)!r}"
            )
        # NumPy's archives drop the names of types that it does not know, bfloat16 say.
        dtypes = {name: array.dtype.name for name, array in self.arrays.items()}
        text = json.dumps({"values": self.values, "dtypes": dtypes})
        content: dict[str, Any] = {_VALUES: np.array(text), **self.arrays}
        with run_folder.replacing(path) as temporary:
            np.savez(temporary, **content)

    @classmethod
    def load(cls, path: str | Path) -> CallbackState:
        """Reads what `save` wrote; nothing in the file is executed."""
        with np.load(path, allow_pickle=False) as archive:
            content = json.loads(archive[_VALUES].item())
            arrays = {
                name: archive[name].view(np.dtype(dtype))
                for name, dtype in content["dtypes"].items()
            }
        return cls(content["values"], arrays)


class Resumable(abc.ABC):
    """Mixin for callbacks that start afresh with every `fit`, unless told otherwise.

    Subclasses say what a fresh start is (`reset_state`), and what is to be remembered
    (`get_state`, `load_state`). Whoever resumes a training calls `set_state`, either
    before `fit` or in another callback's `on_train_begin`; both work, and the `fit`
    after that starts afresh again.
    """

    _pending: CallbackState | None = None

    @abc.abstractmethod
    def reset_state(self) -> None:
        """Forgets the last training."""

    @abc.abstractmethod
    def get_state(self) -> CallbackState:
        """Returns what a resumed training needs."""

    @abc.abstractmethod
    def load_state(self, state: CallbackState) -> None:
        """Takes over what `get_state` returned."""

    def set_state(self, state: CallbackState) -> None:
        """Makes the next `fit`, or the one that is starting, go on from `state`."""
        self.load_state(state)
        self._pending = state

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Starts afresh, or from the state that was set."""
        self.reset_state()
        if self._pending is not None:
            self.load_state(self._pending)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Marks the state that was set as used."""
        self._pending = None
