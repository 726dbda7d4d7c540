"""A saved model goes on, in another process, as if nothing had happened."""

import json

import keras
import numpy as np
import pytest

from tfkit.optimizers import Adam, GradientDescent, Momentum, RMSprop
from tfkit.schedules import ExponentialDecay, Warmup

# Every saved scalar takes part: schedule, its scale, averages of weights and gradients.
OPTIMIZERS = {
    "gradient_descent": lambda rate: GradientDescent(rate, use_ema=True),
    "momentum": lambda rate: Momentum(rate, 0.8, bias_correction=True),
    "momentum_keras": lambda rate: Momentum(rate, 0.8, convention="keras"),
    "rmsprop": lambda rate: RMSprop(rate, gradient_accumulation_steps=3),
    "adam": lambda rate: Adam(rate, 0.8, weight_decay=0.01),
    "adam_number": lambda _: Adam(0.003, convention="keras"),
}

RESUME = """
import json, sys
import keras
import numpy as np
import tfkit.optimizers, tfkit.schedules

folder = sys.argv[1]
data = np.load(folder + "/data.npz")
found = {}
for name in json.load(open(folder + "/names.json")):
    model = keras.models.load_model(f"{folder}/{name}.keras")
    found[name + "/prediction"] = model.predict(data["x"], verbose=0)
    rates = []
    for x, y in zip(data["x"].reshape(10, 4, 3), data["y"].reshape(10, 4, 1)):
        rates.append(float(model.optimizer.learning_rate))
        model.train_on_batch(x, y)
    found[name + "/rates"] = rates
    for i, value in enumerate(model.optimizer.variables + model.weights):
        found[f"{name}/{i}"] = value.numpy()
np.savez(folder + "/found.npz", **found)
"""


@pytest.mark.slow  # starts a second TensorFlow
def test_next_ten_updates_in_a_fresh_process(tmp_path, run_python):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(40, 3)).astype(np.float32)
    y = generator.normal(size=(40, 1)).astype(np.float32)
    np.savez(tmp_path / "data.npz", x=x, y=y)
    (tmp_path / "names.json").write_text(json.dumps(list(OPTIMIZERS)))
    expected = {}
    for seed, (name, make) in enumerate(OPTIMIZERS.items()):
        keras.utils.set_random_seed(seed)
        model = keras.Sequential(
            [keras.Input((3,)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(1)]
        )
        schedule = Warmup(ExponentialDecay(0.02, 0.9, steps_per_epoch=5), epochs=3)
        model.compile(make(schedule), "mse")
        for _ in range(7):
            model.train_on_batch(x, y)
        model.optimizer.learning_rate = 0.004  # a cut before the save
        model.save(tmp_path / f"{name}.keras")
        expected[f"{name}/prediction"] = model.predict(x, verbose=0)
        rates = []
        for batch_x, batch_y in zip(
            x.reshape(10, 4, 3), y.reshape(10, 4, 1), strict=True
        ):
            rates.append(float(model.optimizer.learning_rate))
            model.train_on_batch(batch_x, batch_y)
        expected[f"{name}/rates"] = rates
        for i, value in enumerate(model.optimizer.variables + model.weights):
            expected[f"{name}/{i}"] = value.numpy()

    run_python(RESUME, tmp_path)

    found = np.load(tmp_path / "found.npz")
    assert set(found) == set(expected)
    for name, value in expected.items():
        # The same program on the same numbers: not a bit differs.
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def test_weights_of_an_optimizer_round_trip(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(Adam(ExponentialDecay(0.1, 0.9, 2)), "mse")
    model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=3, verbose=0)
    model.optimizer.learning_rate = 0.01
    path = tmp_path / "model.keras"
    model.save(path)
    twin = keras.models.load_model(path)
    assert isinstance(twin.optimizer, Adam)
    assert twin.optimizer.learning_rate_scale == model.optimizer.learning_rate_scale
    assert int(twin.optimizer.iterations) == 3
    for ours, theirs in zip(
        model.optimizer.variables, twin.optimizer.variables, strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
