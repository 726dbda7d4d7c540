"""Dropout masks drawn outside the compiled step, the same that Keras would draw in it.

On a CPU, XLA's random numbers cost more than all the rest of a small network's step, and
in a TensorFlow graph each draw is an operation in the way of the next. So the compiled
epoch draws the masks of many steps at once and hands each step its own. Every mask
comes from the seed that the layer's `SeedGenerator` would have given in that step: the
numbers are those of stock Keras, however the epoch is cut.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import tensorflow as tf

from tfkit.layers import InvertedDropout

_SPATIAL = (
    keras.layers.SpatialDropout1D,
    keras.layers.SpatialDropout2D,
    keras.layers.SpatialDropout3D,
)


@dataclasses.dataclass(frozen=True)
class Draw:
    """One mask that a step needs.

    Attributes:
        layer: The layer that needs it.
        number: Which of the layer's draws in a step it is, from 0.
        shape: The mask's shape.
        dtype: Type of the uniform numbers that are compared with the rate.
    """

    layer: Any
    number: int
    shape: tuple[int, ...]
    dtype: tf.DType

    def mask(self, seed: tf.Tensor) -> tf.Tensor:
        """The mask of the step with this seed: bool, of `shape`."""
        uniform = tf.random.stateless_uniform(self.shape, seed, dtype=self.dtype)
        if isinstance(self.layer, InvertedDropout):
            return uniform < self.layer.keep_prob
        return uniform >= self.layer.rate


def layers_that_draw(model: keras.Model) -> list[Any]:
    """The layers whose masks can be drawn outside the step."""
    return [
        layer
        for layer in model._flatten_layers(include_self=False)
        if _can_be_drawn(layer)
    ]


def draws_inside(model: keras.Model) -> list[Any]:
    """The layers that have a random state and must draw inside the step."""
    return [
        layer
        for layer in model._flatten_layers(include_self=False)
        if getattr(layer, "_seed_generators", None)
        and not _can_be_drawn(layer)
        # A layer of rate 0 never draws.
        and getattr(layer, "rate", None) != 0
    ]


class Masks:
    """Stands in for the random layers of a model while its step is traced.

    The first trace finds out which masks a step needs; each layer then takes the one
    handed to it instead of drawing.

    Args:
        model: The model.
    """

    def __init__(self, model: keras.Model) -> None:
        self._layers = layers_that_draw(model)

    def __bool__(self) -> bool:
        return bool(self._layers)

    @contextlib.contextmanager
    def recorded(self) -> Iterator[list[Draw]]:
        """Traces a step without effect; the list then holds its draws.

        A layer called in a loop (such as in the cell of an RNN) draws anew in each
        round, and the shape of some masks is known only in the step. Such layers are
        left to draw for themselves.
        """
        draws: list[Draw] = []
        left_out: set[int] = set()
        around = tf.compat.v1.get_default_graph()

        def provide(layer: Any, number: int, inputs: tf.Tensor) -> tf.Tensor:
            shape = _mask_shape(layer, inputs)
            nested = tf.compat.v1.get_default_graph().outer_graph is not around
            if nested or shape is None:
                left_out.add(id(layer))
                return tf.constant(True)
            draws.append(Draw(layer, number, shape, _draw_dtype(layer, inputs)))
            return tf.ones(shape, tf.bool)

        with self._standing_in(provide):
            yield draws
        draws[:] = [draw for draw in draws if id(draw.layer) not in left_out]
        self._layers = [each for each in self._layers if id(each) not in left_out]

    @contextlib.contextmanager
    def given(
        self, draws: Sequence[Draw], masks: Sequence[tf.Tensor]
    ) -> Iterator[None]:
        """Hands out `masks`, one for each of `draws`."""
        by_draw = {
            (id(draw.layer), draw.number): mask
            for draw, mask in zip(draws, masks, strict=True)
        }

        def provide(layer: Any, number: int, inputs: tf.Tensor) -> tf.Tensor:
            del inputs
            return by_draw[id(layer), number]

        with self._standing_in(provide):
            yield

    @contextlib.contextmanager
    def _standing_in(
        self, provide: Callable[[Any, int, Any], tf.Tensor]
    ) -> Iterator[None]:
        for layer in self._layers:
            layer.call = _masked_call(layer, provide)
        try:
            yield
        finally:
            for layer in self._layers:
                del layer.call


def seeds(draws: Sequence[Draw], steps: int, first: int = 0) -> list[tf.Tensor]:
    """The seeds of steps for each of a step's draws: int32, `(steps, 2)`.

    Args:
        draws: What a step draws.
        steps: How many steps.
        first: How many steps lie between now and the first of them.
    """
    result = []
    for draw in draws:
        state = tf.convert_to_tensor(draw.layer.seed_generator.state)
        per_step = _draws_per_step(draws, draw.layer)
        steps_ahead = tf.range(first, first + steps, dtype=state.dtype)
        ahead = steps_ahead * per_step + draw.number
        of_steps = state + tf.stack([tf.zeros_like(ahead), ahead], axis=1)
        if of_steps.dtype != tf.int32:
            # As Keras's TensorFlow backend narrows its seeds.
            of_steps = tf.math.floormod(of_steps, tf.int32.max - 1)
        result.append(tf.cast(of_steps, tf.int32))
    return result


def drawn(draws: Sequence[Draw], of_steps: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """The masks that belong to `seeds`: bool, `(steps, *shape)` each."""
    return [
        tf.map_fn(draw.mask, seed, fn_output_signature=tf.bool, parallel_iterations=1)
        for draw, seed in zip(draws, of_steps, strict=True)
    ]


def advance(draws: Sequence[Draw], steps: tf.Tensor) -> None:
    """Moves the layers' random states on, as `steps` steps of Keras would have."""
    for layer in {id(draw.layer): draw.layer for draw in draws}.values():
        state = layer.seed_generator.state
        ahead = tf.cast(steps * _draws_per_step(draws, layer), state.dtype)
        state.assign_add(tf.stack([tf.zeros_like(ahead), ahead]))


