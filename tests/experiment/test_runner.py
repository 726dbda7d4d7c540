import io
import json
import warnings
from dataclasses import replace

import keras
import numpy as np
import pytest
from PIL import Image
from rich.console import Console
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import tfkit
from tfkit.callbacks import TrainingHealthWarning, control_file
from tfkit.experiment import (
    DataOptions,
    DecayOptions,
    Experiment,
    ModelOptions,
    OptimizerOptions,
    RegularizationOptions,
    RunOptions,
    config_file,
    run,
    run_summary,
    runner,
    steps,
)

QUIET = Console(quiet=True)


def test_the_folder_explains_itself(finished):
    folder = finished.folder
    assert {path.name for path in folder.path.iterdir()} == {
        "config.toml",
        "environment.json",
        "data.json",
        "history.csv",
        "interventions.jsonl",
        "curves.png",
        "model.keras",
        "report.md",
        "results.json",
        "tensorboard",
    }
    # All but the name, which is taken now.
    described = config_file.load(folder.config)
    assert described.run.name is None
    named = replace(described.run, name="shared")
    assert replace(described, run=named) == finished.experiment
    where = json.loads(folder.environment.read_text())
    assert where["packages"]["keras"] == keras.__version__
    assert where["seed"] == finished.experiment.training.seed
    lines = folder.history.read_text().splitlines()
    assert len(lines) == 1 + finished.epochs
    assert set(lines[0].split(",")) >= {"epoch", "loss", "val_loss", "learning_rate"}
    record = json.loads(folder.data.read_text())
    assert record["input_shape"] == [13]
    assert sum(record["examples"].values()) == 178


def test_the_report_says_what_the_results_say(finished):
    report = finished.folder.report.read_text()
    results = json.loads(finished.folder.results.read_text())
    assert finished.judgement.verdict in report
    assert results["judgement"]["verdict"] == finished.judgement.verdict
    test = results["errors"]["test"]
    assert f"| test | {test['examples']} | {test['errors']} |" in report
    assert f"best epoch: {finished.best_epoch} of {finished.epochs}" in report


def test_errors_are_those_of_the_saved_model_in_inference_mode(finished):
    prepared = steps.prepare_data(finished.experiment)
    model = tfkit.load_model(finished.folder.model)
    for name, part in prepared.parts().items():
        wrong = np.sum(model(part.x, training=False).numpy().argmax(1) != part.y)
        assert finished.errors[name].errors == wrong


def test_the_best_epoch_is_that_of_the_lowest_dev_cost(finished):
    history = np.genfromtxt(finished.folder.history, delimiter=",", names=True)
    assert finished.best_epoch == 1 + np.argmin(history["val_loss"])


def test_config_and_report_are_in_tensorboard(finished):
    events = EventAccumulator(str(finished.folder.tensorboard / "train"))
    events.Reload()
    assert {
        "run/config",
        "run/environment",
        "run/report",
        "epoch_loss",
        "learning_rate",
    } <= set(events.Tags()["tensors"])


def weights_of(result):
    return result.model.get_weights()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_weights_bit_for_bit(small_experiment):
    first, again = (run(small_experiment(seed=3, epochs=4), QUIET) for _ in range(2))
    other = run(small_experiment(seed=4, epochs=4), QUIET)
    for a, b in zip(weights_of(first), weights_of(again), strict=True):
        np.testing.assert_array_equal(a, b)
    assert any(
        not np.array_equal(a, b)
        for a, b in zip(weights_of(first), weights_of(other), strict=True)
    )


def test_the_second_network_of_a_process_has_the_same_names(small_experiment):
    def names():
        experiment = replace(small_experiment(epochs=1), dataset="digits")
        folder = run(experiment, QUIET).folder.path
        return [layer.name for layer in tfkit.load_model(folder / "model.keras").layers]

    first = names()
    assert {"normalization", "flatten"} <= set(first)
    assert names() == first


def test_config_toml_repeats_the_run_under_a_new_name(finished):
    again = run(config_file.load(finished.folder.config), QUIET)
    assert again.folder.path != finished.folder.path
    for a, b in zip(weights_of(finished), weights_of(again), strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_existing_run_is_not_touched(finished, small_experiment):
    before = {p: p.stat().st_mtime_ns for p in finished.folder.path.rglob("*")}
    with pytest.raises(FileExistsError, match="never overwritten"):
        run(finished.experiment, QUIET)
    assert before == {p: p.stat().st_mtime_ns for p in finished.folder.path.rglob("*")}


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("adam", tfkit.optimizers.Adam),
        ("rmsprop", tfkit.optimizers.RMSprop),
        ("momentum", tfkit.optimizers.Momentum),
        ("gradient_descent", tfkit.optimizers.GradientDescent),
    ],
)
def test_every_optimizer_option_arrives(name, cls):
    optimizer = steps.build_optimizer(
        Experiment(
            optimizer=OptimizerOptions(name=name, learning_rate=0.5, clip_norm=2)
        )
    )
    assert type(optimizer) is cls
    assert float(optimizer.learning_rate) == 0.5
    assert optimizer.global_clipnorm == 2


