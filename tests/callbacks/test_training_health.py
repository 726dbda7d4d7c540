"""Real trainings that go wrong at a known place."""

import math
import os
import warnings

import keras
import numpy as np
import pytest

import tfkit
from tfkit.callbacks import LearningRateDecay, TrainingHealth, TrainingHealthWarning
from tfkit.diagnose.failure import find_first_bad_layer
from tfkit.diagnose.failure_bundle import load_bundle

BATCH = 8
# The network's solution, which a step from afar can't reach by chance.
TARGET = np.array([[1.0], [-2.0], [0.5]], "float32")


# XLA, whose compilation takes seconds, where the guard itself is what is tested.
every_loop = pytest.mark.parametrize("loop", ["keras", "graph", "xla"])
loops = pytest.mark.parametrize("loop", ["keras", "graph"])


@keras.saving.register_keras_serializable(package="tests")
class LogOfInputs(keras.layers.Layer):
    def call(self, inputs):
        return keras.ops.log(inputs)


def examples(nan_at=None):
    x = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
    y = x @ TARGET
    if nan_at is not None:
        x[nan_at, 1] = np.nan
    return x, y


def network(loop="keras", optimizer=None, middle=(), loss="mse"):
    """A network of one line, so that its steps are easily followed."""
    keras.utils.set_random_seed(0)
    layers = [keras.Input((3,)), *middle, keras.layers.Dense(1, name="line")]
    optimizer = optimizer or keras.optimizers.SGD(0.01)
    if loop == "keras":
        model = keras.Sequential(layers)
        model.compile(optimizer, loss)
    else:
        model = tfkit.Sequential(layers)
        model.compile(optimizer, loss, jit_compile=loop == "xla")
    return model


def fit(model, health, data=None, epochs=3, callbacks=(), **options):
    """Trains in a fixed order; returns the history and the warnings' texts."""
    options = {"batch_size": BATCH, "shuffle": False, "verbose": 0, **options}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", TrainingHealthWarning)
        history = model.fit(
            *(data or examples()),
            epochs=epochs,
            callbacks=[*callbacks, health],
            **options,
        )
    ours = [w for w in caught if w.category is TrainingHealthWarning]
    return history, [str(warning.message) for warning in ours]


def after(steps, rate, x, y):
    """The line's kernel after so many steps of gradient descent, in float64."""
    kernel, bias = (w.astype("float64") for w in network().get_weights())
    for step in range(steps):
        batch = slice(step * BATCH % len(x), step * BATCH % len(x) + BATCH)
        error = 2 * (x[batch] @ kernel + bias - y[batch]) / BATCH
        kernel, bias = kernel - rate * x[batch].T @ error, bias - rate * error.sum(0)
    return kernel


# A step that is not finite


@pytest.mark.parametrize("action", ["warn", "stop", "rollback"])
@every_loop
def test_nan_in_the_data_ends_training_with_the_weights_before(loop, action, tmp_path):
    # Example 40 is the first of the 6th batch. A lower rate would not mend it.
    x, y = examples(nan_at=40)
    model = network(loop)
    health = TrainingHealth(action=action, bundle_dir=tmp_path, config={"run": 1})
    history, texts = fit(model, health, (x, y))
    assert len(history.epoch) == 1
    # float32 against float64 over five steps.
    expected = after(5, 0.01, x, y)
    np.testing.assert_allclose(model.get_weights()[0], expected, rtol=1e-5)
    assert len(texts) == 1
    assert texts[0].startswith("Step 6 (epoch 1) gave a gradient that is NaN")
    assert "inputs are NaN or infinite: example 0, column 1 of the batch" in texts[0]
    (bundle,) = health.bundles
    assert bundle == tmp_path / "step-0000006"
    assert str(bundle) in texts[0]
    loaded = load_bundle(bundle)
    np.testing.assert_array_equal(loaded.batch[0], x[40:48])
    np.testing.assert_array_equal(loaded.batch[1], y[40:48])
    np.testing.assert_array_equal(loaded.model.get_weights()[0], model.get_weights()[0])
    assert loaded.facts["config"] == {"run": 1}


