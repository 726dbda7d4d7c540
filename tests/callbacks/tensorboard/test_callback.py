"""What the callback writes, read by TensorBoard's reader, is what happened."""

import json
import os
import re
import subprocess
import sys
import textwrap
import time
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.util import tensor_util

import tfkit
from tfkit import plots
from tfkit.callbacks import LearningRateDecay, TensorBoard
from tfkit.callbacks.events.writer import EventsLostWarning
from tfkit.callbacks.tensorboard.curves import rates_of
from tfkit.schedules import StaircaseDecay
from tfkit.training.observe import StepObserver

KINDS = pytest.mark.parametrize("kind", [keras, tfkit], ids=["keras", "epoch"])


class Recorder(StepObserver):
    def __init__(self, **options):
        super().__init__(**options)
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        self.seen += self.observations()


class Interrupt(keras.callbacks.Callback):
    """Ctrl-C at the begin of the third epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            raise KeyboardInterrupt


class Rates(keras.callbacks.Callback):
    """The rate of each batch, read from the optimizer before it is used."""

    def __init__(self):
        super().__init__()
        self.rates = []

    def on_train_batch_begin(self, batch, logs=None):
        rate = self.model.optimizer.learning_rate
        self.rates.append(float(keras.ops.convert_to_numpy(rate)))


# By epoch.


@KINDS
def test_costs_and_metrics_of_train_and_dev_share_a_tag(
    tmp_path, read, classifier, fit, kind
):
    history = fit(classifier(kind), [TensorBoard(tmp_path)], epochs=3).history
    for run, prefix in (("train", ""), ("validation", "val_")):
        events = read(tmp_path / run)
        for name in ("loss", "accuracy"):
            steps, values = events.points(f"epoch_{name}")
            assert steps == [0, 1, 2]
            # Summaries store float32; History has float64 of the same numbers.
            np.testing.assert_allclose(values, history[prefix + name], rtol=1e-6)
            assert "By epoch" in events.described(f"epoch_{name}")


@KINDS
def test_the_training_set_in_inference_mode(
    tmp_path, read, classifier, data, fit, kind
):
    model = classifier(kind)
    given = {} if kind is tfkit else {"train_data": data[0], "dev_data": data[1]}
    fit(model, [TensorBoard(tmp_path, judge_freq=1, **given)], epochs=3)
    events = read(tmp_path / "train_inference")
    expected = model.evaluate(*data[0], verbose=0, return_dict=True)
    for name, value in expected.items():
        np.testing.assert_allclose(events.last(f"epoch_{name}"), value, rtol=1e-6)
    # The last epoch's is not drawn once more at the end.
    assert events.steps("epoch_loss") == [0, 1, 2]
    for run, (x, y) in zip(("train_inference", "validation"), data, strict=True):
        wrong = np.mean(model.predict(x, verbose=0).argmax(axis=1) != y)
        np.testing.assert_allclose(read(tmp_path / run).last("error"), wrong, 1e-6)


def test_speed(tmp_path, read, classifier, fit):
    fit(classifier(), [TensorBoard(tmp_path)])
    events = read(tmp_path / "train")
    seconds = events.by_step("seconds_per_epoch")
    for epoch, rate in events.by_step("examples_per_second").items():
        np.testing.assert_allclose(rate * seconds[epoch], 24, rtol=1e-5)
    # Arrays are in memory: a chart of zeros would say nothing.
    assert "waiting_for_data" not in events.tags
    hours = events.points("hours")[1]
    assert 0 < hours[0] <= hours[1] < 1


def test_the_time_that_training_waits_for_data(tmp_path, read, classifier, data):
    x, y = data[0]

    def batches():
        for i in range(0, 24, 4):
            time.sleep(0.02)
            yield x[i : i + 4], y[i : i + 4]

    spec = (tf.TensorSpec((4, 3)), tf.TensorSpec((4,), tf.int64))
    stream = tf.data.Dataset.from_generator(batches, output_signature=spec)
    stream = stream.apply(tf.data.experimental.assert_cardinality(6))
    model, board = classifier(), TensorBoard(tmp_path)
    model.fit(stream, epochs=2, shuffle=False, verbose=0, callbacks=[board])
    events = read(tmp_path / "train")
    steps, shares = events.points("waiting_for_data")
    assert steps == [0, 1]
    assert all(0 < share <= 1 for share in shares)


# By step.


RATES = {
    "constant": lambda: (keras.optimizers.SGD(0.3), []),
    "decay by epoch": lambda: (
        keras.optimizers.SGD(0.3),
        [LearningRateDecay(lambda epoch: 0.5 / (1 + epoch))],
    ),
    "Keras's schedule": lambda: (
        keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.3, 20)),
        [],
    ),
    "plateau": lambda: (
        keras.optimizers.SGD(0.3),
        [keras.callbacks.ReduceLROnPlateau("loss", 0.5, 1, min_delta=1e9)],
    ),
}


@pytest.mark.parametrize("last", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("what", RATES)
def test_the_learning_rate_of_each_step(tmp_path, read, classifier, fit, what, last):
    optimizer, callbacks = RATES[what]()
    board, rates = TensorBoard(tmp_path, write_graph=False), Rates()
    order = [*callbacks, board] if last else [board, *callbacks]
    fit(classifier(optimizer=optimizer), [*order, rates], epochs=3)
    points = read(tmp_path / "train").by_step("learning_rate")
    # Ends of a stretch that stays the same are enough: between them is a line.
    found = np.interp(np.arange(1, 19), list(points), list(points.values()))
    assert len(rates.rates) == 18
    np.testing.assert_allclose(found, rates.rates, rtol=1e-6)


class SetsTheNextRate(keras.callbacks.Callback):
    """Sets the rate before the callbacks that follow look at the epoch."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.optimizer.learning_rate = 0.5 / (2 + epoch)


