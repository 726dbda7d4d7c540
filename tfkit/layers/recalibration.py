"""Exact statistics for batch normalization, measured on a data set."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops, tree

from tfkit._checks import check_count

__all__ = ["Recalibration", "recalibrate"]

_ENDLESS = -1  # tf.data.INFINITE_CARDINALITY, without TensorFlow
_Listener = Callable[[keras.Layer, Any, Any], None]


@dataclass(frozen=True)
class Recalibration:
    """What `recalibrate` did.

    Attributes:
        layers: Names of the layers with new statistics, in the order of the forward pass.
        frozen: Names of the batch normalizations that were left alone because they are
            not trainable.
        examples: Number of examples that the statistics come from.
    """

    layers: tuple[str, ...]
    frozen: tuple[str, ...]
    examples: int


def recalibrate(
    model: keras.Model, data: Any, *, batch_size: int = 256
) -> Recalibration:
    r"""Sets batch normalization's mean and variance to the exact ones of a data set.

    $$\hat\mu = \frac{1}{m}\sum_{i=1}^m z^{(i)}, \qquad
    \hat\sigma^2 = \frac{1}{m}\sum_{i=1}^m (z^{(i)} - \hat\mu)^2$$

    over all $m$ examples (and positions of an image) in place of running averages over
    the last mini-batches. Wanted after short trainings, where the averages lag behind;
    after weights were averaged or swapped, where they belong to other weights; and
    before comparing models, where they add noise.

    The layers are done one after the other, in the order of the forward pass and in
    inference mode, so that each sees inputs which the recalibrated layers before it
    made: what it will see when predicting. Sums are in float64 and a short last batch
    counts by its examples. This takes one partial pass over the data for each layer.

    Works on Keras's and tfkit's `BatchNormalization` in every kind of model, also nested
    and subclassed. Layers with `trainable=False` keep their statistics, as in training.
    A layer that is called several times in a pass gets the statistics of all calls.

    Args:
        model: The model; only the moving statistics change.
        data: The training inputs: an array or a (nested) structure of arrays as the
            model takes it; or batches that can be gone through again and again, such as
            a `tf.data.Dataset` or a `keras.utils.PyDataset`, of `x`, `(x, y)` or
            `(x, y, sample_weight)`. Weights are ignored.
        batch_size: Examples per batch where `data` is arrays. Positive int.

    Returns:
        A `Recalibration`: which layers were set, and from how many examples.

    Raises:
        TypeError: If `data` can be gone through only once.
        ValueError: If the model has no trainable batch normalization, or `data` is
            empty or without end.

    Example:
        >>> import keras, numpy as np
        >>> model = keras.Sequential(
        ...     [keras.Input((1,)), keras.layers.BatchNormalization(name="norm")]
        ... )
        >>> x = np.array([[1.0], [2.0], [6.0]])
        >>> recalibrate(model, x, batch_size=2)
        Recalibration(layers=('norm',), frozen=(), examples=3)
        >>> model.layers[0].moving_mean.numpy().tolist()
        [3.0]

    Reference:
        Ioffe & Szegedy, 2015, https://arxiv.org/abs/1502.03167, algorithm 2;
        Course notes, Batch normalization at test time.
    """
    batches = _batches(data, batch_size)
    order, frozen = _calls_in_order(model, batches)
    examples = 0
    for layer, num_calls in order.items():
        moments, examples = _moments(model, layer, num_calls, batches)
        _set_statistics(layer, moments)
    return Recalibration(
        layers=tuple(layer.name for layer in order), frozen=frozen, examples=examples
    )


class _Moments:
    """Mean and variance of rows that come in pieces."""

    def __init__(self) -> None:
        self.count = 0
        self.mean: Any = 0.0
        self._squares: Any = 0.0  # sum of squared distances from the mean

    def update(self, rows: np.ndarray) -> None:
        # Chan et al. 1983: sums of squares minus squared sums would cancel for units
        # whose mean is large against their spread.
        count, mean = len(rows), rows.mean(axis=0)
        distance, total = mean - self.mean, self.count + count
        self._squares += ((rows - mean) ** 2).sum(axis=0)
        self._squares += distance**2 * (self.count * count / total)
        self.mean = self.mean + distance * (count / total)
        self.count = total

    @property
    def variance(self) -> Any:
        return self._squares / self.count


class _EnoughSeen(BaseException):
    """Leaves a forward pass. Not an Exception, as Keras rewrites those on their way."""


def _batches(data: Any, batch_size: int) -> Callable[[], Iterator[Any]]:
    """A function that starts going through the model's inputs, batch by batch."""
    batch_size = check_count("batch_size", batch_size, hint="256 is usual.")
    arrays = tree.flatten(data) if isinstance(data, (dict, list, tuple)) else [data]
    if arrays and all(hasattr(array, "shape") for array in arrays):
        return _batches_of_arrays(data, arrays, batch_size)
    if isinstance(data, keras.utils.PyDataset):
        endless = data.num_batches is None
    elif hasattr(data, "__iter__") and not isinstance(data, Iterator):
        cardinality = getattr(data, "cardinality", None)
        endless = cardinality is not None and int(cardinality()) == _ENDLESS
    else:
        raise TypeError(
            "`data` must be arrays, or batches that can be gone through once for each "
            f"layer. Received: data of type {type(data).__name__}. Hand over the data "
            "set itself, not an iterator or generator of it."
        )
    if endless:
        raise ValueError(
            f"`data` must have an end. Received: an endless {type(data).__name__}. Use "
            "`data.take(steps)`, or leave out `.repeat()`."
        )

    def start() -> Iterator[Any]:
        if isinstance(data, keras.utils.PyDataset):
            batches = (data[index] for index in range(data.num_batches))
        else:
            batches = iter(data)
        return (keras.utils.unpack_x_y_sample_weight(batch)[0] for batch in batches)

    return start