@pytest.mark.parametrize(
    ("options", "third_epoch"),
    [
        (DecayOptions(name="inverse_time", rate=0.5), 0.01 / 2),
        (DecayOptions(name="exponential", base=0.5), 0.01 / 4),
        (DecayOptions(name="square_root", k=2.0), 0.02 / np.sqrt(3)),
        (DecayOptions(name="staircase", drop=0.1, every=2), 0.001),
        (DecayOptions(name="none"), None),
    ],
)
def test_every_decay_gives_its_formula(options, third_epoch):
    callbacks = steps.build_decay(
        Experiment(decay=options, optimizer=OptimizerOptions(learning_rate=0.01))
    )
    if third_epoch is None:
        assert callbacks == []
    else:
        # Float64 of the same formula, in another order of operations.
        assert callbacks[0].schedule.at_epoch(2) == pytest.approx(
            third_epoch, rel=1e-12
        )


def test_the_penalty_is_lambda_over_2m(small_experiment):
    experiment = small_experiment(regularization=RegularizationOptions(lambd=3.0))
    prepared = steps.prepare_data(experiment)
    model = steps.build_model(experiment, prepared)
    kernels = [
        layer.kernel.numpy() for layer in model.layers if hasattr(layer, "kernel")
    ]
    m = len(prepared.splits.train.y)
    expected = 3.0 / (2 * m) * sum(np.sum(np.square(k, dtype="f8")) for k in kernels)
    # float32 sums of about a hundred squares
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-6)


def test_inputs_are_normalized_inside_the_model_with_training_statistics(finished):
    prepared = steps.prepare_data(finished.experiment)
    layer = next(
        layer
        for layer in finished.model.layers
        if isinstance(layer, keras.layers.Normalization)
    )
    x = prepared.splits.train.x.astype("float64")
    np.testing.assert_allclose(
        layer(prepared.splits.dev.x),
        (prepared.splits.dev.x - x.mean(0)) / x.std(0),
        # float32 holds proline (up to 1700, spread 300) to 1e-4: 4e-7 of its spread.
        rtol=1e-5,
        atol=1e-5,
    )


def test_a_cost_of_nan_ends_with_words(small_experiment):
    with warnings.catch_warnings(record=True, action="always") as told:
        result = run(
            small_experiment(
                optimizer=OptimizerOptions(name="gradient_descent", learning_rate=1e30),
                decay=DecayOptions(name="none"),
            ),
            QUIET,
        )
    assert "NaN" in result.stopped
    assert "NaN" in result.folder.report.read_text()
    health = [w for w in told if issubclass(w.category, TrainingHealthWarning)]
    assert any("First bad: 'output'" in str(w.message) for w in health)
    assert "noticed: Step 2 " in result.folder.report.read_text()
    # The step is kept, and `stopped` says how to see it.
    (bundle,) = result.folder.failures.iterdir()
    assert f"tfkit replay {bundle}" in result.stopped


class _InterruptAfter(keras.callbacks.Callback):
    def __init__(self, epochs):
        super().__init__()
        self.epochs = epochs

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 == self.epochs:
            raise KeyboardInterrupt


def test_ctrl_c_keeps_what_was_reached(small_experiment, monkeypatch):
    # The progress display is the last callback of the list: Ctrl-C comes behind the rest.
    monkeypatch.setattr(
        runner.ProgressDisplay,
        "on_epoch_end",
        lambda self, epoch, logs=None: _InterruptAfter(5).on_epoch_end(epoch, logs),
    )
    experiment = small_experiment("stopped")
    with pytest.raises(KeyboardInterrupt):
        run(experiment, QUIET)
    folder = tfkit.run_folder.find("wine/stopped", experiment.run.logs)
    results = json.loads(folder.results.read_text())
    assert (results["epochs"], results["stopped"]) == (5, "interrupted")
    assert tfkit.load_model(folder.model).output_shape == (None, 3)


