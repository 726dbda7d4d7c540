"""Lines of the reports."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

_WIDTH = 88


def p_text(p: float) -> str:
    """Returns a p-value for readers.

    Example:
        >>> p_text(0.0312), p_text(2.5e-12), p_text(0.0)
        ('0.031', '2e-12', '<1e-99')
    """
    if p < 1e-99:
        return "<1e-99"
    return f"{p:.3f}" if p >= 0.001 else f"{p:.0e}"


def p_equals(p: float) -> str:
    """Returns a p-value in a sentence.

    Example:
        >>> p_equals(0.0312), p_equals(0.0)
        ('p = 0.031', 'p < 1e-99')
    """
    return "p < 1e-99" if p < 1e-99 else f"p = {p_text(p)}"


def wrapped(lines: Iterable[str]) -> list[str]:
    """Returns the lines with those wider than 88 columns broken at a space."""
    return [
        part
        for line in lines
        for part in (
            [line]
            if len(line) <= _WIDTH
            else textwrap.wrap(line, _WIDTH, subsequent_indent="    ")
        )
    ]


def advice_lines(advice: Iterable[str]) -> list[str]:
    """Returns a line for each step, or several for a long one."""
    return wrapped(f"  try: {step}" for step in advice)
