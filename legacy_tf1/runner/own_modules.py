"""Modules of the program's own folder: they are TensorFlow 1 too."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, ModuleType

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
        self._before = set(sys.path)
        self._standard = Path(sysconfig.get_path("stdlib")).resolve()

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] == "legacy_tf1":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or not spec.origin or not self._is_own(Path(spec.origin)):
            return None
        spec.loader = _Loader(name, spec.origin)
        return spec

    def _is_own(self, file: Path) -> bool:
        file = file.resolve()
        if file.suffix != ".py" or _LIBRARIES.intersection(file.parts):
            return False
        if file.is_relative_to(self._standard):
            return False
        added = [Path(entry).resolve() for entry in sys.path if self._is_new(entry)]
        return any(file.is_relative_to(folder) for folder in (self._folder, *added))

    def _is_new(self, entry: str) -> bool:
        return entry not in self._before


@contextmanager
def installed(folder: Path) -> Iterator[None]:
    """While it lasts, modules of a folder are loaded as part of the program.

    So are those of folders that the program adds to `sys.path`. At the end they are
    forgotten, for another program may have modules of the same names.

    Args:
        folder: The program's folder, which comes first on `sys.path`.
    """
    finder, path, before = _Finder(folder), list(sys.path), set(sys.modules)
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