@loops
def test_the_replayed_bundle_names_the_layer(loop, tmp_path):
    # log(0) for the zeros of example 20, in the 3rd batch.
    x, y = examples()
    x = np.abs(x) + 1
    x[20] = 0
    model = network(loop, middle=[LogOfInputs(name="log")])
    health = TrainingHealth(bundle_dir=tmp_path)
    _, texts = fit(model, health, (x, y))
    assert "'log' (LogOfInputs): 3 of 24 outputs" in texts[0]
    bundle = load_bundle(health.bundles[0])
    report = find_first_bad_layer(bundle.model, bundle.batch)
    assert (bundle.step, report.kind, report.layer) == (3, "output", "log")
    assert report.examples == (4,)


@loops
def test_moving_averages_do_not_keep_the_nan(loop):
    model = network(loop, middle=[keras.layers.BatchNormalization()])
    history, _ = fit(model, TrainingHealth(), examples(nan_at=40))
    assert math.isnan(history.history["loss"][0])
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


@every_loop
def test_the_next_fit_trains_again(loop):
    model, health = network(loop), TrainingHealth()
    fit(model, health, examples(nan_at=40))
    before = model.get_weights()[0]
    history, texts = fit(model, health, epochs=2)
    assert np.isfinite(history.history["loss"]).all()
    assert (texts, health.findings) == ([], [])
    assert (model.get_weights()[0] != before).all()


@loops
def test_without_the_callback_nothing_is_guarded(loop):
    model = network(loop)
    fit(model, TrainingHealth(), examples(nan_at=40))
    model.fit(*examples(nan_at=40), batch_size=BATCH, epochs=1, verbose=0)
    assert np.isnan(model.get_weights()[0]).all()


def test_a_second_failure_gets_a_folder_of_its_own(tmp_path):
    for _ in range(2):
        fit(network(), health := TrainingHealth(bundle_dir=tmp_path), examples(0))
    assert [path.name for path in health.bundles] == ["step-0000001-2"]


def test_a_bundle_that_cannot_be_written_is_a_warning(tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError("No space left on device")

    monkeypatch.setattr("tfkit.callbacks.training_health.save_bundle", full)
    _, texts = fit(network(), TrainingHealth(bundle_dir=tmp_path), examples(0))
    assert any("could not be kept" in text and "No space" in text for text in texts)
    assert any(text.startswith("Step 1 (epoch 1)") for text in texts)


def test_a_model_that_cannot_be_replayed_is_a_warning():
    class Trick(keras.layers.Layer):
        """Works in a graph only."""

        def call(self, inputs):
            import tensorflow as tf

            if tf.executing_eagerly():
                raise RuntimeError("no numbers here")
            return inputs

    model = network(middle=[Trick()])
    _, texts = fit(model, TrainingHealth(), examples(0))
    assert any("could not be replayed" in text for text in texts)


def test_chunks_and_steps_per_execution():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.01), "mse", steps_per_execution=4)
    history, texts = fit(model, TrainingHealth(), examples(nan_at=40))
    assert len(history.epoch) == 1
    assert texts[0].startswith("Step 6 ")
    assert int(model.optimizer.iterations) == 5


# Going back


class FailingEpochs(keras.callbacks.Callback):
    """Makes the learning rate of one epoch so high that it overflows."""

    def __init__(self, epoch, rate=1e30):
        super().__init__()
        self.failing, self.rate = epoch, rate

    def on_train_begin(self, logs=None):
        self.weights, self.steps, self.rates = [], [], []

    def on_epoch_begin(self, epoch, logs=None):
        self.weights.append(self.model.get_weights()[0])
        self.steps.append(int(self.model.optimizer.iterations))
        if epoch == self.failing:
            self.model.optimizer.learning_rate = self.rate
        self.rates.append(float(self.model.optimizer.learning_rate))