@pytest.mark.parametrize("accumulate", [None, 2], ids=["", "accumulation"])
@pytest.mark.parametrize("compiled", [False, True], ids=["graph", "xla"])
def test_the_learning_rate_of_whole_epochs(
    tmp_path, read, classifier, fit, compiled, accumulate
):
    """The rate that the epoch's one call returned, whatever has been set since."""
    optimizer = keras.optimizers.SGD(0.5, gradient_accumulation_steps=accumulate)
    model = classifier(optimizer=optimizer, jit_compile=compiled)
    board = TensorBoard(tmp_path, write_graph=False)
    fit(model, [SetsTheNextRate(), board], epochs=3)
    assert model.training_plan.steps_per_call == 6
    points = read(tmp_path / "train").by_step("learning_rate")
    assert points == pytest.approx(
        {1: 0.5, 6: 0.5, 7: 0.25, 12: 0.25, 13: 0.5 / 3, 18: 0.5 / 3}
    )


class OneByOne(keras.optimizers.schedules.LearningRateSchedule):
    """One that can be asked for a single step only."""

    def __call__(self, step):
        return 0.2 if float(step) < 5 else 0.1

    def get_config(self):
        return {}


def test_rates_of_schedules_are_those_of_single_steps():
    steps = np.arange(3, 30)
    schedules = [
        keras.optimizers.schedules.PiecewiseConstantDecay([5, 9], [0.3, 0.2, 0.1]),
        keras.optimizers.schedules.ExponentialDecay(0.3, 4, 0.5, staircase=True),
        StaircaseDecay(0.3, 0.5, 2, steps_per_epoch=3),
        OneByOne(),
    ]
    for schedule in schedules:
        # Step t is made with the rate for t - 1 steps before it.
        expected = [float(schedule(int(step) - 1)) for step in steps]
        found = rates_of(keras.optimizers.SGD(schedule), steps)
        np.testing.assert_allclose(found, expected, rtol=1e-6)