def _draws_per_step(draws: Sequence[Draw], layer: Any) -> int:
    return sum(draw.layer is layer for draw in draws)


def _can_be_drawn(layer: Any) -> bool:
    # A subclass may draw otherwise, so only the classes whose numbers are known here.
    if type(layer) is InvertedDropout:
        return layer.keep_prob < 1 and layer._fixed is None
    if type(layer) is keras.layers.Dropout or type(layer) in _SPATIAL:
        return 0 < layer.rate < 1
    return False


def _draw_dtype(layer: Any, inputs: tf.Tensor) -> tf.DType:
    return tf.float32 if isinstance(layer, InvertedDropout) else inputs.dtype


def _mask_shape(layer: Any, inputs: tf.Tensor) -> tuple[int, ...] | None:
    """The shape of a layer's mask, None if it depends on more than the batch size."""
    if inputs.shape.rank is None:
        return None
    wanted = (
        layer._get_noise_shape(inputs)
        if isinstance(layer, _SPATIAL)
        else layer.noise_shape
    )
    # Spatial dropout gives the batch size as a tensor; it is the input's own.
    sizes = [None if tf.is_tensor(size) else size for size in wanted or ()]
    shape = inputs.shape.as_list()
    if sizes:
        shape = [
            own if size is None else size
            for own, size in zip(shape, sizes, strict=True)
        ]
    return None if None in shape else tuple(shape)


def _masked_call(
    layer: Any, provide: Callable[[Any, int, Any], tf.Tensor]
) -> Callable[..., Any]:
    calls = iter(range(1 << 30))

    def call(inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        mask = provide(layer, next(calls), inputs)
        if isinstance(layer, InvertedDropout):
            kept = inputs / layer.keep_prob
        else:
            # Multiplied, not divided: the last bit is that of tf.nn.dropout.
            kept = inputs * tf.constant(1.0 / (1.0 - layer.rate), inputs.dtype)
        return tf.where(mask, kept, tf.zeros((), inputs.dtype))

    return call
