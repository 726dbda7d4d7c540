"""Stops all updates at the first gradient that is not finite, and keeps its batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfkit._variables import value_of
from tfkit.training.probes import new_variable, replaced, unscaled


class Guard:
    """Watches the gradients that the optimizer of one model is given.

    Where one is NaN or infinite, neither this update nor a later one is applied, until
    `release`: the weights stay those before the step. A step that loss scaling skips
    does not reach the optimizer, and is none.

    Args:
        model: A built and compiled model.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._stopped = tf.Variable(False, trainable=False)
        # One place for each shape of batch that was traced.
        self._kept: list[tuple[Any, tf.Variable]] = []

    def guarded(self, train_step: Callable[[Any], Any], data: Any) -> Any:
        """Traces a step with the guard in it."""
        keep, mark = self._keep(data)

        def watching(original: Callable[..., Any]) -> Callable[..., Any]:
            def apply(grads: Any, trainable_variables: Any = None) -> Any:
                grads = list(grads)
                finite = tf.reduce_all(
                    [
                        tf.reduce_all(tf.math.is_finite(_values(gradient)))
                        for gradient in grads
                        if gradient is not None
                    ]
                )
                stopped = self._stopped.read_value()

                def stop() -> None:
                    def first() -> None:
                        keep()
                        mark.assign(True)
                        self._stopped.assign(True)

                    tf.cond(stopped, lambda: None, first)

                def go_on() -> None:
                    original(grads, trainable_variables)

                tf.cond(stopped | ~finite, stop, go_on)

            return apply

        with replaced(unscaled(self._model.optimizer), "apply", watching):
            return train_step(data)

    def caught(self) -> Any:
        """The batch of the step that was not finite, None if there was none."""
        if not value_of(self._stopped):
            return None
        for places, mark in self._kept:
            if mark.numpy():
                return keras.tree.map_structure(_as_array, places)
        return None

    def release(self) -> None:
        """Lets updates happen again."""
        self._stopped.assign(False)
        for _, mark in self._kept:
            mark.assign(False)

    def _keep(self, data: Any) -> tuple[Callable[[], None], tf.Variable]:
        """A place for a batch like this one, and the function that puts it there."""
        places = keras.tree.map_structure(_place, data)
        mark = new_variable((), tf.bool)
        self._kept.append((places, mark))

        def keep() -> None:
            flat = keras.tree.flatten(places)
            for place, tensor in zip(flat, keras.tree.flatten(data), strict=True):
                if place is not None:
                    place.assign(tensor)

        return keep, mark


def _place(tensor: Any) -> tf.Variable | None:
    if tensor is None:
        return None
    return new_variable(tensor.shape, tensor.dtype)


def _values(gradient: Any) -> tf.Tensor:
    return gradient.values if isinstance(gradient, tf.IndexedSlices) else gradient


def _as_array(place: tf.Variable | None) -> np.ndarray | None:
    return None if place is None else place.numpy()
