"""`tfe.Network` and `tfe.Sequential`: models of layers before `keras.Model`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any


class Network:
    """As `tfe.Network`: layers given to `track_layer`, and a `call` of one's own.

    Today: a subclass of `keras.Model`, whose layers are simply attributes.
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = name or type(self).__name__.lower()
        self._tracked: list[Any] = []

    def track_layer(self, layer: Any) -> Any:
        """Makes a layer's variables this network's, and returns the layer."""
        self._tracked.append(layer)
        return layer

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """What a subclass defines."""
        raise NotImplementedError(
            f"A tfe.Network defines `call(self, inputs)`. {type(self).__name__} does not."
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Returns what `call` returns."""
        return self.call(*args, **kwargs)

    @property
    def layers(self) -> list[Any]:
        """The tracked layers."""
        return list(self._tracked)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Any:
        """A tracked layer by its name or place."""
        if index is not None:
            return self._tracked[index]
        for layer in self._tracked:
            if layer.name == name:
                return layer
        names = ", ".join(layer.name for layer in self._tracked)
        raise ValueError(f"No layer {name!r} in this network. Its layers: {names}.")

    def _collected(self, attribute: str) -> list[Any]:
        return list(
            itertools.chain(*(getattr(layer, attribute) for layer in self._tracked))
        )

    @property
    def variables(self) -> list[Any]:
        """All variables of the layers."""
        return self._collected("variables")

    @property
    def trainable_variables(self) -> list[Any]:
        """The layers' trainable variables."""
        return self._collected("trainable_variables")

    @property
    def weights(self) -> list[Any]:
        """All variables of the layers."""
        return self.variables

    @property
    def trainable_weights(self) -> list[Any]:
        """The layers' trainable variables."""
        return self.trainable_variables

    @property
    def losses(self) -> list[Any]:
        """The layers' regularization losses."""
        return self._collected("losses")


class Sequential(Network):
    """As `tfe.Sequential`: layers and functions, one after another."""

    def __init__(
        self,
        layers_funcs: Sequence[Callable[..., Any]] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self._steps: list[Callable[..., Any]] = []
        for each in layers_funcs or ():
            self.add(each)

    def add(self, layer_func: Callable[..., Any]) -> None:
        """Adds a layer or a function."""
        if hasattr(layer_func, "variables"):
            self.track_layer(layer_func)
        self._steps.append(layer_func)

    def call(self, inputs: Any) -> Any:
        """Returns the last step's output."""
        for step in self._steps:
            inputs = step(inputs)
        return inputs
