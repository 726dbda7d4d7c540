import subprocess
import sys
import zipfile

import numpy as np
import pytest

import tfkit


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saving")
    x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
    y = np.arange(32) % 3
    model = tfkit.mlp(
        (4,),
        3,
        hidden=(8,),
        lambd=0.1,
        examples=32,
        normalization=tfkit.data.normalization_layer(x),
        seed=0,
    )
    schedule = tfkit.schedules.InverseTimeDecay(0.01, 0.1, steps_per_epoch=2)
    model.compile(tfkit.optimizers.Adam(schedule), "sparse_categorical_crossentropy")
    model.fit(x, y, epochs=2, verbose=0)
    model.save(folder / "model.keras")
    np.savez(folder / "x.npz", x=x, p=model.predict(x, verbose=0))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    "load",
    [
        "import tfkit; model = tfkit.load_model('model.keras')",
        "import keras, tfkit.saving; model = keras.models.load_model('model.keras')",
    ],
)
def test_a_fresh_process_predicts_the_same(saved, load):
    program = (
        f"import numpy as np; {load}; data = np.load('x.npz'); "
        "p = model.predict(data['x'], verbose=0); assert (p == data['p']).all(); "
        "print(type(model.optimizer).__module__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=saved, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "tfkit.optimizers.adam"


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no model file .*none\.keras"):
        tfkit.load_model(tmp_path / "none.keras")


def test_not_a_keras_file(tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(b"hello")
    with pytest.raises(ValueError, match=r"damaged or no Keras file.*has 5 bytes"):
        tfkit.load_model(path)


def test_a_damaged_archive(saved, tmp_path):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(saved / "model.keras") as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(path, "w") as damaged:
        for name, content in members.items():
            half = content[: len(content) // 2] if name.endswith(".h5") else content
            damaged.writestr(name, half)
    with pytest.raises(ValueError, match=r"could not be loaded; it is damaged"):
        tfkit.load_model(path)
