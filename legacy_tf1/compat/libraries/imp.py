"""`imp`, which Python 3.12 dropped, as far as programs use it."""

from __future__ import annotations

import importlib as _importlib
import importlib.util as _util
import sys as _sys
from types import ModuleType
from typing import Any

reload = _importlib.reload
new_module = ModuleType


def load_source(name: str, pathname: str, file: Any = None) -> ModuleType:
    """Executes a file as a module of that name."""
    spec = _util.spec_from_file_location(name, pathname)
    if spec is None or spec.loader is None:
        raise ImportError(f"{pathname} is not a Python file.", name=name, path=pathname)
    module = _util.module_from_spec(spec)
    _sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def find_module(name: str, path: Any = None) -> tuple[Any, str, tuple[str, str, int]]:
    """Tells where a module is; raises `ImportError` where it is not."""
    spec = _util.find_spec(name)
    if spec is None:
        raise ImportError(f"No module named {name!r}", name=name)
    return None, spec.origin or "", (".py", "r", 1)
