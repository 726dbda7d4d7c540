"""NumPy as of 1.13 to 1.16: names of Python's types, aliases, tolerant arguments."""

from __future__ import annotations

import builtins
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as _np

from legacy_tf1.compat import faces as _faces

# Aliases of Python's own types, gone since NumPy 1.24; `bool`, `str` and `long` have
# since come back as NumPy's own.
bool = builtins.bool
complex = builtins.complex
float = builtins.float
int = long = builtins.int
object = builtins.object
str = unicode = builtins.str

# Spellings that NumPy 2.0 dropped.
bool8 = _np.bool_
cfloat = complex_ = longcomplex_ = _np.complex128
singlecomplex = _np.complex64
clongfloat = longcomplex = _np.clongdouble
float_ = _np.float64
longfloat = _np.longdouble
int0, uint0 = _np.intp, _np.uintp
string_ = _np.bytes_
unicode_ = _np.str_
Inf = Infinity = PINF = infty = _np.inf
NINF = -_np.inf
NaN = NAN = _np.nan
PZERO, NZERO = 0.0, -0.0
alltrue = _np.all
sometrue = _np.any
product = _np.prod
cumproduct = _np.cumprod
in1d = _np.isin
mat = _np.asmatrix
rank = _np.ndim
round_ = _np.round
row_stack = _np.vstack
trapz = _np.trapezoid
loads = pickle.loads
issubclass_ = issubclass

typeDict = sctypeDict = _np.sctypeDict  # noqa: N816 - NumPy's name
sctypes = {
    "int": [_np.int8, _np.int16, _np.int32, _np.int64],
    "uint": [_np.uint8, _np.uint16, _np.uint32, _np.uint64],
    "float": [_np.float16, _np.float32, _np.float64, _np.longdouble],
    "complex": [_np.complex64, _np.complex128, _np.clongdouble],
    "others": [builtins.bool, builtins.object, bytes, builtins.str, _np.void],
}


def array(object: Any, dtype: Any = None, copy: Any = True, **kwargs: Any) -> Any:
    """`numpy.array`: rows of unequal length make an array of lists.

    `copy=False` copies where it must, and integers out of range wrap around.
    """
    if not copy:
        copy = None
    try:
        return _np.array(object, dtype, copy=copy, **kwargs)
    except ValueError as error:
        if dtype is not None or "inhomogeneous" not in builtins.str(error):
            raise
        return _np.array(object, builtins.object, copy=copy, **kwargs)
    except OverflowError:
        return _np.array(object, **kwargs).astype(dtype)


def asarray(a: Any, dtype: Any = None, order: Any = None) -> Any:
    """`numpy.asarray`, see `array`."""
    return array(a, dtype, copy=False, order=order)


def asfarray(a: Any, dtype: Any = _np.float64) -> Any:
    """`numpy.asfarray`: an array of a float type."""
    inexact = _np.issubdtype(dtype, _np.inexact)
    return _np.asarray(a, dtype if inexact else _np.float64)


def asscalar(a: Any) -> Any:
    """`numpy.asscalar`: `a.item()` today."""
    return _np.asarray(a).item()


def msort(a: Any) -> Any:
    """`numpy.msort`: `numpy.sort(a, axis=0)` today."""
    return _np.sort(a, axis=0)


def find_common_type(array_types: Any, scalar_types: Any) -> Any:
    """`numpy.find_common_type`: `numpy.result_type` today."""
    return _np.result_type(*array_types, *scalar_types)


def load(
    file: Any,
    mmap_mode: Any = None,
    allow_pickle: builtins.bool = True,
    fix_imports: builtins.bool = True,
    encoding: Any = "ASCII",
) -> Any:
    """`numpy.load`: before NumPy 1.16.3 it read arrays of Python objects unasked."""
    return _np.load(
        file,
        mmap_mode=mmap_mode,
        allow_pickle=allow_pickle,
        fix_imports=fix_imports,
        encoding=encoding,
    )


def fromstring(
    string: Any,
    dtype: Any = _np.float64,
    count: builtins.int = -1,
    sep: builtins.str = "",
) -> Any:
    """`numpy.fromstring`: without `sep` it read bytes, as `numpy.frombuffer` today."""
    if sep:
        return _np.fromstring(string, dtype, count=count, sep=sep)
    data = string.encode("latin-1") if isinstance(string, builtins.str) else string
    return _np.frombuffer(data, dtype, count=count).copy()


def histogram(
    a: Any,
    bins: Any = 10,
    range: Any = None,
    normed: Any = None,
    weights: Any = None,
    density: Any = None,
) -> Any:
    """`numpy.histogram`: `normed` is `density` today."""
    density = normed if density is None else density
    return _np.histogram(a, bins, range, density=density, weights=weights)


def linspace(start: Any, stop: Any, num: Any = 50, *args: Any, **kwargs: Any) -> Any:
    """`numpy.linspace`: `num` may be a whole float."""
    return _np.linspace(start, stop, builtins.int(num), *args, **kwargs)


def reshape(a: Any, *args: Any, **kwargs: Any) -> Any:
    """`numpy.reshape`: `newshape` is `shape` today."""
    if "newshape" in kwargs:
        kwargs["shape"] = kwargs.pop("newshape")
    return _np.reshape(a, *args, **kwargs)


def sum(a: Any, *args: Any, **kwargs: Any) -> Any:
    """`numpy.sum`: takes a generator."""
    if isinstance(a, Iterator):
        return builtins.sum(a)
    return _np.sum(a, *args, **kwargs)


def vstack(tup: Any) -> Any:
    """`numpy.vstack`: takes any iterable."""
    return _np.vstack(_as_sequence(tup))


def hstack(tup: Any) -> Any:
    """`numpy.hstack`: takes any iterable."""
    return _np.hstack(_as_sequence(tup))


def stack(arrays: Any, *args: Any, **kwargs: Any) -> Any:
    """`numpy.stack`: takes any iterable."""
    return _np.stack(_as_sequence(arrays), *args, **kwargs)


def concatenate(arrays: Any, *args: Any, **kwargs: Any) -> Any:
    """`numpy.concatenate`: takes any iterable."""
    return _np.concatenate(_as_sequence(arrays), *args, **kwargs)


def _as_sequence(arrays: Any) -> Any:
    return list(arrays) if isinstance(arrays, Iterator) else arrays


__getattr__, __dir__ = _faces.attach(__name__)
