"""How fast training goes, by batch size."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from tfkit.plots.figure import BLUE, COLOURS, new_figure

_GREEN = COLOURS[2]


def batch_size_curve(
    sizes: Sequence[int],
    speeds: Sequence[float],
    *,
    suggestion: int | None = None,
    target: float | None = None,
    title: str = "",
) -> Figure:
    """Draws the speed of training over the batch size.

    Args:
        sizes: Batch sizes, ascending.
        speeds: Examples per second with each.
        suggestion: Size to mark as the suggested one.
        target: Share of the highest speed to draw as a level.
        title: Written above.

    Raises:
        ValueError: If the two have different lengths, or there is none.

    Example:
        >>> figure = batch_size_curve([32, 64], [1e4, 1.5e4], suggestion=64)
        >>> [text.get_text() for text in figure.axes[0].get_xticklabels()]
        ['32', '64']
    """
    if len(sizes) != len(speeds) or not len(sizes):
        raise ValueError(
            "`sizes` and `speeds` must have the same length, at least 1. Received: "
            f"{len(sizes)} and {len(speeds)}."
        )
    figure = new_figure(7.0, 3.6)
    axes = figure.subplots()
    axes.set_xscale("log", base=2)
    axes.plot(sizes, speeds, "o-", color=BLUE)
    if target is not None:
        axes.axhline(
            target * max(speeds),
            color="gray",
            linestyle=":",
            label=f"{100 * target:.0f} % of the top speed",
        )
    if suggestion is not None:
        label = f"suggested: {suggestion}"
        axes.axvline(suggestion, color=_GREEN, linewidth=2, label=label, zorder=1)
    axes.set_xticks(list(sizes), [str(size) for size in sizes])
    axes.set_xticks([], minor=True)
    axes.set(xlabel="batch size (examples)", ylabel="examples per second")
    axes.set_ylim(0, 1.15 * max(speeds))
    axes.set_title(title, fontsize=10)
    axes.grid(alpha=0.3)
    if suggestion is not None or target is not None:
        # Below the axes: inside, the line of the suggestion may run through it.
        axes.legend(
            frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=2
        )
    return figure
