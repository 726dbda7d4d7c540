"""Decoders, and the loop that runs them."""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow.compat.v1 as tf
from tensorflow.python.framework import ops
from tensorflow.python.ops import control_flow_util
from tensorflow.python.ops.rnn import _transpose_batch_time

from legacy_tf1.tensorflow.nn.rnn_cell import _zero_state_tensors, assert_like_rnncell


class Decoder:
    """What `dynamic_decode` runs, as `tf.contrib.seq2seq.Decoder`."""

    @property
    def batch_size(self) -> Any:
        """The number of sequences."""
        raise NotImplementedError(f"{type(self).__name__} must define `batch_size`.")

    @property
    def output_size(self) -> Any:
        """The sizes of what a step puts out."""
        raise NotImplementedError(f"{type(self).__name__} must define `output_size`.")

    @property
    def output_dtype(self) -> Any:
        """The types of what a step puts out."""
        raise NotImplementedError(f"{type(self).__name__} must define `output_dtype`.")

    def initialize(self, name: str | None = None) -> Any:
        """Returns `(finished, first inputs, first state)`."""
        raise NotImplementedError(f"{type(self).__name__} must define `initialize`.")

    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> Any:
        """Returns `(outputs, next state, next inputs, finished)`."""
        raise NotImplementedError(f"{type(self).__name__} must define `step`.")

    def finalize(self, outputs: Any, final_state: Any, sequence_lengths: Any) -> Any:
        """Returns outputs and state as they leave the loop, if they change there."""
        raise NotImplementedError

    @property
    def tracks_own_finished(self) -> bool:
        """Whether a sequence that has finished may go on."""
        return False


class BasicDecoderOutput(NamedTuple):
    """What `BasicDecoder` puts out."""

    rnn_output: Any
    sample_id: Any


def layer_output_size(size: Any, layer: Any) -> Any:
    """The sizes of a cell's outputs after a layer, None for none."""
    if layer is None:
        return size
    shapes = tf.nest.map_structure(
        lambda s: tf.TensorShape([None]).concatenate(s), size
    )
    return tf.nest.map_structure(
        lambda s: tf.TensorShape(s)[1:], layer.compute_output_shape(shapes)
    )


def check_layer(name: str, layer: Any) -> None:
    """Refuses what is no layer; layers of `tf.layers` and of Keras are."""
    if layer is not None and not hasattr(layer, "compute_output_shape"):
        raise TypeError(
            f"`{name}` must be a layer as tf.layers.Dense(10). "
            f"Received: {layer!r}. A function as tf.layers.dense is none."
        )


class BasicDecoder(Decoder):
    """Runs a cell on inputs that a helper chooses.

    As `tf.contrib.seq2seq.BasicDecoder` of TensorFlow 1.15.
    """

    def __init__(
        self, cell: Any, helper: Any, initial_state: Any, output_layer: Any = None
    ) -> None:
        assert_like_rnncell("cell", cell)
        check_layer("output_layer", output_layer)
        self._cell = cell
        self._helper = helper
        self._initial_state = initial_state
        self._output_layer = output_layer

    @property
    def batch_size(self) -> Any:
        return self._helper.batch_size

    def _rnn_output_size(self) -> Any:
        return layer_output_size(self._cell.output_size, self._output_layer)

    @property
    def output_size(self) -> Any:
        return BasicDecoderOutput(
            rnn_output=self._rnn_output_size(), sample_id=self._helper.sample_ids_shape
        )

    @property
    def output_dtype(self) -> Any:
        dtype = tf.nest.flatten(self._initial_state)[0].dtype
        return BasicDecoderOutput(
            tf.nest.map_structure(lambda _: dtype, self._rnn_output_size()),
            self._helper.sample_ids_dtype,
        )

    def initialize(self, name: str | None = None) -> Any:
        return (*self._helper.initialize(), self._initial_state)

    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> Any:
        with tf.name_scope(name, "BasicDecoderStep", (time, inputs, state)):
            outputs, cell_state = self._cell(inputs, state)
            if self._output_layer is not None:
                outputs = self._output_layer(outputs)
            ids = self._helper.sample(time=time, outputs=outputs, state=cell_state)
            finished, next_inputs, next_state = self._helper.next_inputs(
                time=time, outputs=outputs, state=cell_state, sample_ids=ids
            )
        return BasicDecoderOutput(outputs, ids), next_state, next_inputs, finished


