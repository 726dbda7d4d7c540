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
        "def build():\n"
        "    return keras.Sequential([keras.Input((2,)), Own(name='root')])\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    import own_parts_for_replay as own

    folder = save_bundle(tmp_path / "bundle", own.build(), -np.ones((2, 2)), 1)
    # As in another process, which has not imported them.
    keras.saving.get_custom_objects().pop("own>Own")
    del sys.modules["own_parts_for_replay"]
    sys.path.remove("")
    yield folder
    sys.modules.pop("own_parts_for_replay", None)


def test_parts_of_ones_own_have_to_be_imported(own_parts, capsys):
    assert main(["replay", str(own_parts)]) == 2
    assert "--imports MODULE" in capsys.readouterr().err
    assert main(["replay", str(own_parts), "--imports", "own_parts_for_replay"]) == 0
    assert "first bad: 'root' (Own)" in capsys.readouterr().out
    assert "" not in sys.path


def test_a_model_built_by_a_function(own_parts, capsys):
    build = "own_parts_for_replay:build"
    assert main(["replay", str(own_parts), "--build", build]) == 0
    assert "first bad: 'root' (Own)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("build", "message"),
    [
        ("build", "must be MODULE:FUNCTION"),
        ("own_parts_for_replay:bild", "has no 'bild'"),
        ("no_such_module:build", "No module named 'no_such_module'"),
    ],
)
def test_a_wrong_function(own_parts, capsys, build, message):
    assert main(["replay", str(own_parts), "--build", build]) == 2
    assert message in capsys.readouterr().err


def test_no_bundle(tmp_path, capsys):
    assert main(["replay", str(tmp_path)]) == 2
    assert "no failure bundle" in capsys.readouterr().err
