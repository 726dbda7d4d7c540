"""On another backend the same models train, by Keras's own loops."""

import os
import subprocess
import sys
import textwrap

import pytest


def test_models_on_jax():
    pytest.importorskip("jax")
    code = """
        import keras, numpy as np, tfkit
        x = np.random.default_rng(0).normal(size=(16, 2)).astype("float32")
        y = x.sum(axis=1)

        def trained(model):
            keras.utils.set_random_seed(0)
            model.set_weights([np.ones((2, 1)), np.zeros(1)])
            model.compile("sgd", "mse")
            return model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)

        def layers():
            return [keras.Input((2,)), keras.layers.Dense(1)]

        plain, ours = keras.Sequential(layers()), tfkit.Sequential(layers())
        joined = tfkit.accelerate(keras.Sequential(layers()))
        expected = trained(plain).history
        for model in (ours, joined):
            assert trained(model).history == expected
            assert "jax" in str(model.training_plan), model.training_plan
            assert model.evaluate(x, y, verbose=0) == plain.evaluate(x, y, verbose=0)
            same = model.predict(x, verbose=0) == plain.predict(x, verbose=0)
            assert same.all()
        print("done")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "done", done.stderr
