"""A cost as a function of its parameters: values at many points, and its gradient."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfkit.diagnose.gradient_check.differences import Function

Scalar = Callable[[list[Any]], Any]

# Numbers in one call's points: 4 million, 32 MiB, beside the activations.
_MOST_NUMBERS = 1 << 22
_MOST_POINTS = 128
# Of the loop and the vectorized form, which sum in another order.
_SAME = 1e-9
# Convolutions with a filter of each point's own have no converter; that of loops takes
# seconds to build what a plain loop has computed by then.
_NOT_VECTORIZED = {
    "Conv2D",
    "Conv3D",
    "DepthwiseConv2dNative",
    "Conv2DBackpropInput",
    "While",
    "StatelessWhile",
    "PyFunc",
    "EagerPyFunc",
}


class Cost:
    """A scalar function of some float64 tensors, in TensorFlow.

    Args:
        function: Takes a list of float64 tensors, returns a scalar tensor. It has to
            be a pure function: no state that it changes.
        values: Where, one float64 array a tensor.
        names: A name for each.
        layers: Name of the layer that each belongs to; "" for none.
        examples: Size of the batch, for hints.
    """

    def __init__(
        self,
        function: Scalar,
        values: Sequence[np.ndarray],
        names: Sequence[str],
        layers: Sequence[str] | None = None,
        examples: int | None = None,
    ) -> None:
        self.function = function
        self.values = [np.asarray(value, dtype=np.float64) for value in values]
        self.names = list(names)
        self.layers = list(layers) if layers is not None else [""] * len(self.names)
        self.examples = examples
        self.sizes = [value.size for value in self.values]
        # Traced once: after training steps only the values are others.
        self._one: Any = None
        self._many: tuple[Function, bool] | None = None

    @property
    def point(self) -> np.ndarray:
        """All values as one flat vector."""
        return np.concatenate([value.ravel() for value in self.values])

    def split(self, point: np.ndarray) -> list[np.ndarray]:
        """The tensors of a flat vector."""
        parts = np.split(point, np.cumsum(self.sizes)[:-1])
        return [
            part.reshape(value.shape)
            for part, value in zip(parts, self.values, strict=True)
        ]

    def gradient(self, values: list[np.ndarray]) -> tuple[list[np.ndarray], list[bool]]:
        """Reverse mode: the gradient of each tensor, and whether there is a path."""
        tensors = [tf.constant(value) for value in values]
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            result = self.function(tensors)
        return dense(tape.gradient(result, tensors), values)

    def slope(self, values: list[np.ndarray], tangents: list[np.ndarray]) -> float:
        """Forward mode: the derivative along a direction."""
        tensors = [tf.constant(value) for value in values]
        directions = [tf.constant(tangent) for tangent in tangents]
        with tf.autodiff.ForwardAccumulator(tensors, directions) as accumulator:
            result = self.function(tensors)
        found = accumulator.jvp(result)
        return 0.0 if found is None else float(found)

    def along(self, k: int, rows: np.ndarray) -> Callable[[np.ndarray], float]:
        """The cost along directions of one tensor, compiled.

        Args:
            k: Number of the tensor.
            rows: The directions, `(D, size)`.

        Returns:
            A function of `(D,)`: how far along each direction.
        """
        if self._one is None:
            specs = [tf.TensorSpec(value.shape, tf.float64) for value in self.values]

            @tf.function(autograph=False, input_signature=[specs])
            def compiled(tensors: list[Any]) -> Any:
                return tf.cast(self.function(tensors), tf.float64)

            self._one = compiled
        here = [tf.constant(value) for value in self.values]
        start, shape, one = self.values[k], self.values[k].shape, self._one

        def at(place: np.ndarray) -> float:
            moved = tf.constant(start + (place @ rows).reshape(shape))
            return float(one([*here[:k], moved, *here[k + 1 :]]))

        return at

    def many(self, batch_size: int | None = None) -> tuple[Function, int, bool]:
        """The cost of many flat points at once.

        Returns:
            A function from (P, n) to (P,), the number P to call it with, and whether
            it is vectorized: where an operation cannot be, a compiled loop takes the
            points one after the other.
        """
        count = sum(self.sizes)
        size = batch_size or max(2, min(_MOST_POINTS, _MOST_NUMBERS // max(1, count)))
        if self._many is None:
            self._many = self._traced()
        return self._many[0], size, self._many[1]

    def _traced(self) -> tuple[Function, bool]:
        spec = tf.TensorSpec([sum(self.sizes)], tf.float64)
        one = tf.function(self._one_flat, autograph=False).get_concrete_function(spec)
        if not _NOT_VECTORIZED & {op.type for op in _operations(one.graph)}:
            rng = np.random.default_rng(0)
            probe = self.point + 1e-3 * rng.normal(size=(2, sum(self.sizes)))
            right = np.array([float(one(tf.constant(point))) for point in probe])
            vectorized = self._try(lambda points: self._vectorized(one, points), probe)
            if vectorized is not None:
                values, function = vectorized
                if np.all(np.abs(values - right) <= _SAME * (1 + np.abs(right))):
                    return _at_least_two(function), True
        return self._compiled(lambda points: self._looped(one, points)), False

    def _one_flat(self, point: Any) -> Any:
        parts = tf.split(point, self.sizes)
        tensors = [
            tf.reshape(part, value.shape)
            for part, value in zip(parts, self.values, strict=True)
        ]
        return tf.cast(self.function(tensors), tf.float64)

    def _vectorized(self, one: Any, points: Any) -> Any:
        return tf.vectorized_map(one, points, fallback_to_while_loop=False, warn=False)

    def _looped(self, one: Any, points: Any) -> Any:
        return tf.map_fn(
            one, points, fn_output_signature=tf.float64, parallel_iterations=1
        )

    def _compiled(self, function: Callable[[Any], Any]) -> Function:
        spec = tf.TensorSpec([None, sum(self.sizes)], tf.float64)
        traced = tf.function(function, autograph=False, input_signature=[spec])
        concrete = traced.get_concrete_function()
        return lambda points: concrete(tf.constant(points)).numpy()

    def _try(
        self, form: Callable[[Any], Any], probe: np.ndarray
    ) -> tuple[np.ndarray, Function] | None:
        try:
            with _silent():
                function = self._compiled(form)
                return function(probe), function
        # The converters of `vectorized_map` fail in many ways, in tracing and running.
        except Exception:
            return None


def _at_least_two(function: Function) -> Function:
    """Adds a second point to one alone: the converters squeeze an axis of size 1."""

    def padded(points: np.ndarray) -> np.ndarray:
        if len(points) == 1:
            return function(np.repeat(points, 2, axis=0))[:1]
        return function(points)

    return padded


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Keeps TensorFlow from printing pages on what does not vectorize."""
    logger = tf.get_logger()
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before


def _operations(graph: Any) -> list[Any]:
    """The operations of a graph and of the functions that it calls."""
    found = list(graph.get_operations())
    for function in getattr(graph, "_functions", {}).values():
        inner = getattr(function, "graph", None)
        if inner is not None:
            found += inner.get_operations()
    return found


def dense(
    gradients: Sequence[Any], values: Sequence[np.ndarray]
) -> tuple[list[np.ndarray], list[bool]]:
    """Gradients as float64 arrays, 0 where there is none; and whether there is one."""
    found = [
        np.zeros(value.shape)
        if gradient is None
        else np.asarray(tf.convert_to_tensor(gradient), dtype=np.float64)
        for gradient, value in zip(gradients, values, strict=True)
    ]
    return found, [gradient is not None for gradient in gradients]
