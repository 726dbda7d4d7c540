import json
import math

import keras
import numpy as np
import pytest

from tfkit.callbacks import CallbackState, EarlyStopping
from tfkit.optimizers import Adam

NAN = math.nan


def assert_same(left, right):
    for a, b in zip(left, right, strict=True):
        np.testing.assert_array_equal(a, b)


def play(stop, values):
    """Calls a callback as `fit` does; epoch e ends with weights e.

    Returns the epochs there were and the epoch whose weights are there in the end.
    """
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.stop_training = False
    stop.set_model(model)
    stop.on_train_begin()
    for epoch, value in enumerate(values):
        stop.on_epoch_begin(epoch)
        model.set_weights([np.full((1, 1), epoch), np.full(1, epoch)])
        stop.on_epoch_end(epoch, {"loss": 1.0, "val_loss": value})
        if model.stop_training:
            break
    stop.on_train_end()
    (kernel,), bias = model.get_weights()
    assert kernel == bias
    return epoch + 1, int(bias[0])


@pytest.mark.parametrize(
    ("patience", "values"),
    [
        (0, [3.0, 2.0, 2.5, 1.0]),
        (1, [3.0, 2.0, 2.5, 1.0]),
        (2, [3.0, 2.0, 2.5, 2.4, 1.0]),
        (2, [3.0, 2.0, 2.5, 1.0, 1.5, 0.5]),
        (3, [1.0, 1.0, 1.0, 1.0, 1.0]),
        (5, [3.0, 2.0, 1.0]),
    ],
)
@pytest.mark.parametrize("options", [{}, {"min_delta": 0.6}, {"baseline": 1.2}])
@pytest.mark.parametrize("start_from_epoch", [0, 2])
def test_stops_where_keras_stops(patience, values, options, start_from_epoch):
    # Keras is the oracle as long as every value is finite.
    options = dict(options, patience=patience, start_from_epoch=start_from_epoch)
    ours = EarlyStopping(**options)
    theirs = keras.callbacks.EarlyStopping(restore_best_weights=True, **options)
    assert play(ours, values) == play(theirs, values)
    for name in ("stopped_epoch", "best_epoch", "best", "wait"):
        assert getattr(ours, name) == getattr(theirs, name), name


def test_nan_in_the_first_epoch_does_not_stay_the_best(
    network, fit, scripted, weight_log
):
    # Keras stops after epoch 4 here and restores epoch 0 (best_epoch 0, best NaN).
    values = [NAN, 0.5, 0.4, 0.3, 0.2]
    stop = EarlyStopping(patience=4)
    model = network()
    history = fit(model, 5, [scripted(values), stop, weight_log])
    assert len(history.epoch) == 5
    assert (stop.best, stop.best_epoch, stop.stopped_epoch) == (0.2, 4, 0)
    assert_same(model.get_weights(), weight_log.weights[4])


@pytest.mark.parametrize("bad", [NAN, math.inf, -math.inf])
@pytest.mark.parametrize("mode", ["min", "max"])
def test_value_that_is_not_finite_counts_as_no_improvement(bad, mode):
    sign = 1 if mode == "min" else -1
    values = [sign * 0.5, bad, sign * 0.4, bad, bad, sign * 0.1]
    stop = EarlyStopping(patience=2, mode=mode)
    assert play(stop, values) == (5, 2)
    assert (stop.best, stop.best_epoch, stop.stopped_epoch) == (sign * 0.4, 2, 4)


def test_nothing_but_nan_leaves_the_weights(network, fit, scripted, weight_log, capsys):
    stop = EarlyStopping(patience=2, verbose=1)
    model = network()
    fit(model, 9, [scripted([NAN] * 9), stop, weight_log])
    assert (stop.best, stop.stopped_epoch) == (None, 1)
    assert_same(model.get_weights(), weight_log.weights[-1])
    assert "No epoch had a finite val_loss" in capsys.readouterr().out


