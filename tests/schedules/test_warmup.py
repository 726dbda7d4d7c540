import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfkit.schedules import ExponentialDecay, InverseTimeDecay, Warmup


def test_multiplies_the_inner_schedule():
    inner = InverseTimeDecay(0.8, 0.5, 10)
    schedule = Warmup(inner, epochs=4, start_factor=0.2)
    epochs = np.linspace(0, 8, 81)
    expected = [
        min(0.2 + 0.8 * e / 4, 1.0) * 0.8 / (1 + 0.5 * np.floor(e)) for e in epochs
    ]
    # A handful of float64 operations.
    np.testing.assert_allclose(schedule.at_epoch(epochs), expected, rtol=1e-14)


def test_takes_over_the_steps_of_the_inner_schedule():
    assert Warmup(InverseTimeDecay(0.8, 0.5, 10), 4).steps_per_epoch == 10


def test_is_the_inner_schedule_in_the_end():
    inner = ExponentialDecay(0.8, 0.9, 10)
    schedule = Warmup(inner, epochs=2)
    for step in (20, 57):
        assert float(schedule(step)) == float(inner(step))


def test_wraps_a_schedule_of_keras():
    inner = keras.optimizers.schedules.ExponentialDecay(0.8, 10, 0.5)
    schedule = Warmup(inner, epochs=2, steps_per_epoch=5)
    # float32; at step 5, half way, the factor is 0.1 + 0.9 / 2.
    assert float(schedule(5)) == pytest.approx(0.55 * 0.8 * 0.5**0.5, rel=1e-6)
    assert schedule.at_epoch(1) == pytest.approx(0.55 * 0.8 * 0.5**0.5, rel=1e-6)
    np.testing.assert_allclose(
        schedule.at_epoch([[2, 4]]), [[0.8 * 0.5, 0.8 * 0.25]], rtol=1e-6
    )
    twin = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(schedule)
    )
    assert float(twin(5)) == float(schedule(5))


def test_epoch_is_the_step_that_is_meant():
    # 0.29 * 100 is 28.999999999999996.
    inner = keras.optimizers.schedules.PiecewiseConstantDecay([28], [1.0, 0.5])
    schedule = Warmup(inner, epochs=0.01, steps_per_epoch=100)
    assert [schedule.at_epoch(0.28), schedule.at_epoch(0.29)] == [1.0, 0.5]
    assert [float(schedule(28)), float(schedule(29))] == [1.0, 0.5]


def test_keras_schedule_by_epoch_needs_the_steps():
    inner = keras.optimizers.schedules.ExponentialDecay(0.8, 10, 0.5)
    with pytest.raises(
        ValueError, match=r"`steps_per_epoch` must be given.*Exponential"
    ):
        Warmup(inner, epochs=2).at_epoch(1)


def test_of_a_warmup():
    inner = Warmup(1.0, 2, 4, start_factor=0.5)
    twice = Warmup(inner, 4, start_factor=0.5)
    assert twice.at_epoch(1) == pytest.approx(0.75 * 0.625, rel=1e-14)
    assert float(twice(4)) == pytest.approx(0.75 * 0.625, rel=1e-6)


@given(
    rate=st.floats(1e-5, 10),
    epochs=st.floats(0.1, 50),
    start=st.floats(0.001, 1.0),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_of_a_constant_climbs_to_it(rate, epochs, start):
    schedule = Warmup(rate, epochs, start_factor=start)
    rates = schedule.at_epoch(np.linspace(0, 2 * epochs, 101))
    assert rates[0] == pytest.approx(start * rate, rel=1e-12)
    assert np.all(np.diff(rates) >= -1e-15 * rate)
    assert rates[-1] == rate


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"schedule": "a"}, TypeError, r"`schedule` must .*Received: schedule='a'\."),
        ({"schedule": 0.0}, ValueError, r"`schedule` must .* > 0\..*schedule=0\.0"),
        ({"epochs": 0}, ValueError, r"`epochs` must .* > 0\. Received: epochs=0\."),
        ({"start_factor": 0}, ValueError, r"`start_factor` .* > 0 .*start_factor=0\."),
        ({"start_factor": 2}, ValueError, r"`start_factor` .* <= 1\. .*=2\."),
        (
            {"schedule": ExponentialDecay(0.1, 0.9, 5), "steps_per_epoch": 6},
            ValueError,
            r"`steps_per_epoch` must be that of the inner schedule, 5\. Received: .*=6",
        ),
    ],
)
def test_refuses_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        Warmup(**{"schedule": 0.1, "epochs": 2, **arguments})
