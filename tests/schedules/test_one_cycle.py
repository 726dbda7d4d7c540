import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfkit.schedules import OneCycle


def reference(epoch, peak, epochs, fraction, start_divisor, end_divisor):
    """Cosine annealing between three points, written as fastai's combined_cos."""

    def anneal(start, end, position):
        return start + (1 + math.cos(math.pi * (1 - position))) * (end - start) / 2

    warmup = fraction * epochs
    if epoch >= epochs:
        return peak / end_divisor
    if epoch < warmup:
        return anneal(peak / start_divisor, peak, epoch / warmup)
    return anneal(peak, peak / end_divisor, (epoch - warmup) / (epochs - warmup))


@pytest.mark.parametrize("fraction", [0.0, 0.25, 0.3, 1.0])
def test_is_the_formula(fraction):
    schedule = OneCycle(0.4, 10, warmup_fraction=fraction, end_divisor=1e3)
    grid = np.linspace(0, 12, 97)
    # Differences from the peak of 0.4 in float64.
    np.testing.assert_allclose(
        schedule.at_epoch(grid),
        [reference(e, 0.4, 10, fraction, 25.0, 1e3) for e in grid],
        rtol=0,
        atol=1e-15,
    )


@given(
    peak=st.floats(1e-5, 10),
    epochs=st.floats(0.5, 200),
    fraction=st.floats(0.01, 0.99),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_goes_up_once_and_down_once(peak, epochs, fraction):
    schedule = OneCycle(peak, epochs, warmup_fraction=fraction)
    warmup = fraction * epochs
    slack = 1e-12 * peak  # rounding of the cosine
    up = schedule.at_epoch(np.linspace(0, warmup, 50))
    down = schedule.at_epoch(np.linspace(warmup, epochs, 50))
    assert np.all(np.diff(up) >= -slack)
    assert np.all(np.diff(down) <= slack)
    assert np.all(up > 0)
    assert np.all(down > 0)
    assert max(up.max(), down.max()) <= peak + slack
    assert schedule.at_epoch(0) == pytest.approx(peak / 25)
    assert schedule.at_epoch(2 * epochs) == pytest.approx(peak / 1e5, rel=1e-9)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"peak": 0.0}, ValueError, r"`peak` must .* > 0\. Received: peak=0\.0"),
        ({"epochs": -1}, ValueError, r"`epochs` must .* > 0\. Received: epochs=-1"),
        ({"warmup_fraction": 1.5}, ValueError, r"`warmup_fraction` .* <= 1\..*=1\.5"),
        ({"start_divisor": 0.5}, ValueError, r"`start_divisor` .* >= 1\..*=0\.5"),
        ({"end_divisor": None}, TypeError, r"`end_divisor` .* >= 1\..*=None"),
    ],
)
def test_refuses_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        OneCycle(**{"peak": 1.0, "epochs": 10, **arguments})
