"""As `tf.contrib.slim` of TensorFlow 1.15; today `tf.keras`.

Its layers are those of `tf.contrib.layers`.
"""

import importlib as _importlib
from typing import Any as _Any

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.contrib.framework.checkpoints import (
    assign_from_checkpoint as assign_from_checkpoint,
)
from legacy_tf1.tensorflow.contrib.framework.checkpoints import (
    assign_from_checkpoint_fn as assign_from_checkpoint_fn,
)
from legacy_tf1.tensorflow.contrib.framework.checkpoints import (
    assign_from_values as assign_from_values,
)
from legacy_tf1.tensorflow.contrib.framework.checkpoints import (
    assign_from_values_fn as assign_from_values_fn,
)
from legacy_tf1.tensorflow.contrib.framework.scoping import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.framework.variables import *  # noqa: F403
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
from legacy_tf1.tensorflow.contrib.slim import data_decoder as data_decoder
from legacy_tf1.tensorflow.contrib.slim import data_provider as data_provider
from legacy_tf1.tensorflow.contrib.slim import dataset as dataset
from legacy_tf1.tensorflow.contrib.slim import (
    dataset_data_provider as dataset_data_provider,
)
from legacy_tf1.tensorflow.contrib.slim import evaluation as evaluation
from legacy_tf1.tensorflow.contrib.slim import learning as learning
from legacy_tf1.tensorflow.contrib.slim import model_analyzer as model_analyzer
from legacy_tf1.tensorflow.contrib.slim import nets as nets
from legacy_tf1.tensorflow.contrib.slim import parallel_reader as parallel_reader
from legacy_tf1.tensorflow.contrib.slim import prefetch_queue as prefetch_queue
from legacy_tf1.tensorflow.contrib.slim import queues as queues
from legacy_tf1.tensorflow.contrib.slim import summaries as summaries
from legacy_tf1.tensorflow.contrib.slim import (
    tfexample_decoder as tfexample_decoder,
)

_OF_CONTRIB = ("losses", "metrics")
_look_up, __dir__ = _namespace.attach(__name__)


def __getattr__(name: str) -> _Any:
    """Hands on the losses and metrics of contrib."""
    if name in _OF_CONTRIB:
        return _importlib.import_module(f"legacy_tf1.tensorflow.contrib.{name}")
    return _look_up(name)
