"""What all pictures share: the figure they are drawn on, and its colours."""

from __future__ import annotations

import io

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

# Okabe & Ito, 2008, https://jfly.uni-koeln.de/color/: told apart with every kind of
# colour blindness. Without yellow, which cannot be read on white; black stands last.
COLOURS = (
    "#0072B2",  # blue
    "#E69F00",  # orange
    "#009E73",  # bluish green
    "#CC79A7",  # reddish purple
    "#56B4E9",  # sky blue
    "#D55E00",  # vermilion
    "#000000",  # black
)
BLUE, VERMILION = COLOURS[0], COLOURS[5]
# Of more classes than colours, those that share one still differ in the marker.
MARKERS = ("o", "^", "s", "D", "v", "P", "X", "<", ">", "p", "*")


class NotebookFigure(Figure):
    """A figure that notebooks show; matplotlib's own needs pyplot for that."""

    def _repr_png_(self) -> bytes:
        image = io.BytesIO()
        self.savefig(image, format="png")
        return image.getvalue()


def new_figure(width: float, height: float) -> NotebookFigure:
    """Returns an empty figure of that size in inches, which lays itself out."""
    # matplotlib's own margin of 0.04 inches looks cut off where a page frames a picture.
    margin = ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1)
    return NotebookFigure(figsize=(width, height), layout=margin)


def shortened(text: str, length: int) -> str:
    """Returns the text, its end replaced by an ellipsis where it is too long."""
    return text if len(text) <= length else f"{text[: length - 1]}…"
