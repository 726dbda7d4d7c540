"""Helpers: what chooses a decoder's next inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow.compat.v1 as tf
from tensorflow.python.ops.rnn import _transpose_batch_time

from legacy_tf1.tensorflow.contrib.seq2seq import _sampling


def as_embedding(embedding: Any) -> Callable[[Any], Any]:
    """A function from ids to vectors, from such a function or from the table."""
    if callable(embedding):
        return embedding
    return lambda ids: tf.nn.embedding_lookup(embedding, ids)


def _array(sequence: Any) -> Any:
    return tf.TensorArray(
        dtype=sequence.dtype,
        size=tf.shape(sequence)[0],
        element_shape=sequence.shape[1:],
    ).unstack(sequence)


def _probability(value: Any) -> Any:
    probability = tf.convert_to_tensor(value, name="sampling_probability")
    if probability.shape.ndims not in (0, 1):
        raise ValueError(
            "`sampling_probability` must be a number, or one per sequence. "
            f"Received a tensor of shape {probability.shape}."
        )
    return probability


def _scattered(where: Any, values: Any, elsewhere: Any, others: Any, shape: Any) -> Any:
    return tf.scatter_nd(indices=where, updates=values, shape=shape) + tf.scatter_nd(
        indices=elsewhere, updates=others, shape=shape
    )


class Helper:
    """What a `BasicDecoder` asks for its inputs, as `tf.contrib.seq2seq.Helper`."""

    @property
    def batch_size(self) -> Any:
        """The number of sequences."""
        raise NotImplementedError(f"{type(self).__name__} must define `batch_size`.")

    @property
    def sample_ids_shape(self) -> Any:
        """The shape of one sequence's sample."""
        return tf.TensorShape([])

    @property
    def sample_ids_dtype(self) -> Any:
        """The type of the samples."""
        return tf.int32

    def initialize(self, name: str | None = None) -> Any:
        """Returns `(finished, first inputs)`."""
        raise NotImplementedError(f"{type(self).__name__} must define `initialize`.")

    def sample(
        self, time: Any, outputs: Any, state: Any, name: str | None = None
    ) -> Any:
        """Returns the ids chosen by a step's outputs."""
        raise NotImplementedError(f"{type(self).__name__} must define `sample`.")

    def next_inputs(
        self,
        time: Any,
        outputs: Any,
        state: Any,
        sample_ids: Any,
        name: str | None = None,
    ) -> Any:
        """Returns `(finished, next inputs, next state)`."""
        raise NotImplementedError(f"{type(self).__name__} must define `next_inputs`.")


class CustomHelper(Helper):
    """A helper made of three functions, as `tf.contrib.seq2seq.CustomHelper`."""

    def __init__(
        self,
        initialize_fn: Callable[[], Any],
        sample_fn: Callable[..., Any],
        next_inputs_fn: Callable[..., Any],
        sample_ids_shape: Any = None,
        sample_ids_dtype: Any = None,
    ) -> None:
        self._initialize_fn = initialize_fn
        self._sample_fn = sample_fn
        self._next_inputs_fn = next_inputs_fn
        self._batch_size: Any = None
        self._sample_ids_shape = tf.TensorShape(sample_ids_shape or [])
        self._sample_ids_dtype = sample_ids_dtype or tf.int32

    @property
    def batch_size(self) -> Any:
        if self._batch_size is None:
            raise ValueError(
                "`batch_size` is known once `initialize` has been called, which "
                "dynamic_decode does. Call helper.initialize() first."
            )
        return self._batch_size

    @property
    def sample_ids_shape(self) -> Any:
        return self._sample_ids_shape

    @property
    def sample_ids_dtype(self) -> Any:
        return self._sample_ids_dtype

    def initialize(self, name: str | None = None) -> Any:
        with tf.name_scope(name, f"{type(self).__name__}Initialize"):
            finished, inputs = self._initialize_fn()
            if self._batch_size is None:
                self._batch_size = tf.size(finished)
        return finished, inputs

    def sample(
        self, time: Any, outputs: Any, state: Any, name: str | None = None
    ) -> Any:
        with tf.name_scope(name, f"{type(self).__name__}Sample"):
            return self._sample_fn(time=time, outputs=outputs, state=state)

    def next_inputs(
        self,
        time: Any,
        outputs: Any,
        state: Any,
        sample_ids: Any,
        name: str | None = None,
    ) -> Any:
        with tf.name_scope(name, f"{type(self).__name__}NextInputs"):
            return self._next_inputs_fn(
                time=time, outputs=outputs, state=state, sample_ids=sample_ids
            )