@every_loop
def test_rollback_restores_the_epoch_before_and_cuts_the_rate(loop):
    model = network(loop, tfkit.optimizers.Adam(0.01))
    health = TrainingHealth(action="rollback", rate_cut=1e-32)
    failing = FailingEpochs(2)
    history, texts = fit(model, health, epochs=5, callbacks=[failing])
    assert health.rollbacks == 1
    assert len(history.epoch) == 5
    assert any("rollback 1 of at most 3" in text for text in texts)
    # float32 rounds the rate at 6e-8 of itself.
    assert failing.rates[3] == pytest.approx(1e-2, rel=1e-6)
    if loop != "keras":
        # The guard let no more steps through in that epoch.
        np.testing.assert_array_equal(failing.weights[3], failing.weights[2])
        assert failing.steps[3] == failing.steps[2] == 16
    assert np.isfinite(history.history["loss"][3:]).all()
    assert history.history["loss"][4] < history.history["loss"][1]


@loops
def test_rollback_then_success(loop):
    model = network(loop, tfkit.optimizers.GradientDescent(1e12))
    health = TrainingHealth(action="rollback", rate_cut=1e-7)
    history, _ = fit(model, health, epochs=30)
    assert 1 <= health.rollbacks <= 3
    assert not model.stop_training
    assert history.history["loss"][-1] < 0.01 * np.mean(np.square(examples()[1]))


@loops
def test_after_the_last_rollback_training_stops_in_a_good_state(loop):
    class AlwaysTooHigh(FailingEpochs):
        def on_epoch_begin(self, epoch, logs=None):
            self.failing = epoch if epoch else None
            super().on_epoch_begin(epoch, logs)

    model, health = network(loop), TrainingHealth(action="rollback", max_rollbacks=1)
    failing = AlwaysTooHigh(0)
    history, texts = fit(model, health, epochs=9, callbacks=[failing])
    assert len(history.epoch) < 9
    assert health.rollbacks == 1
    assert texts[-1].startswith("Training was stopped after 1 rollbacks")
    np.testing.assert_array_equal(model.get_weights()[0], failing.weights[1])


