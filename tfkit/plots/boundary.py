"""Where in the plane a classifier of two inputs decides for which class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from tfkit._checks import check_count
from tfkit._predictions import (
    check_lengths,
    class_numbers,
    class_probabilities,
    names_of,
)
from tfkit.plots.figure import COLOURS, MARKERS, new_figure, shortened

_MARGIN = 0.08  # of the range, on each side
_MOST_EXAMPLES = 2000  # more would hide the regions below them
_MOST_IN_LEGEND = 20


def decision_boundary(
    predict: Callable[[np.ndarray], Any],
    x: ArrayLike,
    y: ArrayLike,
    class_names: Sequence[str] | None = None,
    normalized: bool = False,
    *,
    resolution: int = 200,
) -> Figure:
    """Draws the regions of a classifier's classes, and the examples over them.

    A region's colour is that of its class, the paler the less sure the classifier is.
    Black lines are where two classes are equally probable.

    Args:
        predict: Gives probabilities for float32 inputs `(k, 2)`: `(k, classes)`, or
            `(k,)` or `(k, 1)` for one sigmoid unit. Called once, with
            `k = resolution**2`; `model.predict` with `verbose=0` is one.
        x: Inputs of the examples, `(n, 2)`.
        y: Class numbers `(n,)` or `(n, 1)`, or one-hot rows `(n, classes)`.
        class_names: Name of each class. Default: their numbers.
        normalized: Whether `x` are in standard deviations from the mean, for the
            labels of the axes.
        resolution: Points along each axis at which `predict` is asked. Int >= 2.

    Raises:
        ValueError: If `x` does not have two columns or is not finite, or what `predict`
            gives is no probabilities.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(20, 2))
        >>> figure = decision_boundary(
        ...     lambda grid: 1 / (1 + np.exp(-grid[:, 0])), x, x[:, 0] > 0
        ... )
        >>> figure.axes[0].get_xlabel()
        'feature 1'
    """
    resolution = check_count("resolution", resolution, minimum=2, hint="Use 200.")
    points = np.asarray(x, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(
            f"`x` must have the shape (n, 2). Received: shape {points.shape}. For more "
            "inputs there is no plane to draw; see tfkit.plots.confusion_matrix."
        )
    if not np.isfinite(points).all():
        raise ValueError(
            "`x` must be finite. Received: NaN or infinity in row "
            f"{int((~np.isfinite(points)).any(axis=1).argmax())}. Clean the data first."
        )
    horizontal, vertical = (_range(column, resolution) for column in points.T)
    grid = np.stack(np.meshgrid(horizontal, vertical), axis=-1).reshape(-1, 2)
    p = class_probabilities(predict(grid.astype(np.float32)))
    check_lengths(grid=grid, probabilities=p)
    classes = p.shape[1]
    labels = class_numbers(y, classes, name="y")
    check_lengths(x=points, y=labels)
    names = names_of(class_names, classes)

    figure = new_figure(7.0, 5.2)
    axes = figure.subplots()
    _draw_regions(axes, horizontal, vertical, p.reshape(resolution, resolution, -1))
    shown = len(points) > _MOST_EXAMPLES
    chosen = np.linspace(0, len(points) - 1, min(len(points), _MOST_EXAMPLES)).round()
    _draw_examples(axes, points[chosen.astype(int)], labels[chosen.astype(int)], names)
    unit = " (standard deviations from the mean)" if normalized else ""
    axes.set(
        title=f"{_MOST_EXAMPLES} of {len(points)} examples" if shown else "",
        xlabel=f"feature 1{unit}",
        ylabel=f"feature 2{unit}",
        xlim=(horizontal[0], horizontal[-1]),
        ylim=(vertical[0], vertical[-1]),
    )
    return figure


def _range(column: np.ndarray, resolution: int) -> np.ndarray:
    low, high = column.min(), column.max()
    margin = _MARGIN * (high - low) or 1.0
    return np.linspace(low - margin, high + margin, resolution)


def _draw_regions(
    axes: Axes, horizontal: np.ndarray, vertical: np.ndarray, p: np.ndarray
) -> None:
    classes = p.shape[-1]
    colours = np.array([to_rgb(COLOURS[k % len(COLOURS)]) for k in range(classes)])
    best = p.argmax(axis=-1)
    # From 0, all classes alike, to 1, no doubt.
    sure = (p.max(axis=-1) - 1 / classes) / (1 - 1 / classes)
    weight = np.clip(0.10 + 0.35 * sure, 0.0, 1.0)[..., None]
    axes.imshow(
        1 - weight * (1 - colours[best]),
        origin="lower",
        extent=(horizontal[0], horizontal[-1], vertical[0], vertical[-1]),
        aspect="auto",
        interpolation="nearest",
    )
    for k in range(classes):
        margin = p[..., k] - np.delete(p, k, axis=-1).max(axis=-1)
        # Of two classes the second line would be the first again.
        if margin.min() < 0 < margin.max() and not (classes == 2 and k == 1):
            axes.contour(
                horizontal, vertical, margin, levels=[0.0], colors="black", linewidths=1
            )


def _draw_examples(
    axes: Axes, points: np.ndarray, labels: np.ndarray, names: Sequence[str]
) -> None:
    for k, name in enumerate(names):
        axes.scatter(
            points[labels == k, 0],
            points[labels == k, 1],
            s=float(np.clip(16000 / len(points), 12, 40)),
            color=COLOURS[k % len(COLOURS)],
            marker=MARKERS[k % len(MARKERS)],
            edgecolors="white",
            linewidths=0.5,
            label=shortened(name, 24),
        )
    if len(names) <= _MOST_IN_LEGEND:
        axes.figure.legend(loc="outside right upper", title="true class")
