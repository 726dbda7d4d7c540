"""Beam search: a decoder that follows the likeliest sequences side by side."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.contrib.seq2seq._attention_wrapper import (
    AttentionWrapperState,
)
from legacy_tf1.tensorflow.contrib.seq2seq._beams import (
    gather_tree,
    gather_tree_from_array,
)
from legacy_tf1.tensorflow.contrib.seq2seq._decoder import (
    Decoder,
    check_layer,
    layer_output_size,
)
from legacy_tf1.tensorflow.contrib.seq2seq._helpers import as_embedding, check_tokens
from legacy_tf1.tensorflow.nn.rnn_cell import assert_like_rnncell


class BeamSearchDecoderState(NamedTuple):
    """What a `BeamSearchDecoder` keeps from step to step."""

    cell_state: Any
    log_probs: Any
    finished: Any
    lengths: Any
    accumulated_attention_probs: Any


class BeamSearchDecoderOutput(NamedTuple):
    """What a step puts out, by beam."""

    scores: Any
    predicted_ids: Any
    parent_ids: Any


class FinalBeamSearchDecoderOutput(NamedTuple):
    """Whole sequences, the best beam first, and the steps they are from."""

    predicted_ids: Any
    beam_search_decoder_output: Any


class BeamSearchDecoder(Decoder):
    """Keeps the `beam_width` best sequences at each step.

    As `tf.contrib.seq2seq.BeamSearchDecoder` of TensorFlow 1.15.
    """

    def __init__(
        self,
        cell: Any,
        embedding: Any,
        start_tokens: Any,
        end_token: Any,
        initial_state: Any,
        beam_width: int,
        output_layer: Any = None,
        length_penalty_weight: Any = 0.0,
        coverage_penalty_weight: Any = 0.0,
        reorder_tensor_arrays: bool = True,
    ) -> None:
        assert_like_rnncell("cell", cell)
        check_layer("output_layer", output_layer)
        self._cell = cell
        self._output_layer = output_layer
        self._reorder_tensor_arrays = reorder_tensor_arrays
        self._beam_width = beam_width
        self._length_penalty_weight = length_penalty_weight
        self._coverage_penalty_weight = coverage_penalty_weight
        self._embedding_fn = as_embedding(embedding)
        first, self._end_token = check_tokens(start_tokens, end_token)
        self._batch_size = tf.size(start_tokens)
        self._initial_cell_state = tf.nest.map_structure(
            self._split_beams, initial_state, self._cell.state_size
        )
        self._start_tokens = tf.tile(tf.expand_dims(first, 1), [1, beam_width])
        self._start_inputs = self._embedding_fn(self._start_tokens)
        self._finished = tf.one_hot(
            tf.zeros([self._batch_size], dtype=tf.int32),
            depth=beam_width,
            on_value=False,
            off_value=True,
            dtype=tf.bool,
        )

    @property
    def batch_size(self) -> Any:
        return self._batch_size

    @property
    def tracks_own_finished(self) -> bool:
        return True  # a beam that has finished may be displaced by one that has not

    @property
    def output_size(self) -> Any:
        width = tf.TensorShape([self._beam_width])
        return BeamSearchDecoderOutput(
            scores=width, predicted_ids=width, parent_ids=width
        )

    @property
    def _dtype(self) -> Any:
        return tf.nest.flatten(self._initial_cell_state)[0].dtype

    @property
    def output_dtype(self) -> Any:
        size = layer_output_size(self._cell.output_size, self._output_layer)
        return BeamSearchDecoderOutput(
            scores=tf.nest.map_structure(lambda _: self._dtype, size),
            predicted_ids=tf.int32,
            parent_ids=tf.int32,
        )

    def initialize(self, name: str | None = None) -> Any:
        # Only the first beam counts at the start: the others would be its copies.
        log_probs = tf.one_hot(
            tf.zeros([self._batch_size], dtype=tf.int32),
            depth=self._beam_width,
            on_value=tf.convert_to_tensor(0.0, dtype=self._dtype),
            off_value=tf.convert_to_tensor(-np.inf, dtype=self._dtype),
            dtype=self._dtype,
        )
        attention = self._attention_of(self._initial_cell_state)
        state = BeamSearchDecoderState(
            cell_state=self._initial_cell_state,
            log_probs=log_probs,
            finished=self._finished,
            lengths=tf.zeros([self._batch_size, self._beam_width], dtype=tf.int64),
            accumulated_attention_probs=() if attention is None else attention,
        )
        return self._finished, self._start_inputs, state

    def finalize(self, outputs: Any, final_state: Any, sequence_lengths: Any) -> Any:
        lengths = tf.cast(tf.reduce_max(final_state.lengths, axis=1), tf.int32)
        ids = gather_tree(
            outputs.predicted_ids,
            outputs.parent_ids,
            max_sequence_lengths=lengths,
            end_token=self._end_token,
        )
        if self._reorder_tensor_arrays:
            final_state = final_state._replace(
                cell_state=tf.nest.map_structure(
                    lambda part: self._sorted(
                        part, outputs.parent_ids, final_state.lengths
                    ),
                    final_state.cell_state,
                )
            )
        return FinalBeamSearchDecoderOutput(ids, outputs), final_state

    def _sorted(self, part: Any, parent_ids: Any, lengths: Any) -> Any:
        if not isinstance(part, tf.TensorArray):
            return part
        shape = part.element_shape
        if not shape.ndims or (
            (known := tf.get_static_value(self._batch_size)) is not None
            and shape.dims[0].value not in (None, known, known * self._beam_width)
        ):
            tf.logging.warning(
                "An array in the cell's state is not by beam and stays unsorted: "
                "its elements have the shape %s.",
                shape,
            )
            return part
        return gather_tree_from_array(part.stack(), parent_ids, lengths)

    def _known_batch(self) -> int | None:
        return tf.get_static_value(self._batch_size)

    def _merge_beams(self, tensor: Any, size: Any) -> Any:
        """From (batch, beams, ...) to (batch * beams, ...)."""
        if isinstance(tensor, tf.TensorArray) or tensor.shape.ndims < 2:
            return tensor
        batch = self._known_batch()
        merged = tf.reshape(
            tensor,
            tf.concat(([self._batch_size * self._beam_width], tf.shape(tensor)[2:]), 0),
        )
        known = None if batch is None else batch * self._beam_width
        merged.set_shape(tf.TensorShape([known]).concatenate(_static_shape(size)))
        return merged

    def _split_beams(self, tensor: Any, size: Any) -> Any:
        """From (batch * beams, ...) to (batch, beams, ...)."""
        if isinstance(tensor, tf.TensorArray) or tensor.shape.ndims < 1:
            return tensor
        split = tf.reshape(
            tensor,
            tf.concat(([self._batch_size, self._beam_width], tf.shape(tensor)[1:]), 0),
        )
        expected = tf.TensorShape([self._known_batch(), self._beam_width]).concatenate(
            _static_shape(size)
        )
        if not split.shape.is_compatible_with(expected):
            raise ValueError(
                "A state must have a row for each beam of each sequence. Received one "
                f"of shape {tensor.shape}, expected it to split into {expected}. Tile "
                "it by tf.contrib.seq2seq.tile_batch(state, multiplier="
                f"{self._beam_width})."
            )
        split.set_shape(expected)
        return split

    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> Any:
        with tf.name_scope(name, "BeamSearchDecoderStep", (time, inputs, state)):
            inputs = tf.nest.map_structure(
                lambda part: self._merge_beams(part, part.shape[2:]), inputs
            )
            cell_state = tf.nest.map_structure(
                self._merge_beams, state.cell_state, self._cell.state_size
            )
            logits, cell_state = self._cell(inputs, cell_state)
            logits = tf.nest.map_structure(
                lambda part: self._split_beams(part, part.shape[1:]), logits
            )
            cell_state = tf.nest.map_structure(
                self._split_beams, cell_state, self._cell.state_size
            )
            if self._output_layer is not None:
                logits = self._output_layer(logits)
            output, state = self._search(time, logits, cell_state, state)
            next_inputs = tf.cond(
                tf.reduce_all(state.finished),
                lambda: self._start_inputs,
                lambda: self._embedding_fn(output.predicted_ids),
            )
        return output, state, next_inputs, state.finished

    def _search(self, time: Any, logits: Any, cell_state: Any, state: Any) -> Any:
        """Picks the best continuations of all beams of a sequence together."""
        width, batch = self._beam_width, self._batch_size
        known_batch = self._known_batch()
        finished, unfinished = state.finished, tf.logical_not(state.finished)
        step_log_probs = _only_end(tf.nn.log_softmax(logits), self._end_token, finished)
        log_probs = tf.expand_dims(state.log_probs, 2) + step_log_probs
        classes = logits.shape.dims[-1].value or tf.shape(logits)[-1]
        lengths = tf.one_hot(
            indices=tf.fill([batch, width], self._end_token),
            depth=classes,
            on_value=tf.to_int64(0),
            off_value=tf.to_int64(1),
            dtype=tf.int64,
        )
        lengths *= tf.expand_dims(tf.cast(unfinished, tf.int64), 2)
        lengths = lengths + tf.expand_dims(state.lengths, 2)

        accumulated = None
        attention = self._attention_of(cell_state)
        if attention is not None:
            attention *= tf.expand_dims(tf.cast(unfinished, tf.float32), 2)
            accumulated = state.accumulated_attention_probs + attention
        scores = self._scores(log_probs, lengths, finished, accumulated)

        tf.convert_to_tensor(time, name="time")
        flat = tf.reshape(scores, [batch, -1])
        count = tf.convert_to_tensor(width, dtype=tf.int32, name="beam_width")
        next_scores, indices = tf.nn.top_k(flat, k=count)
        next_scores.set_shape([known_batch, width])
        indices.set_shape([known_batch, width])

        next_log_probs = self._gather(
            indices, log_probs, width * classes, [-1], name="next_beam_probs"
        )
        ids = tf.mod(indices, classes, name="next_beam_word_ids")
        ids = tf.cast(ids, tf.int32)
        parents = tf.cast(indices / classes, tf.int32, name="next_beam_parent_ids")
        finished = self._gather(parents, finished, width, [-1])
        next_finished = tf.logical_or(
            finished, tf.equal(ids, self._end_token), name="next_beam_finished"
        )
        added = tf.cast(tf.logical_not(finished), tf.int64)
        next_lengths = self._gather(parents, state.lengths, width, [-1]) + added
        rows = [batch * width, -1]
        next_accumulated: Any = ()
        if accumulated is not None:
            next_accumulated = self._gather(
                parents,
                accumulated,
                width,
                rows,
                name="next_accumulated_attention_probs",
            )
        cell_state = tf.nest.map_structure(
            lambda part: self._gather_state(parents, part, rows), cell_state
        )
        next_state = BeamSearchDecoderState(
            cell_state=cell_state,
            log_probs=next_log_probs,
            lengths=next_lengths,
            finished=next_finished,
            accumulated_attention_probs=next_accumulated,
        )
        return BeamSearchDecoderOutput(next_scores, ids, parents), next_state

    def _gather_state(self, parents: Any, part: Any, shape: Any) -> Any:
        if isinstance(part, tf.TensorArray) or part.shape.ndims < len(shape):
            return part
        return self._gather(parents, part, self._beam_width, shape)

    def _gather(
        self, indices: Any, source: Any, size: Any, shape: Any, name: str | None = None
    ) -> Any:
        """Picks from each sequence's beams."""
        with tf.name_scope(name, "tensor_gather_helper"):
            offsets = tf.expand_dims(tf.range(self._batch_size) * size, 1)
            indices = tf.reshape(indices + offsets, [-1])
            picked = tf.gather(tf.reshape(source, shape), indices)
            axes = 1 + len(shape)
            picked = tf.reshape(picked, tf.shape(source)[:axes], name="output")
            picked.set_shape(
                tf.TensorShape([self._known_batch()]).concatenate(source.shape[1:axes])
            )
            return picked

    def _attention_of(self, cell_state: Any) -> Any:
        """The mean weights of all attention in a state, None where not needed."""
        weight = self._coverage_penalty_weight
        if not isinstance(weight, tf.Tensor) and weight == 0.0:
            return None
        if isinstance(cell_state, AttentionWrapperState):
            cell_state = (cell_state,)
        probs = [
            _mean(part.alignments)
            for part in (cell_state if isinstance(cell_state, tuple) else ())
            if isinstance(part, AttentionWrapperState)
        ]
        if not probs:
            raise ValueError(
                "A coverage penalty is on attention, and the cell has none. "
                f"Received: coverage_penalty_weight={weight}. Leave it at 0, or wrap "
                "the cell into an AttentionWrapper."
            )
        return _mean(tuple(probs)) if len(probs) > 1 else probs[0]

    def _scores(
        self, log_probs: Any, lengths: Any, finished: Any, attention: Any
    ) -> Any:
        penalty = _length_penalty(lengths, self._length_penalty_weight)
        scores = log_probs / tf.cast(penalty, dtype=log_probs.dtype)
        weight = tf.convert_to_tensor(
            self._coverage_penalty_weight, name="coverage_penalty_weight"
        )
        if tf.get_static_value(weight) == 0.0:
            return scores
        attention = tf.where(
            tf.equal(attention, 0.0), tf.ones_like(attention), attention
        )
        coverage = tf.reduce_sum(tf.log(tf.minimum(attention, 1.0)), 2)
        coverage *= tf.cast(finished, tf.float32)
        return scores + tf.expand_dims(coverage * weight, 2)


