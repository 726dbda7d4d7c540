"""Importing Keras and TensorFlow without what hardly a program uses of them.

Keras imports scikit-learn for `keras.wrappers`, matplotlib for `keras.visualization` and
JAX for `OrbaxCheckpoint`; TensorFlow imports JAX for `tf.lite`. Where these packages are
installed they take as long as the rest. `defer` puts such namespaces off until one of
their names is used: nothing is missing, it only comes later. `lean` goes further, for a
process that is tfkit's own. This module imports neither.
"""

from __future__ import annotations

import gc
import importlib.abc
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

# Set to anything: everything is imported at once, as without tfkit.
_SWITCH_OFF = "TFKIT_EAGER_IMPORTS"
_LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"

# Modules that only hand out names. What they import is needed when a name is.
_DEFERRED = frozenset(
    {
        "keras.wrappers",
        "keras._tf_keras.keras.wrappers",
        "keras.visualization",
        "keras._tf_keras.keras.visualization",
        "keras.src.visualization",
        "tensorflow._api.v2.lite",
        "tensorflow._api.v2.compat.v1.lite",
        "tensorflow._api.v2.compat.v2.lite",
    }
)
# Modules that do without a package where it is not installed, and what they want it for.
_OPTIONAL = {
    # `fit` on a DataFrame.
    "keras.src.trainers.data_adapters.array_slicing": "pandas",
    # `fit` of TensorFlow's own old Keras on a sparse matrix.
    "tensorflow.python.keras.engine.training_arrays_v1": "scipy",
    "tensorflow.python.keras.engine.training_v1": "scipy",
    # Looking at saved weights in a notebook.
    "keras.src.saving.file_editor": "IPython",
}
# It imports JAX to add `jax.monitoring.record_scalar` where that is missing.
_MENDS_JAX = "keras.src.callbacks.orbax_checkpoint"


def defer() -> None:
    """Puts `keras.wrappers`, `keras.visualization` and `tf.lite` off until they are used.

    JAX is not imported either where Keras only wants to mend it and nothing is broken.
    Works on what is imported after it; a second call changes nothing. With the
    environment variable TFKIT_EAGER_IMPORTS set it does nothing.
    """
    known = any(isinstance(finder, _Finder) for finder in sys.meta_path)
    if not known and not os.environ.get(_SWITCH_OFF):
        sys.meta_path.insert(0, _Finder())


@contextmanager
def lean() -> Iterator[None]:
    """Lets Keras and TensorFlow take pandas, SciPy and IPython for not installed.

    Only the modules that treat them as optional, only while they are imported inside
    this context, and only in the thread that imports them. For the rest of the process
    those modules stay without: Keras does not take a DataFrame there. So it is for a
    process of which all the code is known, as that of a command. There the garbage
    collector, too, leaves alone what is imported: it stays until the end.
    """
    if "tensorflow" in sys.modules:
        yield
        return
    before, collects = _Finder.is_lean, gc.isenabled()
    _Finder.is_lean = not os.environ.get(_SWITCH_OFF)
    gc.disable()
    try:
        yield
    finally:
        _Finder.is_lean = before
        # Half a million objects that every full collection, and the end of the process,
        # would look through in vain.
        gc.freeze()
        if collects:
            gc.enable()


def set_log_level(level: str) -> None:
    """Sets the least level that TensorFlow's C++ side logs, unless the user has.

    Args:
        level: "0" for everything, "1" without notes, "2" without warnings either, "3"
            without errors either. Exceptions are raised at any level.
    """
    if os.environ.get(_LOG_LEVEL) == _log_level_set.get(_LOG_LEVEL):
        os.environ[_LOG_LEVEL] = _log_level_set[_LOG_LEVEL] = level


# What `set_log_level` wrote last. Something else in the environment is the user's.
_log_level_set: dict[str, str] = {}


class _Finder(importlib.abc.MetaPathFinder):
    """Finds what the path holds and gives it another loader where the tables say so."""

    # Whether a `lean` context is open.
    is_lean = False

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] in _absent():
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        without = _OPTIONAL.get(fullname) if self.is_lean else None
        if fullname == _MENDS_JAX and _jax_is_whole():
            without = "jax"
        if fullname not in _DEFERRED and without is None:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            if without is None:
                spec.loader = _DeferredLoader(spec.loader)
            else:
                spec.loader = _LeanLoader(spec.loader, without)
        return spec


def _jax_is_whole() -> bool:
    """Whether the installed JAX has what Keras adds to old ones; read, not imported."""
    spec = PathFinder.find_spec("jax")
    if spec is None or spec.origin is None:
        return False
    try:
        text = Path(spec.origin).with_name("monitoring.py").read_text(encoding="utf-8")
    except OSError:
        return False
    return "record_scalar" in text


class _Loader(importlib.abc.Loader):
    """A loader in place of the module's own, which the module gets back."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._execute(module)

    def _execute(self, module: ModuleType) -> None:
        self._loader.exec_module(module)


class _LeanLoader(_Loader):
    """Runs a module's code as if a package were not installed."""

    def __init__(self, loader: Any, without: str) -> None:
        super().__init__(loader)
        self._without = without

    def _execute(self, module: ModuleType) -> None:
        before = _absent()
        _thread.absent = before | {self._without}
        try:
            super()._execute(module)
        finally:
            _thread.absent = before


_thread = threading.local()


def _absent() -> frozenset[str]:
    """The packages that this thread is not to find just now."""
    return getattr(_thread, "absent", frozenset())


class _DeferredLoader(_Loader):
    """Leaves a module's code for later."""

    def _execute(self, module: ModuleType) -> None:
        module.__class__ = _DeferredModule


class _DeferredModule(ModuleType):
    """A module whose code runs when one of its names is first asked for.

    `importlib.util.LazyLoader` does the same, but runs the code for `__file__`, too,
    which `inspect` asks of every module there is; and before Python 3.11.8 two threads
    may be in each other's way.
    """

    def __getattr__(self, name: str) -> Any:
        # Special names are on the module from the start, or it has none such; except
        # what `from keras.wrappers import *` looks for.
        if name.startswith("__") and name != "__all__":
            raise _no_attribute(self, name)
        with _running_lock:
            # Its own code asks while it runs; other threads wait for the lock.
            if self.__name__ in _running:
                raise _no_attribute(self, name)
            _run(self)
        return getattr(self, name)

    def __dir__(self) -> list[str]:
        with _running_lock:
            if self.__name__ not in _running:
                _run(self)
        return sorted(self.__dict__)


_running_lock = threading.RLock()
_running: set[str] = set()


def _run(module: ModuleType) -> None:
    """Runs a deferred module's code, once; the lock is held.

    Other threads find the module deferred until its last line has run.
    """
    deferred = type(module) is _DeferredModule
    if not deferred:
        return  # another thread was faster
    spec = module.__spec__
    _running.add(module.__name__)
    try:
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module(module)
    finally:
        _running.discard(module.__name__)
    module.__class__ = ModuleType


def _no_attribute(module: ModuleType, name: str) -> AttributeError:
    return AttributeError(
        f"module {module.__name__!r} has no attribute {name!r}", name=name, obj=module
    )