@pytest.mark.parametrize("moment", ["on_epoch_begin", "on_test_begin"])
def test_ctrl_c_before_the_end_of_the_first_epoch(
    small_experiment, monkeypatch, moment
):
    def interrupt(self, *arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(runner.ProgressDisplay, moment, interrupt)
    experiment = small_experiment("early")
    with pytest.raises(KeyboardInterrupt):
        run(experiment, QUIET)
    folder = tfkit.run_folder.find("wine/early", experiment.run.logs)
    assert not folder.model.exists()
    assert not folder.results.exists()


def test_ctrl_c_before_fit_has_begun(small_experiment, monkeypatch):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    # The callbacks have not been told of a training whose end they could handle.
    monkeypatch.setattr(tfkit.Sequential, "fit", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(small_experiment(), QUIET)


def test_a_full_disk_leaves_no_half_model_and_no_live_bar(
    small_experiment, monkeypatch
):
    def fill(self, path, **options):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tfkit.Sequential, "save", fill)
    experiment = small_experiment("full", epochs=1)
    with pytest.raises(OSError, match="No space left on device"):
        run(experiment, QUIET)
    folder = tfkit.run_folder.find("wine/full", experiment.run.logs)
    assert not any("model" in path.name for path in folder.path.iterdir())

    # The same in the midst of training: the terminal gets its cursor back.
    def fail(self, epoch, logs=None):
        self.csv_file.close()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keras.callbacks.CSVLogger, "on_epoch_end", fail)
    out = io.StringIO()
    with pytest.raises(OSError, match="No space left on device"):
        run(small_experiment(epochs=1), Console(file=out, force_terminal=True))
    assert out.getvalue().rindex("\x1b[?25h") > out.getvalue().rindex("\x1b[?25l")


def test_a_stop_by_hand_is_told_from_the_last_epoch(small_experiment, monkeypatch):
    experiment = small_experiment("watched", epochs=5)
    folder = experiment.run.logs / "wine" / "watched"

    def stop(self, epoch, logs=None):
        if epoch == 1:
            control_file.request(folder, stop=True)

    monkeypatch.setattr(runner.ProgressDisplay, "on_epoch_begin", stop)
    result = run(experiment, QUIET)
    assert (result.epochs, result.stopped) == (2, "stopped by hand")


def test_augmentation_of_a_table_is_refused_before_there_is_a_folder(small_experiment):
    experiment = small_experiment(
        "first", data=DataOptions(augmentation="digits", normalize=False)
    )
    with pytest.raises(ValueError, match=r"`augmentation` .*'digits'.*shape \(13,\)"):
        run(experiment, QUIET)
    assert list(experiment.run.logs.iterdir()) == []


def test_without_a_test_part_nothing_speaks_of_one(small_experiment):
    result = run(
        small_experiment(epochs=1, data=DataOptions(fractions=(0.8, 0.2, 0))), QUIET
    )
    assert list(result.errors) == ["train", "dev"]
    assert [gap.name for gap in result.judgement.gaps] == ["avoidable bias", "variance"]
    report = result.folder.report.read_text()
    assert "| dev | 36 |" in report
    assert "| test" not in report
    assert "overfitting to dev" not in report


def test_pictures_of_different_sizes(tmp_path):
    for number, name in enumerate(("cat", "dog") * 5):
        (tmp_path / name).mkdir(exist_ok=True)
        picture = Image.new("RGB", (6 + number, 8), (25 * number, 0, 0))
        picture.save(tmp_path / name / f"{number}.png")
    options = DataOptions(image_size=(5, 4), augmentation="photos")
    experiment = Experiment(dataset=str(tmp_path), data=options)
    prepared = steps.prepare_data(experiment)
    assert prepared.splits.train.x.shape == (6, 5, 4, 3)
    model = steps.build_model(experiment, prepared)
    assert model.predict(prepared.splits.dev.x, verbose=0).shape == (2, 2)


def test_bad_data_leave_no_folder(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("a,b,label\n" + "1,nan,0\n2,3,1\n" * 5)
    experiment = Experiment(
        dataset=str(table), run=RunOptions(logs=tmp_path / "logs", name="first")
    )
    with pytest.raises(ValueError, match="column 'b': 5 NaN"):
        run(experiment, QUIET)
    assert not (tmp_path / "logs").exists()


def test_softmax_regression_is_a_network_without_hidden_layers(small_experiment):
    experiment = Experiment(dataset="wine", model=ModelOptions(hidden=()))
    model = steps.build_model(experiment, steps.prepare_data(experiment))
    kernels = [layer for layer in model.layers if hasattr(layer, "kernel")]
    assert [layer.kernel.shape for layer in kernels] == [(13, 3)]


@pytest.mark.filterwarnings("ignore")
def test_a_rate_far_too_high_is_what_is_told_first(small_experiment):
    experiment = small_experiment(
        epochs=5,
        optimizer=OptimizerOptions(name="gradient_descent", learning_rate=1000.0),
        decay=DecayOptions(name="none"),
    )
    result = run(experiment, QUIET)
    assert result.findings[0].startswith("The learning rate 1000 is far too high")
    judgement = result.judgement
    assert "does not work" in judgement.verdict
    assert judgement.actions[0].what == "a lower learning rate"
    assert "against ln 3 = 1.1 for chance" in judgement.actions[0].why
    report = result.folder.report.read_text()
    assert "1. training: a lower learning rate" in report
    assert "bigger network" not in report
    # What `tfkit runs` reads.
    again = run_summary.summarize(result.folder).judgement
    assert again.verdict == judgement.verdict
    assert again.actions == judgement.actions
