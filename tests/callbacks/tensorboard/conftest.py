"""A reader of event files, and small trainings."""

import keras
import numpy as np
import pytest
from keras import layers
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.util import tensor_util

import tfkit


class Run:
    """The events of one run, read by TensorBoard's own reader."""

    def __init__(self, folder):
        # Nothing left out: by default it keeps a sample.
        everything = dict.fromkeys(event_accumulator.DEFAULT_SIZE_GUIDANCE, 0)
        self.events = event_accumulator.EventAccumulator(str(folder), everything)
        self.events.Reload()
        self.tags = set(self.events.Tags()["tensors"])

    def points(self, tag):
        """Steps and values of a scalar."""
        events = self.events.Tensors(tag)
        values = [tensor_util.make_ndarray(e.tensor_proto).item() for e in events]
        return [event.step for event in events], values

    def steps(self, tag):
        return [event.step for event in self.events.Tensors(tag)]

    def by_step(self, tag):
        return dict(zip(*self.points(tag), strict=True))

    def last(self, tag):
        return self.points(tag)[1][-1]

    def text(self, tag):
        (found,) = tensor_util.make_ndarray(
            self.events.Tensors(f"{tag}")[-1].tensor_proto
        ).ravel()[:1]
        return found.decode()

    def described(self, tag):
        return self.events.SummaryMetadata(tag).summary_description


@pytest.fixture
def read():
    """Returns a function: folder of a run -> its events."""
    return Run


@pytest.fixture
def data():
    """Train and dev examples of three classes that can be told apart."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(36, 3)).astype("float32")
    return (x[:24], x[:24].argmax(axis=1)), (x[24:], x[24:].argmax(axis=1))


@pytest.fixture
def classifier():
    """Returns a function that builds a compiled network of three classes."""

    def build(kind=tfkit, optimizer=None, **options):
        keras.utils.set_random_seed(3)
        model = kind.Sequential(
            [
                keras.Input((3,)),
                layers.Dense(5, activation="relu", name="hidden"),
                layers.Dense(3, activation="softmax", name="output"),
            ]
        )
        options = {"jit_compile": False, "metrics": ["accuracy"], **options}
        optimizer = optimizer or keras.optimizers.SGD(0.3)
        model.compile(optimizer, "sparse_categorical_crossentropy", **options)
        return model

    return build


@pytest.fixture
def fit(data):
    """Returns a function that trains on six batches an epoch, and tests."""

    def run(model, callbacks, **options):
        (x, y), dev = data
        options = {"epochs": 2, "validation_data": dev, "verbose": 0, **options}
        return model.fit(x, y, batch_size=4, callbacks=callbacks, **options)

    return run
