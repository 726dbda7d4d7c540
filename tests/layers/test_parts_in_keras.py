"""Initializers, regularizers and layers together, in every way that Keras trains."""

import importlib.util
import os
import subprocess
import sys
import textwrap

import keras
import numpy as np
import pytest

from tfkit import initializers, regularizers
from tfkit.layers import BatchNormalization, InvertedDropout, augmentation, hardmax

tf = pytest.importorskip("tensorflow")

X = np.random.default_rng(0).random((96, 8, 8, 1)).astype("float32")
Y = np.random.default_rng(1).integers(0, 3, 96)


def build(*, random_layers=True, output="softmax"):
    he = initializers.He(seed=1)
    layers = [
        keras.Input((8, 8, 1)),
        augmentation("digits", seed=2),
        keras.layers.Conv2D(4, 3, use_bias=False, kernel_initializer=he),
        BatchNormalization(),
        keras.layers.Activation("relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(
            16,
            use_bias=False,
            kernel_initializer=he,
            kernel_regularizer=regularizers.L2(0.7, examples=96),
        ),
        BatchNormalization(convention="keras"),
        keras.layers.Activation("relu"),
        InvertedDropout(0.8, seed=3),
        keras.layers.Dense(
            3,
            activation=output,
            kernel_initializer=initializers.GlorotAverage(seed=4),
            kernel_regularizer=regularizers.L1(0.1, examples=96),
        ),
    ]
    if not random_layers:
        layers = [
            layer
            for layer in layers
            if not isinstance(layer, (InvertedDropout, type(augmentation("digits"))))
        ]
    return keras.Sequential(layers)


@pytest.fixture
def policy(request):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("policy", "jit_compile", "steps_per_execution"),
    [
        ("float32", True, 1),
        ("mixed_float16", True, 3),
        ("mixed_bfloat16", False, 3),
    ],
    indirect=["policy"],
)
def test_fit(policy, jit_compile, steps_per_execution):
    model = build()
    model.compile(
        keras.optimizers.Adam(0.01),
        "sparse_categorical_crossentropy",
        jit_compile=jit_compile,
        steps_per_execution=steps_per_execution,
    )
    assert model.jit_compile is jit_compile  # no layer forbids it
    history = model.fit(X, Y, batch_size=32, epochs=8, verbose=0, shuffle=False)
    losses = history.history["loss"]
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]
    first, second = (model.predict(X, verbose=0) for _ in range(2))
    np.testing.assert_array_equal(first, second)  # inference is deterministic


