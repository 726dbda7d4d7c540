"""The machinery of the TensorFlow-1 face: modules that hand on what is still there.

`legacy_tf1.tensorflow` is a package whose tree is TensorFlow 1's. A module of it
defines what TensorFlow 2 has dropped or changed, and hands on all else:

    __getattr__, __dir__ = namespace.attach(__name__)

Modules that need nothing of their own have no file. They are made when they are
imported: `legacy_tf1.tensorflow.gfile` hands on `tensorflow.compat.v1.gfile`, and
`legacy_tf1.tensorflow.python.framework.ops` TensorFlow's own module of that name.
"""

from __future__ import annotations

import functools
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from legacy_tf1.compat import missing, usage
from legacy_tf1.compat.renamed import RENAMED

REAL, FACE = "tensorflow", "legacy_tf1.tensorflow"
_ABSENT = object()  # None is a value: tf.newaxis

#: Modules that have moved: the name that old code imports, and where it is in the face.
MOVED: dict[str, str] = {
    f"{FACE}.python.ops.rnn_cell": f"{FACE}.nn.rnn_cell",
    f"{FACE}.models.rnn.rnn_cell": f"{FACE}.nn.rnn_cell",
    f"{FACE}.app.flags": f"{FACE}.flags",
    f"{FACE}.python.platform.app": f"{FACE}.app",
    f"{FACE}.python.platform.flags": f"{FACE}.flags",
}


@functools.cache
def original(face: str) -> Any:
    """Returns what a module of the face hands on, None where TensorFlow 2 has nothing.

    Args:
        face: The module's name, as "legacy_tf1.tensorflow.nn".
    """
    path = face.removeprefix(FACE).lstrip(".")
    value: Any = importlib.import_module(f"{REAL}.compat.v1")
    for part in path.split(".") if path else ():
        value = getattr(value, part, None)
        if value is None:
            break
    if value is not None:
        return value
    try:  # what was never public, as tensorflow.python.framework.ops
        return importlib.import_module(f"{REAL}.{path}")
    except ModuleNotFoundError:
        return None


def attach(face: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Returns the `__getattr__` and `__dir__` of a module of the face.

    A name that the module does not define itself is looked for among its submodules,
    then in what it hands on; else an `AttributeError` tells what replaces it.

    Args:
        face: The module's `__name__`.
    """

    def look_up(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {face!r} has no attribute {name!r}")
        path = f"{face}.{name}".removeprefix(f"{FACE}.")
        value: Any = _submodule(f"{face}.{name}")
        if path in RENAMED:
            value = find(RENAMED[path])
        elif value is None:
            value = getattr(original(face), name, _ABSENT)
        if value is _ABSENT:
            known = (*vars(sys.modules[face]), *dir(original(face)))
            raise missing.error(f"{face.removeprefix('legacy_tf1.')}.{name}", known)
        if isinstance(value, ModuleType):
            value = importlib.import_module(f"{face}.{name}")
        # The next time it is found without this call.
        setattr(sys.modules[face], name, value)
        return value

    def names() -> list[str]:
        """All that can be had of the module, as `dir` tells it."""
        own = vars(sys.modules[face])
        return sorted({*own, *dir(original(face))})

    usage.watch(sys.modules[face])
    return look_up, names


def find(path: str) -> Any:
    """Returns what the face has by a name.

    Args:
        path: Without "tensorflow", as "train.AdamOptimizer".
    """
    value: Any = sys.modules[FACE]
    for name in path.split("."):
        if isinstance(value, ModuleType) and name in vars(value):
            # Not by getattr, so that --report tells only what the program used.
            value = vars(value)[name]
        else:
            value = getattr(value, name)
    return value


def _submodule(name: str) -> ModuleType | None:
    """The submodule that has a file of its own, or has moved."""
    if name in MOVED:
        return importlib.import_module(MOVED[name])
    parent = sys.modules[name.rpartition(".")[0]]
    spec = importlib.machinery.PathFinder.find_spec(
        name, getattr(parent, "__path__", ())
    )
    return None if spec is None else importlib.import_module(name)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Makes the modules of the face that have no file."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not name.startswith(f"{FACE}."):
            return None
        if name not in MOVED and not isinstance(original(name), ModuleType):
            # A file beside it is not asked for here: the usual finders come first.
            raise missing.module_error(name.removeprefix("legacy_tf1."))
        return importlib.util.spec_from_loader(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return importlib.import_module(MOVED[spec.name]) if spec.name in MOVED else None

    def exec_module(self, module: ModuleType) -> None:
        name = module.__spec__.name if module.__spec__ else module.__name__
        if name in MOVED:
            return
        module.__doc__ = getattr(original(module.__name__), "__doc__", None)
        vars(module)["__getattr__"], vars(module)["__dir__"] = attach(module.__name__)


def install() -> None:
    """Makes the face's modules without a file importable; a second call does nothing."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
