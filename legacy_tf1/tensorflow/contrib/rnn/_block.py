"""Cells that are one operation of TensorFlow's for a step, or for all steps."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf
from tensorflow.python.keras.legacy_tf_layers import base

from legacy_tf1.tensorflow.nn.rnn_cell import (
    GRUCell,
    LayerRNNCell,
    LSTMStateTuple,
)


def _register_gradient(operation: str, gradient: Any) -> None:
    """Gives TensorFlow a gradient that went with contrib, unless it has one."""
    try:
        tf.RegisterGradient(operation)(gradient)
    except KeyError:  # registered already, by another library
        return


def _lstm_gradient(op: Any, *grads: Any) -> Any:
    x, c_prev, h_prev, kernel, w_i, w_f, w_o, bias = op.inputs
    i, c, f, o, ci, co, _ = op.outputs
    c_prev_grad, gates_grad, w_i_grad, w_f_grad, w_o_grad = (
        tf.raw_ops.LSTMBlockCellGrad(
            x=x,
            cs_prev=c_prev,
            h_prev=h_prev,
            w=kernel,
            wci=w_i,
            wcf=w_f,
            wco=w_o,
            b=bias,
            i=i,
            cs=c,
            f=f,
            o=o,
            ci=ci,
            co=co,
            cs_grad=grads[1],
            h_grad=grads[6],
            use_peephole=op.get_attr("use_peephole"),
        )
    )
    joined_grad = tf.matmul(gates_grad, kernel, transpose_b=True)
    depth = x.shape.with_rank(2).dims[1].value
    x_grad = joined_grad[:, :depth]
    h_prev_grad = joined_grad[:, depth:]
    joined = tf.concat([x, h_prev], 1)
    kernel_grad = tf.matmul(joined, gates_grad, transpose_a=True)
    return (
        x_grad,
        c_prev_grad,
        h_prev_grad,
        kernel_grad,
        w_i_grad,
        w_f_grad,
        w_o_grad,
        tf.reduce_sum(gates_grad, 0),
    )


def _gru_gradient(op: Any, *grads: Any) -> Any:
    x, h_prev, gate_kernel, kernel, gate_bias, bias = op.inputs
    r, u, c, _ = op.outputs
    x_grad, h_prev_grad, c_grad, gates_grad = tf.raw_ops.GRUBlockCellGrad(
        x=x,
        h_prev=h_prev,
        w_ru=gate_kernel,
        w_c=kernel,
        b_ru=gate_bias,
        b_c=bias,
        r=r,
        u=u,
        c=c,
        d_h=grads[3],
    )
    gate_inputs = tf.concat([x, h_prev], 1)
    inputs = tf.concat([x, h_prev * r], 1)
    return (
        x_grad,
        h_prev_grad,
        tf.matmul(gate_inputs, gates_grad, transpose_a=True),
        tf.matmul(inputs, c_grad, transpose_a=True),
        tf.reduce_sum(gates_grad, 0),
        tf.reduce_sum(c_grad, 0),
    )


_register_gradient("LSTMBlockCell", _lstm_gradient)
_register_gradient("GRUBlockCell", _gru_gradient)


def _peepholes(cell: Any, dtype: Any) -> Any:
    """The three diagonals, or zeros in their place."""
    if not cell._use_peephole:
        return (tf.zeros([cell._num_units], dtype=dtype),) * 3
    return cell._w_i_diag, cell._w_f_diag, cell._w_o_diag


def _make_lstm_variables(cell: Any, depth: int) -> None:
    n = cell._num_units
    cell._kernel = cell.add_weight("kernel", [depth + n, n * 4])
    cell._bias = cell.add_weight(
        "bias", [n * 4], initializer=tf.constant_initializer(0.0)
    )
    if cell._use_peephole:
        cell._w_i_diag = cell.add_weight("w_i_diag", [n])
        cell._w_f_diag = cell.add_weight("w_f_diag", [n])
        cell._w_o_diag = cell.add_weight("w_o_diag", [n])
    cell.built = True


class LSTMBlockCell(LayerRNNCell):
    """An LSTM step as one operation, as `tf.contrib.rnn.LSTMBlockCell`.

    Its weights are those of `BasicLSTMCell`, under the name `lstm_cell`.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        cell_clip: float | None = None,
        use_peephole: bool = False,
        dtype: Any = None,
        reuse: bool | None = None,
        name: str | None = "lstm_cell",
    ) -> None:
        super().__init__(_reuse=reuse, dtype=dtype, name=name)
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._use_peephole = use_peephole
        self._cell_clip = -1 if cell_clip is None else cell_clip

    @property
    def state_size(self) -> Any:
        return LSTMStateTuple(self._num_units, self._num_units)

    @property
    def output_size(self) -> int:
        return self._num_units

    def build(self, inputs_shape: Any) -> None:
        """Makes the variables."""
        _make_lstm_variables(self, inputs_shape.dims[1].value)

    def call(self, inputs: Any, state: Any) -> Any:
        """Runs one step."""
        w_i, w_f, w_o = _peepholes(self, self.dtype)
        c_prev, h_prev = state
        step = tf.raw_ops.LSTMBlockCell(
            x=inputs,
            cs_prev=c_prev,
            h_prev=h_prev,
            w=self._kernel,
            wci=w_i,
            wcf=w_f,
            wco=w_o,
            b=self._bias,
            forget_bias=self._forget_bias,
            cell_clip=self._cell_clip,
            use_peephole=self._use_peephole,
        )
        return step.h, LSTMStateTuple(step.cs, step.h)


