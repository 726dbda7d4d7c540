"""pandas as of 0.19 to 0.25.

What its frames have lost (`.ix`, `.as_matrix()`, `.append()`, ...), a program's own
lines find again: see `legacy_tf1.compat.objects`.
"""

from __future__ import annotations

import datetime as _datetime
from typing import Any

import pandas as _pandas

from legacy_tf1.compat import faces as _faces

Int64Index = Float64Index = UInt64Index = _pandas.Index
datetime = _datetime.datetime
scatter_matrix = _pandas.plotting.scatter_matrix

_DROPPED = (
    "infer_datetime_format",
    "keep_date_col",
    "mangle_dupe_cols",
    "prefix",
    "tupleize_cols",
    "verbose",
    "warn_bad_lines",
)


def read_csv(
    filepath_or_buffer: Any, sep: Any = None, *args: Any, **kwargs: Any
) -> Any:
    """`pandas.read_csv`: `sep` by position, and arguments that have gone."""
    if kwargs.pop("delim_whitespace", False):
        sep = r"\s+"
    if sep is not None:
        kwargs["sep"] = sep
    if kwargs.pop("error_bad_lines", True) is False:
        kwargs.setdefault("on_bad_lines", "skip")
    squeeze = kwargs.pop("squeeze", False)
    for name in _DROPPED:
        kwargs.pop(name, None)
    table = _pandas.read_csv(filepath_or_buffer, *args, **kwargs)
    return table.squeeze("columns") if squeeze else table


def rolling_mean(arg: Any, window: int, min_periods: int | None = None) -> Any:
    """`pandas.rolling_mean`: `series.rolling(window).mean()` today."""
    return arg.rolling(window, min_periods=min_periods).mean()


__getattr__, __dir__ = _faces.attach(__name__)
