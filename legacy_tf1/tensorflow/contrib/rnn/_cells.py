"""The cells that `tf.contrib.rnn` added to those of `tf.nn.rnn_cell`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.contrib.rnn._linear import BIAS, KERNEL, Linear
from legacy_tf1.tensorflow.nn import _counted
from legacy_tf1.tensorflow.nn.rnn_cell import (
    LayerRNNCell,
    LSTMStateTuple,
    RNNCell,
)


def _known_depth(shape: Any) -> int:
    depth = tf.TensorShape(shape).with_rank(2).dims[1].value
    if depth is None:
        raise ValueError(
            "A recurrent cell needs inputs of a known depth. "
            f"Received inputs of shape {shape}. Set it by `set_shape`."
        )
    return depth


def _layer_norm(inputs: Any, scope: str, gain: float, shift: float, dtype: Any) -> Any:
    from legacy_tf1.tensorflow.contrib.layers import layer_norm

    shape = inputs.shape[-1:]
    with tf.variable_scope(scope):
        for name, value in (("gamma", gain), ("beta", shift)):
            tf.get_variable(
                name, shape, initializer=tf.constant_initializer(value), dtype=dtype
            )
    return layer_norm(inputs, reuse=True, scope=scope)


class LayerNormBasicLSTMCell(RNNCell):
    """An LSTM with layer normalization and recurrent dropout.

    As `tf.contrib.rnn.LayerNormBasicLSTMCell` of TensorFlow 1.15.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        input_size: int | None = None,
        activation: Callable[[Any], Any] = tf.tanh,
        layer_norm: bool = True,
        norm_gain: float = 1.0,
        norm_shift: float = 0.0,
        dropout_keep_prob: Any = 1.0,
        dropout_prob_seed: int | None = None,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._activation = activation
        self._forget_bias = forget_bias
        self._keep_prob = dropout_keep_prob
        self._seed = dropout_prob_seed
        self._layer_norm = layer_norm
        self._norm_gain = norm_gain
        self._norm_shift = norm_shift

    @property
    def state_size(self) -> Any:
        return LSTMStateTuple(self._num_units, self._num_units)

    @property
    def output_size(self) -> int:
        return self._num_units

    def _norm(self, inputs: Any, scope: str, dtype: Any) -> Any:
        if not self._layer_norm:
            return inputs
        return _layer_norm(inputs, scope, self._norm_gain, self._norm_shift, dtype)

    def _gates(self, joined: Any) -> Any:
        size = 4 * self._num_units
        kernel = tf.get_variable(KERNEL, [joined.shape[-1], size], dtype=joined.dtype)
        gates = tf.matmul(joined, kernel)
        if self._layer_norm:
            return gates
        bias = tf.get_variable(BIAS, [size], dtype=joined.dtype)
        return tf.nn.bias_add(gates, bias)

    def call(self, inputs: Any, state: Any) -> Any:
        """Runs one step."""
        c, h = state
        joined = tf.concat([inputs, h], 1)
        i, j, f, o = _counted.split(self._gates(joined), 4, axis=1)
        i = self._norm(i, "input", joined.dtype)
        j = self._norm(j, "transform", joined.dtype)
        f = self._norm(f, "forget", joined.dtype)
        o = self._norm(o, "output", joined.dtype)
        g = self._activation(j)
        if not isinstance(self._keep_prob, float) or self._keep_prob < 1:
            g = _counted.dropout(g, 1 - self._keep_prob, self._seed)
        new_c = c * tf.sigmoid(f + self._forget_bias) + tf.sigmoid(i) * g
        new_c = self._norm(new_c, "state", joined.dtype)
        new_h = self._activation(new_c) * tf.sigmoid(o)
        return new_h, LSTMStateTuple(new_c, new_h)


