import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfkit.schedules import (
    ExponentialDecay,
    IntervalDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    SquareRootDecay,
    StaircaseDecay,
)

EPOCHS = np.arange(12.0)

# Both sides are a handful of float64 operations.
ROUNDING = {"rtol": 1e-14}


def test_inverse_time_is_the_formula():
    np.testing.assert_allclose(
        InverseTimeDecay(0.2, 0.3).at_epoch(EPOCHS),
        [1 / (1 + 0.3 * e) * 0.2 for e in EPOCHS],
        **ROUNDING,
    )


def test_inverse_time_matches_the_assignment():
    assert InverseTimeDecay(0.5, 1).at_epoch(2) == 0.16666666666666666


def test_exponential_is_the_formula():
    np.testing.assert_allclose(
        ExponentialDecay(0.2).at_epoch(EPOCHS),
        [0.95**e * 0.2 for e in EPOCHS],
        **ROUNDING,
    )


def test_square_root_counts_from_one():
    np.testing.assert_allclose(
        SquareRootDecay(0.2, 3.0).at_epoch(EPOCHS),
        [3.0 / np.sqrt(epoch_num) * 0.2 for epoch_num in range(1, 13)],
        **ROUNDING,
    )


def test_staircase_is_the_formula():
    np.testing.assert_allclose(
        StaircaseDecay(0.2, 0.5, 5).at_epoch(EPOCHS),
        0.2 * np.array([1] * 5 + [0.5] * 5 + [0.25] * 2),
        **ROUNDING,
    )


@pytest.mark.parametrize(
    ("initial", "rate", "interval", "epoch", "expected"),
    [
        (0.5, 0.3, 100, 10, 0.5),
        (0.5, 0.3, 100, 100, 0.3846153846153846),
        (0.5, 1, 100, 100, 0.25),
        (0.5, 1, 100, 10, 0.5),
        (0.3, 0.25, 100, 1000, 0.085714285),
        (0.3, 0.25, 100, 100, 0.24),
    ],
)
def test_interval_matches_the_assignment(initial, rate, interval, epoch, expected):
    schedule = IntervalDecay(initial, rate, interval)
    # As many digits as the assignment's cases print.
    assert schedule.at_epoch(epoch) == pytest.approx(expected, abs=1e-9)


def test_interval_of_one_is_inverse_time():
    np.testing.assert_array_equal(
        IntervalDecay(0.2, 0.3, 1).at_epoch(EPOCHS),
        InverseTimeDecay(0.2, 0.3).at_epoch(EPOCHS),
    )


def test_piecewise_holds_from_its_epoch_on():
    schedule = PiecewiseConstantDecay({3: 0.01, 0: 0.1, 5: 0.5})
    np.testing.assert_array_equal(
        schedule.at_epoch([0, 2, 3, 4, 5, 100]), [0.1, 0.1, 0.01, 0.01, 0.5, 0.5]
    )


def test_piecewise_changes_inside_an_epoch():
    schedule = PiecewiseConstantDecay([(0, 0.1), (1.5, 0.01)], steps_per_epoch=4)
    rates = [round(float(schedule(step)), 6) for step in range(8)]
    assert rates == [0.1] * 6 + [0.01] * 2


def test_continuous_moves_with_every_step():
    schedule = ExponentialDecay(1.0, 0.25, 2, staircase=False)
    # float32 powers of two.
    np.testing.assert_allclose([float(schedule(s)) for s in range(3)], [1, 0.5, 0.25])


@given(
    initial=st.floats(1e-6, 10),
    rate=st.floats(0, 10),
    base=st.floats(0.01, 1),
    every=st.integers(1, 50),
    epochs=st.lists(st.floats(0, 100), min_size=2, max_size=20).map(sorted),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_decays_are_positive_and_never_rise(initial, rate, base, every, epochs):
    for schedule in (
        InverseTimeDecay(initial, rate, staircase=False),
        ExponentialDecay(initial, base, staircase=False),
        SquareRootDecay(initial, staircase=False),
        InverseTimeDecay(initial, rate),
        StaircaseDecay(initial, base, every),
        IntervalDecay(initial, rate, every),
    ):
        rates = schedule.at_epoch(epochs)
        assert np.all(rates > 0)
        # One rounding of a power may lift the last digit.
        assert np.all(np.diff(rates) <= 1e-15 * rates[:-1])
        assert schedule.at_epoch(0) == initial


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: InverseTimeDecay(0),
            ValueError,
            r"`initial` must .* > 0\..*initial=0\.",
        ),
        (
            lambda: InverseTimeDecay("a"),
            TypeError,
            r"`initial` .*Received: initial='a'",
        ),
        (
            lambda: InverseTimeDecay(0.1, -1),
            ValueError,
            r"`decay_rate` must be a finite number >= 0\. Received: decay_rate=-1\.",
        ),
        (
            lambda: ExponentialDecay(0.1, 1.1),
            ValueError,
            r"`base` must be a finite number > 0 and <= 1\. Received: base=1\.1\.",
        ),
        (lambda: ExponentialDecay(0.1, 0), ValueError, r"`base` .* > 0 .*base=0\."),
        (lambda: SquareRootDecay(0.1, 0), ValueError, r"`k` must .* > 0\. .*k=0\."),
        (lambda: StaircaseDecay(0.1, 2.0), ValueError, r"`drop` .* <= 1\. .*drop=2\.0"),
        (
            lambda: StaircaseDecay(0.1, 0.5, 0),
            ValueError,
            r"`every` .* >= 1\..*every=0",
        ),
        (lambda: IntervalDecay(0.1, 1, 2.5), TypeError, r"`interval` .*interval=2\.5"),
        (lambda: PiecewiseConstantDecay({}), ValueError, r"`rates` must .*rates=\{\}"),
        (
            lambda: PiecewiseConstantDecay({1: 0.1}),
            ValueError,
            r"`rates` must .* begin with epoch 0.*Received: rates=\{1: 0\.1\}",
        ),
        (
            lambda: PiecewiseConstantDecay([(0, 0.1), (0, 0.2)]),
            ValueError,
            r"`rates` must name each epoch once",
        ),
        (
            lambda: PiecewiseConstantDecay({0: 0.1, 5: -0.1}),
            ValueError,
            r"`rate` must .* > 0\. Received: rate=-0\.1",
        ),
    ],
)
def test_refuses_bad_arguments(make, error, message):
    with pytest.raises(error, match=message):
        make()
