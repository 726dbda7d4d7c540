"""Decoders over lists of steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.contrib.rnn._linear import Linear

LoopFunction = Callable[[Any, int], Any]


def feed_previous_symbol(
    embedding: Any, output_projection: Any = None, update_embedding: bool = True
) -> LoopFunction:
    """A function from a step's outputs to the embedding of the likeliest symbol."""

    def next_input(previous: Any, _: int) -> Any:
        if output_projection is not None:
            previous = tf.nn.xw_plus_b(previous, *output_projection)
        embedded = tf.nn.embedding_lookup(embedding, tf.argmax(previous, 1))
        return embedded if update_embedding else tf.stop_gradient(embedded)

    return next_input


def rnn_decoder(
    decoder_inputs: Any,
    initial_state: Any,
    cell: Any,
    loop_function: LoopFunction | None = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """Runs a cell over a list of inputs, or over what `loop_function` makes of outputs.

    As `tf.contrib.legacy_seq2seq.rnn_decoder` of TensorFlow 1.15. Today:
    `keras.layers.RNN(cell, return_sequences=True)`.
    """
    with tf.variable_scope(scope or "rnn_decoder"):
        state = initial_state
        outputs: list[Any] = []
        for i, step_input in enumerate(decoder_inputs):
            if loop_function is not None and outputs:
                with tf.variable_scope("loop_function", reuse=True):
                    step_input = loop_function(outputs[-1], i)
            if i > 0:
                tf.get_variable_scope().reuse_variables()
            output, state = cell(step_input, state)
            outputs.append(output)
    return outputs, state


def check_projection(output_projection: Any, num_symbols: int, dtype: Any) -> None:
    """Refuses weights and biases that do not give `num_symbols` logits."""
    if output_projection is None:
        return
    weights = tf.convert_to_tensor(output_projection[0], dtype=dtype)
    weights.shape.assert_is_compatible_with([None, num_symbols])
    biases = tf.convert_to_tensor(output_projection[1], dtype=dtype)
    biases.shape.assert_is_compatible_with([num_symbols])


def embedding_rnn_decoder(
    decoder_inputs: Any,
    initial_state: Any,
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    output_projection: Any = None,
    feed_previous: bool = False,
    update_embedding_for_previous: bool = True,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """An `rnn_decoder` of symbols, as `tf.contrib.legacy_seq2seq`'s."""
    with tf.variable_scope(scope or "embedding_rnn_decoder") as within:
        check_projection(output_projection, num_symbols, within.dtype)
        embedding = tf.get_variable("embedding", [num_symbols, embedding_size])
        loop_function = None
        if feed_previous:
            loop_function = feed_previous_symbol(
                embedding, output_projection, update_embedding_for_previous
            )
        # Embedded as they are needed, between the steps: it orders the operations.
        embedded = (tf.nn.embedding_lookup(embedding, i) for i in decoder_inputs)
        return rnn_decoder(embedded, initial_state, cell, loop_function=loop_function)


class _Attention:
    """Heads that attend to a list of states, by a convolution of width 1."""

    def __init__(self, states: Any, num_heads: int, dtype: Any) -> None:
        self._length = states.shape[1].value or tf.shape(states)[1]
        self.size = states.shape[2].value
        self._dtype = dtype
        self._hidden = tf.reshape(states, [-1, self._length, 1, self.size])
        self._features, self._vectors = [], []
        for head in range(num_heads):
            kernel = tf.get_variable(
                f"AttnW_{head}", [1, 1, self.size, self.size], dtype=dtype
            )
            self._features.append(
                tf.nn.conv2d(self._hidden, kernel, [1, 1, 1, 1], "SAME")
            )
            self._vectors.append(
                tf.get_variable(f"AttnV_{head}", [self.size], dtype=dtype)
            )

    def __call__(self, query: Any) -> list[Any]:
        if tf.nest.is_nested(query):
            query = tf.concat(tf.nest.flatten(query), 1)
        return [self._head(head, query) for head in range(len(self._vectors))]

    def _head(self, head: int, query: Any) -> Any:
        with tf.variable_scope(f"Attention_{head}"):
            projected = Linear(query, self.size, True)(query)
            projected = tf.reshape(projected, [-1, 1, 1, self.size])
            projected = tf.cast(projected, self._dtype)
            scores = tf.reduce_sum(
                self._vectors[head] * tf.tanh(self._features[head] + projected), [2, 3]
            )
            weights = tf.nn.softmax(tf.cast(scores, dtype=tf.float32))
            weights = tf.cast(weights, self._dtype)
            attended = tf.reduce_sum(
                tf.reshape(weights, [-1, self._length, 1, 1]) * self._hidden, [1, 2]
            )
            return tf.reshape(attended, [-1, self.size])


def attention_decoder(
    decoder_inputs: Sequence[Any],
    initial_state: Any,
    attention_states: Any,
    cell: Any,
    output_size: int | None = None,
    num_heads: int = 1,
    loop_function: LoopFunction | None = None,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> tuple[list[Any], Any]:
    """An `rnn_decoder` that attends to states of shape (batch, time, depth).

    As `tf.contrib.legacy_seq2seq.attention_decoder` of TensorFlow 1.15. Today:
    `keras.layers.AdditiveAttention` beside a recurrent layer.
    """
    if not decoder_inputs or num_heads < 1:
        raise ValueError(
            "An attention decoder needs at least one input and one head. Received: "
            f"{len(decoder_inputs)} inputs, num_heads={num_heads}. Without attention, "
            "use rnn_decoder."
        )
    if attention_states.shape[2].value is None:
        raise ValueError(
            "The depth of `attention_states` must be known. Received a tensor of shape "
            f"{attention_states.shape}. Set it by `set_shape`."
        )
    output_size = cell.output_size if output_size is None else output_size
    with tf.variable_scope(scope or "attention_decoder", dtype=dtype) as within:
        dtype = within.dtype
        batch_size = tf.shape(decoder_inputs[0])[0]
        attend = _Attention(attention_states, num_heads, dtype)
        zeros_shape = tf.stack([batch_size, attend.size])
        attentions = [tf.zeros(zeros_shape, dtype=dtype) for _ in range(num_heads)]
        for attention in attentions:
            attention.set_shape([None, attend.size])
        if initial_state_attention:
            attentions = attend(initial_state)
        state = initial_state
        outputs: list[Any] = []
        for i, step_input in enumerate(decoder_inputs):
            if i > 0:
                tf.get_variable_scope().reuse_variables()
            if loop_function is not None and outputs:
                with tf.variable_scope("loop_function", reuse=True):
                    step_input = loop_function(outputs[-1], i)
            input_size = step_input.shape.with_rank(2)[1]
            if input_size.value is None:
                raise ValueError(
                    "The depth of the decoder's inputs must be known. Received: "
                    f"{step_input.name} of shape {step_input.shape}. Set it by "
                    "`set_shape`."
                )
            joined = [tf.cast(part, dtype) for part in [step_input, *attentions]]
            cell_input = Linear(joined, input_size, True)(joined)
            cell_output, state = cell(cell_input, state)
            reuse = True if i == 0 and initial_state_attention else None
            with tf.variable_scope(tf.get_variable_scope(), reuse=reuse):
                attentions = attend(state)
            with tf.variable_scope("AttnOutputProjection"):
                joined = [tf.cast(cell_output, dtype), *attentions]
                outputs.append(Linear(joined, output_size, True)(joined))
    return outputs, state


def embedding_attention_decoder(
    decoder_inputs: Sequence[Any],
    initial_state: Any,
    attention_states: Any,
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    num_heads: int = 1,
    output_size: int | None = None,
    output_projection: Any = None,
    feed_previous: bool = False,
    update_embedding_for_previous: bool = True,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> tuple[list[Any], Any]:
    """An `attention_decoder` of symbols, as `tf.contrib.legacy_seq2seq`'s."""
    output_size = cell.output_size if output_size is None else output_size
    if output_projection is not None:
        biases = tf.convert_to_tensor(output_projection[1], dtype=dtype)
        biases.shape.assert_is_compatible_with([num_symbols])
    with tf.variable_scope(scope or "embedding_attention_decoder", dtype=dtype):
        embedding = tf.get_variable("embedding", [num_symbols, embedding_size])
        loop_function = None
        if feed_previous:
            loop_function = feed_previous_symbol(
                embedding, output_projection, update_embedding_for_previous
            )
        embedded = [tf.nn.embedding_lookup(embedding, i) for i in decoder_inputs]
        return attention_decoder(
            embedded,
            initial_state,
            attention_states,
            cell,
            output_size=output_size,
            num_heads=num_heads,
            loop_function=loop_function,
            initial_state_attention=initial_state_attention,
        )
