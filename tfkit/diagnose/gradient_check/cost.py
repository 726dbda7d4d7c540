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
_MOST_POINTS, _LEAST_POINTS = 256, 16
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

    def along(
        self, k: int, rows: np.ndarray, values: Sequence[np.ndarray] | None = None
    ) -> Callable[[np.ndarray], float]:
        """The cost along directions of one tensor, compiled.

        Args:
            k: Number of the tensor.
            rows: The directions, `(D, size)`.
            values: The point to start from; None for the cost's own.

        Returns:
            A function of `(D,)`: how far along each direction.
        """
        if self._one is None:
            specs = [tf.TensorSpec(value.shape, tf.float64) for value in self.values]

            @tf.function(autograph=False, input_signature=[specs])
            def compiled(tensors: list[Any]) -> Any:
                return tf.cast(self.function(tensors), tf.float64)

            self._one = compiled
        values = self.values if values is None else values
        here = [tf.constant(value) for value in values]
        start, shape, one = values[k], values[k].shape, self._one

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
        # Both sides of each coordinate; a few points more for small refinements.
        fit = min(_MOST_POINTS, max(_LEAST_POINTS, 2 * count), _MOST_NUMBERS // count)
        size = batch_size or max(2, fit)
        if self._many is None:
            self._many = self._traced(size)
        return self._many[0], size, self._many[1]

    def _traced(self, size: int) -> tuple[Function, bool]:
        rng = np.random.default_rng(0)
        probe = self.point + 1e-3 * rng.normal(size=(2, sum(self.sizes)))
        vectorized = self._try(self._vectorized, size, probe)
        if vectorized is not None:
            values, function = vectorized
            right = np.array([self._eager(point) for point in probe])
            if np.all(np.abs(values - right) <= _SAME * (1 + np.abs(right))):
                return function, True
        spec = tf.TensorSpec([sum(self.sizes)], tf.float64)
        one = tf.function(self._one_flat, autograph=False).get_concrete_function(spec)
        loop = _compiled(lambda points: _looped(one, points), [None, sum(self.sizes)])
        return (lambda points: loop(tf.constant(points)).numpy()), False

    def _eager(self, point: np.ndarray) -> float:
        return float(self.function([tf.constant(part) for part in self.split(point)]))

    def _one_flat(self, point: Any) -> Any:
        parts = tf.split(point, self.sizes)
        return self._scalar(
            [
                tf.reshape(part, value.shape)
                for part, value in zip(parts, self.values, strict=True)
            ]
        )

    def _scalar(self, tensors: Sequence[Any]) -> Any:
        return tf.cast(self.function(list(tensors)), tf.float64)

    def _vectorized(self, points: Any) -> Any:
        def one(tensors: Sequence[Any]) -> Any:
            result = self._scalar(tensors)
            # Before the converters see it: that of loops takes seconds.
            kinds = {operation.type for operation in _operations(result.graph)}
            if kinds & _NOT_VECTORIZED:
                raise NotImplementedError(f"not vectorized: {kinds & _NOT_VECTORIZED}")
            return result

        # Split here, where no converter has to.
        parts = tf.split(points, self.sizes, axis=1)
        tensors = tuple(
            tf.reshape(part, (points.shape[0], *value.shape))
            for part, value in zip(parts, self.values, strict=True)
        )
        return tf.vectorized_map(one, tensors, fallback_to_while_loop=False, warn=False)

    def _try(
        self, form: Callable[[Any], Any], size: int, probe: np.ndarray
    ) -> tuple[np.ndarray, Function] | None:
        try:
            with _silent():
                # A known number of points has the converters add fewer operations.
                compiled = _compiled(form, [size, sum(self.sizes)])
                function = _in_calls_of(compiled, size)
                return function(probe), function
        # The converters of `vectorized_map` fail in many ways, in tracing and running.
        except Exception:
            return None


def _compiled(form: Callable[[Any], Any], shape: list[int | None]) -> Any:
    spec = tf.TensorSpec(shape, tf.float64)
    traced = tf.function(form, autograph=False, input_signature=[spec])
    return traced.get_concrete_function()


def _looped(one: Any, points: Any) -> Any:
    return tf.map_fn(one, points, fn_output_signature=tf.float64, parallel_iterations=1)


def _in_calls_of(compiled: Any, size: int) -> Function:
    """A function of any number of points, from one that takes `size` of them.

    One point alone is never what the converters get: they squeeze an axis of size 1.
    """

    def values(points: np.ndarray) -> np.ndarray:
        found = np.empty(len(points))
        for start in range(0, len(points), size):
            some = points[start : start + size]
            count = len(some)
            if count < size:
                some = np.concatenate([some, np.repeat(some[-1:], size - count, 0)])
            found[start : start + count] = compiled(tf.constant(some)).numpy()[:count]
        return found

    return values


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
