"""What the commands print alike."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

from rich.console import Console


def facts(console: Console, pairs: Sequence[tuple[str, str]]) -> None:
    """Prints labels and texts in two columns; long texts stay on one line, to copy."""
    width = max(len(label) for label, _ in pairs)
    for label, text in pairs:
        console.print(f"{label:<{width}}  {text}", soft_wrap=True, highlight=False)


def program() -> str:
    """What to type for `tfkit`: its path where the environment is not activated."""
    return "tfkit" if shutil.which("tfkit") else sys.argv[0]
