import json

import keras
import numpy as np
import pytest

from tfkit.callbacks import LearningRateDecay, ManualControl, Replay
from tfkit.callbacks.control_file import CONTROL, interventions, request
from tfkit.optimizers import Adam, GradientDescent
from tfkit.schedules import InverseTimeDecay

# The optimizer holds the rate in float32.
FLOAT32 = 2e-7

# pytest.warns passes on the warnings that it did not wait for under another module, so
# that the filter for TensorFlow's own calls no longer fits them.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ impl:DeprecationWarning")


@pytest.fixture
def somebody(tmp_path):
    """Returns a function: {epoch or (epoch, batch): request} -> callback."""

    class Somebody(keras.callbacks.Callback):
        def __init__(self, plan):
            super().__init__()
            self.plan = plan

        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch
            self._act(epoch)

        def on_train_batch_begin(self, batch, logs=None):
            self._act((self.epoch, batch))

        def _act(self, when):
            if when in self.plan:
                request(tmp_path, **self.plan[when])

    return Somebody


def events(folder):
    return [entry["event"] for entry in interventions(folder)]


def test_changes_the_rate_from_the_next_epoch(network, fit, somebody, tmp_path):
    plan = somebody({1: {"learning_rate": 0.3}})
    history = fit(network(), 4, [plan, ManualControl(tmp_path)])
    expected = [0.05, 0.05, 0.3, 0.3]
    np.testing.assert_allclose(history.history["learning_rate"], expected, rtol=FLOAT32)
    start, change = interventions(tmp_path)
    assert start["event"] == "start"
    assert (change["epoch"], change["batch"], change["step"]) == (1, None, 8)
    assert change["from"] == pytest.approx(0.05, rel=FLOAT32)
    assert change["to"] == pytest.approx(0.3, rel=FLOAT32)
    assert change["time"].endswith("+00:00")


@pytest.mark.parametrize("steps_per_execution", [1, 2])
def test_changes_the_rate_between_batches(
    network, fit, somebody, tmp_path, weight_log, steps_per_execution
):
    model = network(steps_per_execution=steps_per_execution)
    plan = somebody({(1, 0): {"learning_rate": 0.3}})
    fit(model, 2, [plan, weight_log, ManualControl(tmp_path, every_batches=2)])
    change = list(interventions(tmp_path))[-1]
    # Asked before the fifth step, seen after the sixth, in force from step 6 on.
    assert (change["epoch"], change["batch"], change["step"]) == (1, 1, 6)
    last = weight_log.batch_rates[-1]
    assert last == pytest.approx(0.3, rel=FLOAT32)


def test_looks_between_batches_only_when_asked(tmp_path):
    # Loops that run a whole epoch in one go look for this method.
    default = keras.callbacks.Callback.on_train_batch_end
    assert ManualControl(tmp_path).on_train_batch_end.__func__ is default
    assert ManualControl(tmp_path, every_batches=1).on_train_batch_end is not default


@pytest.mark.parametrize(
    ("when", "every", "epochs", "steps"), [(1, None, 2, 8), ((1, 1), 1, 2, 6)]
)
def test_stops(network, fit, somebody, tmp_path, when, every, epochs, steps):
    model = network()
    callbacks = [somebody({when: {"stop": True}}), ManualControl(
        tmp_path, every_batches=every
    )]  # fmt: skip
    assert len(fit(model, 9, callbacks).epoch) == epochs
    assert int(model.optimizer.iterations) == steps
    assert events(tmp_path) == ["start", "stop"]


