"""One table: what TensorFlow 1 had, since when it is gone, and what does it today.

The error for a missing name, `--report` and `explain` read it. It is ours for what has
no namesake today, and TensorFlow's own (of `tf_upgrade_v2`) for what was only renamed.
Loading it does not load TensorFlow.
"""

from __future__ import annotations

import ast
import dataclasses
import difflib
import functools
import importlib.util
import pathlib

from legacy_tf1.compat.catalogue import before_1_0, contrib, core


@dataclasses.dataclass(frozen=True)
class Entry:
    """A name of TensorFlow 1 that TensorFlow 2 has no longer, or has changed.

    Attributes:
        name: As "tf.train.AdamOptimizer"; "tf.contrib.crf.*" stands for all below.
        since: The version of TensorFlow that was the first without it.
        today: What does it in TensorFlow 2 and Keras 3: one line.
    """

    name: str
    since: str
    today: str


def find(name: str) -> Entry | None:
    """Returns what is known about a name, None if it is as it was (or never was).

    Args:
        name: In full, as "tf.contrib.crf.viterbi_decode".

    Example:
        >>> find("tf.mul")
        Entry(name='tf.mul', since='1.0', today='tf.multiply(x, y), or x * y')
        >>> find("tf.contrib.crf.viterbi_decode").name
        'tf.contrib.crf.*'
        >>> find("tf.matmul") is None
        True
    """
    known = entries()
    if name in known:
        return known[name]
    if name in _renames():
        return Entry(name, core.SINCE, _renames()[name])
    parent = name
    while "." in parent:
        parent = parent.rpartition(".")[0]
        if f"{parent}.*" in known:
            return known[f"{parent}.*"]
    return None


@functools.cache
def entries() -> dict[str, Entry]:
    """Returns our own table by name."""
    return {
        entry.name: entry
        for table in (before_1_0, contrib, core)
        for entry in _parse(table.ROWS, table.SINCE)
    }


def similar(name: str, names: tuple[str, ...] = ()) -> str | None:
    """Returns the name that was probably meant, None if there is none.

    Args:
        name: As "tf.placehodler".
        names: Others that may have been meant, besides those of the table.

    Example:
        >>> similar("tf.placehodler")
        'tf.placeholder'
    """
    module = name.rpartition(".")[0]
    beside = [
        each
        for each in (*entries(), *_renames())
        if each.rpartition(".")[0] == module and not each.endswith("*")
    ]
    close = difflib.get_close_matches(name, [*beside, *names], n=1, cutoff=0.8)
    return close[0] if close else None


def _parse(rows: str, since: str) -> list[Entry]:
    pairs = (row.split(" = ", 1) for row in rows.strip().splitlines())
    return [Entry(name, since, today) for name, today in pairs]


@functools.cache
def _renames() -> dict[str, str]:
    """TensorFlow's own table of what it renamed in 2.0, read without TensorFlow."""
    renames = {
        **_dictionary("renames_v2.py", "renames"),
        **_dictionary("all_renames_v2.py", "manual_symbol_renames"),
    }
    return {
        old: new
        for old, new in renames.items()
        if old.startswith("tf.") and not new.startswith("tf.compat.v1.")
    }


def _dictionary(file: str, name: str) -> dict[str, str]:
    """A dictionary of tf_upgrade_v2, read from its source: an import takes seconds."""
    spec = importlib.util.find_spec("tensorflow")
    for folder in (spec and spec.submodule_search_locations) or ():
        path = pathlib.Path(folder, "tools", "compatibility", file)
        if not path.is_file():
            continue
        for statement in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(statement, ast.Assign):
                target = statement.targets[0]
                if isinstance(target, ast.Name) and target.id == name:
                    table: dict[str, str] = ast.literal_eval(statement.value)
                    return table
    return {}
