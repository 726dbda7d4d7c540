"""Random layers whose place in the stream of random numbers is saved with the model."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

_PREFIX = "random_state_"


class SavesRandomState(keras.Layer):
    """Mix-in, named before the Keras class: saves what the next random numbers will be.

    Keras leaves the state of random layers out of `.keras` and `.weights.h5` files: a
    loaded model draws the first masks once more, and training that goes on from a file
    is not the training that was interrupted. With this it is. A file without the state,
    saved by another version, loads all the same.
    """

    def save_own_variables(self, store: Any) -> None:
        """Saves the weights and the random state."""
        super().save_own_variables(store)
        for name, state in self._random_states().items():
            store[name] = ops.convert_to_numpy(state)

    def load_own_variables(self, store: Any) -> None:
        """Loads the weights and, where it was saved, the random state."""
        saved = {name: store[name] for name in store.keys()}  # noqa: SIM118 (no dict)
        for name, state in self._random_states().items():
            if name in saved:
                state.assign(saved.pop(name))
        super().load_own_variables(saved)

    def _random_states(self) -> dict[str, Any]:
        weights = {id(weight) for weight in self.weights}
        states = [state for state in self.variables if id(state) not in weights]
        return {f"{_PREFIX}{i}": state for i, state in enumerate(states)}