class NASCell(LayerRNNCell):
    """The cell found by neural architecture search.

    As `tf.contrib.rnn.NASCell` of TensorFlow 1.15 (Zoph & Le, 2016).
    """

    def __init__(
        self,
        num_units: int,
        num_proj: int | None = None,
        use_bias: bool = False,
        reuse: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, **kwargs)
        self._num_units = num_units
        self._num_proj = num_proj
        self._use_bias = use_bias

    @property
    def state_size(self) -> Any:
        return LSTMStateTuple(self._num_units, self.output_size)

    @property
    def output_size(self) -> int:
        return self._num_units if self._num_proj is None else self._num_proj

    def build(self, inputs_shape: Any) -> None:
        """Makes the variables."""
        width = 8 * self._num_units
        self.recurrent_kernel = self.add_variable(
            "recurrent_kernel", [self.output_size, width]
        )
        self.kernel = self.add_variable("kernel", [_known_depth(inputs_shape), width])
        if self._use_bias:
            self.bias = self.add_variable(
                "bias", shape=[width], initializer=tf.zeros_initializer
            )
        if self._num_proj is not None:
            self.projection_weights = self.add_variable(
                "projection_weights", [self._num_units, self._num_proj]
            )
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """Runs one step: eight pairs joined, then a tree of nonlinearities."""
        c_prev, m_prev = state
        from_state = tf.matmul(m_prev, self.recurrent_kernel)
        from_inputs = tf.matmul(inputs, self.kernel)
        if self._use_bias:
            from_state = tf.nn.bias_add(from_state, self.bias)
        m = _counted.split(from_state, 8, axis=1)
        x = _counted.split(from_inputs, 8, axis=1)
        first = [
            tf.sigmoid(x[0] + m[0]),
            tf.nn.relu(x[1] + m[1]),
            tf.sigmoid(x[2] + m[2]),
            tf.nn.relu(x[3] * m[3]),
            tf.tanh(x[4] + m[4]),
            tf.sigmoid(x[5] + m[5]),
            tf.tanh(x[6] + m[6]),
            tf.sigmoid(x[7] + m[7]),
        ]
        a = tf.tanh(first[0] * first[1])
        b = tf.tanh(first[2] + first[3])
        c = tf.tanh(first[4] * first[5])
        d = tf.sigmoid(first[6] + first[7])
        new_c = tf.tanh(a + c_prev) * b
        new_m = tf.tanh(new_c * tf.tanh(c + d))
        if self._num_proj is not None:
            new_m = tf.matmul(new_m, self.projection_weights)
        return new_m, LSTMStateTuple(new_c, new_m)


