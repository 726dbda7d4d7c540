"""The order of an epoch's examples, as a stateless function of (seed, epoch).

One source of order for `tfkit.data.pipeline`, for the compiled `fit` and for resuming:
nothing is kept from epoch to epoch, so epoch 7 of a resumed run sees what epoch 7 of an
unbroken run would have seen. Stock Keras cannot do that: with a seed set,
`model.fit(x, y, shuffle=True)` repeats one order in every epoch.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

# SplitMix64's increment and the two multipliers of its finalizer.
_GAMMA = 0x9E3779B97F4A7C15
_MULTIPLIER_1 = 0xBF58476D1CE4E5B9
_MULTIPLIER_2 = 0x94D049BB133111EB
_MASK = 0xFFFFFFFFFFFFFFFF


def _splitmix64(z: Any) -> Any:
    """Applies SplitMix64's finalizer, a bijection on 64-bit words, to uint64 arrays."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(_MULTIPLIER_1)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(_MULTIPLIER_2)
    return z ^ (z >> np.uint64(31))


def _check(num_examples: int, seed: int) -> tuple[int, np.ndarray]:
    """Returns the number of examples and the seed's state, or raises."""
    try:
        num_examples, seed = operator.index(num_examples), operator.index(seed)
    except TypeError:
        raise TypeError(
            "`num_examples` and `seed` must be ints. "
            f"Received: num_examples={num_examples!r}, seed={seed!r}."
        ) from None
    if num_examples < 1:
        raise ValueError(
            "`num_examples` must be an int >= 1. "
            f"Received: num_examples={num_examples}. An epoch needs data."
        )
    state = np.array([(seed + _GAMMA) & _MASK], dtype=np.uint64)
    return num_examples, _splitmix64(state)


def epoch_order(num_examples: int, *, seed: int, epoch: int) -> np.ndarray:
    r"""Returns the order in which an epoch visits its examples.

    Example $i$ gets the key

    $$k_i = h(h(h(s + \gamma) \oplus e) + (i + 1) \gamma)$$

    ($s$ the seed, $e$ the epoch, $h$ SplitMix64's finalizer, $\gamma$ its increment, all
    modulo $2^{64}$), and the order sorts the keys. As $h$ is a bijection and $\gamma$ is
    odd no two keys are equal, so every sorting algorithm gives the same permutation.

    TensorFlow's own `stateless_shuffle` was passed over: it has no XLA kernel, and its
    permutation "may change between versions". This one is plain integer arithmetic:
    NumPy, a TensorFlow graph and XLA agree to the last index, in every version.

    Args:
        num_examples: $m$, the number of examples. Int >= 1.
        seed: Any int; its low 64 bits count.
        epoch: The epoch's number, from 0. Int >= 0.

    Returns:
        A permutation of $0 \dots m - 1$, an int64 array of shape `(num_examples,)`.

    Raises:
        TypeError: If an argument is not an int.
        ValueError: If `num_examples` is below 1 or `epoch` is negative.

    Example:
        >>> epoch_order(5, seed=1, epoch=0)
        array([4, 1, 0, 2, 3])
        >>> sorted(epoch_order(5, seed=1, epoch=1).tolist())
        [0, 1, 2, 3, 4]

    Reference:
        Steele, Lea and Flood, 2014, "Fast splittable pseudorandom number generators",
        https://doi.org/10.1145/2660193.2660195
    """
    num_examples, state = _check(num_examples, seed)
    try:
        epoch = operator.index(epoch)
    except TypeError:
        raise TypeError(f"`epoch` must be an int. Received: epoch={epoch!r}.") from None
    if epoch < 0:
        raise ValueError(f"`epoch` must be an int >= 0. Received: epoch={epoch}.")
    state = _splitmix64(state ^ np.uint64(epoch))
    counters = np.arange(1, num_examples + 1, dtype=np.uint64)
    keys = _splitmix64(state + counters * np.uint64(_GAMMA))
    return np.argsort(keys).astype(np.int64, copy=False)


def epoch_order_tensor(num_examples: int, *, seed: int, epoch: Any) -> Any:
    """Returns the same permutation as `epoch_order`, computed by TensorFlow.

    For use inside `tf.data` and `tf.function`, XLA included, where the epoch is a tensor
    that is known only when the graph runs.

    Args:
        num_examples: The number of examples. Python int >= 1 (it fixes the shape).
        seed: Any Python int; its low 64 bits count.
        epoch: The epoch's number, from 0. An int, or a scalar integer tensor.

    Returns:
        An int64 tensor of shape `(num_examples,)`.

    Raises:
        TypeError: If `num_examples` or `seed` is not an int.
        ValueError: If `num_examples` is below 1.

    Example:
        >>> import tensorflow as tf
        >>> order = tf.function(lambda e: epoch_order_tensor(100, seed=1, epoch=e))
        >>> bool(
        ...     (
        ...         order(tf.constant(3)).numpy() == epoch_order(100, seed=1, epoch=3)
        ...     ).all()
        ... )
        True
    """
    # Not at the top: the NumPy half serves processes that never load TensorFlow.
    import tensorflow as tf

    num_examples, seed_state = _check(num_examples, seed)
    xor, shift = tf.bitwise.bitwise_xor, tf.bitwise.right_shift

    def word(value: int) -> Any:
        return tf.constant(np.uint64(value))

    def splitmix64(z: Any) -> Any:
        z = xor(z, shift(z, word(30))) * word(_MULTIPLIER_1)
        z = xor(z, shift(z, word(27))) * word(_MULTIPLIER_2)
        return xor(z, shift(z, word(31)))

    state = splitmix64(xor(tf.constant(seed_state), tf.cast(epoch, tf.uint64)))
    counters = tf.cast(tf.range(1, num_examples + 1, dtype=tf.int64), tf.uint64)
    keys = splitmix64(state + counters * word(_GAMMA))
    return tf.cast(tf.argsort(keys), tf.int64)
