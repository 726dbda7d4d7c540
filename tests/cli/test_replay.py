import json
import sys

import keras
import numpy as np
import pytest

from tfkit.cli import main
from tfkit.diagnose.failure_bundle import save_bundle


@keras.saving.register_keras_serializable(package="tests_replay")
class Log(keras.layers.Layer):
    def call(self, inputs):
        return keras.ops.log(inputs)


@pytest.fixture
def bundle(tmp_path):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((2,)),
            Log(name="log"),
            keras.layers.Dense(1, name="output"),
        ]
    )
    model.compile(keras.optimizers.SGD(0.25), "mse")
    x = np.array([[1, 2], [0, 3]], "float32")
    return save_bundle(tmp_path / "bundle", model, (x, x[:, :1]), 41)


def test_it_names_the_layer(bundle, capsys):
    assert main(["replay", str(bundle)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("step 41 (SGD, learning rate 0.25)\nfirst bad: 'log'")
    assert "1 of 4 outputs" in out
    assert "In example 1 of the batch." in out


def test_json(bundle, capsys):
    assert main(["replay", str(bundle), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["step"], answer["report"]["layer"]) == (41, "log")


@pytest.fixture
def own_parts(tmp_path, monkeypatch):
    """A module in the present folder, with a layer and a model."""
    (tmp_path / "own_parts_for_replay.py").write_text(
        "import keras\n"
        "@keras.saving.register_keras_serializable(package='own')\n"
        "class Own(keras.layers.Layer):\n"
        "    def call(self, inputs):\n"
        "        return keras.ops.sqrt(inputs)\n"
        "class Plain(keras.layers.Layer):\n"
        "    def call(self, inputs):\n"
        "        return keras.ops.sqrt(inputs)\n"
        "def build(layer=Own):\n"
        "    return keras.Sequential([keras.Input((2,)), layer(name='root')])\n"
        "def build_nothing():\n"
        "    build()\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    import own_parts_for_replay as own

    folder = save_bundle(tmp_path / "bundle", own.build(), -np.ones((2, 2)), 1)
    plain = own.build(own.Plain)
    save_bundle(tmp_path / "undecorated", plain, -np.ones((2, 2)), 1)
    # As in another process, which has not imported them.
    keras.saving.get_custom_objects().pop("own>Own")
    del sys.modules["own_parts_for_replay"]
    sys.path.remove("")
    yield folder
    sys.modules.pop("own_parts_for_replay", None)


def test_parts_of_ones_own_have_to_be_imported(own_parts, capsys):
    assert main(["replay", str(own_parts)]) == 2
    error = capsys.readouterr().err
    assert "needs Own, a part of your own." in error
    assert f"replay {own_parts} --imports own_parts_for_replay`" in error
    assert main(["replay", str(own_parts), "--imports", "own_parts_for_replay"]) == 0
    assert "first bad: 'root' (Own)" in capsys.readouterr().out
    assert "" not in sys.path


def test_parts_that_are_not_registered_are_found_in_the_imports(own_parts, capsys):
    undecorated = str(own_parts.with_name("undecorated"))
    assert main(["replay", undecorated]) == 2
    command = f"replay {undecorated} --imports own_parts_for_replay`"
    assert command in capsys.readouterr().err
    assert main(["replay", undecorated, "--imports", "own_parts_for_replay"]) == 0
    assert "first bad: 'root' (Plain)" in capsys.readouterr().out
    # The import is for this model only.
    assert main(["replay", undecorated]) == 2


def test_imports_without_the_part(own_parts, capsys):
    assert main(["replay", str(own_parts), "--imports", "json"]) == 2
    error = capsys.readouterr().err
    assert "could not be loaded: it needs Own, which json lacks. Run `" in error
    assert f"replay {own_parts} --build MODULE:FUNCTION`" in error


@keras.saving.register_keras_serializable(package="tests_replay")
class Unsaved(keras.layers.Layer):
    """Of which Keras can keep only the weights."""

    def __init__(self, thing, **options):
        super().__init__(**options)
        self.thing = thing

    def call(self, inputs):
        return inputs


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (lambda: Unsaved(object()), "holds only the weights of the model: see its"),
        (
            lambda: keras.layers.Lambda(lambda x: x),
            "could not be loaded: Requested the",
        ),
    ],
    ids=["weights only", "lambda"],
)
def test_what_has_to_be_built_is_said_in_one_line(tmp_path, capsys, layer, reason):
    model = keras.Sequential([keras.Input((2,)), layer(), keras.layers.Dense(1)])
    folder = save_bundle(tmp_path / "bundle", model, np.ones((2, 2)), 1)
    assert main(["replay", str(folder)]) == 2
    error = capsys.readouterr().err
    assert reason in error
    assert f"replay {folder} --build MODULE:FUNCTION`, with a function" in error
    assert error.count("\n") == 1


def test_a_model_built_by_a_function(own_parts, capsys):
    build = "own_parts_for_replay:build"
    assert main(["replay", str(own_parts), "--build", build]) == 0
    assert "first bad: 'root' (Own)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("build", "message"),
    [
        ("build", "must be MODULE:FUNCTION"),
        ("own_parts_for_replay:bild", "has no 'bild'"),
        ("own_parts_for_replay:build_nothing", "must return a Keras model"),
        ("no_such_module:build", "No module named 'no_such_module'"),
    ],
)
def test_a_wrong_function(own_parts, capsys, build, message):
    assert main(["replay", str(own_parts), "--build", build]) == 2
    assert message in capsys.readouterr().err


def test_no_bundle(tmp_path, capsys):
    assert main(["replay", str(tmp_path)]) == 2
    assert "no failure bundle" in capsys.readouterr().err