class GRUBlockCell(LayerRNNCell):
    """A GRU step as one operation, as `tf.contrib.rnn.GRUBlockCell`."""

    _names = ("w_ru", "b_ru", "w_c", "b_c")

    def __init__(
        self,
        num_units: int | None = None,
        cell_size: int | None = None,
        reuse: bool | None = None,
        name: str | None = "gru_cell",
    ) -> None:
        super().__init__(_reuse=reuse, name=name)
        if (cell_size is None) == (num_units is None):
            raise ValueError(
                "Exactly one of `num_units` and `cell_size` must be given. Received: "
                f"num_units={num_units}, cell_size={cell_size}. Pass num_units."
            )
        self._cell_size: Any = cell_size if num_units is None else num_units

    @property
    def state_size(self) -> int:
        return self._cell_size

    @property
    def output_size(self) -> int:
        return self._cell_size

    def build(self, inputs_shape: Any) -> None:
        """Makes the variables."""
        n = self._cell_size
        depth = inputs_shape.dims[1].value + n
        self._gate_kernel = self.add_variable(self._names[0], [depth, n * 2])
        self._gate_bias = self.add_variable(
            self._names[1], [n * 2], initializer=tf.constant_initializer(1.0)
        )
        self._candidate_kernel = self.add_variable(self._names[2], [depth, n])
        self._candidate_bias = self.add_variable(
            self._names[3], [n], initializer=tf.constant_initializer(0.0)
        )
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """Runs one step."""
        step = tf.raw_ops.GRUBlockCell(
            x=inputs,
            h_prev=state,
            w_ru=self._gate_kernel,
            w_c=self._candidate_kernel,
            b_ru=self._gate_bias,
            b_c=self._candidate_bias,
        )
        return step.h, step.h


class GRUBlockCellV2(GRUBlockCell):
    """A `GRUBlockCell` whose variables have the names of `GRUCell`'s."""

    _names = ("gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias")


class LSTMBlockWrapper(base.Layer):
    """What an LSTM over all steps at once derives from."""

    @property
    def num_units(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} must define `num_units`.")

    def _call_cell(
        self,
        inputs: Any,
        initial_cell_state: Any,
        initial_output: Any,
        dtype: Any,
        sequence_length: Any,
    ) -> tuple[Any, Any]:
        raise NotImplementedError(f"{type(self).__name__} must define `_call_cell`.")

    def call(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
    ) -> Any:
        """Runs all steps of inputs of shape (time, batch, depth), or a list of steps."""
        as_list = isinstance(inputs, list)
        if as_list:
            inputs = tf.stack(inputs)
        time, batch, _ = inputs.shape.with_rank(3).as_list()
        if batch is None:
            batch = tf.shape(inputs)[1]
        if time is None:
            time = tf.shape(inputs)[0]
        if initial_state is None:
            if dtype is None:
                raise ValueError(
                    "Without a state to start from, its type must be known. Received: "
                    "initial_state=None, dtype=None. Pass dtype=tf.float32."
                )
            zeros = tf.zeros(tf.stack([batch, self.num_units]), dtype=dtype)
            initial_state = (zeros, zeros)
        first_c, first_h = initial_state
        dtype = dtype or first_c.dtype
        if sequence_length is not None:
            sequence_length = tf.convert_to_tensor(sequence_length)
        states, outputs = self._call_cell(
            inputs, first_c, first_h, dtype, sequence_length
        )
        if sequence_length is None:
            final = LSTMStateTuple(states[-1], outputs[-1])
        else:
            mask = tf.transpose(
                tf.sequence_mask(sequence_length, time, dtype=dtype), [1, 0]
            )
            outputs *= tf.tile(tf.expand_dims(mask, [-1]), [1, 1, self.num_units])
            states = tf.concat([tf.expand_dims(first_c, [0]), states], 0)
            padded = tf.concat([tf.expand_dims(first_h, [0]), outputs], 0)
            final = LSTMStateTuple(
                *(
                    tf.gather_nd(
                        steps, tf.stack([sequence_length, tf.range(batch)], axis=1)
                    )
                    for steps in (states, padded)
                )
            )
        return tf.unstack(outputs) if as_list else outputs, final


