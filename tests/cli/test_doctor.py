"""`tfkit doctor` from the command line; what it finds is tested beside `checkup`."""

import json
import sys

import keras
import numpy as np
import pytest

from tfkit.cli import quiet
from tfkit.cli.doctor import doctor
from tfkit.experiment import Experiment, ModelOptions, config_file


@pytest.fixture
def data():
    x = np.random.default_rng(0).normal(size=(200, 4)).astype("float32")
    return x, x[:, :3].argmax(axis=1)


@pytest.fixture
def npz(tmp_path, data):
    x, y = data
    np.savez(tmp_path / "data.npz", x=x, y=y)
    return tmp_path / "data.npz"


@pytest.fixture
def config(tmp_path, npz):
    experiment = Experiment(
        dataset=str(npz), model=ModelOptions(hidden=(16,), keep_prob=(1.0,))
    )
    path = tmp_path / "config.toml"
    path.write_text(config_file.dumps(experiment))
    return path


@pytest.fixture
def saved(tmp_path):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    # Of an optimizer that has not begun, Keras warns when it loads the file.
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


@pytest.mark.filterwarnings("default::tfkit.data.SplitWarning")
def test_a_config(capsys, config):
    doctor([str(config), "--signals"])
    out = capsys.readouterr().out
    assert "verdict" in out
    assert "sound" in out
    assert "loss at the start" in out
    assert "hidden_1" in out
    assert str(config) in out


@pytest.mark.filterwarnings("default::tfkit.data.SplitWarning")
def test_a_run_by_its_name(capsys, tmp_path, write_run, npz):
    folder = write_run("first")
    folder.config.write_text(f'dataset = "{npz}"\n[model]\nhidden = [8]\n')
    doctor(["digits/first", "--logs", str(tmp_path / "logs"), "--json"])
    assert json.loads(capsys.readouterr().out)["verdict"] == "sound"


def test_a_saved_model_and_status_1_at_a_fault(capsys, saved, npz, data, tmp_path):
    doctor([str(saved), "--data", str(npz)])
    assert "sound" in capsys.readouterr().out
    x, y = data
    np.savez(tmp_path / "from_one.npz", x_train=x, y_train=y + 1)
    with pytest.raises(SystemExit) as stop:
        doctor([str(saved), "--data", str(tmp_path / "from_one.npz")])
    assert stop.value.code == 1
    out = capsys.readouterr().out
    assert "FAULT" in out
    assert "number from 0: y - 1" in out
    assert "not looked at" in out


def test_json_with_a_fault(capsys, saved, data, tmp_path):
    x, y = data
    np.savez(tmp_path / "one_hot.npz", x=x, y=np.eye(3)[y])
    with pytest.raises(SystemExit):
        doctor([str(saved), "--data", str(tmp_path / "one_hot.npz"), "--json"])
    facts = json.loads(capsys.readouterr().out)
    assert facts["verdict"] == "1 fault: label encoding"


@pytest.mark.slow
def test_a_dataset_by_its_name(capsys):
    doctor(["digits"])
    assert "sound" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["model.keras"], ValueError, "without `--data`"),
        (["no/such/run"], FileNotFoundError, "There is no run"),
        (["no.toml"], FileNotFoundError, "There is no config file"),
        (["no.keras", "--data", "no.npz"], (OSError, ValueError), "no.npz|no.keras"),
    ],
)
def test_wrong_targets_end_with_words(arguments, error, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        doctor(arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no.keras", "--data", "data.npz"], "There is no model file no.keras"),
        (["model.keras", "--data", "no.npz"], "There is no data file no.npz"),
        (["digits", "--data", "no.npz"], "No such file or folder: 'no.npz'"),
        # The near name, and what else there is.
        (["digist"], "Did you mean 'digits'.*no run 'digist'.*iris"),
        (["digits/fisrt"], "Did you mean 'digits/first'"),
    ],
)
@pytest.mark.usefixtures("saved", "npz")
def test_it_is_said_before_tensorflow_is_imported(
    arguments, message, tmp_path, monkeypatch, write_run
):
    def loading():
        raise AssertionError("too early")

    write_run("first")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(quiet, "tensorflow_import", loading)
    with pytest.raises((FileNotFoundError, ValueError), match=message):
        doctor(arguments)


