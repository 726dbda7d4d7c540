"""`tf.contrib.crf`: a linear-chain conditional random field over sequences of tags.

Scores are sums of a tag's own (`inputs`, of shape batch, time, tags) and of each pair
of neighbours (`transition_params`, from row to column).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.contrib.crf._cells import (
    CrfDecodeBackwardRnnCell,
    CrfDecodeForwardRnnCell,
    CrfForwardRnnCell,
)
from legacy_tf1.tensorflow.nn._recurrent import dynamic_rnn as _dynamic_rnn

__all__ = [
    "CrfDecodeBackwardRnnCell",
    "CrfDecodeForwardRnnCell",
    "CrfForwardRnnCell",
    "crf_binary_score",
    "crf_decode",
    "crf_log_likelihood",
    "crf_log_norm",
    "crf_multitag_sequence_score",
    "crf_sequence_score",
    "crf_unary_score",
    "viterbi_decode",
]


def _if_one_step(
    inputs: Any, one: Callable[[], Any], several: Callable[[], Any]
) -> Any:
    """Sequences of one step have no transitions to loop over."""
    steps = inputs.shape.dims[1].value or tf.shape(inputs)[1]
    is_one = tf.equal(steps, 1)
    known = tf.get_static_value(is_one)
    if known is None:
        return tf.cond(is_one, true_fn=one, false_fn=several)
    return one() if known else several()


def _zero_where_empty(lengths: Any, scores: Any) -> Any:
    return tf.where(tf.less_equal(lengths, 0), tf.zeros_like(scores), scores)


def _less_one(lengths: Any) -> Any:
    return tf.maximum(tf.constant(0, dtype=lengths.dtype), lengths - 1)


def crf_unary_score(tag_indices: Any, sequence_lengths: Any, inputs: Any) -> Any:
    """The sum of the tags' own scores, as `tf.contrib.crf.crf_unary_score`."""
    batch, steps, tags = (tf.shape(inputs)[axis] for axis in range(3))
    flat = tf.reshape(inputs, [-1])
    offsets = tf.expand_dims(tf.range(batch) * steps * tags, 1)
    offsets += tf.expand_dims(tf.range(steps) * tags, 0)
    if tag_indices.dtype == tf.int64:
        offsets = tf.cast(offsets, tf.int64)
    indices = tf.reshape(offsets + tag_indices, [-1])
    scores = tf.reshape(tf.gather(flat, indices), [batch, steps])
    mask = tf.sequence_mask(
        sequence_lengths, maxlen=tf.shape(tag_indices)[1], dtype=tf.float32
    )
    return tf.reduce_sum(scores * mask, 1)


def crf_binary_score(
    tag_indices: Any, sequence_lengths: Any, transition_params: Any
) -> Any:
    """The sum of the pairs' scores, as `tf.contrib.crf.crf_binary_score`."""
    num_tags = transition_params.get_shape()[0]
    pairs = tf.shape(tag_indices)[1] - 1
    before = tf.slice(tag_indices, [0, 0], [-1, pairs])
    after = tf.slice(tag_indices, [0, 1], [-1, pairs])
    indices = before * num_tags + after
    scores = tf.gather(tf.reshape(transition_params, [-1]), indices)
    mask = tf.sequence_mask(
        sequence_lengths, maxlen=tf.shape(tag_indices)[1], dtype=tf.float32
    )
    return tf.reduce_sum(scores * tf.slice(mask, [0, 1], [-1, -1]), 1)


def crf_sequence_score(
    inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any
) -> Any:
    """The score of a sequence of tags, as `tf.contrib.crf.crf_sequence_score`."""

    def one() -> Any:
        dtype = tag_indices.dtype
        batch = tf.shape(inputs, out_type=dtype)[0]
        rows = tf.reshape(tf.range(batch, dtype=dtype), [-1, 1])
        scores = tf.gather_nd(
            tf.squeeze(inputs, [1]), tf.concat([rows, tag_indices], axis=1)
        )
        return _zero_where_empty(sequence_lengths, scores)

    def several() -> Any:
        unary = crf_unary_score(tag_indices, sequence_lengths, inputs)
        return unary + crf_binary_score(
            tag_indices, sequence_lengths, transition_params
        )

    return _if_one_step(inputs, one, several)


def crf_multitag_sequence_score(
    inputs: Any, tag_bitmap: Any, sequence_lengths: Any, transition_params: Any
) -> Any:
    """The score of all sequences of the tags that a bitmap allows."""

    def allowed() -> Any:
        return tf.where(tag_bitmap, inputs, tf.fill(tf.shape(inputs), float("-inf")))

    return _if_one_step(
        inputs,
        lambda: tf.reduce_logsumexp(allowed(), axis=[1, 2], keepdims=False),
        lambda: crf_log_norm(allowed(), sequence_lengths, transition_params),
    )


