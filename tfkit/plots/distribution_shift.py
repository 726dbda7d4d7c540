"""Where two sets of data differ, and what is in both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from tfkit.plots.figure import BLUE, COLOURS, VERMILION, new_figure, shortened

if TYPE_CHECKING:
    from tfkit.diagnose.distribution_shift import DistributionShift, DuplicateReport

# The most different ones are of interest; more would not be readable.
_FEATURES = 15
_CLASSES = 15
_GREY = "#9a9a9a"
_TITLES = {
    "different": "{b} is not distributed as {a}",
    "same": "no difference between {a} and {b}",
    "unclear": "not enough data to tell {a} from {b}",
}


def shift_chart(report: DistributionShift) -> Figure:
    """Draws how far each feature has moved, and the share of each class in both sets.

    Args:
        report: Of `tfkit.diagnose.distribution_shift`.

    Example:
        >>> from tfkit.diagnose.distribution_shift import distribution_shift
        >>> generator = np.random.default_rng(0)
        >>> a, b = generator.normal(size=(2, 200, 3))
        >>> figure = shift_chart(distribution_shift(a, b + [0, 0, 1]))
        >>> figure.get_suptitle().split(" (")[0]
        'dev is not distributed as train'
    """
    features = report.features[:_FEATURES]
    classes = report.classes[:_CLASSES]
    rows = max(len(features), 1.4 * len(classes), 3)
    figure = new_figure(11.0 if classes else 7.5, 0.3 * rows + 1.9)
    axes = figure.subplots(1, 2 if classes else 1, squeeze=False)[0]
    _draw_features(axes[0], report, len(features))
    if classes:
        _draw_classes(axes[1], report, len(classes))
    a, b = report.names
    finding = _TITLES[report.outcome].format(a=a, b=b)
    figure.suptitle(f"{finding} (AUC of a classifier {report.auc:.2f})")
    return figure


def _draw_features(axes: Axes, report: DistributionShift, count: int) -> None:
    a, b = report.names
    axes.axvline(0, color="black", linewidth=0.8)
    shown = report.features[:count]
    for row, item in enumerate(shown):
        colour = VERMILION if item.differs else _GREY
        if item.shift is None:
            axes.plot(0, row, "D", color=colour)
            axes.annotate(
                f"  {item.distance:.0%} in other categories",
                (0, row),
                va="center",
                color=colour,
            )
        else:
            axes.barh(row, item.shift, height=0.65, color=colour)
    axes.set_yticks(range(count), [shortened(item.name, 28) for item in shown])
    axes.set_ylim(max(count, 1) - 0.4, -0.6)
    # A tiny difference should look tiny.
    reach = max([0.5, *(1.1 * abs(item.shift or 0.0) for item in shown)])
    axes.set_xlim(-reach, reach)
    of = f", {count} of {len(report.features)}" if count < len(report.features) else ""
    differing = sum(item.differs for item in report.features)
    axes.set_title(f"features{of}: {differing} differ", fontsize=10)
    axes.set_xlabel(f"mean of {b} - mean of {a} (standard deviations)")
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)


def _draw_classes(axes: Axes, report: DistributionShift, count: int) -> None:
    a, b = report.names
    shown = report.classes[:count]
    rows = np.arange(count)
    axes.barh(
        rows - 0.2, [item.share_a for item in shown], height=0.38, color=BLUE, label=a
    )
    axes.barh(
        rows + 0.2,
        [item.share_b for item in shown],
        height=0.38,
        color=COLOURS[1],
        label=b,
    )
    axes.set_yticks(rows, [shortened(item.name, 20) for item in shown])
    for label, item in zip(axes.get_yticklabels(), shown, strict=True):
        label.set_color(VERMILION if item.differs else "black")
    axes.set_ylim(count - 0.4, -0.6)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    of = f", {count} of {len(report.classes)}" if count < len(report.classes) else ""
    differing = sum(item.differs for item in report.classes)
    axes.set_title(f"classes{of}: {differing} differ", fontsize=10)
    axes.set_xlabel("share of the examples")
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)
    # Room for the legend beside the bars.
    axes.set_xlim(0, 1.35 * max(max(item.share_a, item.share_b) for item in shown))
    axes.legend(loc="lower right")


def overlap_chart(report: DuplicateReport) -> Figure:
    """Draws which share of each split is there twice: equal, near, or by its group.

    Args:
        report: Of `tfkit.diagnose.find_duplicates`.

    Example:
        >>> from tfkit.diagnose.distribution_shift import find_duplicates
        >>> x = np.arange(8.0).reshape(4, 2)
        >>> overlap_chart(find_duplicates(x, x[:2])).axes[0].get_title()
        'leakage: 2 of 2 dev examples (100.0%) are in train'
    """
    bars = [(report.title(overlap), overlap, False) for overlap in report.overlaps]
    bars += [
        (report.group_title(overlap), overlap, True) for overlap in report.shared_groups
    ]
    figure = new_figure(7.5, 0.4 * len(bars) + 1.7)
    axes = figure.subplots()
    largest = max(overlap.share for _, overlap, _ in bars)
    named: set[str] = set()
    for row, (_, overlap, is_group) in enumerate(bars):
        start = 0.0
        kinds = (
            [("same group", overlap.exact, COLOURS[1])]
            if is_group
            else [
                ("equal", overlap.exact, VERMILION),
                ("near", overlap.near, COLOURS[4]),
            ]
        )
        for kind, count, colour in kinds:
            share = count / overlap.size
            label = kind if count and kind not in named else None
            named |= {kind} if count else set()
            axes.barh(row, share, left=start, height=0.6, color=colour, label=label)
            start += share
        axes.annotate(
            f"{len(overlap.indices)} of {overlap.size}",
            (start, row),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
        )
    axes.set_yticks(range(len(bars)), [title for title, _, _ in bars])
    axes.set_ylim(len(bars) - 0.4, -0.6)
    # Room for the numbers behind the longest bar.
    axes.set_xlim(0, max(1.3 * largest, 0.01))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_xlabel("share of the split's examples")
    axes.set_title(report.verdict.replace("; ", "\n"), fontsize=11)
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)
    if named:
        axes.legend(loc="best")
    return figure