@pytest.mark.filterwarnings("default::tfkit.data.SplitWarning")
def test_the_latest_run_is_named_by_its_folder(
    capsys, tmp_path, monkeypatch, write_run, npz
):
    monkeypatch.chdir(tmp_path)
    folder = write_run("first")
    folder.config.write_text(f'dataset = "{npz}"\n[model]\nhidden = [8]\n')
    doctor(["latest"])
    assert "logs/digits/first" in capsys.readouterr().out


def test_parts_of_ones_own(capsys, tmp_path, monkeypatch, data, npz):
    (tmp_path / "own_layer_for_doctor.py").write_text(
        "import keras\n"
        "@keras.saving.register_keras_serializable(package='own')\n"
        "class Doubled(keras.layers.Layer):\n"
        "    def call(self, inputs):\n"
        "        return 2 * inputs\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    import own_layer_for_doctor as own

    keras.utils.set_random_seed(0)
    output = keras.layers.Dense(3, activation="softmax")
    model = keras.Sequential([keras.Input((4,)), own.Doubled(), output])
    model.compile(keras.optimizers.Adam(1e-2), "sparse_categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    model.save("own.keras")
    # As in another process, which has not imported it.
    keras.saving.get_custom_objects().pop("own>Doubled")
    del sys.modules["own_layer_for_doctor"]
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    arguments = ["own.keras", "--data", str(npz)]
    needed = "needs Doubled, .*`--imports own_layer_for_doctor`"
    with pytest.raises(ValueError, match=needed) as error:
        doctor(arguments)
    assert len(str(error.value)) < 200
    try:
        doctor([*arguments, "--imports", "own_layer_for_doctor"])
    finally:
        sys.modules.pop("own_layer_for_doctor", None)
    assert "verdict" in capsys.readouterr().out


def test_a_file_without_targets(saved, tmp_path, data):
    np.savez(tmp_path / "x.npz", x=data[0])
    with pytest.raises(ValueError, match="must hold x and y"):
        doctor([str(saved), "--data", str(tmp_path / "x.npz")])


def test_a_batch_size_of_0_is_refused(config):
    with pytest.raises(ValueError, match="batch_size"):
        doctor([str(config), "--batch-size", "0"])


@pytest.fixture
def csv(tmp_path):
    """A table whose labels are in the middle."""
    rows = np.random.default_rng(0).normal(size=(120, 2))
    lines = [f"{a},{'oak' if a > 0 else 'elm'},{b}" for a, b in rows]
    path = tmp_path / "trees.csv"
    path.write_text("\n".join(["height,kind,width", *lines]) + "\n")
    return path


def test_the_options_of_the_data_are_those_of_train(capsys, csv):
    doctor([str(csv), "--label", "kind", "--json"])
    assert json.loads(capsys.readouterr().out)["verdict"] == "sound"
    with pytest.raises(ValueError, match="name the label column with `--label`"):
        doctor([str(csv)])
    with pytest.raises(ValueError, match=r"`--label` must be .* --label 'kid'\. There"):
        doctor([str(csv), "--label", "kid"])


def test_they_override_those_of_a_config_and_leave_the_others(capsys, csv, tmp_path):
    path = tmp_path / "trees.toml"
    path.write_text(
        f'dataset = "{csv}"\n[model]\nhidden = [8]\n[data]\nlabel = "kind"\n'
    )
    doctor([str(path), "--examples", "80", "--json"])
    facts = json.loads(capsys.readouterr().out)
    targets = next(f for f in facts["findings"] if f["name"] == "finite targets")
    # The course's 60 % of 80 for training.
    assert targets["measured"] == "all of 48 values"


def test_a_saved_model_has_no_dataset_to_choose_from(saved, npz):
    with pytest.raises(ValueError, match="options of the data are for datasets"):
        doctor([str(saved), "--data", str(npz), "--label", "kind"])
