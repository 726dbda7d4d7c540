"""Modules of the program's own folder: they are TensorFlow 1 too."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, ModuleType

import legacy_tf1
from legacy_tf1.compat import faces
from legacy_tf1.runner import imports, source

# Under the program's folder there may be an environment with its libraries.
_LIBRARIES = {"site-packages", "dist-packages"}


class _Loader(importlib.machinery.SourceFileLoader):
    """Executes a module with a program's `__builtins__`."""

    def get_code(self, fullname: str) -> CodeType:
        # Without the cache of bytecode, which a plain `python` shares: for a module of
        # Python 2 it would hold the converted code.
        return source.load(Path(self.path)).code

    def exec_module(self, module: ModuleType) -> None:
        program = source.load(Path(self.path))
        names = imports.program_builtins(python2=program.python2)
        vars(module)["__builtins__"] = names
        exec(program.code, vars(module))


class _Finder(importlib.abc.MetaPathFinder):
    """Finds what Python would, and has it loaded as part of the program."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._path = [entry for entry in sys.path if not self._is_folder(entry)]
        given = _given_by_user()
        self._before = {
            entry for entry in sys.path if Path(entry).resolve() not in given
        }
        self._standard = Path(sysconfig.get_path("stdlib")).resolve()

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] == "legacy_tf1":
            return None
        if name in imports.FACES or (path is None and faces.has_face(name)):
            # A program gets the face by that name: this is a library that asks. A file
            # keras.py beside the program is not for it.
            real = importlib.machinery.PathFinder.find_spec(name, self._path, target)
            if real is not None:
                return real
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or not spec.origin or not self._is_own(Path(spec.origin)):
            return None
        spec.loader = _Loader(name, spec.origin)
        return spec

    def _is_own(self, file: Path) -> bool:
        # By both its names: a link in the program's folder to a package that lies
        # elsewhere is the program's, and so is the folder's file by a link to it.
        names = (file.absolute(), file.resolve())
        if file.suffix != ".py" or any(map(_is_of_library, names)):
            return False
        if names[1].is_relative_to(self._standard):
            return False
        added = [Path(entry).absolute() for entry in sys.path if self._is_new(entry)]
        folders = {self._folder, *added, *(folder.resolve() for folder in added)}
        return any(name.is_relative_to(folder) for name in names for folder in folders)

    def _is_folder(self, entry: str) -> bool:
        return Path(entry).resolve() == self._folder

    def _is_new(self, entry: str) -> bool:
        return entry not in self._before


def _given_by_user() -> set[Path]:
    """The folders of PYTHONPATH: a program's modules, unless these packages are there.

    An empty entry is the working directory, and entries may be relative to it.
    """
    given = os.environ.get("PYTHONPATH")
    if not given:
        return set()
    here = Path(legacy_tf1.__file__).resolve().parents[1]
    return {Path(entry).resolve() for entry in given.split(os.pathsep)} - {here}


def _working_directory_last() -> None:
    """Undoes what `python -m` does: PYTHONPATH and libraries come before it.

    `python script.py` has no working directory on `sys.path` at all.
    """
    if sys.path and not sys.flags.safe_path and sys.path[0] == os.getcwd():
        sys.path.append(sys.path.pop(0))


def _is_of_library(file: Path) -> bool:
    return bool(_LIBRARIES.intersection(file.parts))


@contextmanager
def installed(folder: Path) -> Iterator[None]:
    """While it lasts, modules of a folder are loaded as part of the program.

    So are those of folders that the program adds to `sys.path`. At the end they are
    forgotten, for another program may have modules of the same names.

    Args:
        folder: The program's folder, which comes first on `sys.path`.
    """
    path, before = list(sys.path), set(sys.modules)
    _working_directory_last()
    finder = _Finder(folder)
    sys.meta_path.insert(0, finder)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        sys.path[:] = path
        for name in set(sys.modules) - before:
            spec = getattr(sys.modules[name], "__spec__", None)
            if isinstance(getattr(spec, "loader", None), _Loader):
                del sys.modules[name]
