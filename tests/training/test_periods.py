"""Which steps are observed, against counting them one by one."""

from hypothesis import given
from hypothesis import strategies as st

from tfkit.training.periods import Periods

everies = st.lists(st.one_of(st.integers(1, 12), st.just("epoch"), st.none()))


@given(everies, st.integers(0, 60), st.integers(0, 30), st.booleans())
def test_places_are_those_that_counting_finds(wanted, done, count, begins):
    periods = Periods()
    for every in wanted:
        periods |= Periods.of(every)
    expected = [
        place
        for place in range(count)
        if any(isinstance(e, int) and (done + place) % e == 0 for e in wanted)
        or ("epoch" in wanted and begins and place == 0)
    ]
    dues = periods.dues(done, begins_epoch=begins)
    assert periods.places(dues, count) == expected
    assert len(expected) <= periods.slots(count)
    assert bool(periods) == any(every is not None for every in wanted)
    for place in range(count):
        included = periods.include(done + place + 1, begins_epoch=begins and place == 0)
        assert included == (place in expected)


def test_periods_are_equal_whatever_the_order():
    # A key of the compiled programs.
    assert Periods.of(3) | Periods.of(2) == Periods.of(2) | Periods.of(3)
    assert Periods.of(2) | Periods.of(2) == Periods.of(2)