def crf_log_norm(inputs: Any, sequence_lengths: Any, transition_params: Any) -> Any:
    """The logarithm of the sum over all sequences, as `tf.contrib.crf.crf_log_norm`."""
    first = tf.squeeze(tf.slice(inputs, [0, 0, 0], [-1, 1, -1]), [1])

    def one() -> Any:
        return _zero_where_empty(sequence_lengths, tf.reduce_logsumexp(first, [1]))

    def several() -> Any:
        rest = tf.slice(inputs, [0, 1, 0], [-1, -1, -1])
        cell = CrfForwardRnnCell(transition_params)
        _, alphas = _dynamic_rnn(
            cell=cell,
            inputs=rest,
            sequence_length=_less_one(sequence_lengths),
            initial_state=first,
            dtype=tf.float32,
        )
        return _zero_where_empty(sequence_lengths, tf.reduce_logsumexp(alphas, [1]))

    return _if_one_step(inputs, one, several)


def crf_log_likelihood(
    inputs: Any,
    tag_indices: Any,
    sequence_lengths: Any,
    transition_params: Any = None,
) -> tuple[Any, Any]:
    """The log-likelihood of tags, and the transitions; without these it makes them.

    As `tf.contrib.crf.crf_log_likelihood` of TensorFlow 1.15.
    """
    if transition_params is None:
        num_tags = inputs.shape.dims[2].value
        transition_params = tf.get_variable("transitions", [num_tags, num_tags])
    scores = crf_sequence_score(
        inputs, tag_indices, sequence_lengths, transition_params
    )
    log_norm = crf_log_norm(inputs, sequence_lengths, transition_params)
    return scores - log_norm, transition_params


def viterbi_decode(score: Any, transition_params: Any) -> tuple[list[Any], Any]:
    """The best tags of one sequence and their score, in NumPy.

    As `tf.contrib.crf.viterbi_decode` of TensorFlow 1.15.

    Args:
        score: Array of shape (time, tags).
        transition_params: Array of shape (tags, tags).

    Example:
        >>> import numpy as np
        >>> tags, best = viterbi_decode(
        ...     np.array([[1.0, 0.0], [0.0, 0.5]]), np.array([[2.0, 0.0], [0.0, 0.0]])
        ... )
        >>> [int(tag) for tag in tags], float(best)
        ([0, 0], 3.0)
    """
    trellis = np.zeros_like(score)
    back = np.zeros_like(score, dtype=np.int32)
    trellis[0] = score[0]
    for t in range(1, score.shape[0]):
        paths = np.expand_dims(trellis[t - 1], 1) + transition_params
        trellis[t] = score[t] + np.max(paths, 0)
        back[t] = np.argmax(paths, 0)
    tags = [np.argmax(trellis[-1])]
    for pointers in reversed(back[1:]):
        tags.append(pointers[tags[-1]])
    return tags[::-1], np.max(trellis[-1])


def crf_decode(
    potentials: Any, transition_params: Any, sequence_length: Any
) -> tuple[Any, Any]:
    """The best tags of each sequence and their scores, as `tf.contrib.crf.crf_decode`.

    Args:
        potentials: Tensor of shape (batch, time, tags).
        transition_params: Tensor of shape (tags, tags).
        sequence_length: Vector of the sequences' lengths.
    """

    def one() -> Any:
        scores = tf.squeeze(potentials, [1])
        tags = tf.expand_dims(tf.argmax(scores, axis=1), 1)
        best = tf.reduce_max(scores, axis=1)
        return tf.cast(tags, dtype=tf.int32), best

    def several() -> Any:
        forward = CrfDecodeForwardRnnCell(transition_params)
        first = tf.squeeze(tf.slice(potentials, [0, 0, 0], [-1, 1, -1]), axis=[1])
        rest = tf.slice(potentials, [0, 1, 0], [-1, -1, -1])
        lengths = _less_one(sequence_length)
        options = {"sequence_length": lengths, "time_major": False, "dtype": tf.int32}
        pointers, last = _dynamic_rnn(
            forward, inputs=rest, initial_state=first, **options
        )
        pointers = tf.reverse_sequence(pointers, lengths, seq_axis=1)
        backward = CrfDecodeBackwardRnnCell(potentials.shape.dims[2].value)
        best_last = tf.cast(tf.argmax(last, axis=1), dtype=tf.int32)
        best_last = tf.expand_dims(best_last, axis=-1)
        tags, _ = _dynamic_rnn(
            backward, inputs=pointers, initial_state=best_last, **options
        )
        tags = tf.concat([best_last, tf.squeeze(tags, axis=[2])], axis=1)
        tags = tf.reverse_sequence(tags, sequence_length, seq_axis=1)
        return tags, tf.reduce_max(last, axis=1)

    return _if_one_step(potentials, one, several)


__getattr__, __dir__ = _namespace.attach(__name__)
