"""`--pictures`: what a program shows is kept as PNG files, and no window opens."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_folder: Path | None = None
_number = 0


@contextmanager
def kept(folder: Path) -> Iterator[None]:
    """While it lasts, figures that are shown are saved as figure_001.png, ...

    Figures that the program has not shown by its end are saved then.

    Args:
        folder: Made where it is not there.
    """
    global _folder, _number
    folder.mkdir(parents=True, exist_ok=True)
    backend = os.environ.get("MPLBACKEND")
    os.environ["MPLBACKEND"] = "Agg"
    # The program may change its working directory.
    _folder, _number = folder.resolve(), 0
    try:
        yield
    finally:
        if "matplotlib.pyplot" in sys.modules:
            import matplotlib.pyplot as plt

            for number in plt.get_fignums():
                keep(plt.figure(number))
            plt.close("all")
        _folder = None
        os.environ.pop("MPLBACKEND")
        if backend is not None:
            os.environ["MPLBACKEND"] = backend


def wanted() -> bool:
    """Tells whether figures are to be kept."""
    return _folder is not None


def keep(figure: Any) -> None:
    """Saves a figure, where figures are to be kept."""
    global _number
    if _folder is not None and figure.get_axes():
        _number += 1
        figure.savefig(_folder / f"figure_{_number:03}.png")