@pytest.mark.parametrize("steps_per_execution", [1, 4])
def test_real_divergence(network, fit, dev, steps_per_execution):
    model = network(keras.optimizers.SGD(1e10), steps_per_execution=steps_per_execution)
    start = model.get_weights()
    stop = EarlyStopping(patience=1)
    history = fit(model, 50, [stop], validation_data=dev)
    assert len(history.epoch) < 50
    assert not math.isfinite(history.history["val_loss"][-1])
    # Best is the first epoch that was still finite, or, with none, the weights stay.
    assert stop.best is None or math.isfinite(stop.best)
    assert np.shape(model.get_weights()[0]) == np.shape(start[0])


def test_best_weights_come_back_without_an_early_stop(
    network, fit, scripted, weight_log
):
    stop = EarlyStopping(patience=10)
    model = network()
    fit(model, 4, [scripted([3.0, 1.0, 2.0, 2.0]), stop, weight_log])
    assert stop.stopped_epoch == 0
    assert_same(model.get_weights(), weight_log.weights[1])


def test_weights_stay_on_request(network, fit, scripted, weight_log):
    stop = EarlyStopping(patience=1, restore_best_weights=False)
    model = network()
    fit(model, 4, [scripted([1.0, 2.0, 2.0, 2.0]), stop, weight_log])
    assert stop.best_epoch == 0
    assert_same(model.get_weights(), weight_log.weights[-1])


def test_one_object_serves_many_fits(network, fit, scripted):
    stop = EarlyStopping(patience=2)
    fit(network(), 5, [scripted([0.1, 0.2, 0.3, 0.4, 0.5]), stop])
    assert stop.stopped_epoch == 2
    history = fit(network(), 3, [scripted([9.0, 8.0, 7.0]), stop])
    assert (stop.best, stop.best_epoch, stop.stopped_epoch) == (7.0, 2, 0)
    assert stop.curves.epochs == (0, 1, 2)
    assert len(history.epoch) == 3


def test_both_curves_are_recorded(network, fit, dev):
    stop = EarlyStopping(patience=9)
    history = fit(network(), 4, [stop], validation_data=dev).history
    assert stop.curves.metric == "loss"
    assert stop.curves.epochs == (0, 1, 2, 3)
    assert list(stop.curves.train) == history["loss"]
    assert list(stop.curves.dev) == history["val_loss"]


def test_curves_of_a_metric_validated_every_second_epoch(network, fit, dev):
    stop = EarlyStopping("val_mae", mode="min", patience=9, validation_freq=2)
    history = fit(
        network(metrics=["mae"]), 4, [stop], validation_data=dev, validation_freq=2
    ).history
    assert stop.curves.metric == "mae"
    assert list(stop.curves.train) == history["mae"]
    np.testing.assert_array_equal(
        stop.curves.dev, [NAN, history["val_mae"][0], NAN, history["val_mae"][1]]
    )
    assert stop.wait == 0


def test_epochs_of_validation_may_be_listed(network, fit, dev):
    stop = EarlyStopping(patience=9, validation_freq=[2, 3])
    fit(network(), 4, [stop], validation_data=dev, validation_freq=[2, 3])
    assert np.isfinite(stop.curves.dev).tolist() == [False, True, True, False]


def test_mode_is_found_from_the_metric(network, fit, scripted):
    model = network(metrics=["accuracy"])
    stop = EarlyStopping("val_accuracy", patience=9)
    fit(model, 3, [scripted([0.1, 0.9, 0.5], "val_accuracy"), stop])
    assert stop.best_epoch == 1


def test_resume_counts_epochs_on(network, fit, scripted):
    stop = EarlyStopping(patience=2)
    values = [None, None, None, 1.0, 2.0, 2.0, 2.0]
    fit(network(), 7, [scripted(values), stop], initial_epoch=3)
    assert (stop.best_epoch, stop.stopped_epoch) == (3, 5)


