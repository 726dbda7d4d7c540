"""The picture of several runs: their costs on one pair of axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

# Above it, the curves of all but the worst run lie on each other at the bottom.
_LOG_SCALE_FROM = 50.0


def costs(
    histories: Mapping[str, Mapping[str, Sequence[float]]],
    best_epochs: Mapping[str, int | None] | None = None,
) -> Figure:
    """Draws the dev and the train cost of several runs by epoch.

    Each run has a color; its dev cost is a full line, its train cost a dashed one. The
    axis is logarithmic where the costs are positive and far apart.

    Args:
        histories: By the run's label, what `history.csv` holds: one value an epoch
            under `loss` and `val_loss`. Runs that lack one have one line less.
        best_epochs: By label, the epoch whose weights were kept, counted from 1; a dot
            marks it on the dev cost.

    Raises:
        ValueError: If there is nothing to draw.

    Example:
        >>> figure = costs(
        ...     {
        ...         "small": {"loss": [1.0, 0.8], "val_loss": [1.1, 0.9]},
        ...         "big": {"loss": [0.9, 0.5], "val_loss": [1.2, 1.3]},
        ...     },
        ...     best_epochs={"small": 2, "big": 1},
        ... )
        >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
        ['small', 'big', 'dev', 'train', 'best epoch']
    """
    figure = Figure(figsize=(7.0, 4.2), layout="constrained")
    axes = figure.subplots()
    drawn: list[float] = []
    entries: list[Line2D] = []
    for number, (label, history) in enumerate(histories.items()):
        color = f"C{number % 10}"
        for key, style in (("loss", "--"), ("val_loss", "-")):
            values = np.asarray(history.get(key, ()), float)
            epochs = np.arange(1, len(values) + 1)
            # A run of one epoch has no line; its point must be seen.
            marker = "." if len(values) == 1 else None
            # Below the dev cost, which is what the runs are compared by.
            axes.plot(
                epochs,
                values,
                style,
                color=color,
                marker=marker,
                linewidth=1.1 if key == "loss" else 1.8,
                alpha=0.7 if key == "loss" else 1.0,
            )
            drawn += values[np.isfinite(values)].tolist()
        dev = history.get("val_loss", ())
        best = (best_epochs or {}).get(label)
        if best is not None and 1 <= best <= len(dev):
            axes.plot(best, dev[best - 1], "o", color=color)
        entries.append(Line2D([], [], color=color, label=label))
    if not drawn:
        raise ValueError(
            "`histories` must hold a finite `loss` or `val_loss` of at least one "
            "epoch. Received: "
            f"{ {label: sorted(history) for label, history in histories.items()} }. "
            "Train for an epoch first."
        )
    entries += [
        Line2D([], [], color="gray", linewidth=1.8, label="dev"),
        Line2D([], [], color="gray", linewidth=1.1, linestyle="--", label="train"),
    ]
    if any(best is not None for best in (best_epochs or {}).values()):
        entries.append(
            Line2D([], [], color="gray", marker="o", linestyle="", label="best epoch")
        )
    if min(drawn) > 0 and max(drawn) / min(drawn) >= _LOG_SCALE_FROM:
        axes.set_yscale("log")
    axes.set(xlabel="epoch", ylabel="cost")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    # Beside the axes: inside, a legend of many runs would lie on the curves.
    axes.legend(
        handles=entries, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0)
    )
    return figure
