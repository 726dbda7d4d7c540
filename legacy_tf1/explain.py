"""Lists the TensorFlow-1 idioms of a program, and how each is written today.

Names of NumPy, SciPy, scikit-learn, pandas and Matplotlib that have gone since are among
them: old programs fail for these as often.


    print(explain("old_script.py"))

Nothing is executed and TensorFlow is not loaded: the program is read, the names of its
imports are followed, and the table of `legacy_tf1.compat.catalogue` is looked up.
"""

from __future__ import annotations

import ast
import dataclasses
import json
import pathlib
from collections.abc import Iterator
from typing import Any

from legacy_tf1.compat import catalogue
from legacy_tf1.compat.catalogue import libraries
from legacy_tf1.runner import source

_SESSIONS = ("tf.Session", "tf.InteractiveSession", "tf.train.MonitoredSession")
_MONITORED = ("tf.train.MonitoredTrainingSession", "tf.train.SingularMonitoredSession")

#: Methods of TensorFlow 1's objects: the idiom, and what is written today.
_METHODS = {
    "minimize": (
        "optimizer.minimize(loss)",
        "model.fit, or tape.gradient(...) and optimizer.apply_gradients(...)",
    ),
    "get_shape": ("tensor.get_shape()", "tensor.shape"),
    "initialized_value": ("variable.initialized_value()", "the variable itself"),
    "make_one_shot_iterator": (
        "dataset.make_one_shot_iterator()",
        "for batch in dataset:",
    ),
    "make_initializable_iterator": (
        "dataset.make_initializable_iterator()",
        "for batch in dataset:",
    ),
}

#: What a program calls them, and what stands for them in the catalogue.
_LIBRARIES = {"tensorflow": "tf", **{name: name for name in libraries.NAMES}}

_WORKS = catalogue.Entry("", "", "").runner

#: Keywords that were renamed: of which function ("" for any), the old one, the new one.
_KEYWORDS = (
    ("", "reduction_indices", "axis"),
    ("", "keep_dims", "keepdims"),
    ("", "squeeze_dims", "axis"),
    ("", "concat_dim", "axis"),
    ("", "split_dim", "axis"),
    ("", "dimension", "axis"),
    ("", "seq_dim", "seq_axis"),
    ("", "batch_dim", "batch_axis"),
    ("tf.expand_dims", "dim", "axis"),
    ("tf.nn.softmax", "dim", "axis"),
    ("tf.nn.log_softmax", "dim", "axis"),
    ("tf.nn.l2_normalize", "dim", "axis"),
    ("tf.nn.dropout", "keep_prob", "rate=1 - keep_prob"),
    ("tf.nn.conv2d", "filter", "filters"),
    ("tf.nn.max_pool", "value", "input"),
    ("tf.nn.avg_pool", "value", "input"),
    ("tf.nn.sigmoid_cross_entropy_with_logits", "targets", "labels"),
    ("tf.cond", "fn1", "true_fn"),
    ("tf.cond", "fn2", "false_fn"),
)

_CROSS_ENTROPIES = (
    "tf.nn.softmax_cross_entropy_with_logits",
    "tf.nn.sparse_softmax_cross_entropy_with_logits",
    "tf.nn.sigmoid_cross_entropy_with_logits",
)


@dataclasses.dataclass(frozen=True)
class Idiom:
    """An idiom of TensorFlow 1 at a place of a program.

    Attributes:
        cell: The number of the notebook's code cell, from 1; None in a script.
        line: The line, of the cell or of the script, from 1.
        name: The idiom, as "tf.train.AdamOptimizer" or "feed_dict".
        since: The version of TensorFlow that was the first without it, or of another
            library, which is then named.
        today: How it is written in TensorFlow 2 and Keras 3.
        runner: What `python -m legacy_tf1 run` does about it.
    """

    cell: int | None
    line: int
    name: str
    since: str
    today: str
    runner: str = _WORKS


