import math

import keras
import numpy as np
import pytest

from tfkit.callbacks import CallbackState, SnapshotEnsemble
from tfkit.callbacks.snapshot_ensemble import cyclic_cosine
from tfkit.ensembles import Ensemble
from tfkit.optimizers import Momentum

# The optimizer holds the rate in float32.
FLOAT32 = 2e-7


def paper(t, a0, T, M):
    """Huang et al., 2017, eq. 2, with t counted from 1."""
    C = math.ceil(T / M)
    return a0 / 2 * (math.cos(math.pi * math.fmod(t - 1, C) / C) + 1)


def test_formula_of_the_paper():
    got = [cyclic_cosine(step, 0.1, 5) for step in range(20)]
    expected = [paper(t, 0.1, T=20, M=4) for t in range(1, 21)]
    # float64 on both sides; the last bit may differ.
    np.testing.assert_allclose(got, expected, rtol=1e-14)


def test_formula_of_keras():
    schedule = SnapshotEnsemble.schedule(0.1, cycles=2, epochs=6, steps_per_epoch=4)
    got = [float(schedule(step)) for step in range(24)]
    expected = [cyclic_cosine(step, 0.1, 12) for step in range(24)]
    # float32 cosine near its end: 1 + cos(x) cancels to an absolute error of 1e-7.
    np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-7 * 0.1)


@pytest.mark.parametrize("learning_rate", [0.1, None])
def test_each_step_has_its_rate(network, fit, weight_log, learning_rate):
    model = network(keras.optimizers.SGD(0.1 if learning_rate is None else 0.5))
    snapshots = SnapshotEnsemble(2, 4, learning_rate=learning_rate)
    history = fit(model, 4, [snapshots, weight_log])
    expected = [paper(t, 0.1, T=16, M=2) for t in range(1, 17)]
    np.testing.assert_allclose(weight_log.batch_rates, expected, rtol=FLOAT32)
    np.testing.assert_allclose(
        history.history["learning_rate"], expected[3::4], rtol=FLOAT32
    )


def test_rate_holds_through_an_execution(network, fit, weight_log):
    model = network(steps_per_execution=2)
    snapshots = SnapshotEnsemble(1, 2, learning_rate=0.1)
    fit(model, 2, [snapshots, weight_log])
    expected = [paper(t, 0.1, T=8, M=1) for t in (1, 3, 5, 7)]
    np.testing.assert_allclose(weight_log.batch_rates, expected, rtol=FLOAT32)