def dynamic_decode(
    decoder: Decoder,
    output_time_major: bool = False,
    impute_finished: bool = False,
    maximum_iterations: Any = None,
    parallel_iterations: int = 32,
    swap_memory: bool = False,
    scope: Any = None,
) -> tuple[Any, Any, Any]:
    """Runs a decoder until all sequences have finished.

    As `tf.contrib.seq2seq.dynamic_decode` of TensorFlow 1.15: returns outputs, last
    state and lengths. Today: a `keras.layers.RNN`, or a loop of your own.
    """
    if not isinstance(decoder, Decoder):
        raise TypeError(
            "`decoder` must be a tf.contrib.seq2seq.Decoder. "
            f"Received: {decoder!r}. BasicDecoder and BeamSearchDecoder are such."
        )
    with tf.variable_scope(scope, "decoder") as variables:
        _cache_outside_loops(variables)
        if maximum_iterations is not None:
            maximum_iterations = tf.convert_to_tensor(
                maximum_iterations, dtype=tf.int32, name="maximum_iterations"
            )
            if maximum_iterations.shape.ndims != 0:
                raise ValueError(
                    "`maximum_iterations` must be a single int. Received a tensor of "
                    f"shape {maximum_iterations.shape}. Pass its largest element."
                )
        finished, inputs, state = decoder.initialize()
        zeros = tf.nest.map_structure(
            lambda size, dtype: _zero_state_tensors(size, decoder.batch_size, dtype),
            decoder.output_size,
            decoder.output_dtype,
        )
        if maximum_iterations is not None:
            finished = tf.logical_or(finished, maximum_iterations <= 0)
        lengths = tf.zeros_like(finished, dtype=tf.int32)
        time = tf.constant(0, dtype=tf.int32)
        arrays = tf.nest.map_structure(
            lambda size, dtype: _array(size, dtype, decoder.batch_size),
            decoder.output_size,
            decoder.output_dtype,
        )

        def unfinished(_t: Any, _a: Any, _s: Any, _i: Any, done: Any, _l: Any) -> Any:
            return tf.logical_not(tf.reduce_all(done))

        def step(
            time: Any, arrays: Any, state: Any, inputs: Any, finished: Any, lengths: Any
        ) -> Any:
            outputs, new_state, next_inputs, done = decoder.step(time, inputs, state)
            if not decoder.tracks_own_finished:
                done = tf.logical_or(done, finished)
            next_lengths = tf.where(
                tf.logical_not(finished),
                tf.fill(tf.shape(lengths), time + 1),
                lengths,
            )
            tf.nest.assert_same_structure(state, new_state)
            tf.nest.assert_same_structure(arrays, outputs)
            tf.nest.assert_same_structure(inputs, next_inputs)
            if impute_finished:
                outputs = tf.nest.map_structure(
                    lambda out, zero: tf.where(finished, zero, out), outputs, zeros
                )
                new_state = tf.nest.map_structure(
                    lambda new, old: _kept_where(finished, old, new), new_state, state
                )
            written = tf.nest.map_structure(
                lambda array, out: array.write(time, out), arrays, outputs
            )
            return time + 1, written, new_state, next_inputs, done, next_lengths

        _, arrays, state, _, _, lengths = tf.while_loop(
            unfinished,
            step,
            loop_vars=(time, arrays, state, inputs, finished, lengths),
            parallel_iterations=parallel_iterations,
            maximum_iterations=maximum_iterations,
            swap_memory=swap_memory,
        )
        outputs = tf.nest.map_structure(lambda array: array.stack(), arrays)
        if type(decoder).finalize is not Decoder.finalize:
            outputs, state = decoder.finalize(outputs, state, lengths)
        if not output_time_major:
            outputs = tf.nest.map_structure(_transpose_batch_time, outputs)
    return outputs, state, lengths


def _cache_outside_loops(variables: Any) -> None:
    """Reads each variable once for all steps, unless these are within a loop."""
    within = ops.get_default_graph()._get_control_flow_context()
    if (
        control_flow_util.GetContainingWhileContext(within) is None
        and variables.caching_device is None
    ):
        variables.set_caching_device(lambda op: op.device)


def _array(size: Any, dtype: Any, batch_size: Any) -> Any:
    shape = None
    if isinstance(size, tf.TensorShape) and size.ndims != 0:
        known = tf.get_static_value(tf.convert_to_tensor(batch_size, name="batch_size"))
        shape = tf.TensorShape([known]).concatenate(size)
    return tf.TensorArray(dtype=dtype, size=0, dynamic_size=True, element_shape=shape)


def _kept_where(finished: Any, old: Any, new: Any) -> Any:
    if isinstance(old, tf.TensorArray):
        return new
    new.set_shape(old.shape)
    return new if new.shape.ndims == 0 else tf.where(finished, old, new)
