import pytest

from tfkit.plots.curvature import spectrum


def test_each_sign_has_its_colour():
    (axes,) = spectrum([-1.0, 0.0, 2.0, 3.0], [0.1, 0.5, 0.2, 0.2], 1e-3, "a").axes
    shown = {line.get_label(): line.get_xdata().tolist() for line in axes.lines}
    assert shown == {
        "bends downwards": [-1.0],
        "flat": [0.0],
        "bends upwards": [2.0, 3.0],
    }
    assert axes.get_title() == "a"
    assert axes.get_xlim()[0] < -1 < 3 < axes.get_xlim()[1]


def test_lengths():
    with pytest.raises(ValueError, match=r"same length.*\(2,\) and \(1,\)"):
        spectrum([1.0, 2.0], [1.0], 1e-3)
