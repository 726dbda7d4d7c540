"""One table: what TensorFlow 1 (and NumPy, scikit-learn, ... of its time) had, since when it is gone, and what does it today.

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

from legacy_tf1.compat.catalogue import before_1_0, contrib, core, libraries


@dataclasses.dataclass(frozen=True)
class Entry:
    """A name of then that TensorFlow 2 or another library has no longer, or has changed.

    Attributes:
        name: As "tf.train.AdamOptimizer"; "tf.contrib.crf.*" stands for all below.
        since: The version of TensorFlow that was the first without it; of another
            library with its name, as "NumPy 1.24".
        today: What does it in TensorFlow 2 and Keras 3: one line.
        runner: What `python -m legacy_tf1 run` does about it.
    """

    name: str
    since: str
    today: str
    runner: str = "the old name works"


_ERROR = "an error that says this"
#: Rows of TensorFlow's that have no counterpart in `legacy_tf1.tensorflow`.
_NOT_SUPPLIED_ROWS = """
tf.contrib.autograph.*
tf.contrib.bayesflow.*
tf.contrib.boosted_trees.*
tf.contrib.cluster_resolver.*
tf.contrib.cudnn_rnn.CudnnGRU
tf.contrib.cudnn_rnn.CudnnLSTM
tf.contrib.distribute.*
tf.contrib.factorization.GMM
tf.contrib.ffmpeg.*
tf.contrib.gan.*
tf.contrib.graph_editor.*
tf.contrib.grid_rnn.*
tf.contrib.lite.*
tf.contrib.opt.LazyAdamOptimizer
tf.contrib.opt.NadamOptimizer
tf.contrib.predictor.*
tf.contrib.quantize.*
tf.contrib.saved_model.*
tf.contrib.specs.*
tf.contrib.tensor_forest.*
tf.contrib.tensorrt.*
tf.contrib.timeseries.*
tf.contrib.tpu.*
tf.keras.estimator.model_to_estimator
"""
_NOT_SUPPLIED = frozenset(_NOT_SUPPLIED_ROWS.split())


def find(name: str) -> Entry | None:
    """Returns what is known about a name, None if it is as it was (or never was).

    Args:
        name: In full, as "tf.contrib.crf.viterbi_decode".

    Example:
        >>> find("tf.mul")
        Entry(name='tf.mul', since='1.0', today='tf.multiply(x, y), or x * y', \
runner='the old name works')
        >>> find("numpy.float").today
        'float, or numpy.float64'
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
    found = {
        entry.name: entry
        for table in (before_1_0, contrib, core)
        for entry in _parse(table.ROWS, table.SINCE)
    }
    for row in libraries.ROWS.strip().splitlines():
        name, *others = row.split(" | ")
        found[name] = Entry(name, *others)
    return found


@functools.cache
def keywords() -> dict[tuple[str, str], Entry]:
    """Returns the arguments that libraries have dropped, by function and argument."""
    found = {}
    for row in libraries.KEYWORDS.strip().splitlines():
        function, keyword, *others = row.split(" | ")
        found[function, keyword] = Entry(f"{function}({keyword}=)", *others)
    return found


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
    return [
        Entry(name, since, today, *([_ERROR] if name in _NOT_SUPPLIED else []))
        for name, today in pairs
    ]


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
