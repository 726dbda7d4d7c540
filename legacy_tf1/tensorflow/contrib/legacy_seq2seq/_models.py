"""Whole models: an encoder, and a decoder that starts from its last state."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.contrib.legacy_seq2seq import _decoders
from legacy_tf1.tensorflow.contrib.rnn._wrappers import (
    EmbeddingWrapper,
    OutputProjectionWrapper,
)
from legacy_tf1.tensorflow.nn._recurrent import static_rnn
from legacy_tf1.tensorflow.nn.rnn_cell import assert_like_rnncell

_Decode = Callable[[bool], tuple[list[Any], Any]]


def basic_rnn_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    cell: Any,
    dtype: Any = tf.float32,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """Encodes one list of inputs and decodes another, each with weights of its own.

    As `tf.contrib.legacy_seq2seq.basic_rnn_seq2seq` of TensorFlow 1.15.
    """
    with tf.variable_scope(scope or "basic_rnn_seq2seq"):
        _, state = static_rnn(copy.deepcopy(cell), encoder_inputs, dtype=dtype)
        return _decoders.rnn_decoder(decoder_inputs, state, cell)


def tied_rnn_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    cell: Any,
    loop_function: _decoders.LoopFunction | None = None,
    dtype: Any = tf.float32,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """As `basic_rnn_seq2seq` with the same weights for both."""
    with tf.variable_scope("combined_tied_rnn_seq2seq"):
        scope = scope or "tied_rnn_seq2seq"
        _, state = static_rnn(cell, encoder_inputs, dtype=dtype, scope=scope)
        tf.get_variable_scope().reuse_variables()
        return _decoders.rnn_decoder(
            decoder_inputs, state, cell, loop_function=loop_function, scope=scope
        )


def _decode(feed_previous: Any, decode: _Decode, state_like: Callable[[], Any]) -> Any:
    """Decodes; `feed_previous` may be a tensor, and then both ways are in the graph."""
    if isinstance(feed_previous, bool):
        return decode(feed_previous)

    def branch(feeds: bool) -> list[Any]:
        reuse = None if feeds else True
        with tf.variable_scope(tf.get_variable_scope(), reuse=reuse):
            outputs, state = decode(feeds)
        return outputs + tf.nest.flatten(state)

    flat = tf.cond(feed_previous, lambda: branch(True), lambda: branch(False))
    structure = state_like()
    count = len(tf.nest.flatten(structure))
    outputs, states = flat[:-count], flat[-count:]
    return outputs, tf.nest.pack_sequence_as(structure, states)


def embedding_rnn_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    cell: Any,
    num_encoder_symbols: int,
    num_decoder_symbols: int,
    embedding_size: int,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """A `basic_rnn_seq2seq` of symbols, as `tf.contrib.legacy_seq2seq`'s."""
    with tf.variable_scope(scope or "embedding_rnn_seq2seq") as within:
        if dtype is not None:
            within.set_dtype(dtype)
        encoder = EmbeddingWrapper(
            copy.deepcopy(cell), num_encoder_symbols, embedding_size
        )
        _, state = static_rnn(encoder, encoder_inputs, dtype=dtype or within.dtype)
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols)

        def decode(feeds: bool) -> tuple[list[Any], Any]:
            return _decoders.embedding_rnn_decoder(
                decoder_inputs,
                state,
                cell,
                num_decoder_symbols,
                embedding_size,
                output_projection=output_projection,
                feed_previous=feeds,
                update_embedding_for_previous=isinstance(feed_previous, bool),
            )

        return _decode(feed_previous, decode, lambda: state)


