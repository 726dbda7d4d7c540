"""The functions of `tf.nn` that unroll recurrent cells.

All but the names of before TensorFlow 1.0 are still in `tf.compat.v1.nn`. Those that
loop are here as well because they add an operation less than they did: the stack of
outputs asked for its size, and the number of operations is TensorFlow 1's seed.

Today: `keras.layers.RNN` and `keras.layers.Bidirectional`.
"""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as _tf
from tensorflow.python.ops import rnn as _rnn

from legacy_tf1.compat import seeds as _seeds

raw_rnn = _tf.nn.raw_rnn
static_rnn = rnn = _tf.nn.static_rnn
static_bidirectional_rnn = bidirectional_rnn = _tf.nn.static_bidirectional_rnn
static_state_saving_rnn = state_saving_rnn = _tf.nn.static_state_saving_rnn


def dynamic_rnn(
    cell: Any,
    inputs: Any,
    sequence_length: Any = None,
    initial_state: Any = None,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> tuple[Any, Any]:
    """Runs a cell over a batch of sequences in a loop, as `tf.nn.dynamic_rnn`.

    Today: `keras.layers.RNN(cell, return_sequences=True, return_state=True)`.
    """
    if parallel_iterations is None and _tf.get_default_graph().seed is not None:
        # Random operations of steps that run at once draw in an order that varies; in
        # TensorFlow 1 they came out in the steps' order.
        parallel_iterations = 1
    outputs, state = _tf.nn.dynamic_rnn(
        cell,
        inputs,
        sequence_length=sequence_length,
        initial_state=initial_state,
        dtype=dtype,
        parallel_iterations=parallel_iterations,
        swap_memory=swap_memory,
        time_major=time_major,
        scope=scope,
    )
    _seeds.count(len(_tf.nest.flatten(outputs)))
    return outputs, state


def bidirectional_dynamic_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Any,
    sequence_length: Any = None,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Runs a cell over the sequences and one over their reverse.

    As `tf.nn.bidirectional_dynamic_rnn` of TensorFlow 1.15: returns the outputs of the
    two and their last states. Today: `keras.layers.Bidirectional`.
    """
    time_axis, batch_axis = (0, 1) if time_major else (1, 0)

    def reverse(sequences: Any) -> Any:
        if sequence_length is None:
            return _tf.reverse(sequences, axis=[time_axis])
        return _tf.reverse_sequence(
            sequences, sequence_length, seq_axis=time_axis, batch_axis=batch_axis
        )

    options = {
        "sequence_length": sequence_length,
        "dtype": dtype,
        "parallel_iterations": parallel_iterations,
        "swap_memory": swap_memory,
        "time_major": time_major,
    }
    with _tf.variable_scope(scope or "bidirectional_rnn"):
        with _tf.variable_scope("fw") as forward:
            outputs_fw, state_fw = dynamic_rnn(
                cell_fw,
                inputs,
                initial_state=initial_state_fw,
                scope=forward,
                **options,
            )
        with _tf.variable_scope("bw") as backward:
            reversed_inputs = _tf.nest.map_structure(reverse, inputs)
            outputs_bw, state_bw = dynamic_rnn(
                cell_bw,
                reversed_inputs,
                initial_state=initial_state_bw,
                scope=backward,
                **options,
            )
    outputs_bw = _tf.nest.map_structure(reverse, outputs_bw)
    return (outputs_fw, outputs_bw), (state_fw, state_bw)


def __getattr__(name: str) -> Any:
    """Hands on the rest of the module that `tensorflow.python.ops.rnn` was."""
    return getattr(_rnn, name)