class TrainingHelper(Helper):
    """Reads the inputs given to it, as `tf.contrib.seq2seq.TrainingHelper`."""

    def __init__(
        self,
        inputs: Any,
        sequence_length: Any,
        time_major: bool = False,
        name: str | None = None,
    ) -> None:
        with tf.name_scope(name, "TrainingHelper", [inputs, sequence_length]):
            inputs = tf.convert_to_tensor(inputs, name="inputs")
            self._inputs = inputs
            if not time_major:
                inputs = _transpose_batch_time(inputs)
            self._input_array = _array(inputs)
            self._sequence_length = tf.convert_to_tensor(
                sequence_length, name="sequence_length"
            )
            if self._sequence_length.shape.ndims != 1:
                raise ValueError(
                    "`sequence_length` must be a vector with a length per sequence. "
                    f"Received a tensor of shape {self._sequence_length.shape}."
                )
            self._zero_inputs = tf.zeros_like(inputs[0, :])
            self._batch_size = tf.size(sequence_length)

    @property
    def inputs(self) -> Any:
        """The inputs as they were given."""
        return self._inputs

    @property
    def sequence_length(self) -> Any:
        """The length of each sequence."""
        return self._sequence_length

    @property
    def batch_size(self) -> Any:
        return self._batch_size

    def initialize(self, name: str | None = None) -> Any:
        with tf.name_scope(name, "TrainingHelperInitialize"):
            finished = tf.equal(0, self._sequence_length)
            inputs = tf.cond(
                tf.reduce_all(finished),
                lambda: self._zero_inputs,
                lambda: self._input_array.read(0),
            )
            return finished, inputs

    def sample(
        self, time: Any, outputs: Any, state: Any = None, name: str | None = None
    ) -> Any:
        with tf.name_scope(name, "TrainingHelperSample", [time, outputs]):
            return tf.cast(tf.argmax(outputs, axis=-1), tf.int32)

    def next_inputs(
        self,
        time: Any,
        outputs: Any,
        state: Any,
        sample_ids: Any = None,
        name: str | None = None,
    ) -> Any:
        with tf.name_scope(name, "TrainingHelperNextInputs", [time, outputs, state]):
            next_time = time + 1
            finished = next_time >= self._sequence_length
            inputs = tf.cond(
                tf.reduce_all(finished),
                lambda: self._zero_inputs,
                lambda: self._input_array.read(next_time),
            )
            return finished, inputs, state


class ScheduledEmbeddingTrainingHelper(TrainingHelper):
    """Now and then feeds the embedding of a sample instead of the given input.

    As `tf.contrib.seq2seq.ScheduledEmbeddingTrainingHelper` of TensorFlow 1.15.
    """

    def __init__(
        self,
        inputs: Any,
        sequence_length: Any,
        embedding: Any,
        sampling_probability: Any,
        time_major: bool = False,
        seed: int | None = None,
        scheduling_seed: int | None = None,
        name: str | None = None,
    ) -> None:
        with tf.name_scope(
            name, "ScheduledEmbeddingSamplingWrapper", [sampling_probability]
        ):
            self._embedding_fn = as_embedding(embedding)
            self._sampling_probability = _probability(sampling_probability)
            self._seed = seed
            self._scheduling_seed = scheduling_seed
            super().__init__(
                inputs=inputs,
                sequence_length=sequence_length,
                time_major=time_major,
                name=name,
            )

    def sample(
        self, time: Any, outputs: Any, state: Any = None, name: str | None = None
    ) -> Any:
        with tf.name_scope(name, "ScheduledEmbeddingTrainingHelperSample"):
            chosen = _sampling.bernoulli(
                self._sampling_probability,
                dtype=tf.bool,
                sample_shape=self.batch_size,
                seed=self._scheduling_seed,
            )
            return tf.where(
                chosen,
                _sampling.categorical(outputs, seed=self._seed),
                tf.fill([self.batch_size], -1),
            )

    def next_inputs(
        self,
        time: Any,
        outputs: Any,
        state: Any,
        sample_ids: Any = None,
        name: str | None = None,
    ) -> Any:
        with tf.name_scope(name, "ScheduledEmbeddingTrainingHelperNextInputs"):
            finished, given, state = super().next_inputs(
                time=time, outputs=outputs, state=state, name=name
            )

            def mixed() -> Any:
                where = tf.cast(tf.where(sample_ids > -1), tf.int32)
                elsewhere = tf.cast(tf.where(sample_ids <= -1), tf.int32)
                ids = tf.gather_nd(sample_ids, where)
                others = tf.gather_nd(given, elsewhere)
                sampled = self._embedding_fn(ids)
                return _scattered(where, sampled, elsewhere, others, tf.shape(given))

            inputs = tf.cond(tf.reduce_all(finished), lambda: given, mixed)
            return finished, inputs, state


