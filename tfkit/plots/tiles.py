"""Small pictures side by side in one axes, each with a line or two of text above it.

`keras.visualization.plot_image_gallery` draws through pyplot. One axes for all of them
is also an order of magnitude faster than one each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from tfkit.plots.figure import NotebookFigure, new_figure

_GAP = 0.12  # between two tiles, in widths of a tile
_POINTS = 72.0  # in an inch
_LEAST_WIDTH = 5.5  # inches, for the title above a few tiles


def draw_tiles(
    images: np.ndarray,
    texts: Sequence[str],
    *,
    columns: int,
    inches: float,
    fontsize: float,
    colorbar: str = "",
    **imshow: Any,
) -> tuple[NotebookFigure, Axes]:
    """Draws the images row by row.

    Args:
        images: What `imshow` takes, stacked: `(n, height, width)` or
            `(n, height, width, 3)`.
        texts: Written above each.
        columns: Tiles in a row.
        inches: Width of a tile.
        fontsize: Of the texts, in points.
        colorbar: Label of a colorbar; "" for none.
        **imshow: Passed on to `imshow`, such as `cmap` and `norm`.
    """
    columns = min(columns, len(images))
    rows = math.ceil(len(images) / columns)
    # Data units are widths of a tile. A long, thin input still gets a visible tile.
    height = float(np.clip(images.shape[1] / images.shape[2], 0.25, 4.0))
    lines = max((text.count("\n") + 1 for text in texts if text), default=0)
    text_height = 1.35 * lines * fontsize / _POINTS / inches
    cell = height + text_height + _GAP
    width = columns * (1 + _GAP) - _GAP
    figure = new_figure(
        max(inches * width + (1.3 if colorbar else 0.3), _LEAST_WIDTH),
        inches * rows * cell + 0.7,
    )
    axes = figure.subplots()
    for index, (image, text) in enumerate(zip(images, texts, strict=True)):
        row, column = divmod(index, columns)
        left, top = column * (1 + _GAP), row * cell + text_height
        axes.imshow(
            image,
            extent=(left, left + 1, top + height, top),
            interpolation="nearest",
            **imshow,
        )
        axes.text(
            left + 0.5, top - 0.03, text, ha="center", va="bottom", fontsize=fontsize
        )
    axes.set(xlim=(0, width), ylim=(rows * cell - _GAP, 0), aspect="equal")
    axes.set_axis_off()
    if colorbar:
        figure.colorbar(axes.images[0], ax=axes, label=colorbar, fraction=0.05)
    return figure, axes