@pytest.mark.parametrize(
    ("via_file", "wait_for_callback"), [(False, False), (True, True)]
)
def test_state_survives_a_restart(
    network, fit, scripted, tmp_path, via_file, wait_for_callback
):
    values = scripted([3.0, 1.0, 2.0, 2.0, 2.0, 0.5])
    whole = EarlyStopping(patience=3, restore_optimizer=True)
    adam = keras.optimizers.Adam
    expected = network(adam(0.01))
    fit(expected, 6, [values, whole])
    assert (whole.best_epoch, whole.stopped_epoch) == (1, 4)

    first = EarlyStopping(patience=3, restore_optimizer=True, restore_best_weights=True)
    model = network(adam(0.01))
    running = {}

    def remember(epoch, logs):
        running["weights"] = model.get_weights()
        running["optimizer"] = [v.numpy() for v in model.optimizer.variables]
        running["state"] = first.get_state()

    keep = keras.callbacks.LambdaCallback(on_epoch_end=remember)
    fit(model, 3, [values, first, keep])
    state = running["state"]
    if via_file:
        json.dumps(state.values)  # plain JSON types
        state.save(tmp_path / "state.npz")
        state = CallbackState.load(tmp_path / "state.npz")

    resumed = network(adam(0.01))
    resumed.set_weights(running["weights"])
    resumed.optimizer.build(resumed.trainable_variables)
    for variable, value in zip(
        resumed.optimizer.variables, running["optimizer"], strict=True
    ):
        variable.assign(value)
    second = EarlyStopping(patience=3, restore_optimizer=True)
    callbacks = [values, second]
    if wait_for_callback:  # a recovery callback restores in its own on_train_begin
        restore = keras.callbacks.LambdaCallback(
            on_train_begin=lambda logs: second.set_state(state)
        )
        callbacks.append(restore)
    else:
        second.set_state(state)
    fit(resumed, 6, callbacks, initial_epoch=3)
    assert (second.best, second.best_epoch, second.stopped_epoch) == (1.0, 1, 4)
    assert second.curves.dev == whole.curves.dev
    assert second.curves.epochs == (0, 1, 2, 3, 4)
    assert_same(resumed.get_weights(), expected.get_weights())


def test_state_does_not_grow_with_the_training(network, fit, scripted):
    stop = EarlyStopping(patience=9)
    states = []
    keep = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: states.append(stop.get_state())
    )
    fit(network(), 3, [scripted([3.0, 2.0, 1.0]), stop, keep])
    assert [len(state.values["dev"]) for state in states] == [1, 2, 3]


def test_optimizer_goes_back_with_the_weights(network, fit, scripted, weight_log):
    model = network(keras.optimizers.Adam(0.01))
    stop = EarlyStopping(patience=1, restore_optimizer=True)
    fit(model, 5, [scripted([2.0, 1.0, 3.0, 3.0, 3.0]), stop, weight_log])
    assert_same([v.numpy() for v in model.optimizer.variables], weight_log.optimizer[1])
    # Trained on, it does what a training that never went too far does. Without the
    # slots Adam's corrections would start from the wrong step.
    fit(model, 1, [])
    straight = network(keras.optimizers.Adam(0.01))
    fit(straight, 3, [])
    assert_same(model.get_weights(), straight.get_weights())


EMA_OPTIMIZERS = {
    "plain": lambda: keras.optimizers.SGD(0.05, use_ema=True, ema_momentum=0.9),
    "loss scale": lambda: keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(0.05, use_ema=True, ema_momentum=0.9)
    ),
    "several": lambda: keras.optimizers.MultiOptimizer(
        keras.optimizers.OptimizerMap(
            keras.optimizers.SGD(0.05, use_ema=True, ema_momentum=0.9)
        )
    ),
    "tfkit": lambda: keras.optimizers.LossScaleOptimizer(
        Adam(0.05, use_ema=True, ema_momentum=0.9), initial_scale=2.0
    ),
}


@pytest.mark.parametrize("kind", EMA_OPTIMIZERS)
@pytest.mark.parametrize("stops_early", [True, False])
def test_moving_averages_of_the_best_epoch_are_restored(
    network, fit, scripted, kind, stops_early
):
    # Keras's own callback leaves the raw weights of the best epoch: the averages are
    # lost. What `fit` of just the best epochs ends with is the oracle.
    build = EMA_OPTIMIZERS[kind]
    expected = network(build())
    fit(expected, 2, [])
    model = network(build())
    stop = EarlyStopping(patience=1 if stops_early else 9)
    fit(model, 4, [scripted([2.0, 1.0, 3.0, 3.0]), stop])
    assert stop.stopped_epoch == (2 if stops_early else 0)
    assert_same(model.get_weights(), expected.get_weights())
    # They are the optimizer's averages too, from which the next fit goes on.
    inner = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    inner = getattr(inner, "optimizers", [inner])[0]
    averages = [v.numpy() for v in inner.variables if "average" in v.path]
    assert_same(averages, model.get_weights())