def _batches_of_arrays(
    data: Any, arrays: list[Any], batch_size: int
) -> Callable[[], Iterator[Any]]:
    lengths = {len(array) for array in arrays}
    if len(lengths) > 1:
        raise ValueError(
            "`data` must hold the same number of examples for each of the model's "
            f"inputs. Received: {sorted(lengths)}. Labels are not needed."
        )

    def start() -> Iterator[Any]:
        for first in range(0, len(arrays[0]), batch_size):
            rows = slice(first, first + batch_size)
            yield tree.map_structure(lambda array, rows=rows: array[rows], data)

    return start


@contextlib.contextmanager
def _listening(layers: list[keras.Layer], listener: _Listener) -> Iterator[None]:
    """Tells `listener` the layer, inputs and mask of every call of these layers."""

    def heard(layer: keras.Layer, call: Callable[..., Any]) -> Callable[..., Any]:
        def call_and_tell(inputs: Any, *args: Any, **kwargs: Any) -> Any:
            listener(layer, inputs, kwargs.get("mask"))
            return call(inputs, *args, **kwargs)

        return call_and_tell

    # Into the instance's dictionary, round Keras's attribute tracking. It hides the
    # class's method, in subclassed models too, where no graph could be cut.
    for layer in layers:
        layer.__dict__["call"] = heard(layer, layer.call)
    try:
        yield
    finally:
        for layer in layers:
            del layer.__dict__["call"]


def _calls_in_order(
    model: keras.Model, batches: Callable[[], Iterator[Any]]
) -> tuple[dict[keras.Layer, int], tuple[str, ...]]:
    """The trainable batch normalizations of one pass, with their numbers of calls."""
    first = next(batches(), None)
    if first is None or not tree.flatten(first)[0].shape[0]:
        raise ValueError("`data` must hold at least one example. Received: none.")
    model(first, training=False)  # a subclassed model makes its layers now at latest
    layers = [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    trainable = [layer for layer in layers if layer.trainable]
    frozen = tuple(layer.name for layer in layers if not layer.trainable)
    calls: dict[int, int] = {}
    by_id = {id(layer): layer for layer in trainable}

    def count(layer: keras.Layer, inputs: Any, mask: Any) -> None:
        calls[id(layer)] = calls.get(id(layer), 0) + 1

    with _listening(trainable, count):
        model(first, training=False)
    if not calls:
        raise ValueError(
            "`model` must have a trainable BatchNormalization that its forward pass "
            f"uses. Received: model={model.name!r} with {len(layers)}, of which "
            f"{len(frozen)} frozen. Set `trainable=True` to recalibrate frozen ones."
        )
    return {by_id[key]: number for key, number in calls.items()}, frozen


def _moments(
    model: keras.Model,
    layer: keras.Layer,
    num_calls: int,
    batches: Callable[[], Iterator[Any]],
) -> tuple[_Moments, int]:
    """Moments of a layer's inputs over the data, and the number of examples."""
    moments, examples, seen = _Moments(), 0, 0

    def collect(layer: keras.Layer, inputs: Any, mask: Any) -> None:
        nonlocal seen
        values = ops.convert_to_numpy(inputs).astype(np.float64)
        values = np.moveaxis(values, layer.axis, -1)
        if mask is None:
            rows = values.reshape(-1, values.shape[-1])
        else:
            rows = values[ops.convert_to_numpy(mask).astype(bool)]
        if len(rows):
            moments.update(rows)
        seen += 1
        if seen == num_calls:
            raise _EnoughSeen

    with _listening([layer], collect):
        for batch in batches():
            seen = 0
            examples += tree.flatten(batch)[0].shape[0]
            with contextlib.suppress(_EnoughSeen):
                model(batch, training=False)
    return moments, examples


def _set_statistics(layer: keras.Layer, moments: _Moments) -> None:
    layer.moving_mean.assign(moments.mean)
    layer.moving_variance.assign(moments.variance)
    if layer.renorm:
        # Batch renormalization keeps the deviation as well, and its own averages.
        deviation = np.sqrt(moments.variance + layer.epsilon)
        layer.moving_stddev.assign(deviation)
        layer.renorm_stddev.assign(deviation)
        layer.renorm_mean.assign(moments.mean)