@dataclasses.dataclass(frozen=True)
class Explanation:
    """The idioms of a program, in the order of its lines.

    Attributes:
        path: The program's file, "" where a text was given.
        python2: Whether the program (or a cell of it) is written in Python 2.
        idioms: What was found.
    """

    path: str
    python2: bool
    idioms: tuple[Idiom, ...]

    def to_dict(self) -> dict[str, Any]:
        """Returns the explanation in plain types, as for JSON."""
        return {**dataclasses.asdict(self), "idioms": [*map(vars, self.idioms)]}

    def __str__(self) -> str:
        head = [self.path] if self.path else []
        if self.python2:
            head.append(
                "Python 2; today: Python 3, as `python -m fissix -w FILE` makes"
            )
        if not self.idioms:
            return "\n".join([*head, "No idiom of TensorFlow 1 was found."])
        rows = [("line", "then", "gone", "today", "the runner")]
        rows += [
            (
                f"{idiom.cell}:{idiom.line}" if idiom.cell else str(idiom.line),
                idiom.name,
                idiom.since,
                idiom.today,
                idiom.runner,
            )
            for idiom in self.idioms
        ]
        if self.idioms[0].cell:
            rows[0] = ("cell:line", *rows[0][1:])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            head
            + [
                f"{place:>{widths[0]}}  {name:<{widths[1]}}  {since:<{widths[2]}}  "
                f"{to:<{widths[3]}}  {runner}"
                for place, name, since, to, runner in rows
            ]
        )


def explain(path_or_source: str | pathlib.Path) -> Explanation:
    """Lists each TensorFlow-1 idiom of a program with its line and its counterpart.

    Args:
        path_or_source: A script or notebook: its file, or a script's text (told from a
            path by a line break in it).

    Raises:
        FileNotFoundError: If there is no such file.
        SyntaxError: If the program is neither Python 3 nor Python 2.
        ValueError: If a notebook is not one.

    Example:
        >>> print(explain('''import tensorflow as tf
        ... x = tf.placeholder(tf.float32)
        ... y = tf.mul(x, x)
        ... '''))
        line  then            gone  today                                            \
               the runner
           2  tf.placeholder  2.0   an argument of the function: call it with the value \
(keras.Input)  the old name works
           3  tf.mul          1.0   tf.multiply(x, y), or x * y                      \
               the old name works
    """
    if isinstance(path_or_source, str) and "\n" in path_or_source:
        path = ""
        cells: list[tuple[int | None, str]] = [(None, path_or_source)]
    else:
        path = str(path_or_source)
        cells = _cells(pathlib.Path(path))
    trees: list[tuple[int | None, ast.Module]] = []
    python2 = False
    for cell, text in cells:
        tree, converted = source.parse(text, path or "<program>")
        trees.append((cell, tree))
        python2 |= converted
    reader = _Names()
    for _, tree in trees:
        reader.visit(tree)
    found: dict[Idiom, None] = {}
    for cell, tree in trees:
        for idiom in _idioms(tree, reader):
            found[Idiom(cell, *idiom)] = None
    order = sorted(found, key=lambda idiom: (idiom.cell or 0, idiom.line))
    return Explanation(path, python2, tuple(order))


def _cells(path: pathlib.Path) -> list[tuple[int | None, str]]:
    """The texts of a file: a script's, or those of a notebook's code cells."""
    text = source.decode(path.read_bytes())
    if path.suffix != ".ipynb":
        return [(None, text)]
    try:
        notebook = json.loads(text)
        # Format 3, of 2014 and before, had worksheets, and "input" for "source".
        cells = notebook.get("cells") or notebook["worksheets"][0]["cells"]
    except (ValueError, KeyError, IndexError, AttributeError) as error:
        raise ValueError(
            f"A notebook was expected (JSON with cells). Received: {path}. "
            "If it is a script, name it .py."
        ) from error
    texts = [
        "".join(cell.get("source", cell.get("input", "")))
        for cell in cells
        if cell["cell_type"] == "code"
    ]
    return [(number, _without_magics(text)) for number, text in enumerate(texts, 1)]


