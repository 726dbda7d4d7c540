"""Attention: what a decoder's cell looks at in the encoder's outputs."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.contrib.seq2seq._decoder import check_layer
from legacy_tf1.tensorflow.layers.core import Dense
from legacy_tf1.tensorflow.nn.rnn_cell import _zero_state_tensors


def static_or_dynamic(tensor: Any, axis: int) -> Any:
    """A tensor's size along an axis, as a number where it is known."""
    return tensor.shape.dims[axis].value or tf.shape(tensor)[axis]


class AttentionMechanism:
    """What an `AttentionWrapper` takes, as `tf.contrib.seq2seq.AttentionMechanism`."""

    @property
    def alignments_size(self) -> Any:
        """The number of steps attended to."""
        raise NotImplementedError(
            f"{type(self).__name__} must define `alignments_size`."
        )

    @property
    def state_size(self) -> Any:
        """The size of what is kept from step to step."""
        raise NotImplementedError(f"{type(self).__name__} must define `state_size`.")


def _masked_memory(memory: Any, lengths: Any, check_inner_dims: bool) -> Any:
    memory = tf.nest.map_structure(
        lambda m: tf.convert_to_tensor(m, name="memory"), memory
    )
    if lengths is not None:
        lengths = tf.convert_to_tensor(lengths, name="memory_sequence_length")
    for part in tf.nest.flatten(memory) if check_inner_dims else ():
        if not part.shape[2:].is_fully_defined():
            raise ValueError(
                "Attention needs a memory of a known depth. "
                f"Received: {part.name} of shape {part.shape}. Set it by `set_shape`."
            )
    if lengths is None:
        return memory
    first = tf.nest.flatten(memory)[0]
    mask = tf.sequence_mask(lengths, maxlen=tf.shape(first)[1], dtype=first.dtype)

    def masked(part: Any) -> Any:
        ones = tf.ones(part.shape.ndims - 2, dtype=tf.int32)
        return part * tf.reshape(mask, tf.concat((tf.shape(mask), ones), 0))

    return tf.nest.map_structure(masked, memory)


def _masked_score(score: Any, lengths: Any, mask_value: Any) -> Any:
    if lengths is None:
        return score
    positive = tf.assert_positive(
        lengths, message="All values in memory_sequence_length must be greater than 0."
    )
    with tf.control_dependencies([positive]):
        mask = tf.sequence_mask(lengths, maxlen=tf.shape(score)[1])
    return tf.where(mask, score, mask_value * tf.ones_like(score))


class _BaseAttentionMechanism(AttentionMechanism):
    """Keeps the memory, its keys, and what makes weights of scores."""

    def __init__(
        self,
        query_layer: Any,
        memory: Any,
        probability_fn: Callable[[Any, Any], Any],
        memory_sequence_length: Any = None,
        memory_layer: Any = None,
        check_inner_dims_defined: bool = True,
        score_mask_value: Any = None,
        custom_key_value_fn: Callable[[Any, Any], Any] | None = None,
        name: str | None = None,
    ) -> None:
        check_layer("query_layer", query_layer)
        check_layer("memory_layer", memory_layer)
        self._query_layer = query_layer
        self._memory_layer = memory_layer
        self.dtype = memory_layer.dtype
        if score_mask_value is None:
            score_mask_value = tf.as_dtype(self.dtype).as_numpy_dtype(-np.inf)
        self._probability_fn = lambda score, previous: probability_fn(
            _masked_score(score, memory_sequence_length, score_mask_value), previous
        )
        with tf.name_scope(name, "BaseAttentionMechanismInit", tf.nest.flatten(memory)):
            self._values = _masked_memory(
                memory, memory_sequence_length, check_inner_dims_defined
            )
            self._keys = memory_layer(self._values) if memory_layer else self._values
            if custom_key_value_fn is not None:
                self._keys, self._values = custom_key_value_fn(self._keys, self._values)
            self._batch_size = static_or_dynamic(self._keys, 0)
            self._alignments_size = static_or_dynamic(self._keys, 1)

    @property
    def memory_layer(self) -> Any:
        return self._memory_layer

    @property
    def query_layer(self) -> Any:
        return self._query_layer

    @property
    def values(self) -> Any:
        return self._values

    @property
    def keys(self) -> Any:
        return self._keys

    @property
    def batch_size(self) -> Any:
        return self._batch_size

    @property
    def alignments_size(self) -> Any:
        return self._alignments_size

    @property
    def state_size(self) -> Any:
        return self._alignments_size

    def initial_alignments(self, batch_size: Any, dtype: Any) -> Any:
        """The weights before the first step: none."""
        return _zero_state_tensors(self._alignments_size, batch_size, dtype)

    def initial_state(self, batch_size: Any, dtype: Any) -> Any:
        """What is kept before the first step."""
        return self.initial_alignments(batch_size, dtype)

    def _weigh(self, score: Any, state: Any) -> tuple[Any, Any]:
        alignments = self._probability_fn(score, state)
        return alignments, alignments


