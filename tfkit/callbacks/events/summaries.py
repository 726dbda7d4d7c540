"""Numbers, histograms, pictures and texts in TensorBoard's present format.

Each function returns a list of `Summary.Value`, to be given to
`tfkit.callbacks.events.writer.EventWriter.add`, alone or joined with others. TensorFlow
is not needed.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from tensorboard.compat.proto import (
    summary_pb2,
    tensor_pb2,
    tensor_shape_pb2,
    types_pb2,
)
from tensorboard.plugins.histogram import metadata as histogram_metadata
from tensorboard.plugins.histogram.summary_v2 import DEFAULT_BUCKET_COUNT
from tensorboard.plugins.image import metadata as image_metadata
from tensorboard.plugins.scalar import metadata as scalar_metadata
from tensorboard.plugins.text import summary_v2 as text_summary
from tensorboard.util import tensor_util

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# A `Summary.Value`, which its protocol compiler left without a type.
Value = Any

_SCALAR_SHAPE = tensor_shape_pb2.TensorShapeProto()


def scalars(values: Mapping[str, float], description: str | None = None) -> list[Value]:
    """Returns numbers for the Scalars tab.

    NaN and infinities are written as they are; TensorBoard marks such points. Values
    are stored in float32, TensorBoard's type of scalars.

    Args:
        values: Number by tag. Tags with a slash are grouped by what stands before it.
        description: Markdown that TensorBoard shows with each of them.

    Raises:
        TypeError, ValueError: If `float` makes no number of a value.

    Example:
        >>> [value.tag for value in scalars({"cost": 0.5, "learning rate": 0.1})]
        ['cost', 'learning rate']
    """
    metadata = scalar_metadata.create_summary_metadata(None, description)
    # Not TensorBoard's `scalar_pb`: it takes eight times as long, and the training step
    # shares the interpreter with the thread that writes.
    return [
        summary_pb2.Summary.Value(
            tag=tag,
            metadata=metadata,
            tensor=tensor_pb2.TensorProto(
                dtype=types_pb2.DT_FLOAT,
                tensor_shape=_SCALAR_SHAPE,
                float_val=(float(value),),
            ),
        )
        for tag, value in values.items()
    ]


class Series:
    """Numbers under the same tags, again and again.

    The message is made once, and only its numbers are exchanged: a training writes
    dozens of numbers at a time, and the thread that does it shares the interpreter with
    the training.

    Args:
        tags: The tags.
        description: Markdown by tag, None for none.

    Example:
        >>> series = Series(["cost"], {"cost": "Of the dev set."})
        >>> series([0.5]).value[0].tensor.float_val[0]
        0.5
    """

    def __init__(
        self, tags: Iterable[str], description: Mapping[str, str | None] | None = None
    ) -> None:
        notes = description or {}
        self._summary = summary_pb2.Summary(
            value=[scalars({tag: 0.0}, notes.get(tag))[0] for tag in tags]
        )
        self._places = [value.tensor.float_val for value in self._summary.value]

    def __call__(self, numbers: Iterable[float]) -> Any:
        """Returns the summary with these numbers, in the order of the tags.

        It is the same object each time, to be written before the next call.
        """
        for place, number in zip(self._places, numbers, strict=True):
            place[0] = number
        return self._summary


def histogram(
    tag: str,
    values: Any,
    description: str | None = None,
    *,
    buckets: int = DEFAULT_BUCKET_COUNT,
) -> list[Value]:
    """Returns a histogram for the Histograms and Distributions tabs.

    Values that are NaN or infinite have no bucket: they are left out, and the
    description says how many there were. Without a finite value all buckets are empty.

    Args:
        tag: Name of the histogram.
        values: Numbers, an array of any shape.
        description: Markdown that TensorBoard shows with it.
        buckets: Number of buckets, of equal width from the smallest to the largest
            value. Positive int.

    Example:
        >>> value = histogram("weights", [0.0, 1.0, float("nan")])[0]
        >>> tensor_util.make_ndarray(value.tensor).shape
        (30, 3)
        >>> value.metadata.summary_description
        '1 of 3 values are NaN or infinite.'
    """
    values = np.asarray(values, np.float64).ravel()
    finite = values[np.isfinite(values)]
    left_out = values.size - finite.size
    if left_out:
        note = f"{left_out} of {values.size} values are NaN or infinite."
        description = f"{description}\n\n{note}" if description else note
    return [
        summary_pb2.Summary.Value(
            tag=tag,
            metadata=histogram_metadata.create_summary_metadata(None, description),
            tensor=tensor_pb2.TensorProto(
                dtype=types_pb2.DT_DOUBLE,
                tensor_shape=_table_shape(buckets),
                tensor_content=_buckets(finite, buckets).tobytes(),
            ),
        )
    ]


class Histograms:
    """Histograms under the same tags, again and again; all of them at once.

    Args:
        tags: The tags.
        buckets: As for `histogram`.

    Example:
        >>> histograms = Histograms(["a", "b"])
        >>> summary = histograms([np.array([0.0, 1.0]), np.array([2.0])])
        >>> [int(tensor_util.make_ndarray(v.tensor)[:, 2].sum()) for v in summary.value]
        [2, 1]
    """

    def __init__(
        self, tags: Iterable[str], *, buckets: int = DEFAULT_BUCKET_COUNT
    ) -> None:
        self._tags, self._buckets = tuple(tags), buckets
        self._summary = summary_pb2.Summary(
            value=[histogram(tag, [], buckets=buckets)[0] for tag in self._tags]
        )

    def __call__(self, arrays: Sequence[np.ndarray]) -> Any:
        """Returns the summary of these values, one array for each tag.

        It is the same object each time, to be written before the next call.
        """
        tables = _all_buckets(arrays, self._buckets)
        if tables is None:
            # Some need a closer look: values that are not finite, or all equal.
            return summary_pb2.Summary(
                value=[
                    histogram(tag, values, buckets=self._buckets)[0]
                    for tag, values in zip(self._tags, arrays, strict=True)
                ]
            )
        for value, table in zip(self._summary.value, tables, strict=True):
            value.tensor.tensor_content = table.tobytes()
        return self._summary


def image(tag: str, picture: Any, description: str | None = None) -> list[Value]:
    """Returns a picture, or several under one tag, for the Images tab.

    Args:
        tag: Name of the picture.
        picture: The bytes of a PNG file; or an array of shape `(height, width)`,
            `(height, width, channels)` or `(count, height, width, channels)` with 1, 3
            or 4 channels. Floats are brightnesses from 0 to 1 (what lies outside is
            cut off, NaN is black), uint8 from 0 to 255.
        description: Markdown that TensorBoard shows with it.

    Raises:
        ValueError: If it is neither a PNG nor an array of such a shape and type.

    Example:
        >>> value = image("checkerboard", np.indices((4, 6)).sum(axis=0) % 2 == 0)[0]
        >>> value.tensor.string_val[:2]  # width and height
        [b'6', b'4']
    """
    if isinstance(picture, bytes):
        files = [picture]
        try:
            with Image.open(io.BytesIO(picture), formats=["PNG"]) as opened:
                width, height = opened.size
        except OSError:
            raise ValueError(
                "`picture` must be the bytes of a PNG file, or an array. Received: "
                f"{len(picture)} bytes beginning with {picture[:8]!r}"
            ) from None
    else:
        pixels = to_pixels(picture)
        height, width = pixels.shape[1:3]
        files = [png(one) for one in pixels]
    content = [str(width).encode(), str(height).encode(), *files]
    return [
        summary_pb2.Summary.Value(
            tag=tag,
            metadata=image_metadata.create_summary_metadata(None, description),
            tensor=tensor_util.make_tensor_proto(content, types_pb2.DT_STRING),
        )
    ]


def figure(
    tag: str, drawing: Figure, description: str | None = None, *, dpi: float = 100
) -> list[Value]:
    """Returns a matplotlib figure for the Images tab.

    It is drawn without pyplot, so this may be done in a background thread.

    Args:
        tag: Name of the picture.
        drawing: The figure. It stays open and as it is.
        description: Markdown that TensorBoard shows with it.
        dpi: Pixels per inch of the figure's size.

    Example:
        >>> from matplotlib.figure import Figure
        >>> value = figure("curve", Figure(figsize=(4, 3)))[0]
        >>> value.tensor.string_val[:2]
        [b'400', b'300']
    """
    file = io.BytesIO()
    drawing.savefig(file, format="png", dpi=dpi)
    return image(tag, file.getvalue(), description)


def text(tag: str, markdown: str, description: str | None = None) -> list[Value]:
    """Returns a text for the Text tab.

    Args:
        tag: Name of the text.
        markdown: The text.
        description: Markdown that TensorBoard shows with it.

    Raises:
        TypeError: If `markdown` is not a str.

    Example:
        >>> text("verdict", "High **variance**.")[0].tensor.string_val
        [b'High **variance**.']
    """
    if not isinstance(markdown, str):
        raise TypeError(
            f"`markdown` must be a str. Received: markdown={markdown!r}. Use str(...) "
            "or f'...' on what is to be shown."
        )
    return list(text_summary.text_pb(tag, markdown, description).value)


def to_pixels(pictures: Any) -> np.ndarray:
    """Returns pictures as uint8 of shape `(count, height, width, channels)`.

    Args:
        pictures: As `picture` of `image`.

    Raises:
        ValueError: If shape or type are none of these.

    Example:
        >>> to_pixels([[0.0, 0.5, 2.0]]).ravel()
        array([  0, 128, 255], dtype=uint8)
    """
    array = np.asarray(pictures)
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim == 3:
        array = array[None]
    if array.ndim != 4 or array.shape[-1] not in (1, 3, 4) or 0 in array.shape:
        raise ValueError(
            "A picture must have the shape (height, width), (height, width, channels) "
            "or (count, height, width, channels), with 1, 3 or 4 channels. Received: "
            f"shape={np.shape(pictures)}. Channels come last."
        )
    if array.dtype == np.uint8:
        return array
    if array.dtype == bool:
        return array * np.uint8(255)
    # bfloat16, which NumPy does not know as a float, has the kind "V".
    if array.dtype.kind not in "fV":
        raise ValueError(
            "A picture must hold floats from 0 to 1, booleans, or uint8 from 0 to 255. "
            f"Received: dtype={array.dtype}. Use .astype('uint8') if that is the range."
        )
    brightness = np.nan_to_num(array.astype(np.float32), nan=0.0)
    return np.rint(np.clip(brightness, 0, 1) * 255).astype(np.uint8)


def png(pixels: np.ndarray) -> bytes:
    """Returns the PNG file of one picture.

    Args:
        pixels: uint8 of shape `(height, width, channels)`, with 1, 3 or 4 channels.

    Example:
        >>> png(np.zeros((2, 2, 3), "uint8"))[1:4]
        b'PNG'
    """
    file = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(
        file, format="PNG"
    )
    return file.getvalue()


def _buckets(values: np.ndarray, count: int) -> np.ndarray:
    """Returns left edge, right edge and number of values by bucket.

    As TensorBoard's own `histogram_pb`, which needs an array of `count` numbers for
    each value; for a million weights that is slow.
    """
    table = np.zeros((count, 3))
    if not values.size:
        return table
    low, high = values.min(), values.max()
    with np.errstate(over="ignore"):
        width = (high - low) / count
    if np.isinf(width) or width < 2 * np.spacing(max(abs(low), abs(high))):
        # A single value; or a range in which float64 has no room for the edges.
        table[:, :2] = low
        table[-1, 1:] = high, values.size
        return table
    edges = np.linspace(low, high, count + 1)
    # Its place among buckets of equal width, the highest value in the last of them.
    # Ten times faster than np.histogram, which also finds what lies on an edge.
    places = np.minimum((values - low) * (1.0 / width), count - 1).astype(np.intp)
    table[:, 0], table[:, 1] = edges[:-1], edges[1:]
    table[:, 2] = np.bincount(places, minlength=count)
    return table


def _all_buckets(arrays: Sequence[np.ndarray], count: int) -> np.ndarray | None:
    """The buckets of all arrays, `(arrays, count, 3)`; None if one is special."""
    sizes = np.array([array.size for array in arrays])
    if not sizes.size or not sizes.all():
        return None
    values = np.concatenate([array.ravel() for array in arrays]).astype(np.float64)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    low, high = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
    with np.errstate(over="ignore", invalid="ignore"):
        width = (high - low) / count
        least = 2 * np.spacing(np.maximum(np.abs(low), np.abs(high)))
        if not np.all(np.isfinite(width) & (width >= least)):
            return None
    places = (values - np.repeat(low, sizes)) * np.repeat(1.0 / width, sizes)
    places = np.minimum(places, count - 1).astype(np.intp)
    places += np.repeat(np.arange(len(sizes)) * count, sizes)
    tables = np.empty((len(sizes), count, 3))
    edges = low[:, None] + width[:, None] * np.arange(count + 1)
    edges[:, -1] = high
    tables[:, :, 0], tables[:, :, 1] = edges[:, :-1], edges[:, 1:]
    counts = np.bincount(places, minlength=len(sizes) * count)
    tables[:, :, 2] = counts.reshape(len(sizes), count)
    return tables


@functools.cache
def _table_shape(buckets: int) -> Any:
    dims = [tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in (buckets, 3)]
    return tensor_shape_pb2.TensorShapeProto(dim=dims)
