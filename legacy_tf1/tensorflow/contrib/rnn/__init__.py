"""`tf.contrib.rnn`: recurrent cells and the functions that unroll them.

Those of `tf.nn.rnn_cell` are here as well. Today: `keras.layers.RNN` and its cells.
"""

from tensorflow.python.ops.rnn import (
    _best_effort_input_batch_size as best_effort_input_batch_size,
)
from tensorflow.python.ops.rnn import _transpose_batch_time as transpose_batch_time

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.contrib.rnn._block import (
    GRUBlockCell,
    GRUBlockCellV2,
    LSTMBlockCell,
    LSTMBlockFusedCell,
    LSTMBlockWrapper,
)
from legacy_tf1.tensorflow.contrib.rnn._cells import (
    CoupledInputForgetGateLSTMCell,
    IndRNNCell,
    IntersectionRNNCell,
    LayerNormBasicLSTMCell,
    NASCell,
    UGRNNCell,
)
from legacy_tf1.tensorflow.contrib.rnn._convolutional import (
    Conv1DLSTMCell,
    Conv2DLSTMCell,
    Conv3DLSTMCell,
    ConvLSTMCell,
)
from legacy_tf1.tensorflow.contrib.rnn._linear import Linear as _Linear
from legacy_tf1.tensorflow.contrib.rnn._linear import linear as _linear
from legacy_tf1.tensorflow.contrib.rnn._unroll import (
    FusedRNNCell,
    FusedRNNCellAdaptor,
    TimeReversedFusedRNN,
    stack_bidirectional_dynamic_rnn,
    stack_bidirectional_rnn,
)
from legacy_tf1.tensorflow.contrib.rnn._wrappers import (
    AttentionCellWrapper,
    EmbeddingWrapper,
    HighwayWrapper,
    InputProjectionWrapper,
    OutputProjectionWrapper,
)
from legacy_tf1.tensorflow.nn._recurrent import (
    static_bidirectional_rnn,
    static_rnn,
    static_state_saving_rnn,
)
from legacy_tf1.tensorflow.nn.rnn_cell import (
    BasicLSTMCell,
    BasicRNNCell,
    DeviceWrapper,
    DropoutWrapper,
    GRUCell,
    LayerRNNCell,
    LSTMCell,
    LSTMStateTuple,
    MultiRNNCell,
    ResidualWrapper,
    RNNCell,
)

__all__ = [
    "AttentionCellWrapper",
    "BasicLSTMCell",
    "BasicRNNCell",
    "Conv1DLSTMCell",
    "Conv2DLSTMCell",
    "Conv3DLSTMCell",
    "ConvLSTMCell",
    "CoupledInputForgetGateLSTMCell",
    "DeviceWrapper",
    "DropoutWrapper",
    "EmbeddingWrapper",
    "FusedRNNCell",
    "FusedRNNCellAdaptor",
    "GRUBlockCell",
    "GRUBlockCellV2",
    "GRUCell",
    "HighwayWrapper",
    "IndRNNCell",
    "InputProjectionWrapper",
    "IntersectionRNNCell",
    "LSTMBlockCell",
    "LSTMBlockFusedCell",
    "LSTMBlockWrapper",
    "LSTMCell",
    "LSTMStateTuple",
    "LayerNormBasicLSTMCell",
    "LayerRNNCell",
    "MultiRNNCell",
    "NASCell",
    "OutputProjectionWrapper",
    "RNNCell",
    "ResidualWrapper",
    "TimeReversedFusedRNN",
    "UGRNNCell",
    "_Linear",
    "_linear",
    "best_effort_input_batch_size",
    "stack_bidirectional_dynamic_rnn",
    "stack_bidirectional_rnn",
    "static_bidirectional_rnn",
    "static_rnn",
    "static_state_saving_rnn",
    "transpose_batch_time",
]

__getattr__, __dir__ = _namespace.attach(__name__)
