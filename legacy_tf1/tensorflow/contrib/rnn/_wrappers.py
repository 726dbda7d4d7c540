"""Cells around a cell: embedding, projection, attention over the past, highway."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.contrib.rnn._linear import Linear
from legacy_tf1.tensorflow.nn.rnn_cell import RNNCell, assert_like_rnncell


class _Wrapper(RNNCell):
    """A cell with the state of the cell it holds."""

    def __init__(self, cell: Any, reuse: bool | None = None) -> None:
        super().__init__(_reuse=reuse)
        assert_like_rnncell("cell", cell)
        self._cell = cell

    @property
    def state_size(self) -> Any:
        return self._cell.state_size

    @property
    def output_size(self) -> Any:
        return self._cell.output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        with tf.name_scope(type(self).__name__ + "ZeroState"):
            return self._cell.zero_state(batch_size, dtype)


class EmbeddingWrapper(_Wrapper):
    """Embeds integer inputs, then runs the cell, as `tf.contrib.rnn.EmbeddingWrapper`.

    Today: a `keras.layers.Embedding` before the recurrent layer.
    """

    def __init__(
        self,
        cell: Any,
        embedding_classes: int,
        embedding_size: int,
        initializer: Any = None,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(cell, reuse)
        if embedding_classes <= 0 or embedding_size <= 0:
            raise ValueError(
                "An embedding needs at least one class and one column. Received: "
                f"embedding_classes={embedding_classes}, "
                f"embedding_size={embedding_size}. Give both as positive ints."
            )
        self._embedding_shape = [embedding_classes, embedding_size]
        self._initializer = initializer

    def call(self, inputs: Any, state: Any) -> Any:
        """Embeds the inputs and runs the cell."""
        root3 = math.sqrt(3)  # a uniform distribution of variance 1
        with tf.device("/cpu:0"):
            embedding = tf.get_variable(
                "embedding",
                self._embedding_shape,
                initializer=self._initializer
                or tf.get_variable_scope().initializer
                or tf.random_uniform_initializer(-root3, root3),
                dtype=(state[0] if isinstance(state, tuple) else state).dtype,
            )
            embedded = tf.nn.embedding_lookup(embedding, tf.reshape(inputs, [-1]))
            return self._cell(embedded, state)


class InputProjectionWrapper(_Wrapper):
    """Projects inputs before the cell, as `tf.contrib.rnn.InputProjectionWrapper`.

    Today: a `keras.layers.Dense` before the recurrent layer.
    """

    def __init__(
        self,
        cell: Any,
        num_proj: int,
        activation: Callable[[Any], Any] | None = None,
        input_size: int | None = None,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(cell, reuse)
        self._num_proj = num_proj
        self._activation = activation
        self._linear: Linear | None = None

    def call(self, inputs: Any, state: Any) -> Any:
        """Projects the inputs and runs the cell."""
        if self._linear is None:
            self._linear = Linear(inputs, self._num_proj, True)
        projected = self._linear(inputs)
        if self._activation:
            projected = self._activation(projected)
        return self._cell(projected, state)


class OutputProjectionWrapper(_Wrapper):
    """Projects the cell's outputs, as `tf.contrib.rnn.OutputProjectionWrapper`.

    Today: a `keras.layers.Dense` after the recurrent layer.
    """

    def __init__(
        self,
        cell: Any,
        output_size: int,
        activation: Callable[[Any], Any] | None = None,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(cell, reuse)
        if output_size < 1:
            raise ValueError(
                "A projection needs at least one unit. "
                f"Received: output_size={output_size}. Give a positive int."
            )
        self._output_size = output_size
        self._activation = activation
        self._linear: Linear | None = None

    @property
    def output_size(self) -> int:
        return self._output_size

    def call(self, inputs: Any, state: Any) -> Any:
        """Runs the cell and projects its outputs."""
        output, new_state = self._cell(inputs, state)
        if self._linear is None:
            self._linear = Linear(output, self._output_size, True)
        projected = self._linear(output)
        if self._activation:
            projected = self._activation(projected)
        return projected, new_state


class HighwayWrapper(_Wrapper):
    """Mixes a cell's inputs into its outputs by a gate.

    As `tf.contrib.rnn.HighwayWrapper` of TensorFlow 1.15.
    """

    def __init__(
        self,
        cell: Any,
        couple_carry_transform_gates: bool = True,
        carry_bias_init: float = 1.0,
    ) -> None:
        super().__init__(cell)
        self._couple = couple_carry_transform_gates
        self._carry_bias_init = carry_bias_init

    def _gate(self, name: str, inputs: Any, bias_init: float) -> Any:
        size = inputs.shape.with_rank(2).dims[1].value
        kernel = tf.get_variable(f"{name}_w", [size, size])
        bias = tf.get_variable(
            f"{name}_b", [size], initializer=tf.constant_initializer(bias_init)
        )
        return tf.sigmoid(tf.nn.xw_plus_b(inputs, kernel, bias))

    def _highway(self, inputs: Any, outputs: Any) -> Any:
        inputs.shape.assert_is_compatible_with(outputs.shape)
        carry = self._gate("carry", inputs, self._carry_bias_init)
        if self._couple:
            transform = 1 - carry
        else:
            transform = self._gate("transform", inputs, -self._carry_bias_init)
        return inputs * carry + outputs * transform

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        outputs, new_state = self._cell(inputs, state, scope=scope)
        return tf.nest.map_structure(self._highway, inputs, outputs), new_state


class AttentionCellWrapper(RNNCell):
    """Attention of a cell over its own last outputs.

    As `tf.contrib.rnn.AttentionCellWrapper` of TensorFlow 1.15.
    """

    def __init__(
        self,
        cell: Any,
        attn_length: int,
        attn_size: int | None = None,
        attn_vec_size: int | None = None,
        input_size: int | None = None,
        state_is_tuple: bool = True,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        assert_like_rnncell("cell", cell)
        if tf.nest.is_nested(cell.state_size) and not state_is_tuple:
            raise ValueError(
                "The cell's state is a tuple, which this wrapper was asked to join. "
                f"Received: state_size={cell.state_size}, state_is_tuple=False. "
                "Pass state_is_tuple=True, or False to the cell as well."
            )
        if attn_length <= 0:
            raise ValueError(
                "`attn_length` must be a positive int: the number of past outputs. "
                f"Received: attn_length={attn_length}. Give 1 or more."
            )
        self._cell = cell
        self._attn_length = attn_length
        self._attn_size = attn_size or cell.output_size
        self._attn_vec_size = attn_vec_size or self._attn_size
        self._input_size = input_size
        self._state_is_tuple = state_is_tuple
        self._linears: dict[str, Linear] = {}

    @property
    def state_size(self) -> Any:
        size = (
            self._cell.state_size,
            self._attn_size,
            self._attn_size * self._attn_length,
        )
        return size if self._state_is_tuple else sum(size)

    @property
    def output_size(self) -> int:
        return self._attn_size

    def _linear(self, name: str, args: Any, output_size: int) -> Any:
        if name not in self._linears:
            self._linears[name] = Linear(args, output_size, True)
        return self._linears[name](args)

    def _parts(self, state: Any) -> Any:
        if self._state_is_tuple:
            return state
        sizes = [
            self._cell.state_size,
            self._attn_size,
            self._attn_size * self._attn_length,
        ]
        starts = [0, sizes[0], sizes[0] + sizes[1]]
        return [
            tf.slice(state, [0, start], [-1, size])
            for start, size in zip(starts, sizes, strict=True)
        ]

    def call(self, inputs: Any, state: Any) -> Any:
        """Runs the cell on inputs and attention, and attends to the past outputs."""
        state, attention, past = self._parts(state)
        past = tf.reshape(past, [-1, self._attn_length, self._attn_size])
        input_size = self._input_size or inputs.shape.as_list()[1]
        inputs = self._linear("inputs", [inputs, attention], input_size)
        cell_output, new_state = self._cell(inputs, state)
        query = new_state
        if self._state_is_tuple:
            query = tf.concat(tf.nest.flatten(new_state), 1)
        new_attention, rest = self._attend(query, past)
        with tf.variable_scope("attn_output_projection"):
            output = self._linear(
                "output", [cell_output, new_attention], self._attn_size
            )
        past = tf.concat([rest, tf.expand_dims(output, 1)], 1)
        past = tf.reshape(past, [-1, self._attn_length * self._attn_size])
        parts = (new_state, new_attention, past)
        return output, parts if self._state_is_tuple else tf.concat(list(parts), 1)

    def _attend(self, query: Any, past: Any) -> tuple[Any, Any]:
        with tf.variable_scope("attention"):
            kernel = tf.get_variable(
                "attn_w", [1, 1, self._attn_size, self._attn_vec_size]
            )
            vector = tf.get_variable("attn_v", [self._attn_vec_size])
            hidden = tf.reshape(past, [-1, self._attn_length, 1, self._attn_size])
            features = tf.nn.conv2d(hidden, kernel, [1, 1, 1, 1], "SAME")
            projected = self._linear("query", query, self._attn_vec_size)
            projected = tf.reshape(projected, [-1, 1, 1, self._attn_vec_size])
            scores = tf.reduce_sum(vector * tf.tanh(features + projected), [2, 3])
            weights = tf.reshape(tf.nn.softmax(scores), [-1, self._attn_length, 1, 1])
            attended = tf.reduce_sum(weights * hidden, [1, 2])
            attention = tf.reshape(attended, [-1, self._attn_size])
            return attention, tf.slice(past, [0, 1, 0], [-1, -1, -1])
