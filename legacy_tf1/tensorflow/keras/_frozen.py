"""The Keras that the installed TensorFlow keeps for itself, `tensorflow.python.keras`.

It is the Keras of TensorFlow 2.6 with its graph mode: layers make TensorFlow-1 variables,
models train by `Session.run`, and `fit`, `K.function` and a program's own session see
the same weights. Keras 3 has none of these. What that copy has lost (normalization,
wrappers, noise, data sets, preprocessing) and what is older still is in this package.

The modules of this package end with `attach(__name__, module)`.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from tensorflow.python import keras
from tensorflow.python.keras.engine import data_adapter
from tensorflow.python.keras.utils import generic_utils
from tensorflow.python.types import distribute

from legacy_tf1.compat import missing

HOME = "tensorflow.python.keras"

_Class = TypeVar("_Class", bound=type)

# It recommends TensorFlow 2's ways from everywhere, for instance whenever a model is
# trained in graph mode. TensorFlow 1 said nothing.
warnings.filterwarnings(
    "ignore", category=UserWarning, module=r"tensorflow\.python\.keras"
)


#: What a saved model says of its Keras, as TensorFlow 1.15 did.
VERSION = "2.2.4-tf"
# `Model.save` asks the copy for its version, which it lost with its public face.
if not hasattr(keras, "__version__"):
    keras.__version__ = VERSION


def _is_distributed_dataset(dataset: Any) -> bool:
    """Whether it is a `tf.distribute` data set."""
    return isinstance(dataset, distribute.DistributedDatasetInterface)


# Under eager execution `Model.fit` asks this of each input, by a name that TensorFlow has
# since moved. Nothing else in TensorFlow uses this copy of Keras to train.
data_adapter._is_distributed_dataset = _is_distributed_dataset


def attach(
    face: str, *sources: str, also: Mapping[str, Any] | None = None
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Returns the `__getattr__` and `__dir__` of a module of this package.

    Args:
        face: The module's `__name__`.
        sources: Modules of the installed Keras whose names it hands on, first found
            first, as "losses" or "engine.training".
        also: Names that old programs use, and what they stand for.
    """
    modules = [importlib.import_module(f"{HOME}.{source}") for source in sources]

    def look_up(name: str) -> Any:
        if not name.startswith("__"):
            if also and name in also:
                return also[name]
            for module in modules:
                if hasattr(module, name):
                    return getattr(module, name)
        raise missing.error(f"{face.removeprefix('legacy_tf1.')}.{name}")

    def names() -> list[str]:
        return sorted(
            {
                *vars(importlib.import_module(face)),
                *(also or ()),
                *(name for module in modules for name in vars(module)),
            }
        )

    return look_up, names


def register(cls: _Class) -> _Class:
    """Makes a saved model's class of this name load as this one."""
    generic_utils.get_custom_objects()[cls.__name__] = cls
    return cls
