"""Inputs of mean 0 and variance 1, by the statistics of the training part alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tfkit.data.validation import check_x

if TYPE_CHECKING:
    import keras

# keras.layers.Normalization divides by max(sqrt(variance), this).
_EPSILON = 1e-7
# Examples taken at a time: the float64 copy of a large array of bytes would not fit.
_CHUNK = 1 << 12


@dataclass(frozen=True)
class NormalizationStatistics:
    r"""Mean and variance of a training set.

    Args:
        mean: Float64 mean of each feature (of each channel for pictures).
        variance: Float64 variance $\frac{1}{m} \sum (x - \mu)^2$; 1 where `constant`.
        constant: True where the training set has one value only. The variance 1 maps it
            to 0, and another value at test time to its difference, instead of millions.
        axis: The axes that have statistics of their own, as in Keras.
    """

    mean: np.ndarray
    variance: np.ndarray
    constant: np.ndarray
    axis: tuple[int, ...]

    def apply(self, x: Any) -> np.ndarray:
        r"""Returns $(x - \mu) / \sigma$ as float32, computed in float64 piece by piece."""
        x = np.asarray(x)
        shape = _broadcast_shape(x, self.axis)
        mean = self.mean.reshape(shape)
        deviation = np.maximum(np.sqrt(self.variance), _EPSILON).reshape(shape)
        result = np.empty(x.shape, np.float32)
        for start in range(0, len(x), _CHUNK):
            piece = slice(start, start + _CHUNK)
            result[piece] = (x[piece] - mean) / deviation
        return result


@dataclass(frozen=True)
class NormalizedArrays:
    """What `normalize` returns.

    Args:
        train: The normalized training inputs, float32.
        others: The other arrays in the order given, by the training set's statistics.
        statistics: The statistics, to treat later inputs in the same way.
    """

    train: np.ndarray
    others: tuple[np.ndarray, ...]
    statistics: NormalizationStatistics


def fit_normalization(
    x_train: Any, axis: int | Sequence[int] | None = -1
) -> NormalizationStatistics:
    r"""Returns the mean and the variance of the training inputs.

    $$\mu = \frac{1}{m} \sum_i x^{(i)}, \qquad
      \sigma^2 = \frac{1}{m} \sum_i (x^{(i)} - \mu)^2$$

    The sums run in float64, in two passes. (The notes divide by the variance; the
    standard deviation is meant, and $\sigma^2 = \frac{1}{m} \sum x^2$ holds only after
    the mean has been subtracted.)

    Args:
        x_train: Training inputs of shape `(examples, ...)`, of any numeric type.
        axis: Axes that get statistics of their own, as in `keras.layers.Normalization`:
            -1 is each feature of a table, each channel of pictures; None one mean and one
            variance for everything.

    Returns:
        The statistics.

    Raises:
        ValueError: If the inputs are empty, not numeric or not finite, or the axis is
            wrong (the axis of the examples has no statistics).

    Example:
        >>> import numpy as np
        >>> statistics = fit_normalization(np.array([[1.0, 5.0], [3.0, 5.0]]))
        >>> statistics.mean, statistics.variance, statistics.constant
        (array([2., 5.]), array([1., 1.]), array([False,  True]))

    Reference:
        Course notes, "Normalizing inputs".
    """
    x = np.asarray(x_train)
    check_x(x, name="x_train")
    kept = _kept_axes(x, axis)
    reduced = tuple(i for i in range(x.ndim) if i not in kept)
    count = np.prod([x.shape[i] for i in reduced])
    mean = x.mean(axis=reduced, dtype=np.float64, keepdims=True)
    squares = np.zeros_like(mean)
    for start in range(0, len(x), _CHUNK):
        difference = x[start : start + _CHUNK] - mean
        squares += np.square(difference).sum(axis=reduced, keepdims=True)
    # Not "variance == 0": the rounding of the mean leaves 1e-34 on a column of 0.1.
    constant = np.squeeze(
        x.max(axis=reduced, keepdims=True) == x.min(axis=reduced, keepdims=True),
        axis=reduced,
    )
    variance = np.where(constant, 1.0, np.squeeze(squares / count, axis=reduced))
    negative = tuple(i - x.ndim for i in kept)
    return NormalizationStatistics(
        np.squeeze(mean, axis=reduced), variance, constant, negative
    )


def normalize(
    train: Any, *others: Any, axis: int | Sequence[int] | None = -1
) -> NormalizedArrays:
    """Normalizes the training inputs, and all others by the training set's statistics.

    Args:
        train: Training inputs of shape `(examples, ...)`.
        *others: Dev, test and any later inputs of the same shape but for the first axis.
        axis: See `fit_normalization`.

    Returns:
        The normalized arrays (float32) and the statistics.

    Raises:
        ValueError: As `fit_normalization`, or if another array is of another shape.

    Example:
        >>> import numpy as np
        >>> result = normalize(np.array([[1.0], [3.0]]), np.array([[5.0]]))
        >>> result.train.ravel(), result.others[0].ravel()
        (array([-1.,  1.], dtype=float32), array([3.], dtype=float32))

    Reference:
        Course notes, "Normalizing inputs".
    """
    train = np.asarray(train)
    others = tuple(np.asarray(other) for other in others)
    for other in others:
        if other.shape[1:] != train.shape[1:]:
            raise ValueError(
                "All arrays must hold inputs of one shape. "
                f"Received: train {train.shape[1:]}, another {other.shape[1:]}."
            )
    statistics = fit_normalization(train, axis)
    return NormalizedArrays(
        statistics.apply(train),
        tuple(statistics.apply(other) for other in others),
        statistics,
    )


def normalization_layer(
    x_train: Any, axis: int | Sequence[int] | None = -1, name: str | None = None
) -> keras.layers.Normalization:
    """Returns a Keras layer that normalizes by the statistics of `x_train`.

    As the model's first layer it makes the statistics part of the model: they are saved
    with it, and raw inputs go in everywhere. Against `layer.adapt(x_train)` a feature that
    is constant in the training set cannot blow up later: Keras divides it by 1e-7.

    Args:
        x_train: Training inputs of shape `(examples, ...)`, uint8 included.
        axis: See `fit_normalization`.
        name: The layer's name; Keras numbers those without one.

    Returns:
        A built `keras.layers.Normalization`.

    Raises:
        ValueError: As `fit_normalization`.

    Example:
        >>> import numpy as np
        >>> layer = normalization_layer(np.array([[1, 7], [3, 7]], "uint8"))
        >>> np.asarray(layer(np.array([[5, 9]], "uint8")))
        array([[3., 2.]], dtype=float32)

    Reference:
        Course notes, "Normalizing inputs".
    """
    # Not at the top: Keras starts its backend, and the statistics need neither.
    import keras

    x_train = np.asarray(x_train)
    statistics = fit_normalization(x_train, axis)
    layer = keras.layers.Normalization(
        axis=statistics.axis or None,
        mean=statistics.mean.astype(np.float32),
        variance=statistics.variance.astype(np.float32),
        name=name,
    )
    # Built now, eagerly: `fit` would build it inside a traced function, and Keras keeps
    # the constants as plain tensors, which must not belong to a graph that is gone.
    layer.build((None, *x_train.shape[1:]))
    return layer


def _kept_axes(x: np.ndarray, axis: int | Sequence[int] | None) -> tuple[int, ...]:
    axes = () if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
    kept = tuple(sorted(i % x.ndim for i in axes if -x.ndim <= i < x.ndim))
    if len(set(kept)) != len(axes) or 0 in kept:
        raise ValueError(
            f"`axis` must name axes of the inputs, other than the first, each once. "
            f"Received: axis={axis} for x_train.shape={x.shape}."
        )
    return kept


def _broadcast_shape(x: np.ndarray, axis: tuple[int, ...]) -> tuple[int, ...]:
    kept = {i + x.ndim for i in axis}
    return tuple(x.shape[i] if i in kept else 1 for i in range(x.ndim))
