"""What `import` means inside a TensorFlow-1 program, and nowhere else.

The program and the modules of its own folder are executed with a `__builtins__` of their
own, whose `__import__` gives them TensorFlow 1 for `tensorflow`, and NumPy, SciPy,
scikit-learn and others with the names they had then. Keras, TensorBoard and all other
libraries in the process keep what is installed.
"""

from __future__ import annotations

import builtins
import functools
import importlib
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from legacy_tf1.compat import faces, missing, namespace, objects

#: What a program imports, and the package of faces it is given.
FACES = {
    "tensorflow": "legacy_tf1.tensorflow",
    "tensorflow_core": "legacy_tf1.tensorflow",
    "tensorflow_estimator": "legacy_tf1.tensorflow.estimator",
    "keras": "legacy_tf1.tensorflow.keras",
}


#: The `__builtins__` that a program's modules share, by whether they are Python 2.
_shared: dict[bool, ModuleType] = {}


def main_builtins(*, python2: bool = False) -> ModuleType:
    """Returns the `__builtins__` of `__main__`, which is a module there.

    A program's modules share it, for what it adds by `import builtins` is for all.

    Args:
        python2: Whether the program was converted from Python 2.
    """
    if python2 not in _shared:
        module = ModuleType("builtins", builtins.__doc__)
        vars(module).update(vars(builtins), **objects.BUILTINS)
        vars(module)["__import__"] = functools.partial(
            import_for_program, python2=python2
        )
        if python2:
            from legacy_tf1.runner import python2 as meaning

            vars(module).update(meaning.BUILTINS)
        _shared[python2] = module
    return _shared[python2]


def program_builtins(*, python2: bool = False) -> dict[str, Any]:
    """Returns the `__builtins__` for the global names of a program's module.

    Args:
        python2: Whether the program was converted from Python 2.
    """
    return vars(main_builtins(python2=python2))


def forget_builtins() -> None:
    """Has the next program begin without what the last one has added."""
    _shared.clear()


def cell_builtins(shell: Any, *, python2: bool = False) -> dict[str, Any]:
    """Returns the `__builtins__` for the cells of a notebook.

    Args:
        shell: IPython's shell, which adds names of its own to the built-in ones.
        python2: Whether the notebook was converted from Python 2.
    """
    from IPython.display import display

    names = program_builtins(python2=python2)
    return {**names, "get_ipython": lambda: shell, "display": display}


def import_for_program(
    name: str,
    globals: Mapping[str, object] | None = None,
    locals: Mapping[str, object] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
    *,
    python2: bool = False,
) -> Any:
    """`__import__` as a program of TensorFlow 1 sees it."""
    first, _, rest = name.partition(".")
    if name == "builtins":
        return main_builtins(python2=python2)
    if not level and first in FACES:
        face = FACES[first]
        path = f"{face}.{rest}" if rest else face
        try:
            if fromlist:
                namespace.import_moved(path, fromlist)
                found = builtins.__import__(path, None, None, fromlist)
                _check_names(found, fromlist)
                return found
            importlib.import_module(path)
        except ModuleNotFoundError as error:
            lacking = (error.name or "").removeprefix("legacy_tf1.")
            if lacking.partition(".")[0] != "tensorflow" or error.name == lacking:
                raise
            raise missing.module_error(lacking) from None
        # `import a.b` binds a, and `import a.b as c` goes from there to b.
        return importlib.import_module(face)
    if not level and faces.has_face(first):
        return faces.import_face(name, fromlist or ())
    return builtins.__import__(name, globals, locals, fromlist or (), level)


def _check_names(module: Any, names: Sequence[str]) -> None:
    """Raises an `ImportError` that says since when a name is gone, and what replaces it.

    Python's own would only say that it cannot be imported.
    """
    for name in names:
        if name != "*":
            try:
                getattr(module, name)
            except AttributeError as error:
                raise ImportError(str(error), name=module.__name__) from None


def module_for_program(name: str, package: str | None = None) -> Any:
    """`importlib.import_module` as a program of TensorFlow 1 sees it."""
    if name.startswith("."):
        return importlib.import_module(name, package)
    # A name to take from the module is what makes `__import__` return the last part.
    return import_for_program(name, fromlist=("__name__",))
