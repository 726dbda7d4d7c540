"""Training that goes on from a file draws the masks that would have come next."""

import subprocess
import sys

import keras
import numpy as np
import pytest

import tfkit
from tfkit.layers import InvertedDropout, RandomWarp, augmentation


def build():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            augmentation("digits", seed=1),
            keras.layers.Flatten(),
            keras.layers.Dense(16, use_bias=False),
            tfkit.layers.BatchNormalization(),
            keras.layers.Activation("relu"),
            InvertedDropout(0.5, seed=2),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(tfkit.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    return model


@pytest.mark.slow
def test_the_next_ten_updates_are_those_of_the_uninterrupted_training(tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.uniform(size=(40, 8, 8, 1)).astype("float32"), np.arange(40) % 3
    np.savez(tmp_path / "data.npz", x=x, y=y)
    model = build()
    fit = {"batch_size": 8, "shuffle": False, "verbose": 0}
    model.fit(x, y, epochs=1, **fit)
    model.save(tmp_path / "model.keras")
    model.fit(x, y, epochs=2, **fit)  # ten more updates

    program = (
        "import numpy as np, tfkit\n"
        "data = np.load('data.npz')\n"
        "model = tfkit.load_model('model.keras')\n"
        f"model.fit(data['x'], data['y'], epochs=2, **{fit!r})\n"
        "np.savez('weights.npz', *model.get_weights())\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
    with np.load(tmp_path / "weights.npz") as resumed:
        for name, weight in zip(resumed.files, model.get_weights(), strict=True):
            np.testing.assert_array_equal(resumed[name], weight)


@pytest.mark.parametrize(
    "layer",
    [
        InvertedDropout(0.5, seed=3),
        RandomWarp(elastic=0.1, seed=3),
        augmentation("photos", seed=3),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_a_loaded_layer_goes_on_in_the_stream(layer, tmp_path):
    x = np.random.default_rng(0).uniform(size=(4, 8, 8, 1)).astype("float32")
    model = keras.Sequential([keras.Input(x.shape[1:]), layer])
    first = np.asarray(model(x, training=True))
    model.save(tmp_path / "model.keras")
    second = np.asarray(model(x, training=True))
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(np.asarray(loaded(x, training=True)), second)
    assert not np.array_equal(first, second)


def test_weights_of_a_file_without_the_state_load(tmp_path):
    # What Keras's own dropout saves: nothing.
    plain = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dropout(0.5)]
    )
    plain.save_weights(tmp_path / "plain.weights.h5")
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(3),
            InvertedDropout(0.5, seed=0, name=plain.layers[-1].name),
        ]
    )
    model.load_weights(tmp_path / "plain.weights.h5", skip_mismatch=False)
    np.testing.assert_array_equal(model.get_weights()[0], plain.get_weights()[0])