class LSTMBlockFusedCell(LSTMBlockWrapper):
    """An LSTM over all steps as one operation, as `tf.contrib.rnn`'s.

    Takes inputs of shape (time, batch, depth). Today: `keras.layers.LSTM`.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        cell_clip: float | None = None,
        use_peephole: bool = False,
        reuse: bool | None = None,
        dtype: Any = None,
        name: str | None = "lstm_fused_cell",
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype)
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._cell_clip = -1 if cell_clip is None else cell_clip
        self._use_peephole = use_peephole

    @property
    def num_units(self) -> int:
        return self._num_units

    def build(self, input_shape: Any) -> None:
        """Makes the variables."""
        _make_lstm_variables(self, input_shape.dims[2].value)

    def _call_cell(
        self,
        inputs: Any,
        initial_cell_state: Any,
        initial_output: Any,
        dtype: Any,
        sequence_length: Any,
    ) -> tuple[Any, Any]:
        time = inputs.shape.dims[0].value
        if time is None:
            time = tf.shape(inputs)[0]
        w_i, w_f, w_o = _peepholes(self, dtype)
        if sequence_length is not None:
            time = tf.reduce_max(sequence_length)
        steps = tf.raw_ops.BlockLSTM(
            seq_len_max=tf.cast(time, tf.int64),
            x=inputs,
            cs_prev=initial_cell_state,
            h_prev=initial_output,
            w=self._kernel,
            wci=w_i,
            wcf=w_f,
            wco=w_o,
            b=self._bias,
            forget_bias=self._forget_bias,
            cell_clip=self._cell_clip,
            use_peephole=self._use_peephole,
        )
        return steps.cs, steps.h


class CudnnCompatibleLSTMCell(LSTMBlockCell):
    """An LSTM that reads cuDNN's weights, as `tf.contrib.cudnn_rnn`'s."""

    def __init__(self, num_units: int, reuse: bool | None = None) -> None:
        super().__init__(
            num_units, forget_bias=0, reuse=reuse, name="cudnn_compatible_lstm_cell"
        )


class CudnnCompatibleGRUCell(GRUCell):
    """A GRU that reads cuDNN's weights, as `tf.contrib.cudnn_rnn`'s.

    It resets the state after the product with it, not before:
    `keras.layers.GRUCell(reset_after=True)`.
    """

    def __init__(
        self,
        num_units: int,
        reuse: bool | None = None,
        kernel_initializer: Any = None,
    ) -> None:
        super().__init__(
            num_units,
            activation=None,
            reuse=reuse,
            kernel_initializer=kernel_initializer,
        )

    def build(self, inputs_shape: Any) -> None:
        """Makes the variables."""
        depth, n = inputs_shape.dims[1].value, self._num_units

        def kernel(name: str, rows: int, columns: int) -> Any:
            return self.add_variable(
                f"{name}/kernel",
                shape=[rows, columns],
                initializer=self._kernel_initializer,
            )

        def bias(name: str, size: int, value: float) -> Any:
            initializer = self._bias_initializer or tf.constant_initializer(
                value, dtype=self.dtype
            )
            return self.add_variable(
                f"{name}/bias", shape=[size], initializer=initializer
            )

        self._gate_kernel = kernel("gates", depth + n, 2 * n)
        self._gate_bias = bias("gates", 2 * n, 1.0)
        self._input_kernel = kernel("candidate/input_projection", depth, n)
        self._hidden_kernel = kernel("candidate/hidden_projection", n, n)
        self._input_bias = bias("candidate/input_projection", n, 0.0)
        self._hidden_bias = bias("candidate/hidden_projection", n, 0.0)
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """Runs one step."""
        gates = tf.matmul(tf.concat([inputs, state], 1), self._gate_kernel)
        gates = tf.sigmoid(tf.nn.bias_add(gates, self._gate_bias))
        tf.constant(2)  # what tf.split made of its argument
        r, u = tf.split(gates, 2, axis=1)
        candidate = tf.nn.bias_add(
            tf.matmul(inputs, self._input_kernel), self._input_bias
        )
        candidate += r * tf.nn.bias_add(
            tf.matmul(state, self._hidden_kernel), self._hidden_bias
        )
        new_state = (1 - u) * self._activation(candidate) + u * state
        return new_state, new_state
