"""`tf.nn.rnn_cell`: the recurrent cells of TensorFlow 1.

TensorFlow 2.21 still carries these cells, unexported, because `tf.compat.v1.nn`'s
`dynamic_rnn` and `static_rnn` are written against them. Here they have their public
names back, without the warning on each construction and with the arguments that
programs from before TensorFlow 1.0 give them. Variables are called as in TensorFlow
1.15: `rnn/basic_lstm_cell/kernel`, `rnn/multi_rnn_cell/cell_0/...`.

Today: `keras.layers.LSTMCell`, `GRUCell`, `SimpleRNNCell` in a `keras.layers.RNN`.
"""

from __future__ import annotations

import copy
import itertools
import warnings
from collections.abc import Sequence
from typing import Any

import tensorflow.compat.v1 as _tf

# Not public any more, and nothing public serves: dynamic_rnn checks for its own cells.
from tensorflow.python.keras.layers.legacy_rnn import rnn_cell_impl as _cells
from tensorflow.python.util.nest import map_structure_up_to as _map_structure_up_to

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.nn import _counted

LSTMStateTuple = _cells.LSTMStateTuple

# Names of the module that programs and libraries of the time reach into.
assert_like_rnncell = _cells.assert_like_rnncell
_zero_state_tensors = _cells._zero_state_tensors
_concat = _cells._concat
_WEIGHTS_VARIABLE_NAME = _cells._WEIGHTS_VARIABLE_NAME
_BIAS_VARIABLE_NAME = _cells._BIAS_VARIABLE_NAME


class RNNCell(_cells.RNNCell):
    """What every recurrent cell derives from, as `tf.nn.rnn_cell.RNNCell`.

    A program's own cell defines `state_size`, `output_size` and either `call` or
    `__call__(inputs, state, scope=None)`; it need not call `super().__init__`.
    Today: any `keras.layers.Layer` with `state_size` and `call(inputs, states)`.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "call" in vars(cls):
            # The mark of what AutoGraph shall not rewrite: it would take the functions
            # of this package for the program's own, and move the lines of its errors.
            cls.call.autograph_info__ = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        with warnings.catch_warnings():
            # It says that the class is deprecated, which whoever runs this knows.
            warnings.filterwarnings("ignore", message="`tf.nn.rnn_cell")
            super().__init__(*args, **kwargs)

    def add_variable(self, *args: Any, **kwargs: Any) -> Any:
        """Adds a variable to the cell, as `tf.layers.Layer.add_variable`."""
        return self.add_weight(*args, **kwargs)


class LayerRNNCell(RNNCell, _cells.LayerRNNCell):
    """A cell that makes its variables in `build`, as `tf.nn.rnn_cell`'s."""


def _without_input_size(args: Sequence[Any], position: int) -> list[Any]:
    """Drops the `input_size` that stood there before TensorFlow 1.0, unused even then.

    An int at that place can be nothing else: what stands there today is a bool or an
    activation.
    """
    kept = list(args)
    if len(kept) > position and type(kept[position]) is int:
        del kept[position]
    return kept