def test_an_epoch_on_the_way_up_is_no_state_to_go_back_to():
    # Epochs 1 to 3 rise a hundredfold each before epoch 4 overflows.
    costs = [1.0, 100.0, 1e4, math.nan]

    class Costs(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["loss"] = costs[epoch]

    model = network()
    failing = FailingEpochs(None)
    health = TrainingHealth(action="rollback")
    fit(model, health, epochs=4, callbacks=[failing, Costs()])
    # For the jump in epoch 2, and for the NaN; each time to the end of epoch 1.
    assert health.rollbacks == 2
    np.testing.assert_array_equal(model.get_weights()[0], failing.weights[1])


@pytest.mark.parametrize(
    ("action", "epochs", "rollbacks"),
    [("warn", 9, 0), ("stop", 7, 0), ("rollback", 9, 1)],
)
def test_actions_on_an_epoch_whose_cost_jumps(action, epochs, rollbacks):
    class Jump(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["loss"] = 50.0 if epoch == 6 else 1.0 - 0.01 * epoch

    model, failing = network(), FailingEpochs(None)
    health = TrainingHealth(action=action)
    history, texts = fit(model, health, epochs=9, callbacks=[failing, Jump()])
    assert (len(history.epoch), health.rollbacks) == (epochs, rollbacks)
    assert texts[0].startswith("loss jumped in epoch 7 to 50, from about 0.97")
    if rollbacks:
        np.testing.assert_array_equal(failing.weights[7], failing.weights[6])


@pytest.mark.parametrize("loop", ["keras", "graph"])
def test_the_cut_survives_learning_rate_decay(loop):
    class Nan(keras.callbacks.Callback):
        """Breaks the weights in epoch 2, so that its first gradient is NaN."""

        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                self.model.set_weights([np.full((3, 1), np.nan), np.zeros(1)])

    decay = LearningRateDecay(lambda epoch: 0.01 * 0.5**epoch)
    health = TrainingHealth(action="rollback", rate_cut=0.1)
    model = network(loop)
    rates = FailingEpochs(None)
    fit(model, health, epochs=5, callbacks=[decay, Nan(), rates])
    expected = [0.01, 0.005, 0.0025, 0.000125, 0.0000625]
    assert rates.rates == pytest.approx(expected, rel=1e-6)  # float32


def test_the_cut_scales_a_schedule_of_our_optimizers():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 8, 0.5, staircase=True)

    class Nan(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                self.model.set_weights([np.full((3, 1), np.nan), np.zeros(1)])

    optimizer = tfkit.optimizers.GradientDescent(schedule)
    health = TrainingHealth(action="rollback", rate_cut=0.1)
    rates = FailingEpochs(None)
    fit(network("graph", optimizer), health, epochs=4, callbacks=[Nan(), rates])
    # Epoch 2 repeats the 8 steps of epoch 1, of which none was done.
    assert rates.rates == pytest.approx([0.01, 0.005, 0.0005, 0.00025], rel=1e-6)


def test_a_stock_optimizer_with_a_schedule_cannot_be_cut():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 8, 0.5)
    model = network(optimizer=keras.optimizers.SGD(schedule))
    with pytest.raises(ValueError, match=r"TrainingHealth\(action='rollback'\) sets"):
        fit(model, TrainingHealth(action="rollback"))
    fit(model, TrainingHealth(), epochs=1)  # nothing to set


# What it says


@loops
def test_dead_units_are_told_once(loop):
    dead = keras.layers.Dense(
        4,
        activation="relu",
        bias_initializer=keras.initializers.Constant(-100.0),
        name="dead",
    )
    health = TrainingHealth()
    _, texts = fit(network(loop, middle=[dead]), health, epochs=6)
    told = [finding for finding in health.findings if finding.kind == "dead"]
    assert [finding.where for finding in told] == ["dead"]
    assert sum("100 % of the ReLU units of 'dead'" in text for text in texts) == 1


def dead(name):
    bias = keras.initializers.Constant(-100.0)
    return keras.layers.Dense(
        4, activation="relu", bias_initializer=bias, name=name, trainable=False
    )


@pytest.mark.parametrize("every", [1, "epoch"])
@loops
def test_layers_with_the_same_trouble_share_a_warning(loop, every):
    middle = [dead(name) for name in ("one", "two", "three")]
    health = TrainingHealth(every=every)
    _, texts = fit(network(loop, middle=middle), health, epochs=4)
    told = [text for text in texts if "ReLU units" in text]
    assert len(told) == 1
    assert told[0].startswith("100 % of the ReLU units of 'one' are dead at step ")
    assert "The same goes for 'two' and 'three'. Such a ReLU outputs 0" in told[0]
    assert told[0].count("Such a ReLU") == 1
    # Who reads them from the callback gets one for each.
    where = [finding.where for finding in health.findings if finding.kind == "dead"]
    assert where == ["one", "two", "three"]


def test_troubles_of_other_kinds_have_warnings_of_their_own():
    # Adam moves every weight by about its rate in each of the first steps.
    health = TrainingHealth(every=1)
    model = network(optimizer=keras.optimizers.Adam(1.0), middle=[dead("dead")])
    _, texts = fit(model, health, epochs=1)
    starts = ("100 % of the ReLU units of 'dead'", "A step changes the weights of")
    for start in starts:
        assert sum(text.startswith(start) for text in texts) == 1
    assert not any("The same goes" in text for text in texts)


def test_layers_are_told_of_when_an_epoch_is_broken_off():
    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 6:
                raise KeyboardInterrupt

    health = TrainingHealth(every=1)
    # As `tfkit train` does after Ctrl-C.
    with pytest.raises(KeyboardInterrupt):
        fit(network(middle=[dead("dead")]), health, callbacks=[Interrupt()])
    with pytest.warns(TrainingHealthWarning, match="ReLU units of 'dead'"):
        health.on_train_end()


@loops
def test_vanishing_gradients_of_a_deep_sigmoid_network(loop):
    middle = [keras.layers.Dense(4, activation="sigmoid") for _ in range(6)]
    health = TrainingHealth(every=4)
    fit(network(loop, middle=middle), health, epochs=3)
    assert "vanishing" in {finding.kind for finding in health.findings}


def test_updates_too_large():
    # Adam moves every weight by about its rate in each of the first steps.
    health = TrainingHealth(every=1)
    fit(network(optimizer=keras.optimizers.Adam(1.0)), health, epochs=1)
    kinds = {(finding.kind, finding.where) for finding in health.findings}
    assert ("update too large", "line") in kinds


def test_a_plateau_is_told():
    # Nothing to learn in the mean of +1 and -1, batch by batch.
    x = np.ones((64, 3), "float32")
    y = np.tile([[1.0], [-1.0]], (32, 1)).astype("float32")
    health = TrainingHealth(patience=3)
    model = network(optimizer=keras.optimizers.SGD(0.1))
    _, texts = fit(model, health, (x, y), epochs=12)
    kinds = {finding.kind for finding in health.findings}
    assert kinds & {"plateau", "stationary"}
    assert any("The cost has not fallen for 3 epochs" in text for text in texts)


@loops
def test_a_healthy_training_is_silent(loop):
    health = TrainingHealth(every=4, patience=3)
    model = network(loop, middle=[keras.layers.Dense(8, activation="relu")])
    history, texts = fit(model, health, epochs=10)
    assert history.history["loss"][-1] < history.history["loss"][0]
    assert (texts, health.findings, health.rollbacks) == ([], [], 0)


@loops
def test_it_changes_nothing_in_a_healthy_training(loop):
    plain, watched = network(loop), network(loop)
    plain.fit(*examples(), batch_size=BATCH, epochs=3, shuffle=False, verbose=0)
    fit(watched, TrainingHealth(action="rollback"))
    # Compiled otherwise, so rounded otherwise.
    for mine, theirs in zip(plain.get_weights(), watched.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5)


@pytest.mark.parametrize("loop", ["graph", "xla"])
def test_fit_stays_compiled(loop):
    model = network(loop)
    fit(model, TrainingHealth())
    plan = model.training_plan
    assert (plan.engine, plan.steps_per_call) == (loop, 8)


# Arguments


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"action": "panic"}, ValueError, "`action` must be 'warn', 'stop'"),
        ({"patience": 0}, ValueError, "`patience` must be an int >= 1"),
        ({"rate_cut": 1.0}, ValueError, "`rate_cut` must be a finite number > 0"),
        ({"rate_cut": 0}, ValueError, "halves the learning rate"),
        ({"max_rollbacks": -1}, ValueError, "`max_rollbacks` must be an int >= 0"),
        ({"max_rollbacks": 1.5}, TypeError, "`max_rollbacks` must be an int >= 0"),
        ({"every": 0}, ValueError, "Received: .*0"),
    ],
)
def test_wrong_arguments(options, error, message):
    with pytest.raises(error, match=message):
        TrainingHealth(**options)


