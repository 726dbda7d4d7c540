"""`tf.contrib.cudnn_rnn`: cells that read the weights of a network trained on a GPU.

`CudnnLSTM` and its like ran on a GPU only; they are not supplied. Today
`keras.layers.LSTM` uses cuDNN by itself where there is one.
"""

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.contrib.rnn._block import (
    CudnnCompatibleGRUCell,
    CudnnCompatibleLSTMCell,
)

__all__ = ["CudnnCompatibleGRUCell", "CudnnCompatibleLSTMCell"]

__getattr__, __dir__ = _namespace.attach(__name__)
