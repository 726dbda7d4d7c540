"""`tfkit check-gradients` on a run and on a model file."""

import json
import sys

import keras
import numpy as np
import pytest

from tfkit.cli import quiet
from tfkit.cli.check_gradients import check_gradients
from tfkit.cli.train import train


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model file with data, and a run of a table."""
    folder = tmp_path_factory.mktemp("gradients")
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4, activation="tanh", name="hidden"),
            keras.layers.Dropout(0.5, seed=1),
            keras.layers.Dense(1, name="output"),
        ]
    )
    model.compile("sgd", "mse")
    model.save(folder / "right.keras")
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(40, 3)), generator.normal(size=(40, 1))
    np.savez(folder / "data.npz", x=x, y=y)
    np.savez(folder / "other.npz", inputs=x)
    return folder


@pytest.fixture(autouse=True)
def _in_that_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)


RIGHT = ["right.keras", "--data", "data.npz"]


def answer(capsys, *arguments):
    check_gradients([*arguments, "--json"])
    return json.loads(capsys.readouterr().out)


def test_a_right_model(capsys):
    check_gradients(RIGHT)
    out = capsys.readouterr().out
    assert out.startswith("verdict: the gradient is right")
    assert "hidden/kernel" in out


def test_json_and_options(capsys):
    options = [
        "--mode",
        "directional",
        "--layers",
        "output",
        "--training",
        "--epsilon",
        "1e-5",
    ]
    found = answer(capsys, *RIGHT, *options, "--after-steps", "1")
    assert found["mode"] == "directional"
    assert found["epsilon"] == 1e-5
    assert {tensor["layer"] for tensor in found["tensors"]} == {"output"}
    assert found["level"] == "fine"
    assert any("replayed" in note for note in found["notes"])
    assert found["later"]["level"] == "fine"


def test_the_first_examples_are_taken(capsys):
    few, same, more = (
        answer(capsys, *RIGHT, "--examples", count)["cost"]
        for count in ("5", "5", "40")
    )
    assert few == same != more
    model = keras.models.load_model("right.keras")
    data = np.load("data.npz")
    expected = model.evaluate(data["x"][:5], data["y"][:5], verbose=0)
    # Keras computes in float32.
    assert few == pytest.approx(expected, rel=1e-5)


@pytest.fixture
def own_layer(folder):
    """A model with a layer of one's own, whose gradient is wrong."""
    (folder / "own_layer_for_check.py").write_text(
        "import keras\n"
        "import tensorflow as tf\n"
        "@tf.custom_gradient\n"
        "def square(x):\n"
        "    return x * x, lambda dy: dy * x\n"
        "@keras.saving.register_keras_serializable(package='own')\n"
        "class Square(keras.layers.Layer):\n"
        "    def call(self, inputs):\n"
        "        return square(inputs)\n"
    )
    sys.path.insert(0, str(folder))
    import own_layer_for_check as own

    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(2, name="first"), own.Square()]
    )
    model.compile("sgd", "mse")
    model.save(folder / "wrong.keras")
    # As in another process, which has not imported it.
    keras.saving.get_custom_objects().pop("own>Square")
    del sys.modules["own_layer_for_check"]
    sys.path.remove(str(folder))
    generator = np.random.default_rng(0)
    np.savez(
        folder / "two.npz",
        x=generator.normal(size=(8, 3)),
        y=generator.normal(size=(8, 2)),
    )
    yield ["wrong.keras", "--data", "two.npz"]
    sys.modules.pop("own_layer_for_check", None)


def test_a_bug_ends_with_status_1(own_layer, capsys):
    with pytest.raises(SystemExit) as end:
        check_gradients([*own_layer, "--imports", "own_layer_for_check"])
    assert end.value.code == 1
    out = capsys.readouterr().out
    assert out.startswith("verdict: a bug: ")
    assert "off by a factor of 1/2" in out
    assert "" not in sys.path


def test_parts_of_ones_own_have_to_be_imported(own_layer):
    with pytest.raises(
        ValueError, match=r"needs Square, .*`--imports own_layer_for"
    ) as e:
        check_gradients(own_layer)
    assert len(str(e.value)) < 200


def test_files_are_looked_for_before_tensorflow_is_imported(monkeypatch):
    def loading():
        raise AssertionError("too early")

    monkeypatch.setattr(quiet, "tensorflow_import", loading)
    for arguments in (
        ["no.keras", "--data", "data.npz"],
        ["right.keras", "--data", "no.npz"],
    ):
        with pytest.raises(FileNotFoundError, match="There is no"):
            check_gradients(arguments)


@pytest.mark.usefixtures("flowers")
def test_a_run(capsys):
    capsys.readouterr()  # of the training
    found = answer(capsys, "flowers/first", "--examples", "16")
    assert found["level"] == "fine"
    again = answer(capsys, "latest", "--examples", "16")
    assert again["cost"] == found["cost"]


@pytest.fixture
def flowers(folder):
    """A short run, trained on a table."""
    from tfkit.cli import main

    if not (folder / "logs").exists():
        generator = np.random.default_rng(0)
        kinds = np.repeat(["iris", "rose"], 20)
        rows = generator.normal(
            np.where(kinds == "iris", 1.0, 5.0)[:, None], 0.5, (40, 2)
        )
        lines = [
            f"{a:.5f},{b:.5f},{k}\n" for (a, b), k in zip(rows, kinds, strict=True)
        ]
        (folder / "flowers.csv").write_text("height,width,kind\n" + "".join(lines))
        options = "--name first --epochs 2 --hidden 4 --fractions .7 .3 0"
        assert main(["train", "flowers.csv", *options.split()]) == 0


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["right.keras"], ValueError, "no data of its own"),
        (["no.keras", "--data", "data.npz"], FileNotFoundError, "no model file"),
        (["right.keras", "--data", "no.npz"], FileNotFoundError, "no data file"),
        (["right.keras", "--data", "other.npz"], ValueError, "must hold x and y"),
        ([*RIGHT, "--examples", "0"], ValueError, "`examples` must be an int >= 1"),
        ([*RIGHT, "--layers", "hiden"], ValueError, "hiden"),
        (["no/such"], FileNotFoundError, "There is no run 'no/such'"),
        ([*RIGHT, "--imports", "no_such_module"], ImportError, "no_such_module"),
    ],
)
def test_what_the_user_can_mend(arguments, error, message):
    with pytest.raises(error, match=message):
        check_gradients(arguments)
    assert "" not in sys.path


def test_a_run_on_pictures_which_are_bytes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    generator = np.random.default_rng(0)
    for name in ("dark", "light"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for number in range(10):
            pixels = generator.integers(0, 255, (6, 6, 3), np.uint8)
            path = tmp_path / "pictures" / name / f"{number}.png"
            keras.utils.save_img(path, pixels, scale=False)
    train(["pictures", "--epochs", "1", "--hidden", "4", "--keep-prob", "1"])
    capsys.readouterr()
    # By its name alone, as `tfkit runs` shows it.
    (run,) = (tmp_path / "logs" / "pictures").iterdir()
    check_gradients([run.name, "--examples", "8", "--json"])
    assert json.loads(capsys.readouterr().out)["level"] == "fine"
