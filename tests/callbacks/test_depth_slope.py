"""The slope of the gradients over depth: plain numbers, no model, no TensorFlow."""

import math
import subprocess
import sys

import numpy as np
import pytest

from tfkit.callbacks.depth_slope import depth_slope


@pytest.mark.parametrize(
    ("weight", "layers", "verdict"),
    [
        (1.5, 20, "exploding"),  # the notes' example: 1.5^19 = 2217
        (0.5, 20, "vanishing"),  # 0.5^19 = 1 / 524288
        (1.5, 12, "healthy"),  # 1.5^11 = 86
        (1.5, 13, "exploding"),  # 1.5^12 = 130
        (0.5, 7, "healthy"),  # 0.5^6 = 1 / 64
        (0.5, 8, "vanishing"),  # 0.5^7 = 1 / 128
    ],
)
def test_depth_slope_of_the_notes_network(weight, layers, verdict):
    # The first layer's gradient went back through layers - 1 factors, the last's none.
    norms = [weight ** (layers - 1 - depth) for depth in range(layers)]
    found = depth_slope(norms)
    assert found.verdict == verdict
    assert bool(found.advice) == (verdict != "healthy")
    # An exact line: rounding in float64 only.
    assert found.slope == pytest.approx(-math.log(weight), rel=1e-12)
    assert found.span == pytest.approx(weight ** (1 - layers), rel=1e-9)


def test_depth_slope_is_the_least_squares_line():
    norms = np.random.default_rng(0).lognormal(0, 2, size=9)
    slope = np.polyfit(np.arange(9), np.log(norms), 1)[0]
    found = depth_slope({f"layer_{i}": norm for i, norm in enumerate(norms)})
    assert found.slope == pytest.approx(slope, rel=1e-10)  # two ways in float64
    assert found.span == pytest.approx(math.exp(8 * slope), rel=1e-9)


def test_depth_slope_needs_three_layers():
    assert depth_slope([1e-9, 1.0]).verdict == "too shallow to say"
    assert depth_slope([1e-9, math.nan, 1.0]).verdict == "too shallow to say"
    assert depth_slope([1e-9, 1e-4, 1.0]).verdict == "vanishing"


def test_depth_slope_with_gradients_of_zero():
    assert depth_slope([0.0, 0.0, 0.0]).verdict == "no gradient"
    found = depth_slope([0.0, 0.0, 1.0, 1.0])
    assert found.verdict == "vanishing"
    assert math.isfinite(found.slope)


def test_depth_slope_leaves_the_place_of_what_is_not_finite():
    assert depth_slope([1.0, math.nan, 4.0, 8.0]).slope == pytest.approx(math.log(2))


def test_depth_slope_refuses_negative_norms():
    with pytest.raises(ValueError, match="must be norms of gradients"):
        depth_slope([1.0, -1.0, 1.0])


def test_depth_slope_loads_no_tensorflow():
    program = (
        "import sys; from tfkit.callbacks.depth_slope import depth_slope;"
        "depth_slope([1.0, 2.0, 3.0]);"
        "print({'tensorflow', 'keras'} & set(sys.modules) or 'none')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "none"
