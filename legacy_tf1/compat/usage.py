"""What of TensorFlow 1 a program has used, for `--report`.

Nothing is recorded, and nothing costs, before `record` is called. From then on the
modules of the face are of a class that takes down each name that the program asks for.

    usage.record()
    run_the_program()
    for use in usage.used():
        print(use.name, use.count, use.since, use.today)
"""

from __future__ import annotations

import dataclasses
import sys
from types import ModuleType
from typing import Any

from legacy_tf1.compat import catalogue

_FACE = "legacy_tf1.tensorflow"
_counts: dict[str, int] = {}
_recording = False


@dataclasses.dataclass(frozen=True)
class Use:
    """A name of TensorFlow 1 that a program has used.

    Attributes:
        name: As "tf.train.AdamOptimizer".
        count: How often it was asked for.
        since: The version of TensorFlow that no longer has it, "" where it still is.
        today: What does it in TensorFlow 2 and Keras 3, "" where that is the same.
    """

    name: str
    count: int
    since: str
    today: str


class _Recorded(ModuleType):
    """A module of the face that takes down which of its names are used."""

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if name.startswith("_") or isinstance(value, ModuleType):
            return value  # tf.train is on the way to tf.train.Saver
        if _asked_by_program():
            module = super().__getattribute__("__name__").removeprefix(_FACE)
            # A module of ours, by which a public name is had, is no program's concern.
            if "._" not in module:
                path = f"tf{module}.{name}"
                _counts[path] = _counts.get(path, 0) + 1
        return value


def record() -> None:
    """Begins to record, anew: what was recorded before is forgotten."""
    global _recording
    _recording = True
    _counts.clear()
    for name, module in list(sys.modules.items()):
        if name == _FACE or name.startswith(f"{_FACE}."):
            watch(module)


def watch(module: ModuleType) -> None:
    """Has a module of the face take part, if recording is on."""
    if _recording and type(module) is ModuleType:
        module.__class__ = _Recorded


def used() -> tuple[Use, ...]:
    """Returns what was used since `record`, in the order of first use.

    Modules on the way to a name (`tf.train` of `tf.train.Saver`) are not told.
    """
    uses = []
    for name, count in _counts.items():
        entry = catalogue.find(name)
        since, today = (entry.since, entry.today) if entry else ("", "")
        uses.append(Use(name, count, since, today))
    return tuple(uses)


def _asked_by_program() -> bool:
    """Whether the name is asked for by code that is not ours, nor the import system."""
    # Frame 0 is this function's, 1 is __getattribute__'s, 2 is who asks.
    asker = sys._getframe(2).f_globals.get("__name__") or ""
    return not asker.startswith(("legacy_tf1.", "importlib"))