def test_saves_a_model_to_train_on(network, fit, somebody, tmp_path, weight_log, data):
    model = network(keras.optimizers.Adam(0.01))
    fit(
        model,
        3,
        [somebody({1: {"checkpoint": True}}), weight_log, ManualControl(tmp_path)],
    )
    entry = list(interventions(tmp_path))[-1]
    assert entry["path"] == "checkpoints/epoch-0002-step-000008.keras"
    saved = keras.models.load_model(tmp_path / entry["path"])
    for a, b in zip(saved.get_weights(), weight_log.weights[1], strict=True):
        np.testing.assert_array_equal(a, b)
    fit(saved, 3, [], initial_epoch=2)
    for a, b in zip(saved.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_several_requests_at_once(network, fit, somebody, tmp_path):
    plan = somebody({0: {"learning_rate": 0.1, "checkpoint": True, "stop": True}})
    fit(network(), 5, [plan, ManualControl(tmp_path)])
    assert events(tmp_path) == ["start", "learning_rate", "checkpoint", "stop"]


def test_replay_repeats_the_training(network, fit, somebody, tmp_path):
    plan = somebody({0: {"learning_rate": 0.2}, 2: {"learning_rate": 0.01}})
    watched, repeated, per_step = network(), network(), None
    fit(watched, 5, [plan, ManualControl(tmp_path)])
    replay = ManualControl.replay(tmp_path)
    fit(repeated, 5, [LearningRateDecay(replay)])
    per_step = network(keras.optimizers.SGD(replay.per_step()))
    fit(per_step, 5, [])
    for a, b, c in zip(
        *(m.get_weights() for m in (watched, repeated, per_step)), strict=True
    ):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(a, c)


def test_replay_is_exact_to_the_step(network, fit, somebody, tmp_path):
    plan = somebody({(1, 1): {"learning_rate": 0.2}, (2, 0): {"learning_rate": 0.01}})
    watched = network()
    fit(watched, 4, [plan, ManualControl(tmp_path, every_batches=1)])
    replay = ManualControl.replay(tmp_path)
    assert [change.step for change in replay.changes] == [6, 9]
    repeated = network(keras.optimizers.SGD(replay.per_step()))
    fit(repeated, 4, [])
    for a, b in zip(watched.get_weights(), repeated.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("decay_first", [True, False])
def test_composes_with_a_decay_and_replays_with_it(
    network, fit, somebody, tmp_path, decay_first
):
    def decay(epoch):
        return 0.1 / (1 + epoch)

    plan = somebody({1: {"learning_rate": 0.2}})
    callbacks = [LearningRateDecay(decay), ManualControl(tmp_path)]
    if not decay_first:
        callbacks.reverse()
    history = fit(network(), 4, [plan, *callbacks])
    # The schedule says 0.05 in epoch 1 and somebody 0.2: four times from then on.
    expected = [0.1, 0.05, 4 * 0.1 / 3, 4 * 0.1 / 4]
    np.testing.assert_allclose(
        history.history["learning_rate"], expected, rtol=4 * FLOAT32
    )
    replay = ManualControl.replay(tmp_path, decay)
    np.testing.assert_allclose(
        [replay.at_epoch(epoch) for epoch in range(4)], expected, rtol=4 * FLOAT32
    )
    with pytest.raises(ValueError, match="needs at least one change and no other"):
        replay.per_step()


def test_composes_with_a_schedule_in_the_optimizer(network, fit, somebody, tmp_path):
    schedule = InverseTimeDecay(0.1, 1.0, steps_per_epoch=4)
    model = network(keras.optimizers.LossScaleOptimizer(Adam(schedule), 2.0))
    plan = somebody({1: {"learning_rate": 0.2}})
    rates = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate)
    history = fit(model, 4, [plan, rates, ManualControl(tmp_path)])
    # Changed between epochs 1 and 2, where the schedule says 0.1 / 3: six times.
    expected = [0.1, 0.1 / 2, 6 * 0.1 / 3, 6 * 0.1 / 4]
    replay = ManualControl.replay(tmp_path, schedule)
    np.testing.assert_allclose(
        [replay.at_epoch(epoch) for epoch in range(4)], expected, rtol=4 * FLOAT32
    )
    # The log of an epoch has the rate after its last step: that of the next one.
    after = [*expected[1:], 6 * 0.1 / 5]
    after[1] = 0.1 / 3  # the change came later still
    np.testing.assert_allclose(
        history.history["learning_rate"], after, rtol=4 * FLOAT32
    )


def test_rate_that_cannot_be_scaled_is_refused_and_training_goes_on(
    network, fit, somebody, tmp_path
):
    ends_at_zero = keras.optimizers.schedules.PolynomialDecay(0.1, 4, 0.0)
    plan = somebody({1: {"learning_rate": 0.2}})
    with pytest.warns(UserWarning, match="not carried out: .*while the schedule gives"):
        fit(network(Adam(ends_at_zero)), 3, [plan, ManualControl(tmp_path)])
    assert events(tmp_path) == ["start", "refused"]


def test_replay_counts_mini_batches_as_schedules_do(network, fit, somebody, tmp_path):
    def accumulating(learning_rate):
        return network(GradientDescent(learning_rate, gradient_accumulation_steps=2))

    watched = accumulating(0.05)
    plan = somebody({1: {"learning_rate": 0.3}})
    fit(watched, 4, [plan, ManualControl(tmp_path)])
    repeated = accumulating(ManualControl.replay(tmp_path).per_step())
    fit(repeated, 4, [])
    for a, b in zip(watched.get_weights(), repeated.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_with_decay_and_plateau(network, fit, somebody, scripted, tmp_path):
    callbacks = [
        LearningRateDecay(InverseTimeDecay(0.1, 1.0)),
        scripted([1.0] * 5),  # a plateau from epoch 1 on
        keras.callbacks.ReduceLROnPlateau(factor=0.1, patience=1),
        ManualControl(tmp_path),
    ]
    plan = somebody({2: {"learning_rate": 0.5}})
    model = network(Adam(0.1), jit_compile=True)
    history = fit(model, 5, [plan, *callbacks])
    # Cuts after epochs 1, 2 and 3; the hand overrules the one after epoch 2, and makes
    # 15 times of the 0.1 / 3 that the schedule says there.
    expected = [0.1, 0.1 / 2, 0.1 * 0.1 / 3, 15 * 0.1 / 4, 1.5 * 0.1 / 5]
    np.testing.assert_allclose(
        history.history["learning_rate"], expected, rtol=8 * FLOAT32
    )


def test_resume_undoes_what_came_after_its_epoch(network, fit, somebody, tmp_path):
    model = network()
    plan = somebody({0: {"learning_rate": 0.2}, 2: {"learning_rate": 0.01}})
    fit(model, 4, [plan, ManualControl(tmp_path)])
    # Killed in epoch 3, resumed at epoch 2 with the rate of that time.
    model.optimizer.learning_rate = 0.2
    fit(model, 4, [ManualControl(tmp_path)], initial_epoch=2)
    replay = ManualControl.replay(tmp_path)
    rates = [replay.at_epoch(epoch) for epoch in range(4)]
    np.testing.assert_allclose(rates, [0.05, 0.2, 0.2, 0.2], rtol=FLOAT32)
    # A new training in the same folder starts a new story.
    fit(network(), 1, [ManualControl(tmp_path)])
    assert ManualControl.replay(tmp_path).changes == ()


def test_one_object_serves_two_fits(network, fit, somebody, tmp_path):
    control = ManualControl(tmp_path, every_batches=3)
    for _ in range(2):
        fit(network(), 3, [somebody({0: {"stop": True}}), control])
    assert events(tmp_path) == ["start", "stop"] * 2


def test_old_request_does_not_reach_a_new_training(network, fit, tmp_path):
    request(tmp_path, stop=True)
    request(tmp_path, learning_rate=0.5, checkpoint=True)
    with pytest.warns(UserWarning, match="made before training began") as warned:
        history = fit(network(), 3, [ManualControl(tmp_path)])
    assert len(history.epoch) == 3
    assert not (tmp_path / CONTROL).exists()
    assert [str(w.message).split(".")[0] for w in warned][:1] == [
        "Request not carried out: stop"
    ]
    # Whoever asked looks here, not into the terminal of the training.
    stop, other, start = interventions(tmp_path)
    assert (stop["event"], stop["request"]) == ("refused", "stop")
    assert "before training began" in stop["reason"]
    assert other["request"] == "learning rate 0.5, checkpoint"
    assert (stop["epoch"], start["event"]) == (None, "start")
    assert ManualControl.replay(tmp_path).changes == ()


def test_malformed_file_gives_one_warning_and_can_be_corrected(network, fit, tmp_path):
    path = tmp_path / CONTROL

    def act(epoch, logs):
        if epoch == 0:
            path.write_text("{learning_rate: 0.1}")
        if epoch == 3:
            path.write_text(json.dumps({"learning_rate": 0.25}))

    writer = keras.callbacks.LambdaCallback(on_epoch_begin=act)
    with pytest.warns(UserWarning, match="Control file ignored") as warned:
        history = fit(network(), 5, [writer, ManualControl(tmp_path)])
    ours = [w for w in warned if "Control file" in str(w.message)]
    assert len(ours) == 1  # though it was looked at three times
    rates = history.history["learning_rate"]
    np.testing.assert_allclose(rates, [0.05] * 4 + [0.25], rtol=FLOAT32)


def test_optimizer_with_a_schedule_refuses_and_training_goes_on(
    network, fit, somebody, tmp_path
):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    model = network(keras.optimizers.SGD(schedule))
    plan = somebody({0: {"learning_rate": 0.2, "checkpoint": True}})
    with pytest.warns(UserWarning, match=r"not carried out: learning rate 0\.2"):
        history = fit(model, 2, [plan, ManualControl(tmp_path)])
    assert len(history.epoch) == 2
    assert events(tmp_path) == ["start", "refused", "checkpoint"]


def test_checkpoint_that_cannot_be_written_does_not_end_training(
    network, fit, somebody, tmp_path
):
    (tmp_path / "checkpoints").write_text("a file where the folder should be")
    plan = somebody({0: {"checkpoint": True}})
    with pytest.warns(UserWarning, match="not carried out: checkpoint"):
        history = fit(network(), 2, [plan, ManualControl(tmp_path)])
    assert len(history.epoch) == 2
    assert events(tmp_path) == ["start", "refused"]


def test_model_that_cannot_be_saved_does_not_end_training(
    network, fit, somebody, tmp_path
):
    model = network()
    model.get_config = lambda: {"initial": object()}  # as a careless subclass has it
    plan = somebody({0: {"checkpoint": True}})
    with pytest.warns(UserWarning, match="not carried out: checkpoint"):
        fit(model, 1, [plan, ManualControl(tmp_path)])
    assert events(tmp_path) == ["start", "refused"]
    assert list((tmp_path / "checkpoints").iterdir()) == []


@pytest.mark.parametrize(
    "build",
    [
        lambda: keras.optimizers.SGD(0.05, use_ema=True),
        lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.05)),
    ],
)
def test_other_optimizers(network, fit, somebody, tmp_path, build):
    model = network(build())
    history = fit(
        model, 2, [somebody({0: {"learning_rate": 0.2}}), ManualControl(tmp_path)]
    )
    np.testing.assert_allclose(
        history.history["learning_rate"], [0.05, 0.2], rtol=FLOAT32
    )


