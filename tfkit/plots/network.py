"""What goes on inside a network: its first weights, and a number by depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from tfkit.plots.figure import BLUE, VERMILION, new_figure, shortened
from tfkit.plots.tiles import draw_tiles

_MOST_FILTERS = 64
_MOST_NAMES = 60


def first_layer_filters(kernel: ArrayLike, input_shape: Sequence[int | None]) -> Figure:
    """Shows the weights of each unit of the first layer as an image.

    Strokes, edges and blobs mean that the layer has learned; noise, that it has hardly
    moved from its initial weights, or overfits. The units of largest norm come first,
    at most 64.

    Args:
        kernel: Of a Dense layer on flattened images, `(height * width * channels,
            units)`; or of a Conv2D layer, `(height, width, channels, filters)`.
        input_shape: Shape of one image: `(height, width)` or
            `(height, width, channels)`. Conv2D may leave height and width None.

    Returns:
        One tile a unit. With one channel, colour is the weight's sign and size; three
        channels are shown as RGB, mid-grey being 0; of any other number the mean is
        shown, and the title says so.

    Raises:
        ValueError: If `kernel` is no kernel of Dense or Conv2D on such images, or not
            finite.

    Example:
        >>> kernel = np.random.default_rng(0).normal(size=(64, 100))
        >>> figure = first_layer_filters(kernel, (8, 8))
        >>> figure.axes[0].get_title()
        'first layer: weights of 64 of 100 units, largest norm first'
    """
    weights, what = _filters(np.asarray(kernel, dtype=np.float64), tuple(input_shape))
    if not np.isfinite(weights).all():
        raise ValueError(
            "`kernel` must be finite. Received: NaN or infinity in "
            f"{int((~np.isfinite(weights)).sum())} weights. The network has diverged: "
            "lower the learning rate."
        )
    units = len(weights)
    norms = np.linalg.norm(weights.reshape(units, -1), axis=1)
    order = np.argsort(-norms, kind="stable")[:_MOST_FILTERS]
    weights, note = weights[order], ""
    if weights.shape[3] not in (1, 3):
        note = f"\nmean over {weights.shape[3]} input channels"
        weights = weights.mean(axis=3, keepdims=True)
    limit = float(np.abs(weights).max()) or 1.0
    colour = weights.shape[3] == 3
    if colour:
        note = f"\nRGB: mid-grey is 0, full colour ±{limit:.3g}"
    figure, axes = draw_tiles(
        weights / (2 * limit) + 0.5 if colour else weights[..., 0],
        [f"{what} {index}" for index in order],
        columns=8,
        inches=1.05,
        fontsize=8,
        **({} if colour else {"cmap": "RdBu", "vmin": -limit, "vmax": limit}),
        colorbar="" if colour else "weight",
    )
    shown = f"{len(order)} of {units}" if len(order) < units else f"all {units}"
    axes.set_title(
        f"first layer: weights of {shown} {what}s, largest norm first{note}",
        fontsize=11,
    )
    return figure


def layer_profile(
    values_by_layer: Mapping[str, float],
    what: str,
    unit: str = "",
    *,
    slope: bool = False,
) -> Figure:
    """Draws one number for each layer on a logarithmic scale, the input's layer on top.

    Gradients that vanish or explode lie on a straight line here: each layer multiplies
    them by about the same factor. `slope` fits it by least squares, log10(value) against
    the layer's position, and writes the factor.

    Args:
        values_by_layer: A number >= 0 for each layer, from input to output. Zeros and
            what is not finite have no place on the scale; they are marked at its edge.
        what: Name of the number, such as "gradient norm".
        unit: Its unit, such as "cost per weight"; "" for none.
        slope: Whether to fit a line; takes two positive values at least.

    Raises:
        ValueError: If there is no layer, or a value is negative.

    Example:
        >>> norms = {"dense": 0.001, "dense_1": 0.01, "dense_2": 0.1}
        >>> figure = layer_profile(norms, "gradient norm", "L2", slope=True)
        >>> figure.axes[0].get_legend().get_texts()[0].get_text()
        '× 10 per layer towards the output'
    """
    names = list(values_by_layer)
    values = np.array([float(value) for value in values_by_layer.values()])
    if not names or (values < 0).any():
        raise ValueError(
            "`values_by_layer` must hold a number >= 0 for at least one layer. "
            f"Received: {dict(values_by_layer)!r}. Take the norm or the absolute value."
        )
    depth = np.arange(len(names))
    usable = np.isfinite(values) & (values > 0)
    figure = new_figure(8.0, float(np.clip(0.3 * len(names) + 1.4, 2.6, 14.0)))
    axes = figure.subplots()
    axes.set_xscale("log")
    # NaN breaks the line, so that it does not pass over a layer without a value.
    axes.plot(np.where(usable, values, np.nan), depth, "o-", color=BLUE)
    if slope and usable.sum() >= 2:
        rise, start = np.polyfit(depth[usable], np.log10(values[usable]), 1)
        ends = depth[usable][[0, -1]]
        axes.plot(
            10 ** (start + rise * ends),
            ends,
            "--",
            color=VERMILION,
            label=f"× {10**rise:.3g} per layer towards the output",
        )
        axes.legend(loc="best")
    if usable.any():
        axes.set_xlim(_limits(values[usable]))
    else:
        axes.set_xticks([])
        axes.set_xticks([], minor=True)
    for layer in np.flatnonzero(~usable).tolist():
        # At the left edge, whatever the scale: x in shares of the axes, y in layers.
        transform = axes.get_yaxis_transform()
        axes.plot(0.01, layer, "x", color=VERMILION, transform=transform, clip_on=False)
        axes.text(
            0.03,
            layer,
            f"{values[layer]:g}".replace("nan", "NaN"),
            color=VERMILION,
            va="center",
            transform=transform,
        )
    if len(names) <= _MOST_NAMES:
        axes.set_yticks(depth, [shortened(name, 32) for name in names])
    else:
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(
        xlabel=f"{what} ({unit})" if unit else what,
        ylabel="layer, from input to output",
        ylim=(len(names) - 0.5, -0.5),
    )
    axes.grid(alpha=0.3)
    return figure


def _limits(values: np.ndarray) -> tuple[float, float]:
    """Returns whole powers of ten around the values, with a factor of 2 to spare."""
    low = np.floor(np.log10(values.min() / 2))
    return float(10**low), float(10 ** np.ceil(np.log10(values.max() * 2)))


def _filters(
    kernel: np.ndarray, input_shape: tuple[int | None, ...]
) -> tuple[np.ndarray, str]:
    """Returns the kernel as images `(units, height, width, channels)`, and its kind."""
    if len(input_shape) == 2:
        input_shape = (*input_shape, 1)
    received = f"Received: kernel of shape {kernel.shape}, input_shape={input_shape}."
    if len(input_shape) != 3:
        raise ValueError(
            "`input_shape` must be (height, width) or (height, width, channels). "
            f"{received} Leave the batch axis out."
        )
    if kernel.ndim == 2:
        if None in input_shape or kernel.shape[0] != np.prod(input_shape):  # type: ignore[arg-type]
            raise ValueError(
                "A Dense `kernel` must have height * width * channels rows. "
                f"{received} Give the shape of the image before it was flattened."
            )
        return kernel.T.reshape(-1, *input_shape), "unit"  # type: ignore[arg-type]
    if kernel.ndim != 4 or kernel.shape[2] != input_shape[2]:
        raise ValueError(
            "`kernel` must be of a Dense layer (inputs, units), or of a Conv2D layer "
            f"(height, width, channels, filters) on such images. {received} Pass "
            "layer.kernel of the first layer."
        )
    return kernel.transpose(3, 0, 1, 2), "filter"
