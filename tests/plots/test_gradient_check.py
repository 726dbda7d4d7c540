"""The picture against the numbers that it shows."""

import dataclasses

import numpy as np

from tfkit.diagnose.gradient_check.result import GradientCheck, TensorCheck
from tfkit.plots.gradient_check import gradient_differences


def check(*differences):
    levels = ["fine" if d <= 1e-7 else "bug" for d in differences]
    tensors = tuple(
        TensorCheck(f"dense_{k}/kernel", f"dense_{k}", (2,), d, level, 1.0, 1.0)
        for k, (d, level) in enumerate(zip(differences, levels, strict=True))
    )
    return GradientCheck("full", 0.1, None, tensors, (), 1.0, 0.0, 1e-16, 4)


def points(axes):
    lines = [line for line in axes.lines if len(line.get_xdata())]
    return {(float(line.get_xdata()[0]), int(line.get_ydata()[0])) for line in lines}


def test_each_tensor_has_its_place():
    axes = gradient_differences(check(1e-9, 0.3)).axes[0]
    assert points(axes) == {(1e-9, 0), (0.3, 1)}
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["dense_0/kernel", "dense_1/kernel"]
    assert axes.get_title() == "a bug: dense_1/kernel (difference 3.0e-01)"


def test_zero_and_nan_have_a_place():
    axes = gradient_differences(check(0.0, np.nan)).axes[0]
    assert points(axes) == {(1e-13, 0), (1.0, 1)}


def test_both_stages_are_drawn():
    both = dataclasses.replace(check(1e-9), later=check(1e-8))
    figure = gradient_differences(both)
    axes = figure.axes[0]
    assert points(axes) == {(1e-9, 0), (1e-8, 0)}
    assert [t.get_text() for t in figure.legends[0].get_texts()] == [
        "now",
        "after training",
    ]


def test_the_worst_of_many_tensors_are_kept():
    axes = gradient_differences(check(*np.geomspace(1e-12, 1e-1, 60))).axes[0]
    assert len(points(axes)) == 40
    assert axes.get_yticklabels()[-1].get_text() == "dense_59/kernel"