@KINDS
def test_numbers_by_layer_are_those_observed(tmp_path, read, classifier, fit, kind):
    recorder = Recorder(every=3)
    board = TensorBoard(tmp_path, update_freq=3, write_graph=False)
    fit(classifier(kind), [board, recorder])
    events = read(tmp_path / "train")
    assert [each.step for each in recorder.seen] == [1, 4, 7, 10]
    for each in recorder.seen:
        groups = {
            "gradient_norm": each.gradient_norm,
            "weight_norm": each.weight_norm,
            "update_ratio": each.update_ratio,
            "activation_std": {n: a.std for n, a in each.activations.items()},
            "dead_relu_share": {n: a.dead for n, a in each.activations.items()},
        }
        for group, by_layer in groups.items():
            assert by_layer
            for layer, number in by_layer.items():
                found = events.by_step(f"{group}/{layer}")[each.step]
                np.testing.assert_allclose(found, number, rtol=1e-6)
        assert events.by_step("batch_loss")[each.step] == pytest.approx(each.loss)
    assert "before clipping" in events.described("gradient_norm/hidden")


def test_histograms(tmp_path, read, classifier, fit):
    model = classifier()
    board = TensorBoard(tmp_path, histogram_freq=2, update_freq=1, write_graph=False)
    fit(model, [board], epochs=3)
    events = read(tmp_path / "train")
    assert events.steps("weights/hidden/kernel") == [0, 2]
    (_, last) = events.events.Tensors("weights/hidden/kernel")
    buckets = tensor_util.make_ndarray(last.tensor_proto)
    # Training ends with the observed step: the histogram is of the weights it left.
    kernel = model.layers[0].get_weights()[0]
    counts, _ = np.histogram(kernel, bins=len(buckets))
    np.testing.assert_array_equal(buckets[:, 2], counts)
    np.testing.assert_allclose(buckets[0, 0], kernel.min(), rtol=1e-6)
    assert "gradients/output/bias" in events.tags
    assert "activations/hidden" in events.tags


def test_the_plan_stays_compiled(tmp_path, classifier, fit):
    plain, model = classifier(), classifier()
    fit(plain, [])
    fit(model, [TensorBoard(tmp_path)])
    plans = [
        (m.training_plan.engine, m.training_plan.steps_per_call) for m in (plain, model)
    ]
    assert plans == [("graph", 6), ("graph", 6)]
    for ours, theirs in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


# More than one fit.


@KINDS
def test_two_fits_on_one_callback_go_on(tmp_path, read, classifier, fit, kind):
    model, board = classifier(kind), TensorBoard(tmp_path, update_freq=1)
    histories = [fit(model, [board]).history["loss"] for _ in range(2)]
    events = read(tmp_path / "train")
    steps, costs = events.points("epoch_loss")
    assert steps == [0, 1, 2, 3]
    np.testing.assert_allclose(costs, np.concatenate(histories), rtol=1e-6)
    assert events.steps("batch_loss") == list(range(1, 25))
    assert events.steps("learning_rate")[-1] == 24


@KINDS
def test_a_resumed_run_goes_on(tmp_path, read, classifier, fit, kind):
    model = classifier(kind)
    fit(model, [TensorBoard(tmp_path / "logs", update_freq=1)])
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    board = TensorBoard(tmp_path / "logs", update_freq=1)
    fit(again, [board], initial_epoch=2, epochs=3)
    events = read(tmp_path / "logs" / "train")
    assert events.steps("epoch_loss") == [0, 1, 2]
    assert events.steps("batch_loss") == list(range(1, 19))


@KINDS
def test_rates_after_a_restored_backup(tmp_path, read, classifier, fit, kind):
    backup = keras.callbacks.BackupAndRestore(str(tmp_path / "backup"))
    with pytest.raises(KeyboardInterrupt):
        fit(classifier(kind), [backup, Interrupt()], epochs=3)
    backup = keras.callbacks.BackupAndRestore(str(tmp_path / "backup"))
    fit(classifier(kind), [TensorBoard(tmp_path / "logs"), backup], epochs=3)
    events = read(tmp_path / "logs" / "train")
    assert events.steps("learning_rate") == [13, 18]
    assert events.steps("epoch_loss") == [2]


@KINDS
def test_an_interrupted_fit_keeps_what_was_written(
    tmp_path, read, classifier, fit, kind
):
    board = TensorBoard(tmp_path, update_freq=1)
    with pytest.raises(KeyboardInterrupt):
        fit(classifier(kind), [board, Interrupt()], epochs=5)
    board.writer.flush()  # as the end of the program does
    events = read(tmp_path / "train")
    assert events.steps("epoch_loss") == [0, 1]
    assert events.steps("batch_loss") == list(range(1, 13))
    assert events.steps("learning_rate")[-1] == 12