class BasicRNNCell(LayerRNNCell, _cells.BasicRNNCell):
    """`tanh(W [x, h] + b)`, as `tf.nn.rnn_cell.BasicRNNCell` of TensorFlow 1.15.

    Today: `keras.layers.SimpleRNNCell`.
    """

    def __init__(
        self, num_units: int, *args: Any, input_size: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(num_units, *_without_input_size(args, 0), **kwargs)


class GRUCell(LayerRNNCell, _cells.GRUCell):
    """The gated recurrent unit, as `tf.nn.rnn_cell.GRUCell` of TensorFlow 1.15.

    Today: `keras.layers.GRUCell(reset_after=False)`.
    """

    def __init__(
        self, num_units: int, *args: Any, input_size: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(num_units, *_without_input_size(args, 0), **kwargs)

    def call(self, inputs: Any, state: Any) -> Any:
        """Runs one step."""
        _tf.constant(2)  # what tf.split made of its argument
        return super().call(inputs, state)


class BasicLSTMCell(LayerRNNCell, _cells.BasicLSTMCell):
    """The LSTM without peepholes, as `tf.nn.rnn_cell.BasicLSTMCell` of TensorFlow 1.15.

    Today: `keras.layers.LSTMCell`, whose gates stand in the order i, f, c, o (here
    i, c, f, o) and whose forget bias of 1 is in the bias (here it is added on use).
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        *args: Any,
        input_size: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            num_units, forget_bias, *_without_input_size(args, 0), **kwargs
        )

    def call(self, inputs: Any, state: Any) -> Any:
        """Runs one step."""
        _tf.constant(4)  # what tf.split made of its argument
        if not self._state_is_tuple:
            _tf.constant(2)
        return super().call(inputs, state)


class LSTMCell(LayerRNNCell, _cells.LSTMCell):
    """The LSTM with peepholes, clipping and projection on request.

    As `tf.nn.rnn_cell.LSTMCell` of TensorFlow 1.15. Today: `keras.layers.LSTMCell`.
    """

    def __init__(
        self, num_units: int, *args: Any, input_size: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(num_units, *_without_input_size(args, 0), **kwargs)

    def call(self, inputs: Any, state: Any) -> Any:
        """Runs one step."""
        _tf.constant(4)  # what tf.split made of its argument
        return super().call(inputs, state)


class DropoutWrapper(RNNCell, _cells.DropoutWrapper):
    """Dropout at a cell's inputs, outputs or state, as in TensorFlow 1.15.

    Today: the cell's own `dropout` and `recurrent_dropout`.
    """

    def __init__(
        self,
        cell: Any,
        input_keep_prob: Any = 1.0,
        output_keep_prob: Any = 1.0,
        state_keep_prob: Any = 1.0,
        variational_recurrent: bool = False,
        input_size: Any = None,
        dtype: Any = None,
        seed: int | None = None,
        dropout_state_filter_visitor: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            cell,
            input_keep_prob,
            output_keep_prob,
            state_keep_prob,
            input_size=input_size,
            dtype=dtype,
            seed=seed,
            dropout_state_filter_visitor=dropout_state_filter_visitor,
            **kwargs,
        )
        if not variational_recurrent:
            return
        self._variational_recurrent = True
        if dtype is None:
            raise ValueError(
                "Dropout by one mask for all steps must know its type. "
                "Received: variational_recurrent=True, dtype=None. "
                "Pass dtype=tf.float32."
            )
        keeps_inputs = isinstance(self._input_keep_prob, float)
        if not keeps_inputs or self._input_keep_prob < 1.0:
            if input_size is None:
                raise ValueError(
                    "Dropout of inputs by one mask must know their size. Received: "
                    f"input_keep_prob={input_keep_prob}, input_size=None. "
                    "Pass the inputs' depth as input_size."
                )
            self._recurrent_input_noise = self._noise("input", input_size, dtype)
        self._recurrent_state_noise = self._noise("state", cell.state_size, dtype)
        self._recurrent_output_noise = self._noise("output", cell.output_size, dtype)

    def _noise(self, salt_prefix: str, sizes: Any, dtype: Any) -> Any:
        index = itertools.count()

        def uniform(size: Any) -> Any:
            shape = _tf.concat(([1], _tf.TensorShape(size).as_list()), 0)
            seed = self._gen_seed(salt_prefix, next(index))
            return _counted.random_uniform(shape, seed, dtype)

        return _map_structure_up_to(sizes, uniform, sizes)

    def _dropout(
        self,
        values: Any,
        salt_prefix: str,
        recurrent_noise: Any,
        keep_prob: Any,
        shallow_filtered_substructure: Any = None,
    ) -> Any:
        where = (
            values
            if shallow_filtered_substructure is None
            else shallow_filtered_substructure
        )
        if self._variational_recurrent:
            return super()._dropout(
                values, salt_prefix, recurrent_noise, keep_prob, where
            )
        index = itertools.count()

        def drop(chosen: Any, value: Any) -> Any:
            seed = self._gen_seed(salt_prefix, next(index))
            if isinstance(chosen, bool) and not chosen:
                return value
            return _counted.dropout(value, 1.0 - keep_prob, seed)

        return _map_structure_up_to(where, drop, where, values)


class ResidualWrapper(RNNCell, _cells.ResidualWrapper):
    """Adds a cell's inputs to its outputs, as in TensorFlow 1.15."""


class DeviceWrapper(RNNCell, _cells.DeviceWrapper):
    """Runs a cell on one device, as in TensorFlow 1.15."""


class MultiRNNCell(RNNCell, _cells.MultiRNNCell):
    """Cells stacked on each other, as `tf.nn.rnn_cell.MultiRNNCell`.

    `MultiRNNCell([cell] * 2)` was written for TensorFlow 1.0, where each place had
    weights of its own. TensorFlow 1.15 shares them where the shapes allow it, so that
    is what happens here; where they do not (it refused), each place gets its own.

    Today: `keras.layers.StackedRNNCells`.
    """

    _cells: Any

    def call(self, inputs: Any, state: Any) -> Any:
        """Runs the cells, each on the output of the one below."""
        if len({id(cell) for cell in self._cells}) < len(self._cells):
            self._cells = _own_weights_where_shapes_differ(inputs, self._cells)
        return super().call(inputs, state)


def _own_weights_where_shapes_differ(inputs: Any, cells: Sequence[Any]) -> list[Any]:
    """Copies cells that occur again with inputs of another size."""
    seen: dict[int, int | None] = {}
    own = []
    size = inputs.shape[-1].value
    for cell in cells:
        if seen.setdefault(id(cell), size) != size:
            cell = copy.deepcopy(cell)
        own.append(cell)
        size = cell.output_size
    return own


def linear(
    args: Any,
    output_size: int,
    bias: bool,
    bias_start: float = 0.0,
    scope: Any = None,
) -> Any:
    """Returns `[args] W + b`, as `tf.nn.rnn_cell.linear` before TensorFlow 1.0.

    Today: `keras.layers.Dense`.
    """
    args = args if isinstance(args, (list, tuple)) else [args]
    with _tf.variable_scope(scope or "Linear"):
        depth = sum(arg.shape.with_rank(2)[1].value for arg in args)
        matrix = _tf.get_variable("Matrix", [depth, output_size])
        joined = args[0] if len(args) == 1 else _tf.concat(args, 1)
        product = _tf.matmul(joined, matrix)
        if not bias:
            return product
        offset = _tf.get_variable(
            "Bias", [output_size], initializer=_tf.constant_initializer(bias_start)
        )
        return product + offset


_LAZY = {
    "EmbeddingWrapper",
    "InputProjectionWrapper",
    "OutputProjectionWrapper",
}


def _from_contrib(name: str) -> Any:
    """What was here until TensorFlow 1.0, and in `tf.contrib.rnn` after that."""
    from legacy_tf1.tensorflow.contrib import rnn

    return getattr(rnn, name)


_look_up, __dir__ = _namespace.attach(__name__)


def __getattr__(name: str) -> Any:
    """Hands on what moved to `tf.contrib.rnn`, then what TensorFlow still has."""
    return _from_contrib(name) if name in _LAZY else _look_up(name)
