"""Beams of sequences: tiling a batch, and walking back from the last step."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import seeds


def _tile(tensor: Any, multiplier: int) -> Any:
    tensor = tf.convert_to_tensor(tensor, name="t")
    shape = tf.shape(tensor)
    if not tensor.shape.ndims:
        raise ValueError(
            "`t` must have a batch axis, and its rank be known. "
            f"Received: a tensor of shape {tensor.shape}. Set it by `set_shape`."
        )
    tiling = [1] * (tensor.shape.ndims + 1)
    tiling[1] = multiplier
    batch = tensor.shape.dims[0].value
    tiled = tf.tile(tf.expand_dims(tensor, 1), tiling)
    tiled = tf.reshape(tiled, tf.concat(([shape[0] * multiplier], shape[1:]), 0))
    known = None if batch is None else batch * multiplier
    tiled.set_shape(tf.TensorShape([known]).concatenate(tensor.shape[1:]))
    return tiled


def tile_batch(t: Any, multiplier: int, name: str | None = None) -> Any:
    """Repeats each sequence of a batch for each of its beams.

    As `tf.contrib.seq2seq.tile_batch` of TensorFlow 1.15. Today: `tf.repeat(t,
    beam_width, axis=0)`.
    """
    with tf.name_scope(name, "tile_batch", [*tf.nest.flatten(t), multiplier]):
        return tf.nest.map_structure(lambda part: _tile(part, multiplier), t)


def gather_tree(
    step_ids: Any,
    parent_ids: Any,
    max_sequence_lengths: Any,
    end_token: Any,
    name: str | None = None,
) -> Any:
    """The ids of whole beams, from each step's ids and the beams these came from.

    As `tf.contrib.seq2seq.gather_tree`, one operation in TensorFlow 1 and a loop here:
    from the last step of each sequence back to its first. What follows a first
    `end_token` is `end_token`.

    Args:
        step_ids: Ids of shape (time, batch, beams).
        parent_ids: The beam of the step before that each id continues; same shape.
        max_sequence_lengths: Vector of the longest beam of each sequence.
        end_token: The id that ends a sequence.
        name: Of the operation.
    """
    step_ids = tf.convert_to_tensor(step_ids, name="step_ids")
    parent_ids = tf.convert_to_tensor(parent_ids, name="parent_ids")
    lengths = tf.convert_to_tensor(max_sequence_lengths, name="max_sequence_lengths")
    end_token = tf.convert_to_tensor(end_token, dtype=step_ids.dtype, name="end_token")
    with tf.name_scope(name, "GatherTree", [step_ids, parent_ids]), seeds.counting(1):
        return _walk_back(step_ids, parent_ids, lengths, end_token)


def _walk_back(step_ids: Any, parent_ids: Any, lengths: Any, end_token: Any) -> Any:
    shape = tf.shape(step_ids)
    times, width = shape[0], shape[2]
    lengths = tf.minimum(tf.cast(lengths, tf.int32), times)
    beams = tf.tile(tf.expand_dims(tf.range(width), 0), [shape[1], 1])

    def step(followed: Any, inputs: Any) -> Any:
        time, ids, parents = inputs
        ids = tf.gather(ids, followed[0], batch_dims=1)
        parents = tf.gather(parents, followed[0], batch_dims=1)
        within = tf.tile(tf.expand_dims(time < lengths, 1), [1, width])
        return (
            tf.where(within, parents, followed[0]),
            tf.where(within, ids, tf.fill(tf.shape(ids), end_token)),
        )

    _, ids = tf.scan(
        step,
        (tf.range(times), step_ids, tf.cast(parent_ids, tf.int32)),
        initializer=(beams, tf.zeros_like(beams, dtype=step_ids.dtype)),
        reverse=True,
        back_prop=False,
    )
    is_end = tf.cast(tf.equal(ids, end_token), tf.int32)
    ended = tf.cumsum(is_end, axis=0, exclusive=True) > 0
    result = tf.where(ended, tf.fill(shape, end_token), ids)
    result.set_shape(step_ids.shape)
    return result


def gather_tree_from_array(t: Any, parent_ids: Any, sequence_length: Any) -> Any:
    """Rows of a stacked array in the order of whole beams.

    As in TensorFlow 1.15; it sorts the history of a decoder's alignments.
    """
    sizes = tf.shape(parent_ids)
    times, batch, width = (
        known if known is not None else sizes[i]
        for i, known in enumerate(parent_ids.shape.as_list())
    )
    beams = tf.tile(tf.reshape(tf.range(width), [1, 1, -1]), [times, batch, 1])
    lengths = tf.cast(tf.reduce_max(sequence_length, axis=1), tf.int32)
    ordered = gather_tree(beams, parent_ids, lengths, end_token=width + 1)
    within = tf.transpose(
        tf.sequence_mask(sequence_length, maxlen=times), perm=[2, 0, 1]
    )
    ordered = tf.where(within, x=ordered, y=beams)
    time_index = tf.tile(tf.reshape(tf.range(times), [-1, 1, 1]), [1, batch, width])
    batch_index = tf.tile(tf.reshape(tf.range(batch), [1, -1, 1]), [times, 1, width])
    indices = tf.stack([time_index, batch_index, ordered], -1)
    rows = tf.reshape(t, [times, batch, width, -1])
    return tf.reshape(tf.gather_nd(rows, indices), tf.shape(t))
