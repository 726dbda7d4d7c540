"""Tiny networks and data shared by the callback tests."""

import keras
import numpy as np
import pytest


@pytest.fixture
def data():
    """Sixteen examples of a linear target with noise: four batches of four."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(16, 3)).astype("float32")
    y = x @ np.array([[1.0], [-2.0], [0.5]], "float32")
    return x, y + 0.1 * rng.normal(size=y.shape).astype("float32")


@pytest.fixture
def dev():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(8, 3)).astype("float32")
    return x, x @ np.array([[1.0], [-2.0], [0.5]], "float32")


@pytest.fixture
def network():
    """Returns a function: optimizer -> compiled network, always the same start."""

    def build(optimizer=None, **options):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        optimizer = optimizer or keras.optimizers.SGD(0.05)
        model.compile(optimizer, loss="mse", **options)
        return model

    return build


@pytest.fixture
def fit(data):
    """Returns a function: fit in a fixed order, four steps an epoch."""

    def run(model, epochs, callbacks, **options):
        options = {"batch_size": 4, "shuffle": False, "verbose": 0, **options}
        return model.fit(*data, epochs=epochs, callbacks=callbacks, **options)

    return run


class ScriptedValue(keras.callbacks.Callback):
    """Puts given numbers into the logs, so that the epoch's value is known."""

    def __init__(self, values, name="val_loss"):
        super().__init__()
        self.values, self.name = values, name

    def on_epoch_end(self, epoch, logs=None):
        logs[self.name] = self.values[epoch]


@pytest.fixture
def scripted():
    return ScriptedValue


class WeightLog(keras.callbacks.Callback):
    """Remembers weights, optimizer variables and learning rates of every epoch."""

    def on_train_begin(self, logs=None):
        self.weights, self.optimizer, self.rates, self.batch_rates = [], [], [], []

    def on_train_batch_end(self, batch, logs=None):
        self.batch_rates.append(float(self.model.optimizer.learning_rate))

    def on_epoch_end(self, epoch, logs=None):
        self.weights.append(self.model.get_weights())
        self.optimizer.append([v.numpy() for v in self.model.optimizer.variables])
        self.rates.append(float(self.model.optimizer.learning_rate))


@pytest.fixture
def weight_log():
    return WeightLog()
