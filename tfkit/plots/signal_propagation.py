"""What goes through a network before training, and what it learns by heart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tfkit.plots.figure import BLUE, VERMILION, new_figure, shortened

if TYPE_CHECKING:
    from tfkit.diagnose.checkup import Checkup
    from tfkit.diagnose.signal_propagation import SignalPropagation

_MOST_NAMES = 40
_TITLE_LENGTH = 78


def signal_profile(report: SignalPropagation) -> Figure:
    """Draws the standard deviations of activations and gradients by depth.

    Both on logarithmic scales, on which a factor a layer is a straight line. The layers
    that have kernels are marked by dots: through these the factor is fitted.

    Args:
        report: What `tfkit.diagnose.signal_propagation` returned.

    Returns:
        Two panels side by side that share the axis of the layers, the input's on top.

    Example:
        >>> import keras, numpy as np
        >>> from tfkit.diagnose.signal_propagation import signal_propagation
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
        >>> figure = signal_profile(signal_propagation(model, np.eye(2)))
        >>> [axes.get_xlabel() for axes in figure.axes]
        ['std of activations', 'std of gradients']
    """
    names = [layer.name for layer in report.layers]
    depth = np.arange(len(names))
    height = float(np.clip(0.27 * len(names) + 1.6, 3.0, 13.0))
    figure = new_figure(9.5, height)
    panels = figure.subplots(1, 2, sharey=True)
    has_kernel = np.array([layer.has_kernel for layer in report.layers], bool)
    for axes, values, what, factor, way, colour in (
        (
            panels[0],
            [layer.std for layer in report.layers],
            "std of activations",
            report.forward_factor,
            "towards the output",
            BLUE,
        ),
        (
            panels[1],
            [layer.gradient_std for layer in report.layers],
            "std of gradients",
            report.backward_factor,
            "towards the input",
            VERMILION,
        ),
    ):
        numbers = np.array([np.nan if v is None else v for v in values], np.float64)
        usable = np.isfinite(numbers) & (numbers > 0)
        axes.set_xscale("log")
        # NaN breaks the line, so that it does not pass over a layer without a value.
        axes.plot(np.where(usable, numbers, np.nan), depth, "-", color=colour, lw=1)
        dots = usable & has_kernel
        axes.plot(numbers[dots], depth[dots], "o", color=colour)
        for layer in np.flatnonzero(np.isfinite(numbers) & (numbers == 0)).tolist():
            transform = axes.get_yaxis_transform()
            axes.text(0.02, layer, "0", va="center", color=colour, transform=transform)
        if usable.any():
            # At least one decade to each side: rounding is no trend.
            low, high = numbers[usable].min(), numbers[usable].max()
            axes.set_xlim(
                10.0 ** np.floor(np.log10(low / 2)), 10.0 ** np.ceil(np.log10(high * 2))
            )
        else:
            axes.set_xticks([])
            axes.set_xticks([], minor=True)
        if np.isfinite(factor):
            axes.set_title(f"× {factor:.3g} per layer {way}", fontsize=10)
        axes.set_xlabel(what)
        axes.grid(alpha=0.3)
    if len(names) <= _MOST_NAMES:
        panels[0].set_yticks(depth, [shortened(name, 28) for name in names])
    else:
        panels[0].yaxis.set_major_locator(MaxNLocator(integer=True))
        panels[0].set_ylabel("layer, from input to output")
    panels[0].set_ylim(max(len(names), 1) - 0.5, -0.5)
    figure.suptitle(
        shortened(f"Before training: {report.verdict}", _TITLE_LENGTH), fontsize=12
    )
    return figure


def overfit_curve(report: Checkup) -> Figure:
    """Draws the cost of the few examples that a sound network learns by heart.

    Args:
        report: What `tfkit.diagnose.checkup` returned.

    Returns:
        The cost by step, and the levels of a constant prediction and of "near 0". An
        empty plot that says so where it was not tried.

    Example:
        >>> import numpy as np
        >>> from tfkit.diagnose.checkup import Checkup
        >>> report = Checkup((), (), None, (0.7, 0.3, 0.05), 0.69, 1.0)
        >>> overfit_curve(report).axes[0].get_title()
        'Checkup: sound'
    """
    figure = new_figure(7.0, 4.0)
    axes = figure.subplots()
    title = shortened(f"Checkup: {report.verdict}", _TITLE_LENGTH)
    axes.set_title(title, fontsize=11)
    costs = np.array(report.overfit_costs, np.float64)
    if not costs.size:
        axes.set_axis_off()
        axes.text(
            0.5,
            0.5,
            "overfit one batch: not tried, an earlier fault stands in its way",
            ha="center",
            va="center",
            transform=axes.transAxes,
        )
        return figure
    steps = np.arange(costs.size)
    shown = np.isfinite(costs)
    axes.plot(steps[shown], costs[shown], color=BLUE, label="a few examples")
    baseline = report.overfit_baseline
    if np.isfinite(baseline) and baseline > 0:
        for level, text, style in (
            (baseline, "best constant prediction", "--"),
            (0.1 * baseline, "a tenth of it: known by heart", ":"),
        ):
            axes.axhline(level, color=VERMILION, ls=style, lw=1, label=text)
    if (costs[shown] > 0).all():
        axes.set_yscale("log")
    axes.set(xlabel="step", ylabel="cost without dropout and penalties")
    axes.grid(alpha=0.3)
    axes.legend(loc="best", fontsize=9)
    return figure
