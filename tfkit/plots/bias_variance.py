"""The errors from human level to the test set, and what lies between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from tfkit.plots.figure import BLUE, COLOURS, VERMILION, new_figure, shortened

if TYPE_CHECKING:
    from tfkit.diagnose.bias_variance import BiasVariance

_COLOUR = {"high": VERMILION, "unclear": COLOURS[1], "low": COLOURS[2]}
_ENDS = {
    "avoidable bias": ("human", "train"),
    "data mismatch": ("train-dev", "dev"),
    "overfitting to dev": ("dev", "test"),
}


def error_gaps(judgement: BiasVariance) -> Figure:
    """Draws the error of each part, and each gap with its interval and level.

    Args:
        judgement: What `tfkit.diagnose.bias_variance` returned.

    Returns:
        Bars of the errors, human level on top. Beside them the gaps, each a dot with
        its interval, coloured by level; the dashed line is the tolerance, above which a
        gap is high.

    Example:
        >>> from tfkit.diagnose import bias_variance
        >>> figure = error_gaps(bias_variance(train_error=0.01, dev_error=0.11))
        >>> figure.get_suptitle()
        'high variance'
    """
    names = list(judgement.errors)
    figure = new_figure(9.0, 0.5 * max(len(names), len(judgement.gaps)) + 1.8)
    # The verdict names all gaps; a long one goes on in a second line.
    verdict = shortened(judgement.verdict.replace("; ", "\n"), 160)
    figure.suptitle(verdict, fontsize=11)
    bars, gaps = figure.subplots(1, 2, width_ratios=(1.0, 1.2))
    values = [judgement.errors[name] for name in names]
    bars.barh(range(len(names)), values, color=BLUE, height=0.6)
    for row, value in enumerate(values):
        bars.annotate(
            f"{100 * value:.1f} %",
            (value, row),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
        )
    bars.set(xlabel="error", ylim=(len(names) - 0.5, -0.5))
    bars.set_xlim(0, 1.25 * max(*values, judgement.tolerance))
    bars.set_yticks(range(len(names)), names)
    rows = []
    for row, gap in enumerate(judgement.gaps):
        held_out = "train-dev" if "train-dev" in judgement.errors else "dev"
        lower, upper = _ENDS.get(gap.name, ("train", held_out))
        rows.append(f"{gap.name}\n{upper} − {lower}")
        colour = _COLOUR[gap.level]
        gaps.plot([gap.low, gap.high], [row, row], color=colour, linewidth=2)
        gaps.plot(gap.value, row, "o", color=colour)
    gaps.axvline(
        judgement.tolerance,
        color="gray",
        linestyle="--",
        label=f"tolerance {100 * judgement.tolerance:g} %",
    )
    gaps.axvline(0.0, color="gray", linewidth=0.8)
    gaps.set(xlabel="gap, with its interval", ylim=(len(rows) - 0.5, -0.7))
    gaps.set_yticks(range(len(rows)), rows)
    # Room for the words at the ends, and where all gaps are 0.
    gaps.margins(x=0.15)
    left, right = gaps.get_xlim()
    for row, gap in enumerate(judgement.gaps):
        # Towards the middle, so that no end runs into the names or out of the picture.
        place = (gap.value - left) / (right - left)
        gaps.annotate(
            f"{gap.level}: {100 * gap.value:.1f} %",
            (gap.value, row),
            xytext=(0, 7),
            textcoords="offset points",
            ha="left" if place < 1 / 4 else "right" if place > 3 / 4 else "center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )
    # Below the axes: inside, the line of the tolerance may run through it.
    figure.legend(loc="outside lower right", frameon=False, fontsize=9)
    for axes in (bars, gaps):
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
        axes.grid(axis="x", alpha=0.3)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    return figure