def _projection(num_units: int, name: str, dtype: Any) -> Any:
    return Dense(num_units, name=name, use_bias=False, dtype=dtype or tf.float32)


def _luong_score(query: Any, keys: Any, scale: bool) -> Any:
    gain = None
    if scale:
        gain = tf.get_variable(
            "attention_g", dtype=query.dtype, initializer=tf.ones_initializer, shape=()
        )
    if query.shape[-1] != keys.shape[-1]:
        raise ValueError(
            "Luong's score is a product of query and keys, which must be as deep as "
            f"each other. Received: a query of shape {query.shape} and keys of shape "
            f"{keys.shape}. Make num_units the depth of the decoder's cell."
        )
    score = tf.matmul(tf.expand_dims(query, 1), keys, transpose_b=True)
    score = tf.squeeze(score, [1])
    return score if gain is None else gain * score


def _bahdanau_score(query: Any, keys: Any, num_units: int, normalize: bool) -> Any:
    dtype = query.dtype
    vector = tf.get_variable("attention_v", [num_units], dtype=dtype)
    if not normalize:
        query = tf.expand_dims(query, 1)
        return tf.reduce_sum(vector * tf.tanh(keys + query), [2])
    gain = tf.get_variable(
        "attention_g",
        dtype=dtype,
        initializer=tf.constant_initializer(math.sqrt(1.0 / num_units)),
        shape=(),
    )
    bias = tf.get_variable(
        "attention_b", [num_units], dtype=dtype, initializer=tf.zeros_initializer()
    )
    query = tf.expand_dims(query, 1)
    normed = gain * vector * tf.rsqrt(tf.reduce_sum(tf.square(vector)))
    return tf.reduce_sum(normed * tf.tanh(keys + query + bias), [2])


class LuongAttention(_BaseAttentionMechanism):
    """Multiplicative attention, as `tf.contrib.seq2seq.LuongAttention`.

    Today: `keras.layers.Attention`.
    """

    _scope = "luong_attention"

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        scale: bool = False,
        probability_fn: Callable[[Any], Any] | None = None,
        score_mask_value: Any = None,
        dtype: Any = None,
        custom_key_value_fn: Callable[[Any, Any], Any] | None = None,
        name: str = "LuongAttention",
    ) -> None:
        weigh = probability_fn or tf.nn.softmax
        super().__init__(
            query_layer=None,
            memory_layer=_projection(num_units, "memory_layer", dtype),
            memory=memory,
            probability_fn=lambda score, _: weigh(score),
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
            custom_key_value_fn=custom_key_value_fn,
            name=name,
        )
        self._scale = scale

    def __call__(self, query: Any, state: Any) -> tuple[Any, Any]:
        with tf.variable_scope(None, self._scope, [query]):
            score = _luong_score(query, self._keys, self._scale)
        return self._weigh(score, state)


class BahdanauAttention(_BaseAttentionMechanism):
    """Additive attention, as `tf.contrib.seq2seq.BahdanauAttention`.

    Today: `keras.layers.AdditiveAttention`.
    """

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        normalize: bool = False,
        probability_fn: Callable[[Any], Any] | None = None,
        score_mask_value: Any = None,
        dtype: Any = None,
        custom_key_value_fn: Callable[[Any, Any], Any] | None = None,
        name: str = "BahdanauAttention",
    ) -> None:
        weigh = probability_fn or tf.nn.softmax
        super().__init__(
            query_layer=_projection(num_units, "query_layer", dtype),
            memory_layer=_projection(num_units, "memory_layer", dtype),
            memory=memory,
            probability_fn=lambda score, _: weigh(score),
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
            custom_key_value_fn=custom_key_value_fn,
            name=name,
        )
        self._num_units = num_units
        self._normalize = normalize

    def __call__(self, query: Any, state: Any) -> tuple[Any, Any]:
        with tf.variable_scope(None, "bahdanau_attention", [query]):
            if self._query_layer:
                query = self._query_layer(query)
            score = _bahdanau_score(query, self._keys, self._num_units, self._normalize)
        return self._weigh(score, state)


def safe_cumprod(x: Any, *args: Any, **kwargs: Any) -> Any:
    """The cumulative product by logarithms, as `tf.contrib.seq2seq.safe_cumprod`."""
    with tf.name_scope(None, "SafeCumprod", [x]):
        x = tf.convert_to_tensor(x, name="x")
        tiny = np.finfo(x.dtype.as_numpy_dtype).tiny
        return tf.exp(tf.cumsum(tf.log(tf.clip_by_value(x, tiny, 1)), *args, **kwargs))


