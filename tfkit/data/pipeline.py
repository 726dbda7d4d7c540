"""Batches through tf.data, in an order that is new in every epoch and equal in every run."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tfkit.training.sample_order import epoch_order_tensor

# Arrays up to this size are copied into tensors once; larger ones are read batch by batch.
_CACHE_BYTES = 1 << 31


def pipeline(
    x: Any,
    y: Any = None,
    *,
    batch_size: int = 64,
    shuffle: bool = False,
    seed: int | None = None,
    sample_weight: Any = None,
    cache: bool | None = None,
    initial_epoch: int = 0,
) -> tf.data.Dataset:
    """Returns a `tf.data.Dataset` whose every iteration is one epoch of batches.

    Use it with `model.fit(pipeline(...), epochs=..., shuffle=False)`, without
    `steps_per_epoch`. (`fit`'s own `shuffle` is for arrays; Keras warns when it is left at
    its default with a dataset.) The last batch may be shorter; nothing is dropped.

    With `shuffle` the order is `epoch_order(m, seed=seed, epoch=epoch)` of
    `tfkit.training.sample_order`: different in every epoch, the same in every run. The
    dataset counts its epochs in its variable `dataset.epoch`. An epoch counts when its
    last batch has been taken, so an iterator that is dropped before does not count: Keras
    drops one when it builds a model from the first batch. A second `fit` goes on with the
    next epochs' orders; `initial_epoch` and `dataset.epoch.assign(0)` set the count.

    The count cannot tell a whole epoch from a dropped iterator where the epoch is a single
    batch, or where batches are drawn ahead of their use: by a `.prefetch()` added behind
    (leave it out, batches are prefetched already) or by a strategy with several devices.
    There, and to resume with `fit(initial_epoch=...)`, let `fit` say which epoch it is::

        keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: dataset.epoch.assign(epoch)
        )

    Args:
        x: Inputs of shape `(examples, ...)`.
        y: Labels of shape `(examples, ...)`, or None for inputs alone.
        batch_size: Examples in a batch. Int >= 1.
        shuffle: Whether to shuffle in each epoch.
        seed: Seed of the order; needed with `shuffle`.
        sample_weight: Weight of each example in the loss, shape `(examples,)`.
        cache: True copies the arrays into tensors once, which is fastest; False reads
            each batch from the arrays, for a `np.memmap` larger than memory. None: True
            up to 2 GiB.
        initial_epoch: Number of the first epoch, from 0.

    Returns:
        A dataset of `x`, `(x, y)` or `(x, y, sample_weight)` batches with known
        cardinality.

    Raises:
        ValueError: If lengths differ, data are empty, `batch_size` is below 1,
            `shuffle` has no seed, or weights come without labels.

    Example:
        >>> import numpy as np
        >>> x, y = np.arange(5.0), np.array([0, 1, 0, 1, 0])
        >>> batches = pipeline(x, y, batch_size=2, shuffle=True, seed=1)
        >>> [xs.numpy().tolist() for xs, ys in batches]
        [[4.0, 1.0], [0.0, 2.0], [3.0]]
        >>> [xs.numpy().tolist() for xs, ys in batches]
        [[3.0, 0.0], [2.0, 1.0], [4.0]]
    """
    arrays = _as_arrays(x, y, sample_weight)
    examples = len(arrays[0])
    if not isinstance(batch_size, int | np.integer) or batch_size < 1:
        raise ValueError(
            f"`batch_size` must be an int >= 1. Received: batch_size={batch_size!r}."
        )
    if shuffle and seed is None:
        raise ValueError(
            "`seed` must be an int when `shuffle` is True: the order is a function of it. "
            "Received: seed=None."
        )
    if initial_epoch < 0:
        raise ValueError(
            f"`initial_epoch` must be an int >= 0. Received: initial_epoch={initial_epoch}."
        )
    if cache is None:
        cache = sum(array.nbytes for array in arrays) <= _CACHE_BYTES
    take = _from_tensors(arrays) if cache else _from_arrays(arrays)
    num_batches = -(-examples // batch_size)

    # Neither the variable nor the tensors belong on an accelerator: tf.data runs beside it.
    with tf.device("CPU:0"):
        epoch = tf.Variable(initial_epoch, dtype=tf.int64, trainable=False)

        def batches_of_epoch(_: Any) -> tf.data.Dataset:
            if shuffle:
                # `seed` is an int here: checked above.
                order = epoch_order_tensor(examples, seed=seed or 0, epoch=epoch)
            else:
                order = tf.range(examples, dtype=tf.int64)
            return tf.data.Dataset.range(num_batches).map(
                lambda i: order[i * batch_size : (i + 1) * batch_size]
            )

        def count_epoch(step: Any, batch: Any) -> Any:
            is_last = tf.cast(step == num_batches - 1, tf.int64)
            with tf.control_dependencies([epoch.assign_add(is_last)]):
                return tf.nest.map_structure(tf.identity, batch)

        dataset = (
            tf.data.Dataset.range(1)
            .flat_map(batches_of_epoch)
            .map(take, num_parallel_calls=tf.data.AUTOTUNE)
            .prefetch(tf.data.AUTOTUNE)
        )
        if shuffle:
            # Behind the prefetch, so that only batches really taken are counted.
            dataset = dataset.enumerate().map(count_epoch)
        dataset = dataset.apply(tf.data.experimental.assert_cardinality(num_batches))
    options = tf.data.Options()
    # tf.data would otherwise add a prefetch of its own at the very end.
    options.experimental_optimization.inject_prefetch = False
    dataset = dataset.with_options(options)
    dataset.epoch = epoch
    return dataset


def _as_arrays(x: Any, y: Any, sample_weight: Any) -> list[np.ndarray]:
    if y is None and sample_weight is not None:
        raise ValueError(
            "`sample_weight` needs labels. Received: y=None with sample_weight."
        )
    named = {"x": x, "y": y, "sample_weight": sample_weight}
    # asanyarray keeps a np.memmap on disk.
    arrays = {k: np.asanyarray(v) for k, v in named.items() if v is not None}
    lengths = {k: len(v) if v.ndim else 0 for k, v in arrays.items()}
    if len(set(lengths.values())) > 1 or 0 in lengths.values():
        raise ValueError(
            "`x`, `y` and `sample_weight` must have the same length, at least 1. "
            "Received: " + ", ".join(f"len({k})={n}" for k, n in lengths.items()) + "."
        )
    return list(arrays.values())


def _structure(parts: list[Any]) -> Any:
    """A dataset of inputs alone yields tensors, any other tuples, as Keras expects."""
    return parts[0] if len(parts) == 1 else tuple(parts)


def _from_tensors(arrays: list[np.ndarray]) -> Any:
    with tf.device("CPU:0"):
        # A copy: later changes of the arrays do not reach the pipeline.
        tensors = [tf.constant(array) for array in arrays]
    return lambda indices: _structure([tf.gather(t, indices) for t in tensors])


def _from_arrays(arrays: list[np.ndarray]) -> Any:
    dtypes = [tf.as_dtype(array.dtype) for array in arrays]

    def read(indices: np.ndarray) -> list[np.ndarray]:
        return [np.asarray(array[indices]) for array in arrays]

    def take(indices: Any) -> Any:
        parts = tf.numpy_function(read, [indices], dtypes, stateful=False)
        for part, array in zip(parts, arrays, strict=True):
            # numpy_function forgets the shapes, and Keras builds models from them.
            part.set_shape((None, *array.shape[1:]))
        return _structure(parts)

    return take
