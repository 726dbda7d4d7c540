"""Python 2 sources: recognized, converted to Python 3, with Python 2's division."""

from __future__ import annotations

import ast
import builtins
import numbers
import operator
import re
import sys
import warnings
from typing import Any

import numpy as np

from legacy_tf1.compat import objects

# Global names and modules that only Python 2 has. A program that uses one without
# regard for Python 3 was Python 2, even where Python 3 can read it.
_NAMES = {"xrange", "raw_input", "unicode", "basestring", "unichr", "execfile", "long"}
_MODULES = {
    "cPickle", "cStringIO", "StringIO", "urllib2", "urlparse", "Queue", "ConfigParser",
    "Tkinter", "HTMLParser", "commands", "__builtin__", "itertools.izip",
    "itertools.imap", "itertools.izip_longest", "itertools.ifilter",
    "urllib.urlretrieve", "urllib.urlopen", "urllib.urlencode", "urllib.quote",
    "string.letters", "string.lowercase", "string.uppercase", "sys.maxint",
    "os.getcwdu",
}  # fmt: skip
_METHODS = {"iteritems", "itervalues", "iterkeys", "has_key"}
# Signs that a program minds both.
_BOTH = re.compile(r"\bsys\.version|\bsix\b|\bPY[23]\b|\bfrom (?:builtins|past)\b")


def needs_python2(tree: ast.Module) -> bool:
    """Tells whether a program that Python 3 can read was Python 2 all the same.

    It was if it uses a name that Python 3 does not have (`xrange`, `import cPickle`,
    `.iteritems()`), and neither defines it nor tries (`try: ... except`) nor asks which
    Python it has.

    Args:
        tree: The program.

    Example:
        >>> needs_python2(ast.parse("for i in xrange(3): print(i)"))
        True
        >>> guarded = "try: xrange" + chr(10) + "except NameError: xrange = range"
        >>> needs_python2(ast.parse(guarded))
        False
    """
    signs = _Signs()
    signs.visit(tree)
    if signs.both:
        return False
    return bool(signs.used - signs.bound)


class _Signs(ast.NodeVisitor):
    """Collects what only Python 2 has, and what the program defines itself."""

    def __init__(self) -> None:
        self.used: set[str] = set()
        self.bound: set[str] = set()
        self.both = False

    def visit_Try(self, node: ast.Try) -> None:
        # What is tried is not relied on; what is defined there is defined.
        inner = _Signs()
        inner.generic_visit(node)
        self.bound |= inner.bound
        if not node.handlers:
            self.used |= inner.used

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            first = alias.name.partition(".")[0]
            self.both |= first in {"six", "builtins", "past"}
            self.bound.add(alias.asname or first)
            if first in _MODULES:
                self.used.add(f"import {first}")

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        self.both |= module.partition(".")[0] in {"six", "builtins", "past", "pandas"}
        for alias in node.names:
            if module in _MODULES or f"{module}.{alias.name}" in _MODULES:
                self.used.add(f"import {module}")
            self.bound.add(alias.asname or alias.name)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            if node.id in _NAMES:
                self.used.add(node.id)
        else:
            self.bound.add(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        name = f"{node.value.id}." if isinstance(node.value, ast.Name) else ""
        if name + node.attr in _MODULES:
            self.used.add(f"import {name}")
        self.both |= name + node.attr in {"sys.version", "sys.version_info"}
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        function = node.func
        # pandas had iteritems in Python 3 too.
        if (
            isinstance(function, ast.Attribute)
            and function.attr in _METHODS
            and not {"pandas", "pd"} & self.bound
        ):
            self.used.add(f".{function.attr}")
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.bound.add(node.name)
        self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> None:
        self.bound.add(node.arg)


def convert(text: str, filename: str = "<program>") -> str | None:
    r"""Converts a program to Python 3, None where it is not Python 2 either.

    Lines keep their numbers as far as the converter (fissix) keeps them: a statement
    that it has to add comes on a line of its own only where Python 2 had more than
    one module on an import line.

    Args:
        text: The program.
        filename: Its name in messages.

    Example:
        >>> convert("print 'half', xrange(3)" + chr(10))
        "print('half', range(3))\n"
    """
    from fissix import pygram, refactor  # type: ignore[import-untyped]
    from fissix.pgen2.parse import ParseError  # type: ignore[import-untyped]
    from fissix.pgen2.tokenize import TokenError  # type: ignore[import-untyped]

    prints = not _is_python3(text)
    fixers = _fixers(prints)
    tool = refactor.RefactoringTool(fixers, {"print_function": not prints})
    if not prints:
        tool.driver.grammar = pygram.python_grammar_no_print_statement
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return str(tool.refactor_string(text.rstrip() + "\n", filename))
    except (ParseError, TokenError, IndentationError):
        return None


def _fixers(prints: bool) -> list[str]:
    from fissix import refactor

    left_out = {"print"} if not prints else set()
    # asserts, buffer, idioms, set_literal, ws_comma only change the style; numpy's
    # integers have no __next__ ... the rest is what Python 3 needs.
    left_out |= {"asserts", "buffer", "idioms", "set_literal", "ws_comma", "future"}
    names = refactor.get_fixers_from_package("fissix.fixes")
    return [name for name in names if name.rpartition("fix_")[2] not in left_out]


def _is_python3(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def converted(text: str, filename: str) -> ast.Module | None:
    """Returns the syntax tree of a Python-2 program, None if it is not one.

    Args:
        text: The program.
        filename: Its name in messages.
    """
    for candidate in (text, _with_spaces(text)):
        python3 = convert(candidate, filename)
        if python3 is None:
            continue
        try:
            tree = ast.parse(python3, filename)
            tree = transformed(tree, true_division=has_true_division(tree))
            compile(tree, filename, "exec", dont_inherit=True)
        except SyntaxError:
            continue
        return tree
    return None


def _with_spaces(text: str) -> str:
    """Indents as Python 2 read it: a tab goes to the next multiple of eight."""
    lines = []
    for line in text.split("\n"):
        body = line.lstrip(" \t")
        lines.append(line[: len(line) - len(body)].expandtabs(8) + body)
    return "\n".join(lines)


def has_true_division(tree: ast.Module) -> bool:
    """Tells whether a program says `from __future__ import division`."""
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "division" for alias in node.names)
        for node in tree.body
    )


