"""`tf.keras` of TensorFlow 1, and standalone Keras of that time (`import keras`).

It rests on the copy of Keras 2 that the installed TensorFlow keeps for itself; see
`_frozen`. Models and layers live in the program's own graph and session.
"""

import importlib as _importlib
import sys as _sys

from tensorflow.python.keras.engine.input_layer import Input

import legacy_tf1.tensorflow  # noqa: F401  (turns graph mode on, also for `import keras`)
from legacy_tf1.tensorflow.keras import (
    _frozen,
    activations,
    applications,
    backend,
    callbacks,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    regularizers,
    utils,
)
from legacy_tf1.tensorflow.keras.models import Model, Sequential

__all__ = [
    "Input",
    "Model",
    "Sequential",
    "activations",
    "applications",
    "backend",
    "callbacks",
    "constraints",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "regularizers",
    "utils",
]

__version__ = _frozen.VERSION

# Where standalone Keras and Keras 1 had things, and what holds them here.
_OLD_MODULES = {
    "backend.tensorflow_backend": backend,
    "engine": models,
    "engine.topology": layers,
    "engine.base_layer": layers,
    "engine.training": models,
    "layers.advanced_activations": layers,
    "layers.convolutional": layers,
    "layers.core": layers,
    "layers.cudnn_recurrent": layers,
    "layers.embeddings": layers,
    "layers.merge": layers,
    "layers.noise": layers,
    "layers.normalization": layers,
    "layers.pooling": layers,
    "layers.recurrent": layers,
    "layers.wrappers": layers,
    "objectives": losses,
    "utils.data_utils": utils,
    "utils.generic_utils": utils,
    "utils.io_utils": utils,
    "utils.layer_utils": utils,
    "utils.np_utils": utils,
    "utils.vis_utils": utils,
    "utils.visualize_util": utils,
    "utils.training_utils": utils,
    **{f"applications.{name}": applications for name in applications.MODULES},
}
for _name, _module in _OLD_MODULES.items():
    _sys.modules.setdefault(f"{__name__}.{_name}", _module)
    _parent, _, _last = _name.rpartition(".")
    _holder = _sys.modules[f"{__name__}.{_parent}" if _parent else __name__]
    vars(_holder).setdefault("__path__", [])  # so that it can have modules below it
    # `merge` is a function of `layers`, too: Keras 1's programs call it.
    if _last not in vars(_holder):
        setattr(_holder, _last, _module)

_LATE = ("datasets", "preprocessing", "wrappers")  # they load Keras 3 or scikit-learn


def __getattr__(name: str) -> object:
    if name in _LATE:
        return _importlib.import_module(f"{__name__}.{name}")
    return _from_frozen(name)


_from_frozen, __dir__ = _frozen.attach(
    __name__, "engine.base_layer_v1", "utils.vis_utils"
)
