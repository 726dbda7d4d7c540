"""`tensorflow.python.ops.control_flow_ops`, which has been divided since."""

import tensorflow.compat.v1 as _tf

from legacy_tf1.compat import namespace as _namespace

Assert = _tf.Assert
case = _tf.case
cond = _tf.cond
while_loop = _tf.while_loop

__getattr__, __dir__ = _namespace.attach(__name__)