def transformed(tree: ast.Module, *, true_division: bool) -> ast.Module:
    """Gives a converted program what is Python 2's meaning and not its syntax.

    Args:
        tree: The program after `convert`.
        true_division: Whether it says `from __future__ import division`.
    """
    own = {
        name.id
        for name in ast.walk(tree)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }
    return ast.fix_missing_locations(_Semantics(true_division, own).visit(tree))


class _Semantics(ast.NodeTransformer):
    """Division of integers rounds down; a text can be decoded, as bytes can.

    `sys.setdefaultencoding` does nothing.
    """

    def __init__(self, true_division: bool, own: set[str]) -> None:
        self._true_division = true_division
        self._own = own

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if self._true_division or not isinstance(node.op, ast.Div):
            return node
        return objects.call("__python2_divide__", node.left, node.right, at=node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        if self._true_division or not isinstance(node.op, ast.Div):
            return node
        target = node.target
        value: ast.expr
        if isinstance(target, ast.Name):
            value = ast.Name(target.id, ast.Load())
        elif isinstance(target, ast.Attribute):
            value = ast.Attribute(target.value, target.attr, ast.Load())
        else:
            value = ast.Subscript(target.value, target.slice, ast.Load())
        ast.copy_location(value, target)
        call = objects.call("__python2_divide_in_place__", value, node.value, at=node)
        return ast.copy_location(ast.Assign([target], call), node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        function = node.func
        if isinstance(function, ast.Name):
            # Python 2's `str` took one argument: this was `unicode`.
            encoded = len(node.args) > 1 or node.keywords
            if function.id == "str" and encoded and "str" not in self._own:
                function.id = "__python2_unicode__"
        elif isinstance(function, ast.Attribute) and function.attr == "decode":
            name = ast.Name("__python2_decode__", ast.Load())
            node.func = ast.copy_location(name, function)
            node.args.insert(0, function.value)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        # Calls were converted; this is as in map(d.has_key, keys).
        if node.attr != "has_key" or not isinstance(node.ctx, ast.Load):
            return node
        return objects.call("__python2_has_key__", node.value, at=node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        # The usual pair: reload(sys); sys.setdefaultencoding('utf8').
        call = ast.unparse(node.value)
        if call.startswith("sys.setdefaultencoding(") or call.endswith("reload(sys)"):
            return ast.copy_location(ast.Pass(), node)
        self.generic_visit(node)
        return node


def divide(left: Any, right: Any) -> Any:
    """`left / right` as Python 2 had it: integers are rounded down.

    Example:
        >>> divide(7, 2), divide(-7, 2), divide(7.0, 2)
        (3, -4, 3.5)
    """
    if _is_integer(left) and _is_integer(right):
        return left // right
    # TensorFlow's tensors have kept Python 2's division under its old name.
    for method, value, other in (("__div__", left, right), ("__rdiv__", right, left)):
        if hasattr(type(value), method):
            return getattr(value, method)(other)
    return left / right


def divide_in_place(left: Any, right: Any) -> Any:
    """`left /= right` as Python 2 had it."""
    if hasattr(type(left), "__div__") or hasattr(type(right), "__rdiv__"):
        return divide(left, right)
    if _is_integer(left) and _is_integer(right):
        return operator.ifloordiv(left, right)
    return operator.itruediv(left, right)


def to_unicode(value: Any, encoding: str = "ascii", errors: str = "strict") -> str:
    r"""`unicode(value, encoding)` of Python 2, whose strings were bytes.

    A text whose characters are bytes of that encoding (a literal with escapes, a file
    that was read as Latin-1) is decoded; any other was decoded when it was read.

    Example:
        >>> to_unicode(b"caf\xc3\xa9", "utf-8"), to_unicode("caf\xc3\xa9", "utf-8")
        ('café', 'café')
        >>> to_unicode("café", "utf-8")
        'café'
    """
    if not isinstance(value, str):
        return str(value, encoding, errors)
    try:
        return value.encode("latin-1").decode(encoding)
    except UnicodeError:
        return value


def decode(value: Any, *args: Any, **kwargs: Any) -> Any:
    """`value.decode(encoding)`; Python 2's strings had that too, see `to_unicode`."""
    if isinstance(value, str):
        return to_unicode(value, *args, **kwargs)
    return value.decode(*args, **kwargs)


def has_key(value: Any) -> Any:
    """`value.has_key`: `key in value` today."""
    return getattr(value, "has_key", None) or value.__contains__


def _is_integer(value: Any) -> bool:
    if isinstance(value, np.ndarray | np.generic):
        return bool(np.issubdtype(value.dtype, np.integer))
    return isinstance(value, numbers.Integral)


def _compare(left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)


#: What a Python-2 program finds among the built-in names besides Python 3's.
BUILTINS: dict[str, Any] = {
    "__python2_divide__": divide,
    "__python2_divide_in_place__": divide_in_place,
    "__python2_decode__": decode,
    "__python2_has_key__": has_key,
    "__python2_unicode__": to_unicode,
    "cmp": _compare,
    "file": builtins.open,
    "intern": sys.intern,
}
