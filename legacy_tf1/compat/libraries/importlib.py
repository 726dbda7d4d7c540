"""`importlib`, whose `import_module` follows the program's `import`."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from legacy_tf1.compat import faces as _faces


def import_module(name: str, package: str | None = None) -> Any:
    """`importlib.import_module`."""
    from legacy_tf1.runner import imports

    return imports.module_for_program(name, package)


def reload(module: ModuleType) -> ModuleType:
    """`importlib.reload`: of TensorFlow's face and others, nothing is loaded again."""
    import importlib

    if module.__name__.startswith("legacy_tf1."):
        return module
    return importlib.reload(module)


__getattr__, __dir__ = _faces.attach(__name__)
