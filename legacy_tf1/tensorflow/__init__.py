"""TensorFlow 1's face: `import legacy_tf1.tensorflow as tf`.

Importing it turns this process to graph mode, reference variables and shapes of
`Dimension`s, as TensorFlow 1 had them (`tf.compat.v1.disable_v2_behavior`).
"""

import tensorflow.compat.v1 as _v1

from legacy_tf1.compat import namespace as _namespace

_namespace.install()
_v1.disable_v2_behavior()

__version__ = VERSION = "1.15.5"

__getattr__, __dir__ = _namespace.attach(__name__)
