"""What a classifier predicts: which classes it confuses, how sure it is, how wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from tfkit._checks import check_count
from tfkit._predictions import (
    check_lengths,
    class_numbers,
    class_probabilities,
    mistakes_by_cost,
    names_of,
)
from tfkit.plots.figure import BLUE, VERMILION, new_figure, shortened
from tfkit.plots.tiles import draw_tiles

# Beyond that a number has no room in its cell, and names no room beside their row.
_MOST_NUMBERS, _MOST_NAMES = 30, 60
# In larger matrices most counts are 0, and would hide those that are not.
_MOST_ZEROS = 12


# scikit-learn's ConfusionMatrixDisplay and PrecisionRecallDisplay draw on pyplot's
# figures, which only the main thread may use; its numbers are taken, not its pictures.
def confusion_matrix(
    matrix: ArrayLike, class_names: Sequence[str] | None = None
) -> Figure:
    """Draws how often each class was taken for each.

    A cell's number is the count, its colour the count's share of the true class (its
    row): rare classes are seen as well as frequent ones. Above 30 classes the numbers
    are left out.

    Args:
        matrix: Counts, `(classes, classes)`; rows are the true, columns the predicted
            classes. `sklearn.metrics.confusion_matrix` gives it.
        class_names: Name of each class. Default: their numbers.

    Raises:
        ValueError: If `matrix` is not square, empty, or holds what is no count; if
            there are names, but not one for each class.

    Example:
        >>> figure = confusion_matrix([[8, 2], [0, 10]], ["cat", "dog"])
        >>> figure.axes[0].get_title()
        'accuracy 90.0 % (18 of 20)'
    """
    counts = np.asarray(matrix)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not counts.size:
        raise ValueError(
            "`matrix` must have the shape (classes, classes). Received: shape "
            f"{counts.shape}. `sklearn.metrics.confusion_matrix` gives one."
        )
    if not np.all((counts >= 0) & (counts == np.floor(counts))):
        raise ValueError(
            "`matrix` must hold counts, whole numbers >= 0. Received: values from "
            f"{counts.min()} to {counts.max()}. Do not normalize it: the colours are."
        )
    names = names_of(class_names, len(counts))
    rows = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(rows, 1)
    side = float(np.clip(0.36 * len(counts) + 2.6, 4.6, 11.0))
    figure = new_figure(side + 1.2, side)
    axes = figure.subplots()
    picture = axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    figure.colorbar(
        picture,
        label="share of the true class",
        format=PercentFormatter(1.0),
        shrink=0.8,
    )
    # Every n-th name where there is no room for all.
    ticks = np.arange(0, len(names), -(-len(names) // _MOST_NAMES))
    labels = [shortened(names[tick], 18) for tick in ticks]
    size = float(np.clip(420 / len(ticks) / 2, 6, 10))
    # A letter is about 0.6 of its height wide; a column, the side less what is around.
    column = (side - 1.6) / len(labels)
    too_wide = max(map(len, labels)) * 0.6 * size / 72 > column
    axes.set_xticks(ticks, labels, rotation=90 if too_wide else 0, fontsize=size)
    axes.set_yticks(ticks, labels, fontsize=size)
    if len(counts) <= _MOST_NUMBERS:
        _write_counts(axes, counts, shares)
    right, total = int(np.trace(counts)), int(counts.sum())
    axes.set(
        title=f"accuracy {100 * right / max(total, 1):.1f} % ({right} of {total})",
        xlabel="predicted class",
        ylabel="true class",
    )
    return figure


def precision_recall(
    labels: ArrayLike, scores: ArrayLike, *, positive: str = "class 1"
) -> Figure:
    """Draws precision against recall for every threshold of a binary classifier.

    Marked are the point at the threshold 0.5, which `predict` implies, and the share of
    positive examples: the precision of guessing.

    Args:
        labels: 0 or 1, `(n,)` or `(n, 1)`; or one-hot rows `(n, 2)`.
        scores: Probability of class 1, `(n,)` or `(n, 1)`; or of both, `(n, 2)`.
        positive: Name of class 1.

    Raises:
        ValueError: If the two do not fit, `scores` are no probabilities of two classes,
            or no example is positive.

    Example:
        >>> figure = precision_recall([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9])
        >>> figure.axes[0].get_title()
        'class 1: average precision 0.833'
    """
    from sklearn import metrics  # takes a second to import

    p = class_probabilities(scores)
    if p.shape[1] != 2:
        raise ValueError(
            "`scores` must be of a binary classifier: (n,), (n, 1) or (n, 2). Received: "
            f"shape {p.shape}. For one class against the rest, pass labels == k and "
            "scores[:, k]."
        )
    y = class_numbers(labels, 2)
    check_lengths(labels=y, scores=p)
    if not y.any():
        raise ValueError(
            "`labels` must hold at least one positive example. Received: "
            f"{len(y)} labels, all 0. Recall is undefined; take a bigger sample."
        )
    precision, recall, _ = metrics.precision_recall_curve(y, p[:, 1])
    average = metrics.average_precision_score(y, p[:, 1])
    figure = new_figure(6.0, 4.8)
    axes = figure.subplots()
    axes.plot(recall, precision, color=BLUE, drawstyle="steps-post", linewidth=2)
    axes.axhline(
        y.mean(),
        color="gray",
        linestyle=":",
        label=f"guessing: {100 * y.mean():.1f} % are positive",
    )
    found = p[:, 1] > 0.5
    if found.any():
        at = (float(y[found].sum() / y.sum()), float(y[found].mean()))
        axes.plot(
            *at,
            "o",
            color=VERMILION,
            markersize=9,
            linestyle="none",
            clip_on=False,
            zorder=3,
            label=f"threshold 0.5: precision {100 * at[1]:.1f} %, "
            f"recall {100 * at[0]:.1f} %",
        )
    else:
        axes.plot([], [], " ", label="threshold 0.5: none is predicted positive")
    axes.set(
        title=f"{shortened(positive, 30)}: average precision {average:.3f}",
        xlabel="recall (share of the positive examples that is found)",
        ylabel="precision (share of the found that is positive)",
        xlim=(0.0, 1.0),
        ylim=(0.0, 1.03),
    )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    return figure


def worst_mistakes(
    images: ArrayLike,
    labels: ArrayLike,
    predicted: ArrayLike,
    probabilities: ArrayLike,
    class_names: Sequence[str] | None = None,
    *,
    count: int = 25,
) -> Figure:
    r"""Shows the wrongly classified images that cost most, -log p(true class).

    Look at them before anything else: they are wrong labels, bad images, or what the
    training set lacks.

    Args:
        images: Grey `(n, height, width)` or `(n, height, width, 1)`, or RGB
            `(n, height, width, 3)`. uint8 and floats in [0, 1] are shown as they are;
            of other ranges, such as normalized images, the 1st percentile becomes
            black and the 99th white.
        labels: Class numbers `(n,)`, or one-hot rows `(n, classes)`.
        predicted: Predicted class numbers `(n,)`.
        probabilities: Shape `(n, classes)`; or `(n,)` or `(n, 1)`, that of class 1.
        class_names: Name of each class. Default: their numbers.
        count: Most images to show. Int >= 1.

    Returns:
        A grid of images, the most costly first; without mistakes, a line that says so.

    Raises:
        ValueError: If shapes do not fit, or probabilities are none.

    Example:
        >>> images = np.random.default_rng(0).uniform(size=(3, 8, 8))
        >>> p = [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]]
        >>> figure = worst_mistakes(images, [1, 0, 0], [0, 1, 0], p, ["cat", "dog"])
        >>> [text.get_text() for text in figure.axes[0].texts]
        ['true dog\npredicted cat, 90 %', 'true cat\npredicted dog, 80 %']
    """
    count = check_count("count", count, hint="The default is 25.")
    pictures = _pictures(images)
    p = class_probabilities(probabilities)
    y = class_numbers(labels, p.shape[1])
    answers = class_numbers(predicted, p.shape[1], name="predicted")
    check_lengths(images=pictures, labels=y, predicted=answers, probabilities=p)
    names = names_of(class_names, p.shape[1])
    wrong = mistakes_by_cost(y, answers, p)
    worst = wrong[:count]
    if not len(worst):
        return _message(f"no mistakes among {len(y)} examples")
    figure, axes = draw_tiles(
        _displayable(pictures[worst]),
        [
            f"true {shortened(names[y[i]], 13)}\n"
            f"predicted {shortened(names[answers[i]], 13)}, "
            f"{100 * p[i, answers[i]]:.0f} %"
            for i in worst
        ],
        columns=4,
        inches=1.9,
        fontsize=9,
        cmap="gray",
        vmin=0.0,
        vmax=1.0,
    )
    axes.set_title(
        f"mistakes of highest cost: {len(worst)} of {len(wrong)}, "
        f"among {len(y)} examples",
        fontsize=11,
    )
    return figure


def _write_counts(axes: Axes, counts: np.ndarray, shares: np.ndarray) -> None:
    size = float(np.clip(150 / len(counts), 5.5, 12))
    for (row, column), number in np.ndenumerate(counts):
        if not number and len(counts) > _MOST_ZEROS:
            continue
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(
            column,
            row,
            f"{int(number)}",
            ha="center",
            va="center",
            color=colour if number else "#a0a0a0",
            fontsize=size,
        )


def _pictures(images: ArrayLike) -> np.ndarray:
    """Returns images `(n, h, w)` or `(n, h, w, 3)`."""
    pictures = np.asarray(images)
    if pictures.ndim == 4 and pictures.shape[3] == 1:
        pictures = pictures[..., 0]
    if not (pictures.ndim == 3 or (pictures.ndim == 4 and pictures.shape[3] == 3)):
        raise ValueError(
            "`images` must be grey (n, height, width) or RGB (n, height, width, 3). "
            f"Received: shape {pictures.shape}. Reshape flattened images; for other "
            "inputs, print(tfkit.diagnose.judge_predictions(labels, probabilities))."
        )
    return pictures


def _displayable(pictures: np.ndarray) -> np.ndarray:
    """Returns the pictures with values in [0, 1]."""
    if pictures.dtype == np.uint8:
        return pictures / 255.0
    values = pictures.astype(np.float64)
    finite = values[np.isfinite(values)]
    if finite.size and (finite.min() < 0 or finite.max() > 1):
        # Pixels that hardly vary get huge values when normalized; they would leave the
        # range of all others to one grey.
        low, high = np.percentile(finite, (1, 99))
        if low == high:
            low, high = finite.min(), finite.max()
        values = (values - low) / ((high - low) or 1.0)
    return np.clip(np.nan_to_num(values, nan=0.0), 0.0, 1.0)


def _message(text: str) -> Figure:
    figure = new_figure(6.0, 1.0)
    figure.text(0.5, 0.5, text, ha="center", va="center", fontsize=12)
    return figure
