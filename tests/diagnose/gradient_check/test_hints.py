"""Each hint from a tensor spoiled in that way."""

import numpy as np
import pytest

from tfkit.diagnose.gradient_check.hints import hint_for

RIGHT = np.random.default_rng(0).normal(size=(5, 5))
WEIGHT = np.random.default_rng(1).normal(size=(5, 5))


def masked(where):
    wrong = RIGHT.copy()
    wrong[where] = 0
    return wrong


@pytest.mark.parametrize(
    ("analytic", "hint"),
    [
        (2 * RIGHT, "off by a factor of 2"),
        (RIGHT / 2, "off by a factor of 1/2"),
        (-RIGHT, "the sign"),
        (32 * RIGHT, "a 1/m is missing"),
        (RIGHT / 32, "divided twice"),
        (1.7 * RIGHT, "off by a factor of 1.7"),
        (RIGHT.T, "transpose"),
        (0 * RIGHT, "detached"),
        (np.roll(RIGHT, 1, 0), "shifted by one along axis 0"),
        (np.roll(RIGHT, -1, 1), "shifted by one along axis 1"),
        (RIGHT[::-1], "reversed along axis 0"),
        (RIGHT - 0.3 * WEIGHT, "off by -0.3 times the weight itself"),
        (RIGHT + 0.25, "off by the constant 0.25"),
        (masked((slice(None), 3)), "wrong in 5 of 25 coordinates: 0 there"),
        (masked((slice(None), 3)), "index 3 of axis 1"),
        (np.sin(9 * RIGHT), "no simple relation"),
        (np.full((5, 5), np.nan), "NaN"),
    ],
)
def test_mistakes_are_named(analytic, hint):
    assert hint in hint_for(analytic, RIGHT, weight=WEIGHT, examples=32)


def test_mask_that_the_derivative_lacks():
    masked_cost = RIGHT.copy()
    masked_cost[2] = 0
    found = hint_for(RIGHT, masked_cost, weight=WEIGHT)
    assert "wrong in 5 of 25" in found
    assert "a mask is missing in the derivative (index 2 of axis 0)" in found


def test_part_with_a_factor():
    wrong = RIGHT.copy()
    wrong[0] *= -1
    found = hint_for(wrong, RIGHT, weight=WEIGHT)
    assert "(index 0 of axis 0); there off by a factor of -1" in found


def test_path_and_dependence():
    zero = np.zeros((5, 5))
    assert "detached" in hint_for(zero, RIGHT, weight=WEIGHT, connected=False)
    assert "does not depend on it" in hint_for(RIGHT, zero, weight=WEIGHT)
