"""The cost over the learning rate that rises through a range test."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from tfkit.plots.figure import BLUE, COLOURS, VERMILION, new_figure

_GREEN = COLOURS[2]


def learning_rate_curve(
    rates: ArrayLike,
    costs: ArrayLike,
    smoothed: ArrayLike,
    *,
    title: str = "",
    suggestion: float | None = None,
    steepest: float | None = None,
    start: float | None = None,
    diverged_at: float | None = None,
) -> Figure:
    """Draws the cost of each step of a range test on a logarithmic axis.

    Args:
        rates: Ascending learning rates, `(n,)`.
        costs: Cost at each, `(n,)`, drawn pale.
        smoothed: Smoothed cost, `(n,)`.
        title: Written above.
        suggestion: Rate to mark as the suggested one.
        steepest: Rate to mark as that of the steepest descent.
        start: Cost without training, drawn as a level.
        diverged_at: Rate at which the test stopped.

    Raises:
        ValueError: If the three have different lengths.

    Example:
        >>> figure = learning_rate_curve([0.01, 0.1, 1], [2, 1, 3], [2, 1, 2.5])
        >>> figure.axes[0].get_xscale()
        'log'
    """
    rates, costs, smoothed = (np.asarray(part) for part in (rates, costs, smoothed))
    if not rates.shape == costs.shape == smoothed.shape:
        raise ValueError(
            "`rates`, `costs` and `smoothed` must have the same length. Received: "
            f"shapes {rates.shape}, {costs.shape} and {smoothed.shape}."
        )
    figure = new_figure(8.0, 3.8)
    axes = figure.subplots()
    axes.set_xscale("log")
    axes.plot(rates, costs, color=BLUE, alpha=0.25, linewidth=1)
    axes.plot(rates, smoothed, color=BLUE, label="cost, smoothed")
    if start is not None:
        axes.axhline(start, color="gray", linestyle=":", label="without training")
    if suggestion is not None:
        label = f"suggested (valley): {suggestion:.2g}"
        axes.axvline(suggestion, color=_GREEN, linewidth=2, label=label)
    if steepest is not None:
        label = f"steepest descent: {steepest:.2g}"
        axes.axvline(steepest, color=COLOURS[1], linestyle="--", label=label)
    if diverged_at is not None:
        label = f"diverged: {diverged_at:.2g}"
        axes.axvline(diverged_at, color=VERMILION, linestyle="-.", label=label)
    if len(smoothed):
        low = min(float(smoothed.min()), float(costs.min()))
        top = max(
            float(smoothed[0]), start if start is not None else float(smoothed[0])
        )
        reach = (top - low) or abs(top) or 1.0
        # A divergence would press all else to the ground.
        axes.set_ylim(low - 0.08 * reach, top + 0.6 * reach)
    axes.set(xlabel="learning rate", ylabel="cost of the batch")
    axes.set_title(title, fontsize=10)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, loc="lower left")
    return figure
