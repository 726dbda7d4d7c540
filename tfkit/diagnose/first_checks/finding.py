"""One thing that was looked at before a training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "fault"]


@dataclass(frozen=True)
class Finding:
    """One thing that `checkup` looked at.

    Args:
        name: What was looked at, such as "label encoding".
        level: "ok", "warning" (worth a look) or "fault" (training will fail or mislead).
        measured: What was found, in words and numbers.
        expected: What a sound set-up shows.
        advice: What to do; empty where all is well.
    """

    name: str
    level: Level
    measured: str
    expected: str = ""
    advice: str = ""