# What the run is.


def test_the_hparams_tab_has_parameters_and_results(
    tmp_path, read, classifier, fit, data
):
    parameters = {"optimizer": {"learning_rate": 0.3}, "units": [5], "seed": None}
    board = TensorBoard(tmp_path, parameters=parameters)
    model = classifier()
    history = fit(model, [board], epochs=3).history
    events = read(tmp_path / "hparams")
    start = plugin_data_pb2.HParamsPluginData.FromString(
        events.events.SummaryMetadata(
            "_hparams_/session_start_info"
        ).plugin_data.content
    ).session_start_info
    assert start.hparams["optimizer.learning_rate"].number_value == 0.3
    assert start.hparams["units"].string_value == "[5]"
    best = int(np.argmin(history["val_loss"]))
    assert events.last("result/best epoch") == best + 1
    for name in history:
        np.testing.assert_allclose(
            events.last(f"result/best {name}"), history[name][best], rtol=1e-6
        )
    (x, y) = data[1]
    wrong = np.mean(model.predict(x, verbose=0).argmax(axis=1) != y)
    np.testing.assert_allclose(events.last("result/dev error"), wrong, rtol=1e-6)
    assert "_hparams_/session_end_info" in events.tags


def test_every_chart_of_the_page_has_a_curve(tmp_path, read, classifier, fit):
    fit(classifier(), [TensorBoard(tmp_path, human_error=0.01)])
    (event, *_) = reversed(
        read(tmp_path / "train").events.Tensors("custom_scalars__config__")
    )
    page = layout_pb2.Layout.FromString(
        tensor_util.make_ndarray(event.tensor_proto).item()
    )
    runs = ("train", "validation", "train_inference", "human")
    tags = set().union(*(read(tmp_path / run).tags for run in runs))
    charts = [chart for category in page.category for chart in category.chart]
    assert {"cost", "accuracy", "gradient norm", "learning rate"} <= {
        chart.title for chart in charts
    }
    for chart in charts:
        for pattern in chart.multiline.tag:
            assert any(re.match(pattern, tag) for tag in tags), pattern
    titles = {category.title for category in page.category}
    assert "Batch normalization, by layer" not in titles


@KINDS
def test_graphs(tmp_path, read, classifier, fit, kind):
    fit(classifier(kind), [TensorBoard(tmp_path)], epochs=1)
    events = read(tmp_path / "train")
    assert "keras" in events.tags
    operations = {node.op for node in events.events.Graph().node}
    assert "MatMul" in operations


def test_an_embedding_of_the_last_hidden_layer(tmp_path, classifier, fit, data):
    model = classifier()
    board = TensorBoard(tmp_path, embeddings=True, class_names=list("abc"))
    fit(model, [board], epochs=1)
    (tensors,) = tmp_path.rglob("tensors.tsv")
    (metadata,) = tmp_path.rglob("metadata.tsv")
    hidden = keras.Model(model.inputs[0], model.layers[0].output)
    np.testing.assert_allclose(
        np.loadtxt(tensors), hidden.predict(data[1][0], verbose=0), rtol=1e-4, atol=1e-5
    )
    classes = [line.split("\t")[1] for line in metadata.read_text().split("\n")[1:-1]]
    assert classes == ["abc"[label] for label in data[1][1]]


@pytest.mark.parametrize("window", [(2, 3), (8, 9)])
@KINDS
def test_a_profile(tmp_path, classifier, fit, kind, window):
    fit(classifier(kind), [TensorBoard(tmp_path, profile_batch=window)])
    (folder,) = tmp_path.glob("train/plugins/profile/*")
    (trace,) = folder.glob("*.xplane.pb")
    # Operations of the training step are in it.
    assert b"MatMul" in trace.read_bytes()


def test_a_profile_after_one_that_was_interrupted(tmp_path, classifier, fit):
    model = classifier(keras)
    with pytest.raises(KeyboardInterrupt):
        fit(
            model,
            [TensorBoard(tmp_path / "first", profile_batch=(2, 99)), Interrupt()],
            epochs=3,
        )
    fit(model, [TensorBoard(tmp_path / "second", profile_batch=(14, 15))])
    for name in ("first", "second"):
        assert len(list((tmp_path / name).rglob("*.xplane.pb"))) == 1


