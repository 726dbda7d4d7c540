"""The optimizers and schedules on Keras's JAX backend, without TensorFlow's kernels."""

import importlib.util
import json
import os

import numpy as np
import pytest

SCRIPT = """
import json, sys
import keras
import numpy as np
from tfkit.optimizers import Adam, GradientDescent, Momentum, RMSprop
from tfkit.schedules import OneCycle, PiecewiseConstantDecay, StaircaseDecay, Warmup

assert keras.backend.backend() == "jax"
options = dict(weight_decay=0.01, clipnorm=0.5)
ema = dict(use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2)
schedule = lambda: Warmup(StaircaseDecay(0.1, 0.5, 2, 3), 2)
cases = {
    "gradient_descent": lambda: GradientDescent(schedule(), **options),
    "momentum": lambda: Momentum(schedule(), bias_correction=True, **options),
    "rmsprop": lambda: RMSprop(schedule(), **ema),
    "adam": lambda: Adam(OneCycle(0.1, 4, 3), gradient_accumulation_steps=2),
    "adam_ema": lambda: Adam(
        PiecewiseConstantDecay({0: 0.1, 2: 0.01}, 3), gradient_accumulation_steps=2, **ema
    ),
}
x = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")
y = x.sum(axis=1, keepdims=True)
result = {}
for name, make in cases.items():
    model = keras.Sequential([
        keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="ones")
    ])
    model.compile(make(), "mse")
    model.fit(x, 2 * y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    model.optimizer.learning_rate = 0.01
    model.fit(x, 2 * y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    result[name] = [w.tolist() for w in model.get_weights()]
print(json.dumps(result))
"""


@pytest.mark.slow  # starts Keras twice
@pytest.mark.skipif(
    importlib.util.find_spec("jax") is None,
    reason="Keras's JAX backend needs jax: pip install tfkit[jax]",
)
def test_trains_as_on_tensorflow(run_python):
    script = SCRIPT
    on_jax = json.loads(run_python(script, env={**os.environ, "KERAS_BACKEND": "jax"}))
    script = script.replace('assert keras.backend.backend() == "jax"', "")
    env = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    on_tensorflow = json.loads(run_python(script, env=env).splitlines()[-1])
    for name, weights in on_tensorflow.items():
        for ours, theirs in zip(on_jax[name], weights, strict=True):
            # Two compilers' float32; Adam and RMSprop divide by small roots.
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-5, err_msg=name)