def _without_magics(text: str) -> str:
    lines = text.splitlines()
    if lines and lines[0].startswith("%%") and not lines[0].startswith("%%time"):
        return ""  # another language's cell: %%bash, %%html, ...
    return "\n".join(
        line[: len(line) - len(line.lstrip())] + "pass"
        if line.lstrip().startswith(("%", "!", "?"))
        else line
        for line in lines
    )


class _Names(ast.NodeVisitor):
    """What the names of a program stand for: modules of libraries, and sessions."""

    def __init__(self) -> None:
        self.meaning: dict[str, str] = {}
        self.sessions = {"sess", "session"}

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            first = alias.name.partition(".")[0]
            if first not in _LIBRARIES:
                continue
            if alias.asname:
                self.meaning[alias.asname] = _short(alias.name)
            else:
                self.meaning[first] = _LIBRARIES[first]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if not node.level and module.partition(".")[0] in _LIBRARIES:
            for alias in node.names:
                local = alias.asname or alias.name
                self.meaning[local] = f"{_short(module)}.{alias.name}"

    def visit_Assign(self, node: ast.Assign) -> None:
        name = self.resolve(node.value)
        if name is not None:  # slim = tf.contrib.slim
            for target in node.targets:
                if isinstance(target, ast.Name):
                    self.meaning[target.id] = name
        self._note_session(node.value, *node.targets)
        self.generic_visit(node)

    def visit_withitem(self, node: ast.withitem) -> None:
        if node.optional_vars is not None:
            self._note_session(node.context_expr, node.optional_vars)
        self.generic_visit(node)

    def resolve(self, node: ast.expr) -> str | None:
        """The full name that an expression a.b.c stands for, as "tf.b.c"."""
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.meaning:
            return None
        return ".".join([self.meaning[node.id], *reversed(parts)])

    def has_tensorflow(self) -> bool:
        """Whether the program imports it at all."""
        return any(name.partition(".")[0] == "tf" for name in self.meaning.values())

    def _note_session(self, value: ast.expr, *targets: ast.expr) -> None:
        sessions = _SESSIONS + _MONITORED
        if isinstance(value, ast.Call) and self.resolve(value.func) in sessions:
            names = (each.id for each in targets if isinstance(each, ast.Name))
            self.sessions.update(names)


#: Line, name, version and counterpart; what the runner does, if not the usual.
_Found = tuple[int, str, str, str] | tuple[int, str, str, str, str]


def _idioms(tree: ast.Module, names: _Names) -> Iterator[_Found]:
    """Yields what is found in a tree."""
    inner: set[int] = set()  # a.b of a.b.c
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _imports(node)
        elif isinstance(node, ast.Call):
            yield from _calls(node, names)
        if isinstance(node, ast.Attribute):
            inner.add(id(node.value))
        if isinstance(node, ast.Attribute | ast.Name) and id(node) not in inner:
            name = names.resolve(node)
            if name and (entry := _entry(name)):
                # A name from `from ... import` is told where it is used.
                told = name if entry.name.endswith("*") else entry.name
                yield node.lineno, told, entry.since, entry.today, entry.runner


def _imports(node: ast.Import | ast.ImportFrom) -> Iterator[_Found]:
    if isinstance(node, ast.Import):
        modules = [alias.name for alias in node.names]
    elif node.level:
        return
    else:
        modules = [f"{node.module}.{alias.name}" for alias in node.names]
    for module in modules:
        inside = "." in module and module.partition(".")[0] in _LIBRARIES
        if inside and (entry := _entry(_short(module))):
            name = _short(module)
            yield node.lineno, name, entry.since, entry.today, entry.runner


