import dataclasses
import io
import itertools

import keras
import numpy as np
import pytest

from tfkit.diagnose.checkup import Checkup
from tfkit.diagnose.signal_propagation import signal_propagation
from tfkit.plots.signal_propagation import overfit_curve, signal_profile


@pytest.fixture(scope="module")
def report():
    half = keras.initializers.Identity(0.5)
    layers = [
        keras.layers.Dense(2, use_bias=False, kernel_initializer=half, name=f"d{i}")
        for i in range(10)
    ]
    model = keras.Sequential([keras.Input((2,)), *layers])
    return signal_propagation(model, np.array([[1.0, -1.0], [-1.0, 1.0]]))


def test_both_panels_hold_the_numbers(report):
    figure = signal_profile(report)
    assert (
        figure.get_suptitle()
        == "Before training: vanishing activations; vanishing gradients"
    )
    activations, gradients = figure.axes
    line = activations.lines[0].get_xdata()
    np.testing.assert_array_equal(line, 0.5 ** np.arange(1, 11))
    ratios = gradients.lines[0].get_xdata()
    # Powers of two are exact.
    np.testing.assert_array_equal(ratios / ratios[-1], 0.5 ** np.arange(9, -1, -1))
    assert activations.get_title() == "× 0.5 per layer towards the output"
    assert gradients.get_title() == "× 0.5 per layer towards the input"
    assert activations.get_yticklabels()[0].get_text() == "d0"


def test_labels_of_a_narrow_range_do_not_overlap():
    # Of a standard deviation of 3 everywhere, one decade is drawn, 1 to 10.
    layers = [
        keras.layers.Dense(
            2,
            use_bias=False,
            kernel_initializer=keras.initializers.Identity(weight),
            # Long names leave little room for the panels.
            name=f"a_layer_of_a_very_long_name_{weight}",
        )
        for weight in (3.0, 1.0, 0.99)
    ]
    model = keras.Sequential([keras.Input((2,)), *layers])
    report = signal_propagation(model, np.array([[1.0, -1.0], [-1.0, 1.0]]))
    figure = signal_profile(report)
    figure.savefig(io.BytesIO())  # lays it out
    for axes in figure.axes:
        labels = axes.get_xticklabels() + axes.get_xticklabels(minor=True)
        low, high = axes.get_xlim()
        boxes = [
            label.get_window_extent()
            for label in labels
            if label.get_text() and low <= label.get_position()[0] <= high
        ]
        assert len(boxes) >= 2
        ordered = sorted(boxes, key=lambda box: box.x0)
        assert all(a.x1 < b.x0 for a, b in itertools.pairwise(ordered))


def test_zeros_and_missing_gradients_have_a_place(report):
    first, *rest = report.layers
    none = dataclasses.replace(first, gradient_std=None, std=0.0)
    figure = signal_profile(dataclasses.replace(report, layers=(none, *rest)))
    activations, gradients = figure.axes
    assert [text.get_text() for text in activations.texts] == ["0"]
    assert np.isnan(gradients.lines[0].get_xdata()[0])
    figure.savefig("/dev/null", format="png")


def test_many_layers_are_numbered(report):
    many = dataclasses.replace(report, layers=report.layers * 10)
    assert signal_profile(many).axes[0].get_ylabel().startswith("layer")


def test_the_curve_has_its_levels():
    report = Checkup((), (), None, (2.3, 1.0, 0.2), 2.3, 1.0)
    axes = overfit_curve(report).axes[0]
    curve, baseline, known = axes.lines
    np.testing.assert_array_equal(curve.get_ydata(), [2.3, 1.0, 0.2])
    assert baseline.get_ydata()[0] == 2.3
    assert known.get_ydata()[0] == pytest.approx(0.23)
    assert axes.get_yscale() == "log"


def test_a_negative_cost_is_drawn_on_a_linear_scale():
    report = Checkup((), (), None, (-1.0, -2.0, float("inf")), -1.0, 1.0)
    axes = overfit_curve(report).axes[0]
    assert axes.get_yscale() == "linear"
    assert len(axes.lines[0].get_xdata()) == 2