def test_a_folder_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PermissionError, match="bundle_dir"):
        TrainingHealth(bundle_dir=os.path.join(tmp_path, "file"))


@pytest.mark.parametrize("every", ["epoch", 1])
@loops
def test_the_rate_is_named_before_what_follows_from_it(loop, every):
    keras.utils.set_random_seed(0)
    kind = keras if loop == "keras" else tfkit
    model = kind.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(8, activation="tanh", name="first"),
            keras.layers.Dense(8, activation="tanh", name="second"),
            keras.layers.Dense(1, name="line"),
        ]
    )
    options = {} if loop == "keras" else {"jit_compile": False}
    model.compile(keras.optimizers.Adam(10.0), "mse", **options)
    health = TrainingHealth(every=every)
    _, texts = fit(model, health, epochs=4)
    assert texts[0].startswith("The learning rate 10 is far too high: step 1 changed")
    kinds = [finding.kind for finding in health.findings]
    assert kinds[0] == "learning rate"
    assert "saturated" in kinds


@loops
def test_a_warning_points_at_the_line_that_trains(loop):
    x, y = examples(nan_at=40)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", TrainingHealthWarning)
        network(loop).fit(
            x, y, batch_size=BATCH, verbose=0, callbacks=[TrainingHealth()]
        )
    ours = [w for w in caught if w.category is TrainingHealthWarning]
    assert {os.path.basename(w.filename) for w in ours} == {os.path.basename(__file__)}
