"""As `tf.contrib.layers` of TensorFlow 1.15; today `tf.keras.layers`."""

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.contrib.framework.scoping import (
    add_arg_scope as add_arg_scope,
)
from legacy_tf1.tensorflow.contrib.framework.scoping import arg_scope as arg_scope
from legacy_tf1.tensorflow.contrib.layers.composition import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.layers.connected import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.layers.convolutional import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.layers.embeddings import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.layers.initializers import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.layers.normalization import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.layers.optimizers import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.layers.pooling import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.layers.regularizers import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.layers.reshaping import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.layers.summaries import *  # noqa: F403

__getattr__, __dir__ = _namespace.attach(__name__)
