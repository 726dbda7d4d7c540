"""What changes over the epochs: costs, accuracies, the learning rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from tfkit.plots.figure import new_figure


def learning_rate(
    epochs: ArrayLike, rates: ArrayLike, *, title: str = "", staircase: bool = False
) -> Figure:
    """Draws a learning rate over the epochs.

    Args:
        epochs: Ascending points in time, epochs from 0, shape `(n,)`.
        rates: The rate at each, shape `(n,)`.
        title: Written above.
        staircase: Whether the rate holds from one point to the next.

    Example:
        >>> figure = learning_rate([0, 1, 2], [0.1, 0.05, 0.025], staircase=True)
        >>> figure.axes[0].get_xlabel()
        'epoch'
    """
    epochs = np.asarray(epochs)
    figure = new_figure(6.0, 3.5)
    axes = figure.subplots()
    axes.plot(epochs, rates, drawstyle="steps-post" if staircase else "default")
    axes.set(
        title=title,
        xlabel="epoch",
        ylabel="learning rate",
        xlim=(epochs[0], epochs[-1]),
    )
    axes.set_ylim(bottom=0.0)
    axes.grid(alpha=0.3)
    return figure


def training_curves(
    history: Mapping[str, Sequence[float]], best_epoch: int | None = None
) -> Figure:
    """Draws the cost and the accuracy of train and dev, and the learning rate.

    Args:
        history: As in `History.history` or `history.csv`: one value an epoch under
            `loss`, `val_loss`, `accuracy`, `val_accuracy`, `learning_rate`. What is
            missing is left out.
        best_epoch: Epoch whose weights were kept, counted from 1; marked by a line.

    Returns:
        One panel for each of cost, accuracy and learning rate that there is.

    Raises:
        ValueError: If there is nothing to draw.

    Example:
        >>> figure = training_curves({"loss": [1.0, 0.5], "val_loss": [1.1, 0.7]})
        >>> [axes.get_ylabel() for axes in figure.axes]
        ['cost']
    """
    panels = [
        ("cost", {"train": "loss", "dev": "val_loss"}),
        ("accuracy", {"train": "accuracy", "dev": "val_accuracy"}),
        ("learning rate", {"": "learning_rate"}),
    ]
    panels = [
        (
            title,
            {label: key for label, key in lines.items() if len(history.get(key, ()))},
        )
        for title, lines in panels
    ]
    panels = [(title, lines) for title, lines in panels if lines]
    if not panels:
        raise ValueError(
            "`history` must hold at least one of loss, val_loss, accuracy, "
            f"val_accuracy, learning_rate. Received the keys: {sorted(history)}"
        )
    figure = new_figure(4.2 * len(panels), 3.2)
    for axes, (title, lines) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True
    ):
        for label, key in lines.items():
            values = history[key]
            axes.plot(range(1, len(values) + 1), values, label=label)
        if best_epoch is not None:
            axes.axvline(best_epoch, color="gray", linestyle=":", label="best epoch")
        axes.set(xlabel="epoch", ylabel=title)
        axes.grid(alpha=0.3)
        if any(lines):
            axes.legend(frameon=False)
    return figure
