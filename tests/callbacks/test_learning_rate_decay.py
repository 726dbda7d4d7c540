import json
import math

import keras
import numpy as np
import pytest

from tfkit.callbacks import LearningRateDecay

# The optimizer holds the rate in float32, which rounds at 6e-8 relative.
FLOAT32 = 2e-7

# pytest.warns passes on the warnings that it did not wait for under another module, so
# that the filter for TensorFlow's own calls no longer fits them.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ impl:DeprecationWarning")


def inverse_time(epoch):
    return 0.1 / (1 + epoch)  # course notes: alpha_0 / (1 + decay_rate * epoch_num)


class Halving:
    def at_epoch(self, epoch):
        return 0.1 * 0.5**epoch


@pytest.mark.parametrize("schedule", [inverse_time, Halving()])
@pytest.mark.parametrize("steps_per_execution", [1, 3])
def test_sets_the_rate_of_each_epoch(network, fit, schedule, steps_per_execution):
    model = network(steps_per_execution=steps_per_execution)
    history = fit(model, 3, [LearningRateDecay(schedule)])
    rate = getattr(schedule, "at_epoch", schedule)
    expected = [rate(epoch) for epoch in range(3)]
    np.testing.assert_allclose(history.history["learning_rate"], expected, rtol=FLOAT32)


def test_trains_as_keras_scheduler_does(network, fit):
    ours, theirs = network(), network()
    fit(ours, 4, [LearningRateDecay(inverse_time)])
    scheduler = keras.callbacks.LearningRateScheduler(
        lambda epoch, _: 0.1 / (1 + epoch)
    )
    fit(theirs, 4, [scheduler])
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)  # the same float32 rates, the same steps


def test_works_on_the_schedules_of_the_package(network, fit):
    from tfkit import schedules

    schedule = schedules.InverseTimeDecay(0.2, 1.0, steps_per_epoch=4)
    history = fit(network(), 3, [LearningRateDecay(schedule)])
    np.testing.assert_allclose(
        history.history["learning_rate"], [0.2, 0.1, 0.2 / 3], rtol=FLOAT32
    )


def test_resumed_training_counts_on(network, fit):
    history = fit(network(), 5, [LearningRateDecay(inverse_time)], initial_epoch=3)
    np.testing.assert_allclose(
        history.history["learning_rate"], [0.1 / 4, 0.1 / 5], rtol=FLOAT32
    )


def test_plateau_cut_stays(network, fit, scripted):
    # The dev cost never falls, so the plateau callback cuts after epochs 1 and 2; a
    # scheduler that overwrites the cut would give 0.1/3 in epoch 2.
    plateau = keras.callbacks.ReduceLROnPlateau(factor=0.2, patience=1)
    decay = LearningRateDecay(inverse_time)
    history = fit(network(), 4, [decay, scripted([1.0] * 4), plateau])
    expected = [0.1, 0.1 / 2, 0.1 / 3 * 0.2, 0.1 / 4 * 0.04]
    # Each cut passes through float32 once more.
    np.testing.assert_allclose(
        history.history["learning_rate"], expected, rtol=4 * FLOAT32
    )
    # After the last epoch there was one more cut, which no epoch began with.
    assert decay.factor == pytest.approx(0.04, rel=4 * FLOAT32)


@pytest.mark.parametrize("decay_first", [True, False])
def test_logs_the_rate_in_force_and_not_the_one_after_the_cut(
    network, fit, scripted, decay_first
):
    plateau = keras.callbacks.ReduceLROnPlateau(factor=0.2, patience=1)
    decay = LearningRateDecay(lambda epoch: 0.1)
    others = [decay, plateau] if decay_first else [plateau, decay]
    history = fit(network(), 3, [scripted([1.0] * 3), *others])
    np.testing.assert_allclose(
        history.history["learning_rate"], [0.1, 0.1, 0.02], rtol=4 * FLOAT32
    )


def test_change_by_hand_within_an_epoch_stays_and_decays(network, fit):
    model = network()

    def change(epoch, logs):
        if epoch == 1:
            model.optimizer.learning_rate = 0.4

    by_hand = keras.callbacks.LambdaCallback(on_epoch_begin=change)
    history = fit(model, 4, [LearningRateDecay(inverse_time), by_hand])
    # In epoch 1 the schedule says 0.05 and somebody 0.4: factor 8 from then on.
    expected = [0.1, 0.4, 8 * 0.1 / 3, 8 * 0.1 / 4]
    np.testing.assert_allclose(
        history.history["learning_rate"], expected, rtol=4 * FLOAT32
    )


def test_rate_of_zero_by_hand_can_be_taken_back(network, fit):
    model = network()
    by_hand = {1: 0.0, 2: 0.3}

    def change(epoch, logs):
        if epoch in by_hand:
            model.optimizer.learning_rate = by_hand[epoch]

    callbacks = [
        LearningRateDecay(lambda epoch: 0.1),
        keras.callbacks.LambdaCallback(on_epoch_end=change),
    ]
    history = fit(model, 4, callbacks)
    np.testing.assert_allclose(
        history.history["learning_rate"], [0.1, 0.1, 0.0, 0.3], rtol=4 * FLOAT32
    )


