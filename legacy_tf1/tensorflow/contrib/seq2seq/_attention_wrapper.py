"""A cell that attends to a memory at each step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.contrib.seq2seq._attention import (
    AttentionMechanism,
    static_or_dynamic,
)
from legacy_tf1.tensorflow.layers.core import Dense
from legacy_tf1.tensorflow.nn.rnn_cell import (
    RNNCell,
    _zero_state_tensors,
    assert_like_rnncell,
)


class _State(NamedTuple):
    cell_state: Any
    attention: Any
    time: Any
    alignments: Any
    alignment_history: Any
    attention_state: Any


class AttentionWrapperState(_State):
    """What an `AttentionWrapper` keeps from step to step."""

    def clone(self, **kwargs: Any) -> AttentionWrapperState:
        """Returns the state with some parts replaced by others of the same shape."""
        from legacy_tf1.tensorflow.contrib.framework import with_same_shape

        def checked(old: Any, new: Any) -> Any:
            if isinstance(old, tf.Tensor) and isinstance(new, tf.Tensor):
                return with_same_shape(old, new)
            return new

        return tf.nest.map_structure(checked, self, self._replace(**kwargs))


def _attend(mechanism: Any, query: Any, state: Any, layer: Any) -> Any:
    alignments, next_state = mechanism(query, state=state)
    context = tf.matmul(tf.expand_dims(alignments, 1), mechanism.values)
    context = tf.squeeze(context, [1])
    if layer is not None:
        context = layer(tf.concat([query, context], 1))
    return context, alignments, next_state


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


class AttentionWrapper(RNNCell):
    """A cell with attention, as `tf.contrib.seq2seq.AttentionWrapper`."""

    def __init__(
        self,
        cell: Any,
        attention_mechanism: Any,
        attention_layer_size: Any = None,
        alignment_history: bool = False,
        cell_input_fn: Callable[[Any, Any], Any] | None = None,
        output_attention: bool = True,
        initial_cell_state: Any = None,
        name: str | None = None,
        attention_layer: Any = None,
        attention_fn: Callable[..., Any] | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        assert_like_rnncell("cell", cell)
        self._is_multi = isinstance(attention_mechanism, (list, tuple))
        self._attention_mechanisms = _as_tuple(attention_mechanism)
        for mechanism in self._attention_mechanisms:
            if not isinstance(mechanism, AttentionMechanism):
                raise TypeError(
                    "`attention_mechanism` must be an AttentionMechanism or a list of "
                    f"such. Received: {mechanism!r}. Pass a LuongAttention(...)."
                )
        self._cell = cell
        self._attention_layers = self._layers(attention_layer_size, attention_layer)
        self._attention_layer_size = self._sum_of_sizes(attention_layer_size)
        self._cell_input_fn = cell_input_fn or (
            lambda inputs, attention: tf.concat([inputs, attention], -1)
        )
        self._attention_fn = attention_fn or _attend
        self._output_attention = output_attention
        self._alignment_history = alignment_history
        self._initial_cell_state: Any = None
        with tf.name_scope(name, "AttentionWrapperInit"):
            if initial_cell_state is not None:
                last = tf.nest.flatten(initial_cell_state)[-1]
                self._initial_cell_state = self._checked(
                    initial_cell_state,
                    static_or_dynamic(last, 0),
                    "initial_cell_state",
                    "check_initial_cell_state",
                )

    def _layers(self, sizes: Any, layers: Any) -> tuple[Any, ...] | None:
        if sizes is not None and layers is not None:
            raise ValueError(
                "`attention_layer_size` makes layers that `attention_layer` gives. "
                "Received both. Leave one of them out."
            )
        given = sizes if layers is None else layers
        if given is None:
            return None
        if len(_as_tuple(given)) != len(self._attention_mechanisms):
            raise ValueError(
                "Each attention mechanism needs a size or layer of its own. Received: "
                f"{given!r} for {len(self._attention_mechanisms)} mechanisms. "
                "Give a list of as many."
            )
        if layers is not None:
            return _as_tuple(layers)
        return tuple(
            Dense(size, name="attention_layer", use_bias=False, dtype=mechanism.dtype)
            for size, mechanism in zip(
                _as_tuple(sizes), self._attention_mechanisms, strict=True
            )
        )

    def _sum_of_sizes(self, sizes: Any) -> int:
        if sizes is not None:
            return sum(_as_tuple(sizes))
        depths = [m.values.shape.dims[-1].value for m in self._attention_mechanisms]
        if self._attention_layers is None:
            return sum(depths)
        shapes = [
            layer.compute_output_shape([None, self._cell.output_size + depth])
            for layer, depth in zip(self._attention_layers, depths, strict=True)
        ]
        return sum(tf.TensorShape(shape).dims[-1].value for shape in shapes)

    def _checked(self, state: Any, batch_size: Any, what: str, name: str) -> Any:
        message = (
            f"AttentionWrapper {self.name}: the memory (encoder output) and {what} "
            "differ in batch size. With a BeamSearchDecoder, tile the encoder's output "
            "and state by tf.contrib.seq2seq.tile_batch(..., multiplier=beam_width), "
            "and ask zero_state for batch_size * beam_width."
        )
        checks = [
            tf.assert_equal(batch_size, mechanism.batch_size, message=message)
            for mechanism in self._attention_mechanisms
        ]
        with tf.control_dependencies(checks):
            return tf.nest.map_structure(lambda s: tf.identity(s, name=name), state)

    def _item_or_tuple(self, parts: Iterable[Any]) -> Any:
        parts = tuple(parts)
        return parts if self._is_multi else parts[0]

    @property
    def output_size(self) -> Any:
        if self._output_attention:
            return self._attention_layer_size
        return self._cell.output_size

    @property
    def state_size(self) -> Any:
        mechanisms = self._attention_mechanisms
        return AttentionWrapperState(
            cell_state=self._cell.state_size,
            time=tf.TensorShape([]),
            attention=self._attention_layer_size,
            alignments=self._item_or_tuple(m.alignments_size for m in mechanisms),
            attention_state=self._item_or_tuple(m.state_size for m in mechanisms),
            alignment_history=self._item_or_tuple(
                m.alignments_size if self._alignment_history else () for m in mechanisms
            ),
        )

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The state before the first step."""
        with tf.name_scope(type(self).__name__ + "ZeroState"):
            if self._initial_cell_state is not None:
                cell_state = self._initial_cell_state
            else:
                cell_state = self._cell.get_initial_state(
                    batch_size=batch_size, dtype=dtype
                )
            cell_state = self._checked(
                cell_state, batch_size, "zero_state's batch_size", "checked_cell_state"
            )
            mechanisms = self._attention_mechanisms
            alignments = [m.initial_alignments(batch_size, dtype) for m in mechanisms]
            return AttentionWrapperState(
                cell_state=cell_state,
                time=tf.zeros([], dtype=tf.int32),
                attention=_zero_state_tensors(
                    self._attention_layer_size, batch_size, dtype
                ),
                alignments=self._item_or_tuple(alignments),
                attention_state=self._item_or_tuple(
                    m.initial_state(batch_size, dtype) for m in mechanisms
                ),
                alignment_history=self._item_or_tuple(
                    tf.TensorArray(
                        dtype, size=0, dynamic_size=True, element_shape=part.shape
                    )
                    if self._alignment_history
                    else ()
                    for part in alignments
                ),
            )

    def call(self, inputs: Any, state: Any) -> Any:
        """Runs the cell on inputs and last attention, then attends to the memory."""
        if not isinstance(state, AttentionWrapperState):
            raise TypeError(
                f"The state must be an AttentionWrapperState. Received: {state!r}. "
                "Start from zero_state(batch_size, dtype), with .clone(cell_state=...)."
            )
        cell_inputs = self._cell_input_fn(inputs, state.attention)
        cell_output, cell_state = self._cell(cell_inputs, state.cell_state)
        cell_output = self._checked(
            cell_output,
            static_or_dynamic(cell_output, 0),
            "the query (decoder output)",
            "checked_cell_output",
        )
        states, histories = state.attention_state, state.alignment_history
        if not self._is_multi:
            states, histories = [states], [histories]
        attentions, alignments, next_states, next_histories = [], [], [], []
        for i, mechanism in enumerate(self._attention_mechanisms):
            layer = self._attention_layers[i] if self._attention_layers else None
            attention, weights, next_state = self._attention_fn(
                mechanism, cell_output, states[i], layer
            )
            next_histories.append(
                histories[i].write(state.time, weights)
                if self._alignment_history
                else ()
            )
            attentions.append(attention)
            alignments.append(weights)
            next_states.append(next_state)
        attention = tf.concat(attentions, 1)
        new_state = AttentionWrapperState(
            time=state.time + 1,
            cell_state=cell_state,
            attention=attention,
            attention_state=self._item_or_tuple(next_states),
            alignments=self._item_or_tuple(alignments),
            alignment_history=self._item_or_tuple(next_histories),
        )
        return (attention if self._output_attention else cell_output), new_state