class ScheduledOutputTrainingHelper(TrainingHelper):
    """Now and then feeds the last output instead of the given input.

    As `tf.contrib.seq2seq.ScheduledOutputTrainingHelper` of TensorFlow 1.15.
    """

    def __init__(
        self,
        inputs: Any,
        sequence_length: Any,
        sampling_probability: Any,
        time_major: bool = False,
        seed: int | None = None,
        next_inputs_fn: Callable[[Any], Any] | None = None,
        auxiliary_inputs: Any = None,
        name: str | None = None,
    ) -> None:
        with tf.name_scope(name, "ScheduledOutputTrainingHelper"):
            self._sampling_probability = _probability(sampling_probability)
            self._auxiliary_array: Any = None
            if auxiliary_inputs is not None:
                inputs = tf.convert_to_tensor(inputs, name="inputs")
                auxiliary = tf.convert_to_tensor(
                    auxiliary_inputs, name="auxiliary_inputs"
                )
                inputs = tf.concat((inputs, auxiliary), -1)
                if not time_major:
                    auxiliary = _transpose_batch_time(auxiliary)
                self._auxiliary_array = _array(auxiliary)
            self._seed = seed
            self._next_inputs_fn = next_inputs_fn
            super().__init__(
                inputs=inputs,
                sequence_length=sequence_length,
                time_major=time_major,
                name=name,
            )

    def sample(
        self, time: Any, outputs: Any, state: Any = None, name: str | None = None
    ) -> Any:
        with tf.name_scope(name, "ScheduledOutputTrainingHelperSample"):
            return _sampling.bernoulli(
                self._sampling_probability,
                sample_shape=self.batch_size,
                seed=self._seed,
            )

    def _with_auxiliary(self, outputs: Any, time: Any, where: Any = None) -> Any:
        if self._auxiliary_array is None:
            return outputs
        auxiliary = self._auxiliary_array.read(time + 1)
        if where is not None:
            auxiliary = tf.gather_nd(auxiliary, where)
        return tf.concat((outputs, auxiliary), -1)

    def next_inputs(
        self,
        time: Any,
        outputs: Any,
        state: Any,
        sample_ids: Any = None,
        name: str | None = None,
    ) -> Any:
        with tf.name_scope(name, "ScheduledOutputTrainingHelperNextInputs"):
            finished, given, state = super().next_inputs(
                time=time, outputs=outputs, state=state, name=name
            )
            chosen = tf.cast(sample_ids, tf.bool)

            def mixed() -> Any:
                if self._next_inputs_fn is None:
                    return tf.where(chosen, self._with_auxiliary(outputs, time), given)
                where = tf.cast(tf.where(chosen), tf.int32)
                elsewhere = tf.cast(tf.where(tf.logical_not(chosen)), tf.int32)
                picked = tf.gather_nd(outputs, where)
                others = tf.gather_nd(given, elsewhere)
                sampled = self._with_auxiliary(
                    self._next_inputs_fn(picked), time, where
                )
                return _scattered(where, sampled, elsewhere, others, tf.shape(given))

            all_finished = tf.reduce_all(finished)
            none_chosen = tf.logical_not(tf.reduce_any(chosen))
            inputs = tf.cond(
                tf.logical_or(all_finished, none_chosen), lambda: given, mixed
            )
            return finished, inputs, state


def check_tokens(start_tokens: Any, end_token: Any) -> tuple[Any, Any]:
    """The tokens as tensors: a vector of the first, and one that ends a sequence."""
    start_tokens = tf.convert_to_tensor(
        start_tokens, dtype=tf.int32, name="start_tokens"
    )
    end_token = tf.convert_to_tensor(end_token, dtype=tf.int32, name="end_token")
    if start_tokens.shape.ndims != 1 or end_token.shape.ndims != 0:
        raise ValueError(
            "`start_tokens` must be a vector with a token per sequence, `end_token` one "
            f"token. Received shapes {start_tokens.shape} and {end_token.shape}. "
            "tf.fill([batch_size], token) makes such a vector."
        )
    return start_tokens, end_token