def test_change_from_a_scheduled_zero_is_told(network, fit):
    model = network()
    callbacks = [
        LearningRateDecay(lambda epoch: 0.1 * epoch),
        keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: setattr(
                model.optimizer, "learning_rate", 0.3
            )
        ),
    ]
    with pytest.warns(UserWarning, match="No factor leads from 0"):
        history = fit(model, 2, callbacks)
    np.testing.assert_allclose(history.history["learning_rate"], [0, 0.1], rtol=FLOAT32)


def test_one_object_serves_two_fits(network, fit, scripted):
    decay = LearningRateDecay(inverse_time)
    plateau = keras.callbacks.ReduceLROnPlateau(factor=0.2, patience=1)
    fit(network(), 3, [decay, scripted([1.0] * 3), plateau])
    assert decay.factor != 1
    history = fit(network(), 2, [decay])
    np.testing.assert_allclose(
        history.history["learning_rate"], [0.1, 0.05], rtol=FLOAT32
    )


def test_state_carries_the_factor_over_a_restart(network, fit, scripted):
    values = scripted([1.0] * 4)
    whole = LearningRateDecay(inverse_time)
    plateau = keras.callbacks.ReduceLROnPlateau(factor=0.2, patience=1)
    expected = fit(network(), 3, [whole, values, plateau]).history["learning_rate"][2]

    first = LearningRateDecay(inverse_time)
    model = network()
    fit(model, 2, [first, values, keras.callbacks.ReduceLROnPlateau(
        factor=0.2, patience=1
    )])  # fmt: skip
    state = first.get_state()
    json.dumps(state.values, allow_nan=False)  # plain JSON types

    second = LearningRateDecay(inverse_time)
    second.set_state(state)
    history = fit(model, 3, [second], initial_epoch=2)
    assert history.history["learning_rate"] == [expected]
    # The state was for one fit; the next starts afresh.
    again = fit(network(), 3, [second], initial_epoch=2)
    assert again.history["learning_rate"][0] == pytest.approx(0.1 / 3, rel=FLOAT32)


def test_under_a_loss_scale_optimizer(network, fit):
    inner = keras.optimizers.SGD(0.05)
    model = network(keras.optimizers.LossScaleOptimizer(inner))
    history = fit(model, 2, [LearningRateDecay(inverse_time)])
    np.testing.assert_allclose(
        history.history["learning_rate"], [0.1, 0.05], rtol=FLOAT32
    )
    assert float(inner.learning_rate) == pytest.approx(0.05, rel=FLOAT32)


def test_nan_loss_does_not_disturb_it(network, fit, data):
    model = network(keras.optimizers.SGD(1e30))  # diverges to NaN at once
    history = fit(model, 3, [LearningRateDecay(lambda epoch: 1e30 / (1 + epoch))])
    assert math.isnan(history.history["loss"][-1])
    np.testing.assert_allclose(
        history.history["learning_rate"], [1e30, 5e29, 1e30 / 3], rtol=FLOAT32
    )


def test_with_moving_averages(network, fit):
    model = network(keras.optimizers.SGD(0.05, use_ema=True))
    history = fit(model, 2, [LearningRateDecay(inverse_time)])
    np.testing.assert_allclose(
        history.history["learning_rate"], [0.1, 0.05], rtol=FLOAT32
    )


def test_says_what_it_does(network, fit, capsys):
    fit(network(), 2, [LearningRateDecay(inverse_time, verbose=1)])
    assert capsys.readouterr().out.splitlines() == [
        "Epoch 1: learning rate 0.1",
        "Epoch 2: learning rate 0.05",
    ]


@pytest.mark.parametrize("wrap", [lambda o: o, keras.optimizers.LossScaleOptimizer])
def test_optimizer_with_a_schedule_is_refused(network, fit, wrap):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    model = network(wrap(keras.optimizers.SGD(schedule)))
    with pytest.raises(ValueError, match=r"learning_rate=ExponentialDecay\. Drop one"):
        fit(model, 1, [LearningRateDecay(inverse_time)])


def test_optimizer_with_several_rates_is_refused(network, fit):
    several = keras.optimizers.MultiOptimizer(
        keras.optimizers.OptimizerMap(keras.optimizers.SGD(0.1))
    )
    with pytest.raises(ValueError, match="MultiOptimizer, which holds one for each"):
        fit(network(several), 1, [LearningRateDecay(inverse_time)])


def test_schedule_of_steps_is_refused():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    with pytest.raises(
        TypeError, match="schedule=ExponentialDecay, which counts steps"
    ):
        LearningRateDecay(schedule)


def test_something_else_is_refused():
    with pytest.raises(TypeError, match=r"`schedule` must .* Received: schedule=0\.1"):
        LearningRateDecay(0.1)


def test_bad_verbose_is_refused():
    with pytest.raises(ValueError, match=r"`verbose` must be 0 .* verbose=2"):
        LearningRateDecay(inverse_time, verbose=2)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -0.1, "0.1", None, [0.1]])
def test_bad_rate_of_a_late_epoch_shows_before_training(network, fit, bad):
    model = network()
    before = model.get_weights()
    decay = LearningRateDecay(lambda epoch: 0.1 if epoch < 7 else bad)
    with pytest.raises(ValueError, match=r"finite learning rate >= 0 .* for epoch 7"):
        fit(model, 9, [decay])
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_numpy_and_keras_scalars_are_rates(network, fit):
    for scalar in (np.float32(0.25), np.array(0.25), keras.ops.array(0.25)):
        decay = LearningRateDecay(lambda epoch, scalar=scalar: scalar)
        assert fit(network(), 1, [decay]).history["learning_rate"] == [0.25]