class UGRNNCell(RNNCell):
    """The update gate network, as `tf.contrib.rnn.UGRNNCell` of TensorFlow 1.15."""

    def __init__(
        self,
        num_units: int,
        initializer: Any = None,
        forget_bias: float = 1.0,
        activation: Callable[[Any], Any] = tf.tanh,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._initializer = initializer
        self._forget_bias = forget_bias
        self._activation = activation
        self._linear: Linear | None = None

    @property
    def state_size(self) -> int:
        return self._num_units

    @property
    def output_size(self) -> int:
        return self._num_units

    def call(self, inputs: Any, state: Any) -> Any:
        """Runs one step."""
        _known_depth(inputs.shape)
        with tf.variable_scope(tf.get_variable_scope(), initializer=self._initializer):
            joined = tf.concat([inputs, state], 1)
            if self._linear is None:
                self._linear = Linear(joined, 2 * self._num_units, True)
            gate, candidate = _counted.split(self._linear(joined), 2, axis=1)
            c = self._activation(candidate)
            g = tf.sigmoid(gate + self._forget_bias)
            new_state = g * state + (1.0 - g) * c
        return new_state, new_state


class IntersectionRNNCell(RNNCell):
    """The intersection network, as `tf.contrib.rnn.IntersectionRNNCell`."""

    def __init__(
        self,
        num_units: int,
        num_in_proj: int | None = None,
        initializer: Any = None,
        forget_bias: float = 1.0,
        y_activation: Callable[[Any], Any] = tf.nn.relu,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._initializer = initializer
        self._forget_bias = forget_bias
        self._num_input_proj = num_in_proj
        self._y_activation = y_activation
        self._projection: Linear | None = None
        self._linear: Linear | None = None

    @property
    def state_size(self) -> int:
        return self._num_units

    @property
    def output_size(self) -> int:
        return self._num_units

    def _project(self, inputs: Any) -> Any:
        if _known_depth(inputs.shape) == self._num_units:
            return inputs
        if not self._num_input_proj:
            raise ValueError(
                "IntersectionRNNCell needs inputs as deep as its state. Received: "
                f"inputs of shape {inputs.shape}, num_units={self._num_units}. "
                "Pass num_in_proj=num_units to project them."
            )
        with tf.variable_scope("in_projection"):
            if self._projection is None:
                self._projection = Linear(inputs, self._num_units, True)
            return self._projection(inputs)

    def call(self, inputs: Any, state: Any) -> Any:
        """Runs one step."""
        n = self._num_units
        with tf.variable_scope(tf.get_variable_scope(), initializer=self._initializer):
            inputs = self._project(inputs)
            joined = tf.concat([inputs, state], 1)
            if self._linear is None:
                self._linear = Linear(joined, 4 * n, True)
            acts = self._linear(joined)
            h_gate, h, y_gate, y = (
                acts[:, :n],
                acts[:, n : 2 * n],
                acts[:, 2 * n : 3 * n],
                acts[:, 3 * n : 4 * n],
            )
            h, y = tf.tanh(h), self._y_activation(y)
            h_gate = tf.sigmoid(h_gate + self._forget_bias)
            y_gate = tf.sigmoid(y_gate + self._forget_bias)
            new_state = h_gate * state + (1.0 - h_gate) * h
            new_y = y_gate * inputs + (1.0 - y_gate) * y
        return new_y, new_state


class IndRNNCell(LayerRNNCell):
    """Units that see only their own past, as `tf.contrib.rnn.IndRNNCell`."""

    def __init__(
        self,
        num_units: int,
        activation: Callable[[Any], Any] | None = None,
        reuse: bool | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype)
        self._num_units = num_units
        self._activation = activation or tf.tanh

    @property
    def state_size(self) -> int:
        return self._num_units

    @property
    def output_size(self) -> int:
        return self._num_units

    def build(self, inputs_shape: Any) -> None:
        """Makes the variables."""
        self._kernel_w = self.add_variable(
            "kernel_w", shape=[_known_depth(inputs_shape), self._num_units]
        )
        self._kernel_u = self.add_variable(
            "kernel_u",
            shape=[1, self._num_units],
            initializer=tf.random_uniform_initializer(-1, 1, dtype=self.dtype),
        )
        self._bias = self.add_variable(
            BIAS,
            shape=[self._num_units],
            initializer=tf.zeros_initializer(dtype=self.dtype),
        )
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """Runs one step."""
        gates = tf.matmul(inputs, self._kernel_w) + state * self._kernel_u
        output = self._activation(tf.nn.bias_add(gates, self._bias))
        return output, output


class CoupledInputForgetGateLSTMCell(RNNCell):
    """An LSTM whose input gate is one minus its forget gate.

    As `tf.contrib.rnn.CoupledInputForgetGateLSTMCell` of TensorFlow 1.15.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        initializer: Any = None,
        num_proj: int | None = None,
        proj_clip: float | None = None,
        num_unit_shards: int = 1,
        num_proj_shards: int = 1,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Callable[[Any], Any] = tf.tanh,
        reuse: bool | None = None,
        layer_norm: bool = False,
        norm_gain: float = 1.0,
        norm_shift: float = 0.0,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._num_proj = num_proj
        self._proj_clip = proj_clip
        self._shards = num_unit_shards
        self._proj_shards = num_proj_shards
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._activation = activation
        self._layer_norm = layer_norm
        self._norm_gain = norm_gain
        self._norm_shift = norm_shift

    @property
    def state_size(self) -> Any:
        if self._state_is_tuple:
            return LSTMStateTuple(self._num_units, self.output_size)
        return self._num_units + self.output_size

    @property
    def output_size(self) -> int:
        return self._num_proj or self._num_units

    def _norm(self, inputs: Any, scope: str) -> Any:
        if not self._layer_norm:
            return inputs
        return _layer_norm(inputs, scope, self._norm_gain, self._norm_shift, tf.float32)

    def _weights(self, name: str, rows: int, columns: int, dtype: Any, n: int) -> Any:
        sizes = [rows // n + (i < rows % n) for i in range(n)]
        shards = [
            tf.get_variable(f"{name}_{i}", [size, columns], dtype=dtype)
            for i, size in enumerate(sizes)
        ]
        return shards[0] if n == 1 else tf.concat(shards, 0, name=f"{name}/concat")

    def call(self, inputs: Any, state: Any) -> Any:
        """Runs one step."""
        n, dtype = self._num_units, inputs.dtype
        if self._state_is_tuple:
            c_prev, m_prev = state
        else:
            c_prev = tf.slice(state, [0, 0], [-1, n])
            m_prev = tf.slice(state, [0, n], [-1, self.output_size])
        rows = _known_depth(inputs.shape) + self.output_size
        kernel = self._weights("W", rows, 3 * n, dtype, self._shards)
        bias = tf.get_variable(
            "B", shape=[3 * n], initializer=tf.zeros_initializer(), dtype=dtype
        )
        gates = tf.matmul(tf.concat([inputs, m_prev], 1), kernel)
        if not self._layer_norm:
            gates = tf.nn.bias_add(gates, bias)
        j, f, o = _counted.split(gates, 3, axis=1)
        j = self._norm(j, "transform")
        f = self._norm(f, "forget")
        o = self._norm(o, "output")
        if self._use_peepholes:
            to_forget = tf.get_variable("W_F_diag", shape=[n], dtype=dtype)
            to_output = tf.get_variable("W_O_diag", shape=[n], dtype=dtype)
            keep = tf.sigmoid(f + self._forget_bias + to_forget * c_prev)
        else:
            keep = tf.sigmoid(f + self._forget_bias)
        c = keep * c_prev + (1 - keep) * self._activation(j)
        c = self._norm(c, "state")
        gate = tf.sigmoid(o + to_output * c if self._use_peepholes else o)
        m = gate * self._activation(c)
        if self._num_proj is not None:
            m = tf.matmul(
                m, self._weights("W_P", n, self._num_proj, dtype, self._proj_shards)
            )
            if self._proj_clip is not None:
                m = tf.clip_by_value(m, -self._proj_clip, self._proj_clip)
        if self._state_is_tuple:
            return m, LSTMStateTuple(c, m)
        return m, tf.concat([c, m], 1)
