"""Reads a program: its encoding, its Python, its code."""

from __future__ import annotations

import ast
import io
import linecache
import tokenize
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

from legacy_tf1.compat import objects


@dataclass(frozen=True)
class Source:
    """A program that is ready to be executed.

    Args:
        path: Its file.
        code: Its code; for Python 2, of its conversion to Python 3.
        python2: Whether it was Python 2.
    """

    path: Path
    code: CodeType
    python2: bool


def load(path: Path) -> Source:
    """Compiles a program of Python 3 or Python 2.

    Args:
        path: Its file.

    Raises:
        OSError: If it cannot be read.
        SyntaxError: If it is neither Python 3 nor Python 2. It is Python 3's.
    """
    text = decode(path.read_bytes())
    # Tracebacks show the program's text, and would read the file as UTF-8.
    # Without an end of its last line, its marks would stand beside the error.
    lines = [line + "\n" for line in text.splitlines()]
    linecache.cache[str(path)] = (len(text), None, lines, str(path))
    tree, python2 = parse(text, str(path))
    tree = objects.transformed(tree)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # as in `parse`
        code = compile(tree, str(path), "exec", dont_inherit=True)
    return Source(path, code, python2)


def decode(data: bytes) -> str:
    r"""Returns the text of a source file, by its declared encoding.

    Python 2 did not check the encoding of comments: what cannot be decoded as declared
    is read as Latin-1.

    Example:
        >>> decode(b"# caf\xe9\nx = 1\n")
        '# café\nx = 1\n'
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError):
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse(text: str, filename: str) -> tuple[ast.Module, bool]:
    """Returns the syntax tree of a program, and whether it was Python 2.

    Args:
        text: The program.
        filename: Its name in messages.

    Raises:
        SyntaxError: If it is neither Python 3 nor Python 2. It is Python 3's.

    Example:
        >>> parse("print 7 / 2", "half.py")[1]
        True
    """
    from legacy_tf1.runner import python2

    with warnings.catch_warnings():
        # "\d" in a string, `x is 1`: the program's concern, and of no use to its reader.
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            tree = ast.parse(text, filename)
            # Some errors are found only by the compiler.
            compile(tree, filename, "exec", dont_inherit=True)
        except SyntaxError as error:
            converted = python2.converted(text, filename)
            if converted is None:
                raise error from None
            return converted, True
        if python2.needs_python2(tree):
            converted = python2.converted(text, filename)
            if converted is not None:
                return converted, True
    return tree, False
