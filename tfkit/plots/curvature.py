"""How many directions bend how much: the spectrum of the Hessian."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from tfkit.plots.figure import BLUE, VERMILION, new_figure


def spectrum(
    eigenvalues: ArrayLike, shares: ArrayLike, tolerance: float, title: str = ""
) -> Figure:
    """Draws eigenvalues with the share of the directions that each stands for.

    Args:
        eigenvalues: Of the Hessian, in cost per squared unit of weight, `(n,)`.
        shares: Share of each, `(n,)`; both scales are logarithmic, so that the few
            large ones show beside the many near zero.
        tolerance: Curvature up to which a direction counts as flat; the scale is linear
            between both signs of it.
        title: Written above.

    Raises:
        ValueError: If the two have different lengths, or there is none.

    Example:
        >>> figure = spectrum([-0.1, 0.0, 5.0], [0.1, 0.8, 0.1], 1e-3, "saddle point")
        >>> figure.axes[0].get_xlabel()
        'curvature (eigenvalue of the Hessian)'
    """
    values, heights = np.asarray(eigenvalues), np.asarray(shares)
    if values.shape != heights.shape or values.ndim != 1 or not values.size:
        raise ValueError(
            "`eigenvalues` and `shares` must be of the same length, at least 1. "
            f"Received: shapes {values.shape} and {heights.shape}."
        )
    tolerance = tolerance or 1e-12
    figure = new_figure(8.0, 3.6)
    axes = figure.subplots()
    axes.set_xscale("symlog", linthresh=tolerance, linscale=0.5)
    axes.set_yscale("log")
    bottom = max(float(heights[heights > 0].min()) / 3, 1e-8)
    for chosen, colour, label in (
        (values < -tolerance, VERMILION, "bends downwards"),
        (np.abs(values) <= tolerance, "gray", "flat"),
        (values > tolerance, BLUE, "bends upwards"),
    ):
        if chosen.any():
            axes.vlines(
                values[chosen], bottom, heights[chosen], color=colour, alpha=0.6
            )
            axes.plot(values[chosen], heights[chosen], "o", color=colour, label=label)
    axes.axvspan(-tolerance, tolerance, color="gray", alpha=0.15, linewidth=0)
    left, right = (
        3 * max(float(side), tolerance) for side in (-values.min(), values.max())
    )
    axes.set(
        xlabel="curvature (eigenvalue of the Hessian)",
        ylabel="share of the directions",
        xlim=(-left, right),
        ylim=(bottom, 2.0),
    )
    axes.set_title(title, fontsize=10)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    return figure