def _calls(node: ast.Call, names: _Names) -> Iterator[_Found]:
    keywords = {keyword.arg for keyword in node.keywords if keyword.arg}
    if "feed_dict" in keywords:
        yield (
            node.lineno,
            "feed_dict",
            "2.0",
            "arguments of the function, or a tf.data.Dataset for model.fit",
        )
    name = names.resolve(node.func)
    if name is not None:
        yield from _arguments(node, name, keywords)
    elif isinstance(node.func, ast.Attribute):
        yield from _methods(node, node.func, names, keywords)


def _arguments(node: ast.Call, name: str, keywords: set[str]) -> Iterator[_Found]:
    """What has changed in the arguments of functions."""
    line, first = node.lineno, node.args[0] if node.args else None
    for keyword in keywords:
        if entry := catalogue.keywords().get((name, keyword)):
            yield line, entry.name, entry.since, entry.today, entry.runner
    if name == "tf.nn.softmax_cross_entropy_with_logits" and len(node.args) < 2:
        yield (
            line,
            name,
            "2.0",
            "the same, with labels=tf.stop_gradient(labels): gradients reach them today",
            "no gradient reaches them, as then",
        )
    if name in _CROSS_ENTROPIES and len(node.args) > 1:
        yield (
            line,
            f"{name}(logits, labels)",
            "1.0",
            "named arguments: labels=, logits= (the order is the other one today)",
        )
    if name == "tf.concat" and len(node.args) > 1 and _is_number(first):
        yield line, "tf.concat(axis, values)", "1.0", "tf.concat(values, axis)"
    if name == "tf.split" and len(node.args) > 2 and _is_number(first):
        yield (
            line,
            "tf.split(axis, number, value)",
            "1.0",
            "tf.split(value, number, axis)",
        )
    for function, old, new in _KEYWORDS:
        if old in keywords and function in ("", name) and name.startswith("tf."):
            new = new if "=" in new else f"{new}="
            yield line, f"{name}({old}=)", "2.0", new


def _methods(
    node: ast.Call, method: ast.Attribute, names: _Names, keywords: set[str]
) -> Iterator[_Found]:
    """What was done by methods of sessions, tensors, optimizers and savers."""
    line, owner = node.lineno, method.value
    if method.attr == "run" and _is_one_of(owner, names.sessions):
        yield line, "session.run", "2.0", "call the function (speed: @tf.function)"
    elif method.attr in ("save", "restore") and node.args:
        if _is_one_of(node.args[0], names.sessions):
            today = (
                "model.save(path), model.save_weights(path)"
                if method.attr == "save"
                else "keras.saving.load_model(path), model.load_weights(path)"
            )
            yield line, f"saver.{method.attr}(session, path)", "2.0", today
    elif (
        method.attr == "eval" and not node.args and keywords <= {"feed_dict", "session"}
    ):
        yield line, "tensor.eval()", "2.0", "tensor.numpy()"
    elif method.attr in _METHODS and names.has_tensorflow():
        name, today = _METHODS[method.attr]
        yield line, name, "2.0", today


def _entry(name: str) -> catalogue.Entry | None:
    """What is known of a name, or of what it is an attribute of (FLAGS.batch_size)."""
    own = name
    while own.count(".") > 0:
        entry = catalogue.find(own)
        if entry and not entry.name.endswith("*"):
            return entry
        own = own.rpartition(".")[0]
    return catalogue.find(f"{name}.*") or catalogue.find(name)


def _short(module: str) -> str:
    first, dot, rest = module.partition(".")
    return _LIBRARIES.get(first, first) + dot + rest


def _is_number(node: ast.expr | None) -> bool:
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    return isinstance(node, ast.Constant) and isinstance(node.value, int)


def _is_one_of(node: ast.expr, names: set[str]) -> bool:
    if isinstance(node, ast.Attribute):  # self.sess
        return node.attr in names
    return isinstance(node, ast.Name) and node.id in names
