"""A schedule, plateau cuts and manual changes together."""

import keras
import numpy as np
import pytest

from tfkit.optimizers import (
    Adam,
    ComposableLearningRate,
    GradientDescent,
    Momentum,
    RMSprop,
)
from tfkit.schedules import InverseTimeDecay

DATA = np.ones((8, 2), np.float32), np.zeros((8, 1), np.float32)


def driven(schedule=None):
    """A model of 2 steps an epoch, its rate 0.4 / (1 + epoch)."""
    schedule = schedule or InverseTimeDecay(0.4, 1.0, steps_per_epoch=2)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(GradientDescent(schedule), "mse")
    return model


def rates_of_fit(model, epochs, *callbacks):
    seen = []
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: seen.append(
            float(model.optimizer.learning_rate)
        )
    )
    model.fit(
        *DATA,
        epochs=epochs,
        batch_size=4,
        verbose=0,
        callbacks=[*callbacks, watch],
    )
    return seen


# The scaled rate is a product of two float32.
FLOAT32 = {"rtol": 3e-7}


def test_stock_keras_refuses_what_composes_here():
    stock = keras.optimizers.SGD(InverseTimeDecay(0.4, 1.0, 2))
    with pytest.raises(TypeError, match="not settable"):
        stock.learning_rate = 0.1


def test_schedule_alone():
    rates = rates_of_fit(driven(), 3)
    np.testing.assert_allclose(rates, np.repeat([0.4, 0.2, 0.4 / 3], 2), **FLOAT32)


def test_manual_change_moves_the_rest_of_the_schedule():
    optimizer = GradientDescent(InverseTimeDecay(0.4, 1.0, 2))
    optimizer.iterations.assign(2)
    optimizer.learning_rate = 0.05
    assert optimizer.learning_rate_scale == pytest.approx(0.25, rel=1e-6)
    assert float(optimizer.learning_rate) == pytest.approx(0.05, rel=1e-6)
    optimizer.iterations.assign(6)  # the schedule: 0.1
    assert float(optimizer.learning_rate) == pytest.approx(0.025, rel=1e-6)


def test_schedule_and_plateau():
    class WorseAndWorse(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["cost"] = 1.0 + epoch

    plateau = keras.callbacks.ReduceLROnPlateau(
        "cost", factor=0.1, patience=1, mode="min"
    )
    rates = rates_of_fit(driven(), 4, WorseAndWorse(), plateau)
    # Epoch 0 sets the best; each later one is worse and cuts for the next.
    schedule = 0.4 / (1 + np.arange(4.0))
    np.testing.assert_allclose(
        rates, np.repeat(schedule * [1, 1, 0.1, 0.01], 2), rtol=1e-6
    )


def test_schedule_and_learning_rate_scheduler():
    hand = keras.callbacks.LearningRateScheduler(lambda epoch: [0.4, 0.01][epoch])
    rates = rates_of_fit(
        driven(InverseTimeDecay(0.4, 1.0, 2, staircase=False)), 2, hand
    )
    # In an epoch that begins at a rate by hand the schedule's shape goes on:
    # 1 / (1 + 1.5) from 1 / (1 + 1).
    np.testing.assert_allclose(rates, [0.4, 0.4 / 1.5, 0.01, 0.01 * 2 / 2.5], rtol=1e-6)


def test_through_loss_scaling():
    model = driven()
    # A small scale: a step that overflows float16 would be skipped and not counted.
    optimizer = keras.optimizers.LossScaleOptimizer(model.optimizer, initial_scale=2.0)
    model.compile(optimizer, "mse")
    optimizer.learning_rate = 0.1
    np.testing.assert_allclose(
        rates_of_fit(model, 2), [0.1, 0.1, 0.05, 0.05], rtol=1e-6
    )


def test_a_number_stays_a_variable():
    optimizer = GradientDescent(0.1)
    optimizer.learning_rate = 0.05
    assert isinstance(optimizer.learning_rate, keras.Variable)
    optimizer.learning_rate.assign(0.02)
    assert float(optimizer.learning_rate) == pytest.approx(0.02, rel=1e-6)
    assert optimizer.learning_rate_scale == 1.0


def test_a_function_composes_too():
    optimizer = GradientDescent(lambda: 0.4)
    optimizer.learning_rate = 0.1
    assert float(optimizer.learning_rate) == pytest.approx(0.1, rel=1e-6)


def test_zero_and_back():
    optimizer = GradientDescent(InverseTimeDecay(0.4, 1.0, 2))
    optimizer.learning_rate = 0.0
    assert float(optimizer.learning_rate) == 0.0
    optimizer.learning_rate = 0.2
    assert float(optimizer.learning_rate) == pytest.approx(0.2, rel=1e-6)


def test_a_new_schedule_begins_unscaled():
    optimizer = GradientDescent(InverseTimeDecay(0.4, 1.0, 2))
    optimizer.learning_rate = 0.1
    optimizer.learning_rate = InverseTimeDecay(0.8, 1.0, 2)
    assert optimizer.learning_rate_scale == 1.0
    assert float(optimizer.learning_rate) == pytest.approx(0.8, rel=1e-6)


@pytest.mark.parametrize(
    "make",
    [GradientDescent, Momentum, RMSprop, Adam],
)
def test_a_schedule_in_place_of_a_number_keeps_the_saved_order(make):
    weights, gradient = keras.Variable([1.0, 2.0]), keras.ops.ones(2)
    optimizer = make(0.1)
    optimizer.apply([gradient], [weights])
    optimizer.learning_rate = InverseTimeDecay(0.4, 1.0, 2)
    optimizer.learning_rate = 0.1
    twin = type(optimizer).from_config(optimizer.get_config())
    twin.build([weights])
    store = {}
    optimizer.save_own_variables(store)
    twin.load_own_variables(store)
    assert twin.learning_rate_scale == pytest.approx(0.25, rel=1e-6)
    for ours, theirs in zip(optimizer.variables, twin.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_mixin_gives_it_to_a_stock_optimizer():
    class StockAdam(ComposableLearningRate, keras.optimizers.Adam):
        pass

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(StockAdam(InverseTimeDecay(0.4, 1.0, 2)), "mse")
    model.optimizer.learning_rate = 0.1
    np.testing.assert_allclose(
        rates_of_fit(model, 2), [0.1, 0.1, 0.05, 0.05], rtol=1e-6
    )


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
@pytest.mark.parametrize("driver", [0.4, InverseTimeDecay(0.4, 1.0, 2)])
def test_refuses_a_bad_rate(value, driver):
    optimizer = GradientDescent(driver)
    with pytest.raises(ValueError, match=r"`learning_rate` must be a finite.*Received"):
        optimizer.learning_rate = value


def test_refuses_to_scale_zero():
    stops = keras.optimizers.schedules.PolynomialDecay(0.1, 1, 0.0)
    optimizer = GradientDescent(stops)
    optimizer.iterations.assign(1)
    with pytest.raises(ValueError, match=r"while the schedule gives 0.*at step 1\."):
        optimizer.learning_rate = 0.1