def test_moving_averages_differ_from_raw_weights_here(network, fit, weight_log):
    # Otherwise the test above would show nothing.
    model = network(EMA_OPTIMIZERS["plain"]())
    fit(model, 2, [weight_log])
    assert np.abs(model.get_weights()[0] - weight_log.weights[1][0]).max() > 1e-3


@pytest.mark.parametrize("swap_on_epoch", [False, True])
def test_restored_averages_have_the_best_dev_cost(network, fit, dev, swap_on_epoch):
    model = network(keras.optimizers.SGD(0.3, use_ema=True, ema_momentum=0.9))
    stop = EarlyStopping(patience=3)
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=swap_on_epoch)
    fit(model, 40, [stop, swap], validation_data=dev)
    assert stop.stopped_epoch > 0
    # float32, one and the same network on the same data.
    assert model.evaluate(*dev, verbose=0) == pytest.approx(stop.best, rel=1e-5)


def test_optimizer_and_averages_go_back_together(network, fit, scripted, weight_log):
    model = network(EMA_OPTIMIZERS["plain"]())
    stop = EarlyStopping(patience=1, restore_optimizer=True)
    fit(model, 4, [scripted([2.0, 1.0, 3.0, 3.0]), stop, weight_log])
    assert_same([v.numpy() for v in model.optimizer.variables], weight_log.optimizer[1])


def test_says_stopped_and_best_epoch(network, fit, scripted, capsys):
    stop = EarlyStopping(patience=1, verbose=1)
    fit(network(), 4, [scripted([2.0, 1.0, 3.0, 3.0]), stop])
    out = capsys.readouterr().out
    assert "Epoch 3: early stopping" in out
    assert "the best epoch: 2" in out


def test_missing_value_lists_the_names_there_are(network, fit):
    with pytest.raises(
        ValueError,
        match=r"monitor='val_loss'\. Names there are: \['loss', 'mae'\]\. .*valid",
    ):
        fit(network(metrics=["mae"]), 2, [EarlyStopping()])


def test_misspelt_training_metric(network, fit):
    stop = EarlyStopping("lost", mode="min")
    with pytest.raises(ValueError, match=r"monitor='lost'.*\['loss'\]"):
        fit(network(), 2, [stop])


def test_missing_value_shows_even_before_epochs_count(network, fit):
    with pytest.raises(ValueError, match="monitor='val_loss'"):
        fit(network(), 2, [EarlyStopping(start_from_epoch=5)])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"monitor": ""}, "`monitor` must be .* monitor=''"),
        ({"monitor": 3}, "`monitor` must be .* monitor=3"),
        ({"min_delta": -0.1}, r"`min_delta` must be .* >= 0 .* min_delta=-0\.1"),
        ({"min_delta": NAN}, "`min_delta` must be .* min_delta=nan"),
        ({"patience": -1}, "`patience` must be an int >= 0 .* patience=-1"),
        ({"patience": 1.5}, r"`patience` must be an int >= 0 .* patience=1\.5"),
        ({"patience": True}, "`patience` must be an int >= 0 .* patience=True"),
        ({"verbose": 2}, "`verbose` must be 0 .* verbose=2"),
        ({"mode": "low"}, "`mode` must be 'auto', 'min' or 'max' .* mode='low'"),
        ({"baseline": "1"}, "`baseline` must be .* baseline='1'"),
        ({"start_from_epoch": -1}, "`start_from_epoch` must be .*=-1"),
        ({"validation_freq": 0}, "`validation_freq` must be .* validation_freq=0"),
        ({"validation_freq": "2"}, "`validation_freq` must be .*='2'"),
        (
            {"restore_optimizer": True, "restore_best_weights": False},
            "`restore_optimizer` must be False when the weights stay",
        ),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        EarlyStopping(**arguments)
