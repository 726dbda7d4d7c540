"""What every schedule keeps to."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from matplotlib.figure import Figure

from tfkit.schedules import (
    IntervalDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    Schedule,
    StaircaseDecay,
)


def test_step_agrees_with_epoch(make, float64):
    schedule = make(4)
    steps = np.arange(40)
    by_step = [float(schedule(step)) for step in steps]
    # A step's epoch with its fraction, in float64: rounding only.
    np.testing.assert_allclose(by_step, schedule.at_epoch(steps / 4), rtol=1e-13)


def test_step_in_float32(make):
    schedule = make(4)
    for step in (0, 3, 4, 11, 39):
        rate = schedule(tf.constant(step, tf.int64))
        assert rate.dtype == tf.float32
        # float32, with a cosine and a few products; one-cycle ends in a difference
        # from its peak of 0.3.
        assert float(rate) == pytest.approx(
            schedule.at_epoch(step / 4), rel=2e-6, abs=1e-7
        )


@pytest.mark.parametrize("jit_compile", [False, True])
def test_in_a_compiled_function(make, jit_compile):
    schedule = make(4)
    compiled = tf.function(schedule, jit_compile=jit_compile)
    for step in (0, 7, 21):
        # XLA may fuse; float32 rounding.
        assert float(compiled(tf.constant(step, tf.int64))) == pytest.approx(
            schedule.at_epoch(step / 4), rel=2e-6, abs=1e-7
        )


def test_positive_everywhere(make):
    schedule = make(4)
    assert np.all(schedule.at_epoch(np.linspace(0, 1000, 5001)) > 0)
    assert float(schedule(0)) > 0


def test_number_in_number_out(make):
    schedule = make(None)
    assert isinstance(schedule.at_epoch(2), float)
    rates = schedule.at_epoch([[0, 1, 2], [3, 4, 5]])
    assert rates.shape == (2, 3)
    assert rates.dtype == np.float64
    assert rates[0, 2] == schedule.at_epoch(2)


def test_without_steps_it_is_asked_by_epoch_only(make):
    schedule = make(None)
    schedule.at_epoch(3)
    with pytest.raises(ValueError, match=r"needs `steps_per_epoch`.*=None.*Learning"):
        schedule(0)


@pytest.mark.parametrize("steps", [None, 4])
def test_serializes_in_plain_json(make, steps):
    schedule = make(steps)
    text = json.dumps(keras.saving.serialize_keras_object(schedule))
    assert "tfkit>" in text
    twin = keras.saving.deserialize_keras_object(json.loads(text))
    assert type(twin) is type(schedule)
    epochs = np.linspace(0, 20, 81)
    np.testing.assert_array_equal(twin.at_epoch(epochs), schedule.at_epoch(epochs))
    assert twin.steps_per_epoch == steps
    assert twin.get_config() == schedule.get_config()


def test_plot_shows_the_rates(make):
    schedule = make(None)
    figure = schedule.plot(10)
    assert isinstance(figure, Figure)
    (line,) = figure.axes[0].lines
    epochs, rates = line.get_data()
    assert (epochs[0], epochs[-1]) == (0, 10)
    np.testing.assert_array_equal(rates, schedule.at_epoch(epochs))
    assert line.get_drawstyle() == ("steps-post" if schedule.staircase else "default")
    assert figure.axes[0].get_xlabel() == "epoch"


def test_staircase_turns_on_the_exact_step():
    # 2**24 + 1 is no float32; an epoch of 3 steps makes the quotient hard as well.
    schedule = InverseTimeDecay(1.0, 1.0, 3)
    first = 3 * (2**24 // 3)
    before, after = float(schedule(first - 1)), float(schedule(first))
    assert before == np.float32(1 / (first / 3))
    assert after == np.float32(1 / (1 + first / 3))


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize(
    ("schedule", "turn"),
    [
        (StaircaseDecay(1.0, 0.5, 41, steps_per_epoch=3), 2 * 41 * 3),
        (IntervalDecay(1.0, 1.0, 41, steps_per_epoch=3), 41 * 3),
        (PiecewiseConstantDecay({0: 1.0, 15 / 41: 0.5}, 41), 15),
        (PiecewiseConstantDecay({0: 1.0, 0.29: 0.5}, 100), 29),
    ],
    ids=["staircase", "interval", "fifteenth_of_41", "floating_point"],
)
def test_compiled_staircase_turns_on_the_exact_step(schedule, turn, jit_compile):
    # Compilers multiply by 1 / 41 instead of dividing by 41, and 41 * (1 / 41) is below
    # 1 in float32: a whole epoch, or a step, late.
    compiled = tf.function(schedule, jit_compile=jit_compile)
    before, after = (float(compiled(tf.constant(turn - i, tf.int64))) for i in (1, 0))
    steps_per_epoch = schedule.steps_per_epoch
    # Powers of two, hence exact.
    assert before == schedule.at_epoch((turn - 0.5) / steps_per_epoch)
    assert after == schedule.at_epoch((turn + 0.5) / steps_per_epoch)
    assert after < before


def test_drives_an_optimizer_in_fit():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(InverseTimeDecay(0.1, 1.0, 2)), "mse")
    model.fit(np.ones((8, 1)), np.ones((8, 1)), batch_size=4, epochs=3, verbose=0)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.1 / 4, rel=1e-6)


@pytest.mark.parametrize("epoch", [-1, [0, -0.5], float("nan")])
def test_refuses_an_epoch_before_the_first(make, epoch):
    with pytest.raises(ValueError, match=r"`epoch` must be >= 0.*Received: epoch="):
        make(None).at_epoch(epoch)


@pytest.mark.parametrize(("steps", "error"), [(0, ValueError), (2.5, TypeError)])
def test_refuses_bad_steps_per_epoch(make, steps, error):
    with pytest.raises(
        error, match=rf"`steps_per_epoch` must be an int >= 1\. Received: .*={steps}\."
    ):
        make(steps)


@pytest.mark.parametrize(("epochs", "error"), [(0, ValueError), ("3", TypeError)])
def test_refuses_to_plot_nothing(make, epochs, error):
    with pytest.raises(
        error, match=r"`epochs` must be an int >= 1\. Received: epochs="
    ):
        make(None).plot(epochs)


def test_base_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        Schedule()