def test_custom_training_loop():
    model = build()
    optimizer = keras.optimizers.SGD(0.1)
    loss_of = keras.losses.SparseCategoricalCrossentropy()

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True)) + sum(model.losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(
            zip(gradients, model.trainable_variables, strict=True)
        )
        return loss

    losses = [float(step(X, Y)) for _ in range(15)]
    assert losses[-1] < losses[0]
    # lambda/(2m) of the first, for each kernel; float32 sums of 3456 and 48 terms.
    penalties = [float(loss) for loss in model.losses]
    kernels = [np.asarray(model.layers[i].kernel, "float64") for i in (5, 9)]
    expected = [
        0.7 / 192 * (kernels[0] ** 2).sum(),
        0.1 / 192 * abs(kernels[1]).sum(),
    ]
    np.testing.assert_allclose(penalties, expected, rtol=1e-5)


def run(code, **environment):
    """Runs code in a fresh process and returns what it printed."""
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.mark.slow
def test_loads_in_a_fresh_process_and_trains_on_alike(tmp_path):
    # That random layers go on where they were is in test_random_state.py; here they
    # must predict alike, and the layers without randomness train on alike.
    full, hard, plain = (
        build(),
        build(output=hardmax),
        build(random_layers=False),
    )
    for model in (full, hard, plain):
        model.compile(
            keras.optimizers.SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy"
        )
    for model in (full, plain):
        model.fit(X, Y, batch_size=32, epochs=2, verbose=0, shuffle=False)
    for name, model in {"full": full, "hard": hard, "plain": plain}.items():
        model.save(tmp_path / f"{name}.keras")
    for _ in range(10):
        plain.train_on_batch(X, Y)
    np.savez(tmp_path / "data.npz", X=X, Y=Y)
    run(f"""
        import keras, numpy as np
        import tfkit.initializers, tfkit.layers, tfkit.regularizers
        folder = {str(tmp_path)!r}
        data = np.load(folder + "/data.npz")
        models = {{
            name: keras.models.load_model(f"{{folder}}/{{name}}.keras")
            for name in ("full", "hard", "plain")
        }}
        for _ in range(10):
            models["plain"].train_on_batch(data["X"], data["Y"])
        np.savez(
            folder + "/results.npz",
            *models["plain"].get_weights(),
            full=models["full"].predict(data["X"], verbose=0),
            hard=models["hard"].predict(data["X"], verbose=0),
        )
        assert models["full"].layers[0].layers[0].rotation == 10
        assert models["full"].layers[5].kernel_regularizer.get_config() == {{
            "lambd": 0.7, "examples": 96
        }}
        assert models["full"].layers[6].momentum == 0.99
        assert models["full"].layers[8].keep_prob == 0.8
    """)
    results = np.load(tmp_path / "results.npz")
    # The same operations on the same numbers; only threads may add in another order.
    np.testing.assert_allclose(
        results["full"], full.predict(X, verbose=0), rtol=1e-5, atol=1e-7
    )
    np.testing.assert_array_equal(results["hard"], hard.predict(X, verbose=0))
    for index, weight in enumerate(plain.get_weights()):
        np.testing.assert_allclose(
            results[f"arr_{index}"], weight, rtol=1e-4, atol=1e-6
        )


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("jax") is None,
    reason="JAX is not installed; `pip install tfkit[jax]` for Keras's JAX backend",
)
def test_on_the_jax_backend():
    printed = run(
        """
        import sys
        import keras, numpy as np
        from tfkit import initializers, regularizers
        from tfkit.layers import *
        from tfkit.layers import fixed_masks, recalibrate

        assert keras.backend.backend() == "jax"
        assert "tensorflow" not in sys.modules, "a backend-free part loads TensorFlow"
        he = initializers.He(seed=1)
        model = keras.Sequential([
            keras.Input((8, 8, 1)),
            augmentation("photos", seed=2),
            augmentation("digits", seed=2),
            keras.layers.Flatten(),
            keras.layers.Dense(16, use_bias=False, kernel_initializer=he,
                               kernel_regularizer=regularizers.L2(0.7, examples=96)),
            BatchNormalization(name="norm"),
            keras.layers.Activation("relu"),
            InvertedDropout(0.8, seed=3),
            keras.layers.Dense(3, activation="softmax", kernel_initializer=he,
                               kernel_regularizer=regularizers.L1(0.7, examples=96)),
        ])
        rng = np.random.default_rng(0)
        # A class is a brightness, which no flip, shift or warp changes: it is learned.
        y = rng.integers(0, 3, 96)
        x = 0.3 * (rng.random((96, 8, 8, 1)) + y[:, None, None, None]).astype("float32")
        model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
        losses = model.fit(
            x, y, batch_size=20, epochs=6, verbose=0, shuffle=False
        ).history["loss"]
        assert losses[-1] < losses[0], losses
        np.testing.assert_array_equal(model(x), model(x))
        with fixed_masks(model):
            layer = model.layers[6]
            ones = keras.ops.ones((5, 16))
            assert np.array_equal(layer(ones, training=True), layer(ones, training=True))
        assert recalibrate(model, x, batch_size=40).layers == ("norm",)
        z = x.reshape(96, -1) @ np.asarray(model.layers[3].kernel)
        np.testing.assert_allclose(
            model.get_layer("norm").moving_mean, z.mean(axis=0), atol=1e-4
        )
        assert np.array_equal(hardmax(np.array([[1.0, 3.0, 2.0]])), [[0, 1, 0]])
        assert redundant_biases(model) == ()
        print("fine")
        """,
        KERAS_BACKEND="jax",
    )
    assert printed.strip().endswith("fine")