def _static_shape(size: Any) -> tf.TensorShape:
    if isinstance(size, tf.Tensor):
        return tf.TensorShape(tf.get_static_value(size))
    return tf.TensorShape(size)


def _mean(probs: Any) -> Any:
    if not isinstance(probs, tuple):
        return probs
    return tf.reduce_mean(tf.concat([tf.expand_dims(p, -1) for p in probs], -1), -1)


def _length_penalty(lengths: Any, factor: Any) -> Any:
    """`((5 + length) / 6) ** factor` (Wu et al., 2016)."""
    factor = tf.convert_to_tensor(factor, name="penalty_factor")
    factor.set_shape(())
    if tf.get_static_value(factor) == 0:
        return 1.0
    return tf.div((5.0 + tf.cast(lengths, tf.float32)) ** factor, (5.0 + 1.0) ** factor)


def _only_end(log_probs: Any, end_token: Any, finished: Any) -> Any:
    """Leaves beams that have finished nothing but the end token."""
    classes = tf.shape(log_probs)[2]
    row = tf.one_hot(
        end_token,
        classes,
        dtype=log_probs.dtype,
        on_value=tf.convert_to_tensor(0.0, dtype=log_probs.dtype),
        off_value=log_probs.dtype.min,
    )
    rows = tf.tile(tf.reshape(row, [1, 1, -1]), tf.concat([tf.shape(finished), [1]], 0))
    mask = tf.tile(tf.expand_dims(finished, 2), [1, 1, classes])
    return tf.where(mask, rows, log_probs)
