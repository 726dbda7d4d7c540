"""Costs of trainings that worked and did not, most of them taken from real ones."""

import math

import numpy as np
import pytest

from tfkit.diagnose.recipe_failure import failure_of

NAN = float("nan")


@pytest.mark.parametrize(
    ("loss", "classes", "text"),
    [
        # digits, gradient descent: at rates of 1000 and 20; Adam at 10 and at 0.3.
        ([1.71e19], 10, "the cost is 1.71e+19, against ln 10 = 2.3 for chance"),
        (
            [1.89e3, 4.14, 3.34, 3.65, 2.93, 2.96],
            10,
            "the cost was 1.89e+03 in epoch 1 and is 2.93 at the end, against ln 10",
        ),
        ([611, 25.4, 19.4, 4.95, 3.68, 3.03], 10, "was 611 in epoch 1 and is 3.03"),
        ([105, 3.72, 2.26, 2.78, 2.76, 2.4], 10, "is 2.4 at the end"),
        # wine, gradient descent at a rate of 3.
        ([4.25, 4.6e5], 3, "is 4.6e+05, against ln 3 = 1.1 for chance"),
        ([4.25, 4.6e5], None, "the cost rose from 4.25 to 4.6e+05"),
        ([2.0, 1.0, NAN, NAN], 10, "no number from epoch 3 on after 1, against ln 10"),
        ([NAN], None, "the cost was no number from epoch 1 on"),
        ([math.inf, 1.0], None, "no number from epoch 1 on"),
        ([0.6, 0.9, 1.5, 1.6], 10, "the cost rose from 0.6 to 1.5, against ln 10"),
    ],
)
def test_a_cost_that_went_up(loss, classes, text):
    failure = failure_of(np.array(loss), classes)
    assert text in failure.text
    assert failure.diverged


def test_a_cost_that_stands_above_chance():
    # digits, Adam at a rate of 1e-8.
    stands = failure_of(np.array([2.55, 2.55, 2.53, 2.57, 2.57, 2.58]), 10)
    assert stands.text == "the cost stands at 2.57, against ln 10 = 2.3 for chance"
    assert not stands.diverged


@pytest.mark.parametrize(
    ("loss", "classes", "penalized"),
    [
        ([], 10, False),
        ([1.33, 0.459, 0.303, 0.257], 10, False),
        # digits without normalization: high at first, and then it learns.
        ([7.72, 2.51, 1.43, 1.1, 0.882, 0.816], 10, False),
        # One epoch of an untrained network; falling, but slowly.
        ([2.9], 10, False),
        ([2.9, 2.8, 2.7], 10, False),
        # One bad epoch at the end of a good training is an accident.
        ([1.0, 0.6, 0.5, 2.6], 10, False),
        # What is next to nothing may double.
        ([0.01, 0.04, 0.05], 10, False),
        # A strong penalty: 20 and 9 of weights, not of mistakes.
        ([22.0, 15.0, 11.0, 9.0], 10, True),
        ([9.0, 9.0, 9.0], 10, True),
        # Without the number of classes 2.6 is a cost like another.
        ([2.6, 2.6, 2.6], None, False),
    ],
)
def test_these_worked_or_nothing_can_be_said(loss, classes, penalized):
    assert failure_of(np.array(loss, float), classes, penalized=penalized) is None


def test_a_penalty_does_not_hide_an_explosion():
    assert failure_of(np.array([1.71e19]), 10, penalized=True).diverged
