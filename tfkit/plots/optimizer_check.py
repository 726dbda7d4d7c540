"""An optimizer's steps beside those of its formula."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tfkit.plots.figure import COLOURS, MARKERS, new_figure

if TYPE_CHECKING:
    from tfkit.diagnose.optimizer_check import OptimizerCheck

# Where no difference is drawn: float64 has nothing below.
_FLOOR = 1e-17


def update_differences(check: OptimizerCheck) -> Figure:
    """Draws how far each step of an optimizer is from its formula's.

    Args:
        check: What `check_optimizer` returned.

    Example:
        >>> from tfkit.diagnose.optimizer_check import check_optimizer
        >>> figure = update_differences(check_optimizer("sgd", steps=2))
        >>> figure.axes[0].get_xlabel()
        'step'
    """
    figure = new_figure(6.0, 4.2)
    axes = figure.subplots()
    steps = np.arange(1, len(check.differences) + 1)
    for place, name in enumerate(check.variables):
        # NaN, an answer without a number, is as far off as can be.
        column = np.nan_to_num(check.differences[:, place], nan=1.0)
        axes.plot(
            steps,
            np.maximum(column, _FLOOR),
            marker=MARKERS[place],
            color=COLOURS[place],
            label=name,
            clip_on=False,
        )
    axes.axhline(check.bar, color="black", linestyle="--", linewidth=1)
    axes.annotate(
        f"agree up to {check.bar:g}",
        (steps[0], check.bar),
        xytext=(0, 3),
        textcoords="offset points",
        fontsize="small",
    )
    first = check.first_difference
    axes.set(
        title=(
            f"{check.optimizer} updates as its formula says"
            if first is None
            else f"{check.optimizer} parts from its formula in step {first[0]} "
            f"({first[1]})"
        ),
        xlabel="step",
        ylabel="relative difference",
        yscale="log",
        ylim=(_FLOOR, 2.0),
    )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure
