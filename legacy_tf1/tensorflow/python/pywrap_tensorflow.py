"""`tensorflow.python.pywrap_tensorflow`: what programs take from it to read files."""

import tensorflow.compat.v1 as _tf

from legacy_tf1.compat import namespace as _namespace

NewCheckpointReader = _tf.train.NewCheckpointReader

__getattr__, __dir__ = _namespace.attach(__name__)
