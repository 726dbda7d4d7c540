"""Gradient checks drawn."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from tfkit.plots.figure import BLUE, COLOURS, VERMILION, new_figure, shortened

if TYPE_CHECKING:
    # A picture needs no TensorFlow; the check's modules do.
    from tfkit.diagnose.gradient_check.result import GradientCheck

_COLOUR = {"fine": BLUE, "look closer": COLOURS[1], "bug": VERMILION}
_MARKER = {"fine": "o", "look closer": "s", "bug": "X"}
_LOWEST, _MOST = 1e-13, 40


def gradient_differences(check: GradientCheck) -> Figure:
    """Draws the relative difference of each tensor on the course's bands.

    Args:
        check: What `gradient_check` returned. With a check after training, both are
            drawn; of more than 40 tensors, those with the largest differences.

    Example:
        >>> import keras
        >>> from tfkit.diagnose.gradient_check import gradient_check
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> figure = gradient_check(model, np.eye(2), np.ones((2, 1))).plot()
        >>> figure.axes[0].get_xlabel()
        'relative difference of gradient and differences'
    """
    from tfkit.diagnose.gradient_check.differences import pass_bar

    stages = [("now", check)]
    if check.later is not None:
        stages.append(("after training", check.later))
    order = {tensor.path: k for k, tensor in enumerate(check.tensors)}
    largest: dict[str, float] = {}
    for _, stage in stages:
        for tensor in stage.tensors:
            value = _drawn(tensor.difference)
            largest[tensor.path] = max(largest.get(tensor.path, 0.0), value)
    kept = sorted(largest, key=lambda path: -largest[path])[:_MOST]
    paths = sorted(kept, key=order.__getitem__)
    rows = {path: row for row, path in enumerate(paths)}
    figure = new_figure(8.0, float(np.clip(0.3 * len(paths) + 1.9, 2.8, 14.0)))
    axes = figure.subplots()
    axes.set_xscale("log")
    bar = pass_bar(check.epsilon)
    right = 2.0
    axes.axvspan(_LOWEST / 2, bar, color=BLUE, alpha=0.08, lw=0)
    axes.axvspan(bar, 1e-3, color=COLOURS[1], alpha=0.10, lw=0)
    axes.axvspan(1e-3, right, color=VERMILION, alpha=0.10, lw=0)
    for name, left, end in (
        ("fine", _LOWEST / 2, bar),
        ("look closer", bar, 1e-3),
        ("bug", 1e-3, right),
    ):
        axes.text(
            float(np.sqrt(left * end)),
            -0.75,
            name,
            ha="center",
            va="center",
            color=_COLOUR[name],
            fontsize=9,
        )
    for k, (name, stage) in enumerate(stages):
        for tensor in stage.tensors:
            if tensor.path not in rows:
                continue
            colour = _COLOUR[tensor.level]
            axes.plot(
                _drawn(tensor.difference),
                rows[tensor.path],
                _MARKER[tensor.level],
                color=colour,
                markerfacecolor=colour if k == 0 else "none",
            )
        if len(stages) > 1:
            fill = "black" if k == 0 else "none"
            axes.plot([], [], "o", color="black", markerfacecolor=fill, label=name)
    if len(stages) > 1:
        figure.legend(loc="outside lower center", ncols=2, fontsize=9)
    axes.set_yticks(range(len(paths)), [shortened(path, 40) for path in paths])
    axes.set(
        xlabel="relative difference of gradient and differences",
        xlim=(_LOWEST / 2, right),
        ylim=(len(paths) - 0.4, -1.1),
    )
    # Two or three lines: paths of nested models are long.
    axes.set_title(textwrap.fill(check.verdict, 70), fontsize=11)
    axes.grid(axis="x", alpha=0.3)
    return figure


def _drawn(difference: float) -> float:
    """A place on the scale; NaN is as wrong as can be."""
    return 1.0 if np.isnan(difference) else max(difference, _LOWEST)
