"""How the reports are written."""

from __future__ import annotations

import math
import textwrap
from typing import Any

#: Columns of a printed report.
WIDTH = 88


def wrapped(label: str, text: str, *, indent: int | None = None) -> list[str]:
    """Returns the lines of a labelled text, the later ones below its beginning."""
    return textwrap.wrap(
        label + text,
        WIDTH,
        subsequent_indent=" " * (len(label) if indent is None else indent),
        break_long_words=False,
        break_on_hyphens=False,
    )


def shortened(text: str, length: int) -> str:
    """Returns the text, its end replaced by an ellipsis where it is too long."""
    # As tfkit.plots.figure has it, without importing matplotlib.
    return text if len(text) <= length else f"{text[: length - 1]}…"


def counted(number: int, one: str) -> str:
    """Returns a number of things, such as "1 fault" and "2 faults"."""
    return f"{number} {one}{'' if number == 1 else 's'}"


def plain_json(value: Any) -> Any:
    """NaN, which JSON has not, becomes None; tuples become lists."""
    if isinstance(value, dict):
        return {key: plain_json(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_json(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
