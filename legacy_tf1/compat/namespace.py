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

from legacy_tf1.compat import missing, moved, usage
from legacy_tf1.compat.renamed import RENAMED

REAL, FACE = "tensorflow", "legacy_tf1.tensorflow"
_ABSENT = object()  # None is a value: tf.newaxis


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
        if value is _ABSENT:  # what was never public, as tensorflow.python
            private = original(f"{face}.{name}")
            value = _ABSENT if private is None else private
        if value is _ABSENT:
            public = tuple(each for each in names() if not each.startswith("__"))
            raise missing.error(f"{face.removeprefix('legacy_tf1.')}.{name}", public)
        if isinstance(value, ModuleType):
            value = importlib.import_module(f"{face}.{name}")
        # The next time it is found without this call.
        setattr(sys.modules[face], name, value)
        return value

    def names() -> list[str]:
        """All that can be had of the module, as `dir` tells it."""
        own = vars(sys.modules[face])
        try:
            return sorted({*own, *dir(original(face))})
        except ModuleNotFoundError:  # Keras's lazy loader, where tf-keras is not
            return sorted(own)

    # A module of one file can have modules below it, too: tf.train.queue_runner.
    vars(sys.modules[face]).setdefault("__path__", [])
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
    if _target(name):
        return importlib.import_module(name)
    parent = sys.modules[name.rpartition(".")[0]]
    spec = importlib.machinery.PathFinder.find_spec(
        name, getattr(parent, "__path__", ())
    )
    return None if spec is None else importlib.import_module(name)


@functools.cache
def _target(name: str) -> str | None:
    """Where a module of the face has moved to, by itself or with one above it."""
    path, rest = name.removeprefix(f"{FACE}."), ""
    while path:
        if path in moved.MOVED:
            return f"{FACE}.{moved.MOVED[path]}".rstrip(".") + rest
        path, _, last = path.rpartition(".")
        rest = f".{last}{rest}"
    return None


def import_moved(face: str, names: Sequence[str]) -> None:
    """Imports those of the names that are modules which have moved from a module.

    `from tensorflow.contrib.rnn.python.ops import rnn_cell` asks the module that holds
    the names now, which does not know under what name it was asked.
    """
    path = face.removeprefix(f"{FACE}.")
    for name in names:
        if f"{path}.{name}" in moved.MOVED:
            importlib.import_module(f"{face}.{name}")


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Makes the modules of the face that have no file."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not name.startswith(f"{FACE}."):
            return None
        if not _target(name):
            if importlib.machinery.PathFinder.find_spec(name, path):
                return None
            if not isinstance(original(name), ModuleType):
                return None
        return importlib.util.spec_from_loader(name, self, is_package=True)

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        if target := _target(name):
            # One module by both names: what a program sets in one is in the other.
            sys.modules[name] = importlib.import_module(target)
            return
        module.__doc__ = getattr(original(name), "__doc__", None)
        vars(module)["__getattr__"], vars(module)["__dir__"] = attach(name)


def install() -> None:
    """Makes the face's modules without a file importable; a second call does nothing."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        # Before the usual finders, which would load what has moved a second time.
        sys.meta_path.insert(0, _Finder())
