"""The recursions of a linear-chain conditional random field, as recurrent cells."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.nn.rnn_cell import RNNCell


class _CrfCell(RNNCell):
    def __init__(self, num_tags: int | None) -> None:
        super().__init__()
        self._num_tags = num_tags

    @property
    def state_size(self) -> Any:
        return self._num_tags

    @property
    def output_size(self) -> Any:
        return self._num_tags


class _TransitionCell(_CrfCell):
    def __init__(self, transition_params: Any) -> None:
        super().__init__(tf.convert_to_tensor(transition_params).shape.dims[0].value)
        self._transitions = tf.expand_dims(transition_params, 0)

    def _scores(self, state: Any) -> Any:
        """Of shape (batch, tag before, tag)."""
        return tf.expand_dims(state, 2) + self._transitions


class CrfForwardRnnCell(_TransitionCell):
    """Sums over all tags before, as `tf.contrib.crf.CrfForwardRnnCell`."""

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        alphas = inputs + tf.reduce_logsumexp(self._scores(state), [1])
        return alphas, alphas


class CrfDecodeForwardRnnCell(_TransitionCell):
    """Keeps the best tag before, as `tf.contrib.crf.CrfDecodeForwardRnnCell`."""

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        scores = self._scores(state)
        new_state = inputs + tf.reduce_max(scores, [1])
        return tf.cast(tf.argmax(scores, 1), dtype=tf.int32), new_state


class CrfDecodeBackwardRnnCell(_CrfCell):
    """Follows the best tags back, as `tf.contrib.crf.CrfDecodeBackwardRnnCell`."""

    @property
    def state_size(self) -> int:
        return 1

    @property
    def output_size(self) -> int:
        return 1

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        state = tf.squeeze(state, axis=[1])
        rows = tf.range(tf.shape(inputs)[0])
        indices = tf.stack([rows, state], axis=1)
        tags = tf.expand_dims(tf.gather_nd(inputs, indices), axis=-1)
        return tags, tags
