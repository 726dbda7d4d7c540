"""`tf.nn`: argument orders of before 1.0 and operations that have changed since."""

import tensorflow.compat.v1 as _tf

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.compat import pre_1_0 as _pre_1_0
from legacy_tf1.tensorflow import _operations
from legacy_tf1.tensorflow.nn import _recurrent

dropout = _operations.dropout
swish = _operations.counted(_tf.nn.swish, -2)

nce_loss = _pre_1_0.nce_loss
sampled_softmax_loss = _pre_1_0.sampled_softmax_loss
sigmoid_cross_entropy_with_logits = _pre_1_0.sigmoid_cross_entropy_with_logits
softmax_cross_entropy_with_logits = _pre_1_0.softmax_cross_entropy_with_logits
sparse_softmax_cross_entropy_with_logits = (
    _pre_1_0.sparse_softmax_cross_entropy_with_logits
)

bidirectional_dynamic_rnn = _recurrent.bidirectional_dynamic_rnn
bidirectional_rnn = _recurrent.bidirectional_rnn
dynamic_rnn = _recurrent.dynamic_rnn
raw_rnn = _recurrent.raw_rnn
rnn = _recurrent.rnn
state_saving_rnn = _recurrent.state_saving_rnn
static_bidirectional_rnn = _recurrent.static_bidirectional_rnn
static_rnn = _recurrent.static_rnn
static_state_saving_rnn = _recurrent.static_state_saving_rnn

__getattr__, __dir__ = _namespace.attach(__name__)
