import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfkit.diagnose import ErrorRate, bias_variance


# Lecture "Bias / Variance"; the second pair with the dev error of the slide, 16 %
# (the notes print 14 %).
@pytest.mark.parametrize(
    ("train", "dev", "verdict"),
    [
        (0.01, 0.11, "high variance"),
        (0.15, 0.16, "high bias"),
        (0.15, 0.30, "high bias and high variance"),
        (0.005, 0.01, "low bias, low variance"),
    ],
)
def test_the_four_cases_of_the_course(train, dev, verdict):
    assert bias_variance(train_error=train, dev_error=dev).verdict == verdict


def test_human_level_is_the_baseline():
    # The course's blurry images: 15/16 % is fine when people err on 15 %.
    result = bias_variance(train_error=0.15, dev_error=0.16, human_error=0.15)
    assert result.verdict == "low bias, low variance"


def test_train_dev_splits_variance_from_mismatch():
    result = bias_variance(train_error=0.01, train_dev_error=0.015, dev_error=0.10)
    assert result.verdict == "high data mismatch"
    result = bias_variance(train_error=0.01, train_dev_error=0.09, dev_error=0.10)
    assert result.verdict == "high variance"


def test_overfitting_to_dev():
    result = bias_variance(train_error=0.01, dev_error=0.02, test_error=0.1)
    assert result.verdict == "high overfitting to dev"


def test_gap_interval_is_newcombes():
    # Newcombe 1998 (Statistics in Medicine 17:873-890), table II: 56/70 - 48/80,
    # method 10: 0.0524 to 0.3339.
    result = bias_variance(
        train_error=ErrorRate(48, 80), dev_error=ErrorRate(56, 70), human_error=0.6
    )
    variance = result.gaps[1]
    assert (round(variance.low, 4), round(variance.high, 4)) == (0.0524, 0.3339)


def test_a_small_dev_set_cannot_say():
    few = bias_variance(train_error=ErrorRate(0, 100), dev_error=ErrorRate(1, 25))
    assert "not enough data to say" in few.verdict
    assert "bigger dev set" in few.advice[-1]
    many = bias_variance(
        train_error=ErrorRate(0, 100_000), dev_error=ErrorRate(1000, 25_000)
    )
    assert many.verdict == "high variance"


@given(
    train=st.floats(0, 1),
    dev=st.floats(0, 1),
    human=st.floats(0, 1),
)
def test_gaps_add_up(train, dev, human):
    result = bias_variance(train_error=train, dev_error=dev, human_error=human)
    # dev - human = avoidable bias + variance; three roundings of numbers below 1
    np.testing.assert_allclose(
        sum(gap.value for gap in result.gaps), dev - human, atol=1e-15
    )


def test_advice_follows_the_larger_gap():
    result = bias_variance(train_error=0.1, dev_error=0.4)
    assert result.advice[0].startswith("variance: more data")
    assert any(step.startswith("avoidable bias: a bigger") for step in result.advice)
    assert bias_variance(train_error=0.0, dev_error=0.0).advice == ()


def test_text_and_dict():
    result = bias_variance(train_error=ErrorRate(1, 1000), dev_error=0.11)
    assert "variance" in str(result)
    assert "10.9 %" in str(result)
    assert json.loads(json.dumps(result.to_dict()))["verdict"] == "high variance"


@pytest.mark.parametrize("value", [-0.1, 1.5, 15.0])
def test_percentages_are_refused(value):
    with pytest.raises(ValueError, match=r"dev error must be a fraction.*Divide"):
        bias_variance(train_error=0.1, dev_error=value)
