"""Keras's own loops: what other backends get, and what the engine falls back to."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Literal

import keras

from tfkit.training.plan import TrainingPlan


@dataclasses.dataclass(frozen=True)
class KerasLoops:
    """Keras's own methods of one model."""

    fit: Callable[..., Any]
    evaluate: Callable[..., Any]
    predict: Callable[..., Any]


class KerasEngine:
    """Does by Keras's own loops what `Engine` does by compiled ones, on any backend.

    Args:
        model: The model.
        loops: Keras's own methods of it.
        shows_plan: Whether to set `model.training_plan`.
    """

    def __init__(
        self, model: keras.Model, loops: KerasLoops, *, shows_plan: bool = False
    ) -> None:
        self._model, self._loops, self._shows_plan = model, loops, shows_plan
        self.jit_compile: bool | Literal["auto"] = "auto"
        self.plan: TrainingPlan | None = None

    def fit(self, arguments: dict[str, Any]) -> keras.callbacks.History:
        """Trains by Keras's `fit`."""
        reason = f"the backend is {keras.backend.backend()}, whose loops are Keras's"
        self.plan = TrainingPlan("keras", None, None, (reason,))
        if self._shows_plan:
            self._model.training_plan = self.plan
        return self._loops.fit(**arguments)

    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        """Tests by Keras's `evaluate`."""
        return self._loops.evaluate(*args, **kwargs)

    def predict(self, *args: Any, **kwargs: Any) -> Any:
        """Predicts by Keras's `predict`."""
        return self._loops.predict(*args, **kwargs)
