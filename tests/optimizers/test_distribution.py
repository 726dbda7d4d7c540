"""MirroredStrategy over two devices gives what one device gives."""

import json

import pytest

SCRIPT = """
import json, sys
import numpy as np
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * 2
)
import keras
from tfkit.optimizers import Adam, GradientDescent, Momentum, RMSprop
from tfkit.schedules import InverseTimeDecay

TOKENS = np.random.default_rng(0).integers(0, 6, size=(32, 3))
Y = np.random.default_rng(1).normal(size=(32, 1)).astype(np.float32)


def trained(make):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        keras.Input((3,), dtype="int32"),
        keras.layers.Embedding(6, 4),
        keras.layers.Flatten(),
        keras.layers.Dense(3, "tanh"),
        keras.layers.Dense(1),
    ])
    model.compile(make(), "mse")
    model.fit(TOKENS, Y, batch_size=8, epochs=1, shuffle=False, verbose=0)
    model.optimizer.learning_rate = 0.02
    model.fit(TOKENS, Y, batch_size=8, epochs=1, shuffle=False, verbose=0)
    return [w.numpy() for w in model.weights]


schedule = lambda: InverseTimeDecay(0.05, 1.0, 4)
cases = {
    "gradient_descent": lambda: GradientDescent(schedule()),
    "momentum": lambda: Momentum(schedule(), bias_correction=True),
    "rmsprop": lambda: RMSprop(schedule()),
    "adam": lambda: Adam(schedule(), weight_decay=0.01),
    "number": lambda: Adam(0.05),
    "ema": lambda: Adam(
        schedule(), use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2
    ),
}
# One strategy for all: a second one would reuse the first one's collective keys.
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
differences = {}
for name, make in cases.items():
    single = trained(make)
    with strategy.scope():
        double = trained(make)
    differences[name] = max(
        float(np.abs(a - b).max()) for a, b in zip(single, double)
    )
with strategy.scope():
    try:
        Adam(gradient_accumulation_steps=2)
    except ValueError as error:
        assert "with 2 replicas. Use a larger batch" in str(error), error
    else:
        raise AssertionError("accumulation over replicas was not refused")
print(json.dumps(differences))
"""


@pytest.mark.slow  # starts a second TensorFlow with two devices
def test_two_devices_equal_one(run_python):
    differences = json.loads(run_python(SCRIPT).splitlines()[-1])
    # Gradients are summed in halves, float32; Adam and RMSprop divide by small roots.
    assert differences == {name: pytest.approx(0.0, abs=5e-5) for name in differences}
    assert len(differences) == 6