def test_schedule_in_the_optimizer_is_exact_to_the_step(network, fit):
    by_callback, by_schedule = network(), None
    fit(by_callback, 2, [SnapshotEnsemble(1, 2, learning_rate=0.1)])
    schedule = SnapshotEnsemble.schedule(0.1, cycles=1, epochs=2, steps_per_epoch=4)
    by_schedule = network(keras.optimizers.SGD(schedule), steps_per_execution=4)
    snapshots = SnapshotEnsemble(1, 2)
    fit(by_schedule, 2, [snapshots])
    assert len(snapshots.models()) == 1
    # The two compute the cosine in float64 and in float32; eight steps.
    for a, b in zip(by_callback.get_weights(), by_schedule.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_with_an_optimizer_of_the_package(network, fit, weight_log, jit_compile):
    by_callback = network(Momentum(0.1), jit_compile=jit_compile)
    fit(by_callback, 2, [SnapshotEnsemble(1, 2), weight_log])
    expected = [paper(t, 0.1, T=8, M=1) for t in range(1, 9)]
    np.testing.assert_allclose(weight_log.batch_rates, expected, rtol=FLOAT32)
    schedule = SnapshotEnsemble.schedule(0.1, cycles=1, epochs=2, steps_per_epoch=4)
    by_schedule = network(Momentum(schedule), jit_compile=jit_compile)
    fit(by_schedule, 2, [SnapshotEnsemble(1, 2)])
    # The two compute the cosine in float64 and in float32; eight steps.
    for a, b in zip(by_callback.get_weights(), by_schedule.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)


def test_one_snapshot_a_cycle(network, fit, weight_log, data):
    model = network()
    snapshots = SnapshotEnsemble(2, 4, learning_rate=0.1)
    fit(model, 4, [snapshots, weight_log])
    models = snapshots.models()
    assert len(models) == 2
    for snapshot, epoch in zip(models, (1, 3), strict=True):
        for a, b in zip(snapshot.get_weights(), weight_log.weights[epoch], strict=True):
            np.testing.assert_array_equal(a, b)
    mean = np.mean([m.predict(data[0], verbose=0) for m in models], axis=0)
    ensemble = snapshots.ensemble()
    assert isinstance(ensemble, Ensemble)
    # Two float32 numbers averaged.
    np.testing.assert_allclose(
        ensemble.predict(data[0], verbose=0), mean, rtol=1e-6, atol=1e-7
    )


@pytest.mark.parametrize("in_memory", [True, False])
def test_files(network, fit, tmp_path, data, in_memory):
    folder = tmp_path / "snapshots"
    snapshots = SnapshotEnsemble(
        2, 2, learning_rate=0.1, folder=folder, in_memory=in_memory
    )
    fit(network(), 2, [snapshots])
    assert sorted(path.name for path in folder.iterdir()) == [
        "snapshot-01.keras",
        "snapshot-02.keras",
    ]
    assert snapshots.paths == sorted(folder.iterdir())
    for model, path in zip(snapshots.models(), snapshots.paths, strict=True):
        np.testing.assert_array_equal(
            keras.models.load_model(path).predict(data[0], verbose=0),
            model.predict(data[0], verbose=0),
        )


def test_snapshots_of_a_subclassed_model(fit, data):
    class Net(keras.Model):
        def __init__(self, units=2, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.hidden = keras.layers.Dense(units, activation="tanh")
            self.out = keras.layers.Dense(1)

        def call(self, x):
            return self.out(self.hidden(x))

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    keras.utils.set_random_seed(0)
    model = Net()
    model.compile(keras.optimizers.SGD(0.05), loss="mse")
    snapshots = SnapshotEnsemble(1, 1)
    fit(model, 1, [snapshots])
    np.testing.assert_array_equal(
        snapshots.models()[0].predict(data[0], verbose=0),
        model.predict(data[0], verbose=0),
    )


def test_snapshots_hold_the_moving_averages(network, fit):
    model = network(keras.optimizers.SGD(0.05, use_ema=True, ema_momentum=0.9))
    snapshots = SnapshotEnsemble(1, 2)
    fit(model, 2, [snapshots])  # ends with the averages in the model
    for a, b in zip(
        snapshots.models()[0].get_weights(), model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(a, b)


def test_one_object_serves_two_fits_from_the_same_rate(network, fit, weight_log):
    model = network()
    snapshots = SnapshotEnsemble(2, 2)
    fit(model, 2, [snapshots])
    # The optimizer has its rate back, and not the last one of the cosine.
    assert float(model.optimizer.learning_rate) == pytest.approx(0.05, rel=FLOAT32)
    fit(model, 2, [snapshots, weight_log])
    assert len(snapshots.models()) == 2
    assert weight_log.batch_rates[0] == pytest.approx(0.05, rel=FLOAT32)


@pytest.mark.parametrize("in_memory", [True, False])
def test_resume(network, fit, weight_log, tmp_path, in_memory):
    def callback():
        return SnapshotEnsemble(2, 4, folder=tmp_path / "s", in_memory=in_memory)

    first, model, states = callback(), network(), []

    def stop(epoch, logs):
        states.append((first.get_state(), float(model.optimizer.learning_rate)))
        model.stop_training = epoch == 2

    fit(model, 4, [first, keras.callbacks.LambdaCallback(on_epoch_end=stop)])
    state, rate = states[-1]
    state.save(tmp_path / "state.npz")
    second = callback()
    second.set_state(CallbackState.load(tmp_path / "state.npz"))
    model.optimizer.learning_rate = rate  # as a checkpoint would restore it
    fit(model, 4, [second, weight_log], initial_epoch=3)
    expected = [paper(t, 0.05, T=16, M=2) for t in range(13, 17)]
    np.testing.assert_allclose(weight_log.batch_rates, expected, rtol=4 * FLOAT32)
    models = second.models()
    assert len(models) == 2
    np.testing.assert_array_equal(
        models[0].get_weights()[0], first.models()[0].get_weights()[0]
    )


def test_data_of_unknown_length(network, data):
    def batches():
        while True:
            yield data

    quiet = {"verbose": 0, "shuffle": False}
    with pytest.raises(ValueError, match="`steps_per_epoch` must be given"):
        network().fit(batches(), callbacks=[SnapshotEnsemble(1, 1)], **quiet)
    snapshots = SnapshotEnsemble(1, 1, steps_per_epoch=3)
    network().fit(batches(), steps_per_epoch=3, callbacks=[snapshots], **quiet)
    assert len(snapshots.models()) == 1


def test_nan_does_not_disturb_it(network, fit):
    snapshots = SnapshotEnsemble(2, 2, learning_rate=1e30)
    fit(network(), 2, [snapshots])
    assert len(snapshots.models()) == 2


def test_other_number_of_epochs_is_refused(network, fit):
    with pytest.raises(ValueError, match="Received: epochs=4, and 3 in `fit`"):
        fit(network(), 3, [SnapshotEnsemble(2, 4)])


def test_rate_beside_a_schedule_is_refused(network, fit):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    model = network(keras.optimizers.SGD(schedule))
    with pytest.raises(ValueError, match="learning_rate=ExponentialDecay"):
        fit(model, 2, [SnapshotEnsemble(1, 2, learning_rate=0.1)])


def test_no_snapshot_yet():
    with pytest.raises(ValueError, match="first cycle of 2 epochs has not ended"):
        SnapshotEnsemble(2, 4).ensemble()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cycles": 0}, "`cycles` must be an int >= 1 .* cycles=0"),
        ({"cycles": 1.5}, r"`cycles` must be an int >= 1 .* cycles=1\.5"),
        ({"epochs": 0}, "`epochs` must be an int >= 1 .* epochs=0"),
        ({"epochs": 7}, r"multiple of `cycles`.* epochs=7, cycles=2\. Use epochs=8"),
        ({"learning_rate": 0}, "`learning_rate` must be .* learning_rate=0"),
        ({"learning_rate": math.nan}, "`learning_rate` must be .*=nan"),
        ({"learning_rate": "1"}, "`learning_rate` must be .*='1'"),
        ({"steps_per_epoch": 0}, "`steps_per_epoch` must be .* steps_per_epoch=0"),
        ({"in_memory": False}, "`folder` must be given .* folder=None"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        SnapshotEnsemble(**{"cycles": 2, "epochs": 4, **arguments})
