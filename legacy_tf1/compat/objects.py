"""Methods and conversions that objects had then, given to a program's own lines.

`array.tostring()`, `"%f" % array` with an array of one number, `frame.ix[...]`: what
NumPy, pandas and Matplotlib have taken from their objects cannot be put back without
changing it for all code in the process. So the program's syntax tree is changed: where
it uses one of these, it asks a function of this module, which does what is done today
and only where that fails what was done then.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

_ARRAY_METHODS: dict[str, Callable[[Any], Any]] = {
    "tostring": lambda array: array.tobytes,
    "ptp": lambda array: lambda *args, **kwargs: np.ptp(array, *args, **kwargs),
    "itemset": lambda array: lambda *args: _set_item(array, *args),
}


def _set_item(array: Any, *args: Any) -> None:
    *index, value = args
    # A single int counts through the array as if it were flat.
    if len(index) == 1 and not isinstance(index[0], tuple):
        array.flat[index[0]] = value
    else:
        array[tuple(index) if len(index) != 1 else index[0]] = value


def _frame_attribute(frame: Any, name: str) -> Any:
    import pandas as pd

    if name == "ix":
        return _Ix(frame)
    if name == "as_matrix":
        return lambda columns=None: (
            (frame if columns is None else frame[columns]).values
        )
    if name == "iteritems":
        return frame.items
    if name == "get_value":
        return (
            (lambda row, column: frame.at[row, column])
            if frame.ndim == 2
            else (lambda row: frame.at[row])
        )
    if name == "append":
        return lambda other, ignore_index=False, **_: pd.concat(
            [frame, *_as_frames(other, like=frame)], ignore_index=ignore_index
        )
    if name in {"sort", "order"}:
        return lambda columns=None, **kwargs: (
            frame.sort_index(**kwargs)
            if columns is None and frame.ndim == 2
            else frame.sort_values(
                *([columns] if columns is not None else []), **kwargs
            )
        )
    if name == "applymap":
        return frame.map
    raise AttributeError(f"{type(frame).__name__!r} object has no attribute {name!r}")


def _as_frames(other: Any, like: Any) -> list[Any]:
    import pandas as pd

    if isinstance(other, list | tuple):
        return [each for one in other for each in _as_frames(one, like)]
    if like.ndim == 2 and isinstance(other, dict):
        other = pd.Series(other)
    if like.ndim == 2 and isinstance(other, pd.Series):
        return [other.to_frame().T]
    return [other]


class _Ix:
    """`.ix`: by label where there is one, else by position."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def _indexer(self, key: Any) -> Any:
        rows = key[0] if isinstance(key, tuple) else key
        index = self._frame.index
        # Whole numbers are positions only where the labels are not whole numbers.
        positions = isinstance(rows, int) or (
            isinstance(rows, slice)
            and all(isinstance(each, int | None) for each in (rows.start, rows.stop))
        )
        if positions and not _counts(index):
            return self._frame.iloc
        columns = key[1] if isinstance(key, tuple) and len(key) > 1 else None
        mixed = isinstance(columns, int | slice) and not _counts(self._frame.columns)
        return _ByColumnPosition(self._frame) if mixed else self._frame.loc

    def __getitem__(self, key: Any) -> Any:
        return self._indexer(key)[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._indexer(key)[key] = value


def _counts(index: Any) -> bool:
    """Whether the labels are whole numbers."""
    return bool(index.dtype.kind in "iu")


class _ByColumnPosition:
    """Rows by label, columns by position or by slice of labels."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def _key(self, key: Any) -> Any:
        rows, columns = key
        ends = (columns.start, columns.stop) if isinstance(columns, slice) else ()
        if not ends or all(isinstance(each, int | None) for each in ends):
            columns = self._frame.columns[columns]
        return rows, columns

    def __getitem__(self, key: Any) -> Any:
        return self._frame.loc[self._key(key)]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._frame.loc[self._key(key)] = value


#: `tf.TensorArray`'s methods before TensorFlow 1.0.
_TENSOR_ARRAY = {"pack": "stack", "unpack": "unstack"}
_FRAME = ("ix", "as_matrix", "iteritems", "get_value", "append", "sort", "order")
#: The attributes that a program's own lines ask `attribute` for.
ATTRIBUTES = frozenset(
    {*_ARRAY_METHODS, *_FRAME, *_TENSOR_ARRAY, "applymap", "set_window_title", "gca"}
)


def attribute(value: Any, name: str) -> Any:
    r"""`getattr(value, name)`, with the methods that libraries have dropped.

    Example:
        >>> attribute(np.arange(2, dtype=np.uint8), "tostring")()
        b'\x00\x01'
    """
    if name == "gca" and type(value).__module__ == "matplotlib.figure":
        from legacy_tf1.compat.libraries.matplotlib import pyplot

        return lambda **kwargs: pyplot.current_axes(value, **kwargs)
    try:
        return getattr(value, name)
    except AttributeError:
        if isinstance(value, np.ndarray | np.generic) and name in _ARRAY_METHODS:
            return _ARRAY_METHODS[name](value)
        pandas = sys.modules.get("pandas")
        if pandas and isinstance(value, pandas.DataFrame | pandas.Series):
            return _frame_attribute(value, name)
        if name in _TENSOR_ARRAY and hasattr(value, "unstack"):
            return getattr(value, _TENSOR_ARRAY[name])
        if name == "set_window_title" and hasattr(value, "manager"):
            return lambda title: (
                value.manager.set_window_title(title) if value.manager else None
            )
        raise


def _scalar(value: Any) -> Any:
    """An array of one number becomes that number, as NumPy did before 2.4."""
    if isinstance(value, np.ndarray) and value.ndim and value.size == 1:
        return value.item()
    return value


def as_float(*args: Any) -> float:
    """`float(x)`, for arrays of one number too."""
    return float(*map(_scalar, args))


def as_int(*args: Any, **kwargs: Any) -> int:
    """`int(x)`, for arrays of one number too."""
    return int(*map(_scalar, args), **kwargs)


def remainder(left: Any, right: Any) -> Any:
    """`left % right`; in `"%f" % right` with arrays of one number too.

    Example:
        >>> remainder("cost %.2f after %d", (np.array([0.5]), 3))
        'cost 0.50 after 3'
    """
    try:
        return left % right
    except TypeError:
        if not isinstance(left, str):
            raise
        try:
            if isinstance(right, tuple):
                return left % tuple(map(_scalar, right))
            return left % _scalar(right)
        except TypeError:
            pass
        raise


def set_item(value: Any, container: Any, key: Any) -> None:
    """`container[key] = value`; an array of one number may become an element."""
    try:
        container[key] = value
    except (TypeError, ValueError):
        if not isinstance(container, np.ndarray) or _scalar(value) is value:
            raise
        container[key] = _scalar(value)


#: What a program's changed lines find among the built-in names.
BUILTINS: dict[str, Any] = {
    "__legacy_attribute__": attribute,
    "__legacy_float__": as_float,
    "__legacy_int__": as_int,
    "__legacy_remainder__": remainder,
    "__legacy_set_item__": set_item,
}


def transformed(tree: ast.Module) -> ast.Module:
    """Has a program ask this module where its objects may lack what they had.

    Args:
        tree: The program; it is changed in place.
    """
    bound = {name for node in ast.walk(tree) for name in _bound_by(node)}
    return ast.fix_missing_locations(_Ask(bound).visit(tree))


def _bound_by(node: ast.AST) -> list[str]:
    """The names that a node of a syntax tree gives a value."""
    match node:
        case ast.Name(name, ast.Store() | ast.Del()):
            return [name]
        case ast.FunctionDef(name) | ast.ClassDef(name) | ast.arg(name):
            return [name]
        case ast.Import() | ast.ImportFrom():
            return [alias.asname or alias.name for alias in node.names]
    return []


class _Ask(ast.NodeTransformer):
    def __init__(self, bound: set[str]) -> None:
        self._numbers = {"float", "int"} - bound

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if node.attr not in ATTRIBUTES or not isinstance(node.ctx, ast.Load):
            return node
        name = ast.copy_location(ast.Constant(node.attr), node)
        return call("__legacy_attribute__", node.value, name, at=node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr == "append":
            # Nearly all are lists': only where pandas gets its result used.
            self._visit_parts(node)
            return node
        self.generic_visit(node)
        if isinstance(function, ast.Name) and function.id in self._numbers:
            name = ast.Name(f"__legacy_{function.id}__", ast.Load())
            node.func = ast.copy_location(name, function)
        return node

    def _visit_parts(self, node: ast.Call) -> None:
        function = node.func
        assert isinstance(function, ast.Attribute)
        function.value = self.visit(function.value)
        node.args = [self.visit(each) for each in node.args]
        node.keywords = [self.visit(each) for each in node.keywords]

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        value = node.value
        if _is_append(value):
            # frame = frame.append(...), whose result a list's append never has.
            assert isinstance(value, ast.Call)
            self._visit_parts(value)
            function = value.func
            assert isinstance(function, ast.Attribute)
            name = ast.copy_location(ast.Constant("append"), function)
            value.func = call("__legacy_attribute__", function.value, name, at=function)
            node.targets = [self.visit(each) for each in node.targets]
            return node
        self.generic_visit(node)
        target = node.targets[0]
        if len(node.targets) != 1 or not isinstance(target, ast.Subscript):
            return node
        if isinstance(target.slice, ast.Constant) and isinstance(
            target.slice.value, str
        ):
            return node
        key = _as_value(target.slice)
        done = call("__legacy_set_item__", node.value, target.value, key, at=node)
        return ast.copy_location(ast.Expr(done), node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Mod) or not _may_be_text(node.left):
            return node
        return call("__legacy_remainder__", node.left, node.right, at=node)


def _is_append(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "append"
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id != "np"
    )


def _may_be_text(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.BinOp):
        return _may_be_text(node.left) or _may_be_text(node.right)
    return isinstance(node, ast.JoinedStr)


def _as_value(node: ast.expr) -> ast.expr:
    """A subscript as an expression: a[1:2] has slice(1, 2, None)."""
    if isinstance(node, ast.Tuple):
        elements = [_as_value(each) for each in node.elts]
        return ast.copy_location(ast.Tuple(elements, ast.Load()), node)
    if isinstance(node, ast.Slice):
        none = ast.copy_location(ast.Constant(None), node)
        parts = [node.lower or none, node.upper or none, node.step or none]
        return call("slice", *parts, at=node)
    return node


def call(function: str, *arguments: ast.expr, at: ast.AST) -> ast.Call:
    """Returns the syntax tree of a call, with the position of what it replaces."""
    node = ast.Call(ast.Name(function, ast.Load()), list(arguments), [])
    ast.copy_location(node.func, at)
    return ast.copy_location(node, at)
