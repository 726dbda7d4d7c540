"""As `tf.contrib.framework` of TensorFlow 1.15."""

import sys as _sys

import tensorflow.compat.v1 as _tf
from tensorflow.python.framework.ops import (
    prepend_name_scope as prepend_name_scope,
)
from tensorflow.python.framework.ops import (
    strip_name_scope as strip_name_scope,
)
from tensorflow.python.util import nest as nest
from tensorflow.python.util.deprecation import (
    deprecated as deprecated,
)
from tensorflow.python.util.deprecation import (
    deprecated_arg_values as deprecated_arg_values,
)
from tensorflow.python.util.deprecation import (
    deprecated_args as deprecated_args,
)

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.contrib.framework import scoping as _scoping
from legacy_tf1.tensorflow.contrib.framework.checkpoints import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.framework.scoping import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.framework.tensors import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.framework.variables import *  # noqa: F403
from legacy_tf1.tensorflow.layers._branches import (
    constant_value as smart_constant_value,  # noqa: F401
)
from legacy_tf1.tensorflow.layers._branches import smart_cond as smart_cond

# The module that has the function's name. Not in `compat.moved`: an import by way of a
# finder would put the module into this package, in the place of the function.
_sys.modules[f"{__name__}.python.ops.arg_scope"] = _scoping

TensorSpec = _tf.TensorSpec
argsort = _tf.argsort
is_non_decreasing = _tf.is_non_decreasing
is_strictly_increasing = _tf.is_strictly_increasing
sort = _tf.sort

__getattr__, __dir__ = _namespace.attach(__name__)