def monotonic_attention(p_choose_i: Any, previous_attention: Any, mode: str) -> Any:
    """The weights when attention only moves forward (Raffel et al., 2017).

    As `tf.contrib.seq2seq.monotonic_attention` of TensorFlow 1.15.
    """
    p = tf.convert_to_tensor(p_choose_i, name="p_choose_i")
    previous = tf.convert_to_tensor(previous_attention, name="previous_attention")
    if mode == "recursive":
        batch = static_or_dynamic(p, 0)
        shifted = tf.concat([tf.ones((batch, 1)), 1 - p[:, :-1]], 1)
        return p * tf.transpose(
            tf.scan(
                lambda x, yz: tf.reshape(yz[0] * x + yz[1], (batch,)),
                [tf.transpose(shifted), tf.transpose(previous)],
                tf.zeros((batch,)),
            )
        )
    if mode == "parallel":
        passed = safe_cumprod(1 - p, axis=1, exclusive=True)
        return (
            p
            * passed
            * tf.cumsum(previous / tf.clip_by_value(passed, 1e-10, 1.0), axis=1)
        )
    if mode == "hard":
        p *= tf.cumsum(previous, axis=1)
        return p * tf.cumprod(1 - p, axis=1, exclusive=True)
    raise ValueError(
        "`mode` must be 'recursive', 'parallel' or 'hard'. "
        f"Received: mode={mode!r}. 'parallel' is fastest in training."
    )


def _monotonic_weights(
    score: Any, previous: Any, sigmoid_noise: float, mode: str, seed: int | None
) -> Any:
    if sigmoid_noise > 0:
        score += sigmoid_noise * tf.random_normal(
            tf.shape(score), dtype=score.dtype, seed=seed
        )
    chosen = tf.cast(score > 0, score.dtype) if mode == "hard" else tf.sigmoid(score)
    return monotonic_attention(chosen, previous, mode)


class _MonotonicAttentionMechanism(_BaseAttentionMechanism):
    """Starts at the first step of the memory."""

    _score_bias_init = 0.0

    def initial_alignments(self, batch_size: Any, dtype: Any) -> Any:
        zeros = tf.zeros((batch_size,), dtype=tf.int32)
        return tf.one_hot(zeros, self._alignments_size, dtype=dtype)

    def _biased(self, score: Any, dtype: Any) -> Any:
        bias = tf.get_variable(
            "attention_score_bias", dtype=dtype, initializer=self._score_bias_init
        )
        return score + bias


class BahdanauMonotonicAttention(_MonotonicAttentionMechanism):
    """Additive attention that only moves forward, as `tf.contrib.seq2seq`'s."""

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        normalize: bool = False,
        score_mask_value: Any = None,
        sigmoid_noise: float = 0.0,
        sigmoid_noise_seed: int | None = None,
        score_bias_init: float = 0.0,
        mode: str = "parallel",
        dtype: Any = None,
        name: str = "BahdanauMonotonicAttention",
    ) -> None:
        super().__init__(
            query_layer=_projection(num_units, "query_layer", dtype),
            memory_layer=_projection(num_units, "memory_layer", dtype),
            memory=memory,
            probability_fn=functools.partial(
                _monotonic_weights,
                sigmoid_noise=sigmoid_noise,
                mode=mode,
                seed=sigmoid_noise_seed,
            ),
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
            name=name,
        )
        self._num_units = num_units
        self._normalize = normalize
        self._score_bias_init = score_bias_init

    def __call__(self, query: Any, state: Any) -> tuple[Any, Any]:
        with tf.variable_scope(None, "bahdanau_monotonic_attention", [query]):
            query = self._query_layer(query)
            score = _bahdanau_score(query, self._keys, self._num_units, self._normalize)
            score = self._biased(score, query.dtype)
        return self._weigh(score, state)


class LuongMonotonicAttention(_MonotonicAttentionMechanism):
    """Multiplicative attention that only moves forward, as `tf.contrib.seq2seq`'s."""

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        scale: bool = False,
        score_mask_value: Any = None,
        sigmoid_noise: float = 0.0,
        sigmoid_noise_seed: int | None = None,
        score_bias_init: float = 0.0,
        mode: str = "parallel",
        dtype: Any = None,
        name: str = "LuongMonotonicAttention",
    ) -> None:
        super().__init__(
            query_layer=None,
            memory_layer=_projection(num_units, "memory_layer", dtype),
            memory=memory,
            probability_fn=functools.partial(
                _monotonic_weights,
                sigmoid_noise=sigmoid_noise,
                mode=mode,
                seed=sigmoid_noise_seed,
            ),
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
            name=name,
        )
        self._scale = scale
        self._score_bias_init = score_bias_init

    def __call__(self, query: Any, state: Any) -> tuple[Any, Any]:
        with tf.variable_scope(None, "luong_monotonic_attention", [query]):
            score = _luong_score(query, self._keys, self._scale)
            score = self._biased(score, query.dtype)
        return self._weigh(score, state)


def hardmax(logits: Any, name: str | None = None) -> Any:
    """One-hot vectors at the largest logits, as `tf.contrib.seq2seq.hardmax`."""
    with tf.name_scope(name, "Hardmax", [logits]):
        logits = tf.convert_to_tensor(logits, name="logits")
        depth = static_or_dynamic(logits, -1)
        return tf.one_hot(tf.argmax(logits, -1), depth, dtype=logits.dtype)
