"""Errors over the amount of data, and over the strength of regularization."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator, PercentFormatter

from tfkit.plots.figure import BLUE, COLOURS, VERMILION, new_figure

if TYPE_CHECKING:
    from tfkit.diagnose.learning_curves import (
        CurvePoint,
        LearningCurve,
        RegularizationCurve,
    )


def error_by_examples(curve: LearningCurve) -> Figure:
    """Draws train and dev error over the number of training examples.

    Args:
        curve: What `tfkit.diagnose.learning_curve` returned.

    Returns:
        Both errors with their 95 % intervals as bands, the human level, and, where a
        power law holds up, its course to twice the data.
    """
    sizes = [point.at for point in curve.points]
    figure, axes = _figure(curve.verdict)
    axes.set_xscale("log")
    _draw(axes, sizes, curve.points)
    if curve.power_law is not None and curve.twice_the_data is not None:
        course = np.geomspace(sizes[0], 2 * sizes[-1], 100)
        errors = [curve.power_law.at(examples) for examples in course]
        axes.plot(course, errors, ":", color=VERMILION, label="power law of dev")
        twice = curve.twice_the_data
        axes.errorbar(
            2 * sizes[-1],
            twice.value,
            [[twice.value - twice.low], [twice.high - twice.value]],
            fmt="o",
            markerfacecolor="white",
            color=VERMILION,
            capsize=3,
        )
        sizes = [*sizes, 2 * sizes[-1]]
    human = curve.judgement.errors["human"]
    axes.axhline(human, color="gray", linestyle="--", label="human level")
    axes.set_xlabel("training examples")
    axes.set_xticks(sizes)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.legend(frameon=False)
    return figure


def error_by_strength(curve: RegularizationCurve) -> Figure:
    """Draws train and dev error over the strength of regularization.

    Args:
        curve: What `tfkit.diagnose.regularization_curve` returned.

    Returns:
        Both errors with their 95 % intervals, one place a strength at equal distances;
        the strengths that are as good as the best are shaded.
    """
    places = range(len(curve.points))
    figure, axes = _figure(curve.verdict)
    good = [i for i, p in enumerate(curve.points) if p.at in curve.as_good]
    axes.axvspan(
        good[0] - 0.4,
        good[-1] + 0.4,
        color=COLOURS[2],
        alpha=0.12,
        linewidth=0,
        label="as good as the best",
    )
    _draw(axes, list(places), curve.points)
    best = [point.at for point in curve.points].index(curve.best)
    axes.axvline(best, color="gray", linestyle=":", label=f"best: {curve.best:g}")
    # By name, not by value: 0 has no place on a logarithmic scale.
    axes.set_xticks(list(places), [f"{point.at:g}" for point in curve.points])
    axes.set_xlabel("strength of regularization")
    axes.legend(frameon=False)
    return figure


def _figure(verdict: str) -> tuple[Figure, Axes]:
    figure = new_figure(7.0, 4.4)
    axes = figure.subplots()
    axes.set_title(textwrap.fill(verdict, 80), fontsize=10)
    axes.set_ylabel("error, inference mode")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _draw(axes: Axes, places: Sequence[float], points: Sequence[CurvePoint]) -> None:
    for name, colour in (("train", BLUE), ("dev", VERMILION)):
        errors = [getattr(point, name) for point in points]
        axes.fill_between(
            places,
            [error.low for error in errors],
            [error.high for error in errors],
            color=colour,
            alpha=0.15,
            linewidth=0,
        )
        axes.plot(places, [e.value for e in errors], "o-", color=colour, label=name)
    axes.set_ylim(bottom=0.0)
