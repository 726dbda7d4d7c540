"""The lecture's own examples, as scripts of TensorFlow 1.

    python -m legacy_tf1 list                 # what there is
    python -m legacy_tf1 run minimize_cost    # one of them

Each is a script of its own that reads like the lecture and prints what the lecture
shows. None needs this package: under TensorFlow 1.15 they run as they are.
"""

from __future__ import annotations

import ast
from pathlib import Path

__all__ = ["catalogue"]


def catalogue() -> dict[str, tuple[Path, str]]:
    """Returns each lecture's script, and in a line what it shows.

    The scripts are read, not imported: TensorFlow is not needed for it.

    Returns:
        Name -> (path of the script, first line of its docstring), by name.

    Example:
        >>> path, line = catalogue()["minimize_cost"]
        >>> path.name, line
        ('minimize_cost.py', 'Gradient descent finds the lowest point of w^2 - 10w + 25.')
    """
    scripts = sorted(Path(__file__).parent.glob("*.py"))
    return {
        path.stem: (path, _first_line(path))
        for path in scripts
        if path.stem != "__init__"
    }


def _first_line(path: Path) -> str:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0]