def test_several_optimizers_can_still_be_stopped(network, fit, somebody, tmp_path):
    several = keras.optimizers.MultiOptimizer(
        keras.optimizers.OptimizerMap(keras.optimizers.SGD(0.1))
    )
    plan = somebody({0: {"stop": True}})
    history = fit(network(several), 3, [plan, ManualControl(tmp_path)])
    assert len(history.epoch) == 1
    with pytest.raises(ValueError, match="must hold the start of a training"):
        ManualControl.replay(tmp_path)


def test_nan_does_not_disturb_it(network, fit, somebody, tmp_path):
    model = network(keras.optimizers.SGD(1e30))
    fit(model, 3, [somebody({0: {"stop": True}}), ManualControl(tmp_path)])
    assert events(tmp_path) == ["start", "stop"]


def test_replay_of_nothing_is_the_first_rate():
    replay = Replay(0.1, ())
    assert [replay.at_epoch(epoch) for epoch in (0, 7)] == [0.1, 0.1]


@pytest.mark.parametrize("bad", [0, -1, 1.5, True])
def test_bad_arguments(tmp_path, bad):
    with pytest.raises(ValueError, match=rf"`every_batches` must .*={bad}"):
        ManualControl(tmp_path, every_batches=bad)


def test_unwritable_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PermissionError, match="is a file, not a folder"):
        ManualControl(tmp_path / "file" / "run")
