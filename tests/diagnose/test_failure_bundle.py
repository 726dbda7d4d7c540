import json

import keras
import numpy as np
import pytest

import tfkit
from tfkit.diagnose.failure_bundle import load_bundle, save_bundle


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    model = tfkit.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    optimizer = tfkit.optimizers.Momentum(
        tfkit.schedules.InverseTimeDecay(0.25, 1.0, 7)
    )
    model.compile(optimizer, keras.losses.Huber(), metrics=["mae"])
    optimizer.build(model.trainable_variables)  # as after a step
    return model


BATCH = (np.ones((2, 3), "float32"), np.zeros((2, 1), "float32"), None)


def test_everything_comes_back(model, tmp_path):
    x = np.array([[1.0, np.nan, -np.inf]], "float32")
    config = {"dataset": "iris", "training": {"epochs": 3}}
    folder = save_bundle(tmp_path / "b", model, (x, x[:, :1], None), 17, config)
    assert folder == tmp_path / "b"
    bundle = load_bundle(folder)
    assert bundle.step == 17
    np.testing.assert_array_equal(bundle.batch[0], x)
    np.testing.assert_array_equal(bundle.batch[1], x[:, :1])
    assert bundle.batch[2] is None
    assert bundle.facts["config"] == config
    for mine, theirs in zip(
        model.get_weights(), bundle.model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)
    assert type(bundle.model.loss) is keras.losses.Huber


def test_the_facts_can_be_read_without_keras(model, tmp_path):
    save_bundle(tmp_path / "b", model, BATCH, 17)
    facts = json.loads((tmp_path / "b" / "failure.json").read_text())
    assert facts["loss"] == "huber_loss"
    assert facts["optimizer"] == "Momentum"
    assert facts["optimizer_config"]["beta"] == 0.9
    assert facts["learning_rate"] == 0.25  # the schedule's at step 0, exact in binary
    assert facts["versions"]["keras"] == keras.__version__
    assert {"python", "numpy", keras.backend.backend()} <= set(facts["versions"])


@pytest.mark.parametrize(
    "x",
    [
        {"a": np.ones((2, 1)), "b": [np.zeros(2, "int64"), None]},
        (np.ones(2), {"c": np.arange(2, dtype="uint8")}),
        np.array(["one", "two"]),
        np.ones(2, "float16"),
    ],
    ids=["dict", "tuple", "text", "half"],
)
def test_nested_batches(model, tmp_path, x):
    back = load_bundle(save_bundle(tmp_path / "b", model, (x, None), 1)).batch[0]
    keras.tree.assert_same_structure(back, x)
    for mine, theirs in zip(
        keras.tree.flatten(x), keras.tree.flatten(back), strict=True
    ):
        if mine is not None:
            assert mine.dtype == theirs.dtype
            np.testing.assert_array_equal(mine, theirs)


def test_bfloat16_and_tensors_of_text(model, tmp_path):
    import tensorflow as tf

    x = {"a": tf.constant([1.5], tf.bfloat16), "b": tf.constant(["né"])}
    back = load_bundle(save_bundle(tmp_path / "b", model, (x,), 1)).batch[0]
    assert back["a"].dtype == tf.bfloat16.as_numpy_dtype
    assert float(back["a"][0]) == 1.5
    assert back["b"].tolist() == ["né".encode()]


def test_a_model_that_cannot_be_saved_leaves_its_weights(tmp_path):
    class Mute(keras.layers.Layer):
        def __init__(self, function):
            super().__init__()
            self.function = function

        def call(self, inputs):
            return self.function(inputs)

    def build():
        layers = [keras.Input((3,)), Mute(keras.ops.tanh), keras.layers.Dense(1)]
        model = keras.Sequential(layers)
        model.compile("sgd", "mse")
        return model

    model = build()
    folder = save_bundle(tmp_path / "b", model, BATCH, 1)
    files = sorted(path.name for path in folder.iterdir())
    assert files == ["batch.npz", "failure.json", "weights.npz"]
    with pytest.raises(ValueError, match=r"could not be saved whole.*NotImplemented"):
        load_bundle(folder)
    other = build()
    assert load_bundle(folder, model=other).model is other
    for mine, theirs in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    with pytest.raises(ValueError, match="must have the weights of the one"):
        load_bundle(folder, model=keras.Sequential([keras.Input((3,))]))


def test_own_parts_that_are_not_imported(model, tmp_path):
    @keras.saving.register_keras_serializable(package="gone")
    class Gone(keras.layers.Layer):
        def call(self, inputs):
            return inputs

    def build(name):
        made = keras.Sequential([keras.Input((3,)), Gone(name=name)])
        made.add(keras.layers.Dense(1, name="dense"))
        return made

    model = build("gone")
    folder = save_bundle(tmp_path / "b", model, BATCH, 1)
    keras.saving.get_custom_objects().pop("gone>Gone")
    with pytest.raises(ValueError, match=r"--imports MODULE"):
        load_bundle(folder)
    other = load_bundle(folder, model=build("gone")).model
    np.testing.assert_array_equal(other.get_weights()[0], model.get_weights()[0])


def test_an_existing_folder_is_never_overwritten(model, tmp_path):
    with pytest.raises(FileExistsError, match="never overwritten"):
        save_bundle(tmp_path, model, BATCH, 1)


def test_a_failure_in_between_leaves_nothing(model, tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space"):
        save_bundle(tmp_path / "below" / "b", model, BATCH, 1)
    assert list((tmp_path / "below").iterdir()) == []


def test_no_bundle(tmp_path):
    with pytest.raises(FileNotFoundError, match="no failure bundle"):
        load_bundle(tmp_path)
