"""Stacked bidirectional networks, and cells that take all steps at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.nn import _recurrent


def _check_layers(cells_fw: Any, cells_bw: Any, states_fw: Any, states_bw: Any) -> None:
    if not isinstance(cells_fw, list) or not isinstance(cells_bw, list):
        raise ValueError(
            "`cells_fw` and `cells_bw` must be lists with one cell per layer. Received: "
            f"{cells_fw!r} and {cells_bw!r}. Put a single cell into a list."
        )
    if not cells_fw or len(cells_fw) != len(cells_bw):
        raise ValueError(
            "Both directions must have the same number of layers, at least one. "
            f"Received: {len(cells_fw)} forward and {len(cells_bw)} backward cells. "
            "Give one of each per layer."
        )
    for name, states in (("fw", states_fw), ("bw", states_bw)):
        if states is not None and (
            not isinstance(states, list) or len(states) != len(cells_fw)
        ):
            raise ValueError(
                f"`initial_states_{name}` must be a list with one state per layer. "
                f"Received: {states!r} for {len(cells_fw)} layers. Leave it out to "
                "start from zeros."
            )


def stack_bidirectional_rnn(
    cells_fw: Sequence[Any],
    cells_bw: Sequence[Any],
    inputs: Any,
    initial_states_fw: Any = None,
    initial_states_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[Any, Any, Any]:
    """Bidirectional layers on each other over a list of steps.

    As `tf.contrib.rnn.stack_bidirectional_rnn` of TensorFlow 1.15. Today: several
    `keras.layers.Bidirectional`.
    """
    _check_layers(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    states_fw, states_bw = [], []
    with tf.variable_scope(scope or "stack_bidirectional_rnn"):
        for i, (cell_fw, cell_bw) in enumerate(zip(cells_fw, cells_bw, strict=True)):
            with tf.variable_scope(f"cell_{i}") as layer:
                inputs, state_fw, state_bw = _recurrent.static_bidirectional_rnn(
                    cell_fw,
                    cell_bw,
                    inputs,
                    initial_state_fw=initial_states_fw and initial_states_fw[i],
                    initial_state_bw=initial_states_bw and initial_states_bw[i],
                    sequence_length=sequence_length,
                    dtype=dtype,
                    scope=layer,
                )
            states_fw.append(state_fw)
            states_bw.append(state_bw)
    return inputs, tuple(states_fw), tuple(states_bw)


def stack_bidirectional_dynamic_rnn(
    cells_fw: Sequence[Any],
    cells_bw: Sequence[Any],
    inputs: Any,
    initial_states_fw: Any = None,
    initial_states_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    parallel_iterations: int | None = None,
    time_major: bool = False,
    scope: Any = None,
    swap_memory: bool = False,
) -> tuple[Any, Any, Any]:
    """Bidirectional layers on each other over a batch of sequences.

    As `tf.contrib.rnn.stack_bidirectional_dynamic_rnn` of TensorFlow 1.15. Today:
    several `keras.layers.Bidirectional`.
    """
    _check_layers(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    states_fw, states_bw = [], []
    with tf.variable_scope(scope or "stack_bidirectional_rnn"):
        for i, (cell_fw, cell_bw) in enumerate(zip(cells_fw, cells_bw, strict=True)):
            with tf.variable_scope(f"cell_{i}"):
                outputs, (state_fw, state_bw) = _recurrent.bidirectional_dynamic_rnn(
                    cell_fw,
                    cell_bw,
                    inputs,
                    initial_state_fw=initial_states_fw and initial_states_fw[i],
                    initial_state_bw=initial_states_bw and initial_states_bw[i],
                    sequence_length=sequence_length,
                    parallel_iterations=parallel_iterations,
                    dtype=dtype,
                    swap_memory=swap_memory,
                    time_major=time_major,
                )
                inputs = tf.concat(outputs, 2)
            states_fw.append(state_fw)
            states_bw.append(state_bw)
    return inputs, tuple(states_fw), tuple(states_bw)


class FusedRNNCell:
    """What takes all steps at once, inputs of shape (time, batch, depth) or a list."""

    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define `__call__`.")


class FusedRNNCellAdaptor(FusedRNNCell):
    """A cell as a `FusedRNNCell`, as `tf.contrib.rnn.FusedRNNCellAdaptor`."""

    def __init__(self, cell: Any, use_dynamic_rnn: bool = False) -> None:
        self._cell = cell
        self._use_dynamic_rnn = use_dynamic_rnn

    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> Any:
        as_list = isinstance(inputs, list)
        options = {
            "sequence_length": sequence_length,
            "initial_state": initial_state,
            "dtype": dtype,
            "scope": scope,
        }
        if self._use_dynamic_rnn:
            outputs, state = _recurrent.dynamic_rnn(
                self._cell,
                tf.stack(inputs) if as_list else inputs,
                time_major=True,
                **options,
            )
            return tf.unstack(outputs) if as_list else outputs, state
        outputs, state = _recurrent.static_rnn(
            self._cell, inputs if as_list else tf.unstack(inputs), **options
        )
        return outputs if as_list else tf.stack(outputs), state


class TimeReversedFusedRNN(FusedRNNCell):
    """A fused cell that runs backwards, as `tf.contrib.rnn.TimeReversedFusedRNN`."""

    def __init__(self, cell: Any) -> None:
        self._cell = cell

    def _reverse(self, steps: Any, lengths: Any) -> Any:
        if isinstance(steps, list):
            return list(reversed(steps))
        if lengths is None:
            return tf.reverse(steps, [0])
        return tf.reverse_sequence(steps, lengths, seq_axis=0, batch_axis=1)

    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> Any:
        outputs, state = self._cell(
            self._reverse(inputs, sequence_length),
            initial_state=initial_state,
            dtype=dtype,
            sequence_length=sequence_length,
            scope=scope,
        )
        return self._reverse(outputs, sequence_length), state