class GreedyEmbeddingHelper(Helper):
    """Feeds the embedding of the likeliest id, until a token ends the sequence.

    As `tf.contrib.seq2seq.GreedyEmbeddingHelper` of TensorFlow 1.15.
    """

    def __init__(self, embedding: Any, start_tokens: Any, end_token: Any) -> None:
        self._embedding_fn = as_embedding(embedding)
        self._start_tokens, self._end_token = check_tokens(start_tokens, end_token)
        self._batch_size = tf.size(start_tokens)
        self._start_inputs = self._embedding_fn(self._start_tokens)

    @property
    def batch_size(self) -> Any:
        return self._batch_size

    def initialize(self, name: str | None = None) -> Any:
        return tf.tile([False], [self._batch_size]), self._start_inputs

    def sample(
        self, time: Any, outputs: Any, state: Any = None, name: str | None = None
    ) -> Any:
        if not isinstance(outputs, tf.Tensor):
            raise TypeError(
                f"The cell's output must be one tensor of logits. Received: {outputs!r}."
            )
        return self._choose(outputs)

    def _choose(self, logits: Any) -> Any:
        return tf.argmax(logits, axis=-1, output_type=tf.int32)

    def next_inputs(
        self,
        time: Any,
        outputs: Any,
        state: Any,
        sample_ids: Any,
        name: str | None = None,
    ) -> Any:
        finished = tf.equal(sample_ids, self._end_token)
        inputs = tf.cond(
            tf.reduce_all(finished),
            lambda: self._start_inputs,
            lambda: self._embedding_fn(sample_ids),
        )
        return finished, inputs, state


class SampleEmbeddingHelper(GreedyEmbeddingHelper):
    """Feeds the embedding of an id drawn by its probability.

    As `tf.contrib.seq2seq.SampleEmbeddingHelper` of TensorFlow 1.15.
    """

    def __init__(
        self,
        embedding: Any,
        start_tokens: Any,
        end_token: Any,
        softmax_temperature: Any = None,
        seed: int | None = None,
    ) -> None:
        super().__init__(embedding, start_tokens, end_token)
        self._softmax_temperature = softmax_temperature
        self._seed = seed

    def _choose(self, logits: Any) -> Any:
        if self._softmax_temperature is not None:
            logits = logits / self._softmax_temperature
        return _sampling.categorical(logits, seed=self._seed)


class InferenceHelper(Helper):
    """Feeds what a function of the outputs gives, as `tf.contrib.seq2seq`'s."""

    def __init__(
        self,
        sample_fn: Callable[[Any], Any],
        sample_shape: Any,
        sample_dtype: Any,
        start_inputs: Any,
        end_fn: Callable[[Any], Any],
        next_inputs_fn: Callable[[Any], Any] | None = None,
    ) -> None:
        self._sample_fn = sample_fn
        self._end_fn = end_fn
        self._sample_shape = tf.TensorShape(sample_shape)
        self._sample_dtype = sample_dtype
        self._next_inputs_fn = next_inputs_fn
        self._batch_size = tf.shape(start_inputs)[0]
        self._start_inputs = tf.convert_to_tensor(start_inputs, name="start_inputs")

    @property
    def batch_size(self) -> Any:
        return self._batch_size

    @property
    def sample_ids_shape(self) -> Any:
        return self._sample_shape

    @property
    def sample_ids_dtype(self) -> Any:
        return self._sample_dtype

    def initialize(self, name: str | None = None) -> Any:
        return tf.tile([False], [self._batch_size]), self._start_inputs

    def sample(
        self, time: Any, outputs: Any, state: Any = None, name: str | None = None
    ) -> Any:
        return self._sample_fn(outputs)

    def next_inputs(
        self,
        time: Any,
        outputs: Any,
        state: Any,
        sample_ids: Any,
        name: str | None = None,
    ) -> Any:
        inputs = sample_ids
        if self._next_inputs_fn is not None:
            inputs = self._next_inputs_fn(sample_ids)
        return self._end_fn(sample_ids), inputs, state