def embedding_tied_rnn_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    num_decoder_symbols: int | None = None,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """A `tied_rnn_seq2seq` of symbols with one embedding for both."""
    with tf.variable_scope(
        scope or "embedding_tied_rnn_seq2seq", dtype=dtype
    ) as within:
        dtype = within.dtype
        _decoders.check_projection(output_projection, num_symbols, dtype)
        embedding = tf.get_variable(
            "embedding", [num_symbols, embedding_size], dtype=dtype
        )
        encoded, decoded = (
            [tf.nn.embedding_lookup(embedding, symbols) for symbols in steps]
            for steps in (encoder_inputs, decoder_inputs)
        )
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols or num_symbols)

        def decode(feeds: bool) -> tuple[list[Any], Any]:
            loop_function = None
            if feeds:
                loop_function = _decoders.feed_previous_symbol(
                    embedding, output_projection, isinstance(feed_previous, bool)
                )
            return tied_rnn_seq2seq(
                encoded, decoded, cell, loop_function=loop_function, dtype=dtype
            )

        def zero_state() -> Any:
            batch = encoder_inputs[0].shape[0].value
            return cell.zero_state(batch or tf.shape(encoder_inputs[0])[0], dtype)

        return _decode(feed_previous, decode, zero_state)


def embedding_attention_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    cell: Any,
    num_encoder_symbols: int,
    num_decoder_symbols: int,
    embedding_size: int,
    num_heads: int = 1,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> tuple[list[Any], Any]:
    """An `embedding_rnn_seq2seq` whose decoder attends to all encoder outputs."""
    with tf.variable_scope(
        scope or "embedding_attention_seq2seq", dtype=dtype
    ) as within:
        encoder = EmbeddingWrapper(
            copy.deepcopy(cell), num_encoder_symbols, embedding_size
        )
        outputs, state = static_rnn(encoder, encoder_inputs, dtype=within.dtype)
        tops = [tf.reshape(output, [-1, 1, cell.output_size]) for output in outputs]
        attention_states = tf.concat(tops, 1)
        output_size = None
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols)
            output_size = num_decoder_symbols

        def decode(feeds: bool) -> tuple[list[Any], Any]:
            return _decoders.embedding_attention_decoder(
                decoder_inputs,
                state,
                attention_states,
                cell,
                num_decoder_symbols,
                embedding_size,
                num_heads=num_heads,
                output_size=output_size,
                output_projection=output_projection,
                feed_previous=feeds,
                update_embedding_for_previous=isinstance(feed_previous, bool),
                initial_state_attention=initial_state_attention,
            )

        return _decode(feed_previous, decode, lambda: state)


def one2many_rnn_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs_dict: Mapping[str, Sequence[Any]],
    enc_cell: Any,
    dec_cells_dict: Mapping[str, Any],
    num_encoder_symbols: int,
    num_decoder_symbols_dict: Mapping[str, int],
    embedding_size: int,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """One encoder, and a decoder for each of several tasks."""
    if set(dec_cells_dict) != set(decoder_inputs_dict):
        raise ValueError(
            "Each decoder needs a cell and inputs. Received cells for "
            f"{sorted(dec_cells_dict)} and inputs for {sorted(decoder_inputs_dict)}. "
            "Give both dicts the same keys."
        )
    for name, cell in {"enc_cell": enc_cell, **dec_cells_dict}.items():
        assert_like_rnncell(name, cell)
    outputs, states = {}, {}
    with tf.variable_scope(scope or "one2many_rnn_seq2seq", dtype=dtype) as within:
        encoder = EmbeddingWrapper(enc_cell, num_encoder_symbols, embedding_size)
        _, state = static_rnn(encoder, encoder_inputs, dtype=within.dtype)
        for name, decoder_inputs in decoder_inputs_dict.items():
            num_symbols = num_decoder_symbols_dict[name]
            with tf.variable_scope(f"one2many_decoder_{name}"):
                cell = OutputProjectionWrapper(dec_cells_dict[name], num_symbols)

                def decode(
                    feeds: bool,
                    inputs: Any = decoder_inputs,
                    cell: Any = cell,
                    num_symbols: int = num_symbols,
                ) -> tuple[list[Any], Any]:
                    return _decoders.embedding_rnn_decoder(
                        inputs,
                        state,
                        cell,
                        num_symbols,
                        embedding_size,
                        feed_previous=feeds,
                    )

                outputs[name], states[name] = _decode(
                    feed_previous, decode, lambda: state
                )
    return outputs, states
