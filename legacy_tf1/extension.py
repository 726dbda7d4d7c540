"""`%load_ext legacy_tf1`: the cells of a notebook speak TensorFlow 1."""

from __future__ import annotations

import atexit
import builtins
from contextlib import ExitStack
from pathlib import Path
from typing import Any

__all__ = ["load_ipython_extension", "unload_ipython_extension"]

_loaded: ExitStack | None = None


def load_ipython_extension(shell: Any) -> None:
    """Makes a notebook's cells, and modules of its folder, TensorFlow 1.

    From then on `import tensorflow as tf` in a cell gives the TensorFlow-1 face, in
    graph mode. It should stand in the first cell: what has been imported before, and
    eager tensors made before, stay TensorFlow 2's.

    Args:
        shell: IPython's shell, which `%load_ext` passes.
    """
    global _loaded
    if _loaded is not None:
        return
    import legacy_tf1.tensorflow  # noqa: F401 - graph mode, now and not in a later cell
    from legacy_tf1.runner import imports, own_modules

    with ExitStack() as stack:
        stack.enter_context(own_modules.installed(Path.cwd()))
        _loaded = stack.pop_all()
    # Not when Python takes itself apart at the end, and the modules it needs are gone.
    atexit.register(_loaded.close)
    shell.user_ns["__builtins__"] = imports.cell_builtins(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Lets later imports in cells be TensorFlow 2's.

    Graph mode stays on: TensorFlow can turn it off only at a program's start.

    Args:
        shell: IPython's shell, which `%unload_ext` passes.
    """
    global _loaded
    if _loaded is not None:
        atexit.unregister(_loaded.close)
        _loaded.close()
        _loaded = None
        shell.user_ns["__builtins__"] = builtins
