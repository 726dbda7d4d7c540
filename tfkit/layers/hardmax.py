"""The hard max, which softmax softens."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

__all__ = ["hardmax"]


@keras.saving.register_keras_serializable(package="tfkit")
def hardmax(x: Any, axis: int = -1) -> Any:
    r"""Puts 1 where a vector is largest and 0 elsewhere.

    $$\mathrm{hardmax}(z)_i = [\, i = \arg\max_j z_j \,]$$

    It is the one-hot vector of the *position* of the maximum, where `np.max` would give
    its value, and what $\mathrm{softmax}(\beta z)$ tends to as $\beta$ grows. Of equal
    largest entries the first one wins. Its gradient is zero everywhere: use it on
    predictions, not in training. Usable as a layer's `activation`.

    Args:
        x: Tensor of scores, `(..., classes)`.
        axis: The axis of the classes; the course's `(classes, examples)` has 0.

    Returns:
        Tensor of the shape and dtype of `x`.

    Example:
        >>> import numpy as np
        >>> np.asarray(hardmax(np.array([[5.0, 2.0, -1.0, 3.0]]))).tolist()
        [[1.0, 0.0, 0.0, 0.0]]

    Reference:
        Course notes, Training a Softmax classifier.
    """
    x = ops.convert_to_tensor(x)
    axis = axis % len(x.shape)  # TensorFlow's one_hot knows no negative axis but -1
    return ops.one_hot(
        ops.argmax(x, axis=axis), ops.shape(x)[axis], axis=axis, dtype=x.dtype
    )