@KINDS
def test_nothing_to_validate_on(tmp_path, read, classifier, fit, kind):
    fit(classifier(kind), [TensorBoard(tmp_path)], validation_data=None)
    assert not (tmp_path / "validation").exists()
    assert read(tmp_path / "train").steps("epoch_loss") == [0, 1]


@KINDS
def test_a_network_that_is_built_by_its_first_batch(tmp_path, read, fit, kind):
    # Its input shape then has the size of that batch in it.
    model = kind.Sequential([keras.layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    fit(model, [TensorBoard(tmp_path)])
    assert read(tmp_path / "train").steps("epoch_loss") == [0, 1]


# What does not go well.


def test_without_tensorboard_the_constructor_says_what_to_do(tmp_path):
    code = """
        import sys
        sys.modules["tensorboard"] = None
        from tfkit.callbacks import EarlyStopping, TensorBoard
        try:
            TensorBoard(sys.argv[1])
        except ImportError as error:
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)],
        capture_output=True,
        text=True,
    )
    assert "pip install tensorboard" in done.stdout, done.stderr


def test_an_unwritable_folder_is_an_error_before_training(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PermissionError, match="is a file, not a folder"):
        TensorBoard(tmp_path / "file" / "events")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"human_error": 5}, r"fraction in \[0, 1\]"),
        ({"update_freq": 0}, "int >= 1"),
        ({"update_freq": "often"}, "int >= 1"),
        ({"histogram_freq": -1}, "histogram_freq"),
        ({"histogram_freq": 1, "update_freq": None}, "histogram_freq"),
        ({"judge_freq": "never"}, "judge_freq"),
        ({"profile_batch": (5, 2)}, "1 <= first <= last"),
    ],
    ids=str,
)
def test_wrong_arguments(tmp_path, options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        TensorBoard(tmp_path, **options)


def test_too_few_class_names_are_an_error_before_training(tmp_path, classifier, fit):
    model = classifier()
    before = model.get_weights()
    board = TensorBoard(tmp_path, class_names=["a", "b"])
    with pytest.raises(ValueError, match="one name for each of the 3 classes"):
        fit(model, [board])
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_picture_that_fails_stops_nothing(
    tmp_path, read, classifier, fit, monkeypatch
):
    def broken(*args, **options):
        raise ArithmeticError("no ink")

    monkeypatch.setattr(plots, "confusion_matrix", broken)
    with warnings.catch_warnings(record=True, action="always") as caught:
        history = fit(classifier(), [TensorBoard(tmp_path)])
    (lost,) = [w for w in caught if w.category is EventsLostWarning]
    assert "no ink" in str(lost.message)
    assert history.epoch == [0, 1]
    assert "dev/confusion matrix" not in read(tmp_path / "train").tags
    assert "verdict/dev by class" in read(tmp_path / "train").tags


@pytest.mark.slow
def test_on_jax(tmp_path, read):
    pytest.importorskip("jax")
    code = """
        import json, sys, keras, numpy as np
        from tfkit.callbacks import TensorBoard
        assert keras.backend.backend() == "jax"
        x = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
        y = x.argmax(axis=1)
        model = keras.Sequential([
            keras.Input((3,)), keras.layers.Dense(3, activation="softmax")
        ])
        model.compile("adam", "sparse_categorical_crossentropy")
        board = TensorBoard(sys.argv[1], train_data=(x, y), dev_data=(x, y))
        history = model.fit(
            x, y, batch_size=4, validation_data=(x, y), epochs=3, verbose=0,
            callbacks=[board],
        )
        print(json.dumps(history.history))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    history = json.loads(done.stdout.splitlines()[-1])
    events = read(tmp_path / "train")
    np.testing.assert_allclose(events.points("epoch_loss")[1], history["loss"], 1e-6)
    assert events.steps("learning_rate")[-1] == 6
    assert "epoch_loss" in read(tmp_path / "train_inference").tags
