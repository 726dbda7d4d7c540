"""What `import` means inside a TensorFlow-1 program, and nowhere else.

The program and the modules of its own folder are executed with a `__builtins__` of their
own, whose `__import__` gives them TensorFlow 1 for `tensorflow`. Keras, TensorBoard and
all other libraries in the process keep the TensorFlow that is installed.
"""

from __future__ import annotations

import builtins
import importlib
from collections.abc import Mapping, Sequence
from typing import Any

#: What a program imports, and what it is given.
FACES = {"tensorflow": "legacy_tf1.tensorflow"}


def program_builtins() -> dict[str, Any]:
    """Returns the `__builtins__` for a program's global names."""
    return {**vars(builtins), "__import__": import_for_program}


def import_for_program(
    name: str,
    globals: Mapping[str, object] | None = None,
    locals: Mapping[str, object] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> Any:
    """`__import__` as a program of TensorFlow 1 sees it."""
    first, _, rest = name.partition(".")
    if level or first not in FACES:
        return builtins.__import__(name, globals, locals, fromlist or (), level)
    face = FACES[first]
    if not fromlist:
        builtins.__import__(f"{face}.{rest}" if rest else face)
        # `import a.b` binds a, and `import a.b as c` goes from there to b.
        return importlib.import_module(face)
    return builtins.__import__(f"{face}.{rest}" if rest else face, None, None, fromlist)
