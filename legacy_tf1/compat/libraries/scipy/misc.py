"""`scipy.misc`, which SciPy 1.2 to 2.0 dropped: pictures by Pillow, and odds and ends."""

from __future__ import annotations

from typing import Any

import numpy as _np
from PIL import Image as _Image
from scipy.special import comb, factorial, factorial2, factorialk, logsumexp

from legacy_tf1.compat import faces as _faces

__all__ = [
    "bytescale",
    "comb",
    "factorial",
    "factorial2",
    "factorialk",
    "fromimage",
    "imread",
    "imresize",
    "imrotate",
    "imsave",
    "imshow",
    "logsumexp",
    "toimage",
]

_RESAMPLING = {
    "nearest": _Image.Resampling.NEAREST,
    "lanczos": _Image.Resampling.LANCZOS,
    "bilinear": _Image.Resampling.BILINEAR,
    "bicubic": _Image.Resampling.BICUBIC,
    "cubic": _Image.Resampling.BICUBIC,
}


def bytescale(
    data: Any, cmin: Any = None, cmax: Any = None, high: int = 255, low: int = 0
) -> Any:
    """Scales an array to bytes, its least value to `low` and its greatest to `high`.

    Arrays of bytes stay as they are.
    """
    data = _np.asarray(data)
    if data.dtype == _np.uint8:
        return data
    if not 0 <= low <= high <= 255:
        raise ValueError(
            "`low` and `high` must be in order and from 0 to 255. "
            f"Received: low={low}, high={high}."
        )
    least = data.min() if cmin is None else cmin
    greatest = data.max() if cmax is None else cmax
    if greatest < least:
        raise ValueError(
            f"`cmax` must not be below `cmin`. Received: cmin={least}, cmax={greatest}."
        )
    scale = (high - low) / ((float(greatest) - float(least)) or 1.0)
    scaled = (data - float(least)) * scale + low
    return (scaled.clip(low, high) + 0.5).astype(_np.uint8)


def toimage(
    arr: Any,
    high: int = 255,
    low: int = 0,
    cmin: Any = None,
    cmax: Any = None,
    pal: Any = None,
    mode: str | None = None,
    channel_axis: int | None = None,
) -> Any:
    """Makes a PIL image of an array of grey values or of RGB or RGBA colours.

    The values are scaled to the full range of bytes: see `bytescale`.
    """
    data = _np.asarray(arr)
    if data.ndim == 2:
        if mode == "F":
            return _Image.fromarray(data.astype(_np.float32))
        if mode == "I":
            return _Image.fromarray(data.astype(_np.int32))
        picture = _Image.fromarray(bytescale(data, cmin, cmax, high, low))
        if pal is not None:
            picture.putpalette(_np.asarray(pal, _np.uint8).tobytes())
        return picture if mode in {None, "L", "P"} else picture.convert(mode)
    if data.ndim != 3 or not {3, 4} & set(data.shape):
        raise ValueError(
            "'arr' does not have a suitable array shape for any mode. It must be "
            f"(height, width), or have 3 or 4 channels. Received: {data.shape}."
        )
    if channel_axis is None:
        # As then: the first axis that could be the colours', looked for from 3 on.
        sizes = 3 if 3 in data.shape else 4
        channel_axis = 2 if data.shape[2] == sizes else list(data.shape).index(sizes)
    data = _np.moveaxis(bytescale(data, cmin, cmax, high, low), channel_axis, 2)
    return _Image.fromarray(_np.ascontiguousarray(data))


def fromimage(im: Any, flatten: bool = False, mode: str | None = None) -> Any:
    """Makes an array of a PIL image.

    Args:
        im: The image.
        flatten: Whether to make floats of grey values.
        mode: PIL's mode to convert to first, as "RGB".
    """
    if mode is not None:
        if mode != im.mode:
            im = im.convert(mode)
    elif im.mode == "P":
        im = im.convert("RGBA" if "transparency" in im.info else "RGB")
    if flatten:
        im = im.convert("F")
    elif im.mode == "1":
        im = im.convert("L")
    return _np.array(im)


def imread(name: Any, flatten: bool = False, mode: str | None = None) -> Any:
    """Reads a picture: `imageio.v3.imread` or `PIL.Image.open` today."""
    with _Image.open(name) as picture:
        return fromimage(picture, flatten, mode)


def imsave(name: Any, arr: Any, format: str | None = None) -> None:
    """Writes a picture, its values scaled to the full range of bytes."""
    picture = toimage(arr, channel_axis=2)
    picture.save(name, *([] if format is None else [format]))


def imresize(
    arr: Any, size: Any, interp: str = "bilinear", mode: str | None = None
) -> Any:
    """Resizes a picture: `PIL.Image.resize` today.

    Args:
        arr: The picture.
        size: A percentage (int), a factor (float) or (height, width).
        interp: "nearest", "lanczos", "bilinear", "bicubic" or "cubic".
        mode: PIL's mode to convert to first.
    """
    picture = toimage(arr, mode=mode)
    if isinstance(size, int | _np.integer):
        new = tuple((_np.array(picture.size) * (size / 100.0)).astype(int))
    elif isinstance(size, float | _np.floating):
        new = tuple((_np.array(picture.size) * size).astype(int))
    else:
        new = (int(size[1]), int(size[0]))
    return fromimage(picture.resize(new, resample=_RESAMPLING[interp]))


def imrotate(arr: Any, angle: float, interp: str = "bilinear") -> Any:
    """Rotates a picture counter-clockwise about its middle by degrees."""
    return fromimage(toimage(arr).rotate(angle, resample=_RESAMPLING[interp]))


def imshow(arr: Any) -> None:
    """Shows a picture in the system's viewer."""
    toimage(arr).show()


def face(gray: bool = False) -> Any:
    """The raccoon: `scipy.datasets.face` today, which downloads it."""
    from scipy import datasets

    return datasets.face(gray)


def ascent() -> Any:
    """The staircase: `scipy.datasets.ascent` today, which downloads it."""
    from scipy import datasets

    return datasets.ascent()


__getattr__, __dir__ = _faces.attach(__name__)
