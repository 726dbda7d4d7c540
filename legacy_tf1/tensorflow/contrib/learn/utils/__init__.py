"""`tf.contrib.learn.utils`; today `tf.saved_model`."""

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.contrib.learn.utils import input_fn_utils as input_fn_utils

__getattr__, __dir__ = _namespace.attach(__name__)
