"""How an epoch is cut into calls, and what compiles it."""

import re

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

import tfkit
from tfkit.layers import InvertedDropout
from tfkit.training import plan as planning
from tfkit.training.plan import GATHERED_BYTES, TrainingPlan, steps_that_pay


@pytest.fixture
def unseeded(monkeypatch):
    monkeypatch.setattr(planning.rng_utils, "get_random_seed", lambda: None)


def test_a_plan_says_why():
    plan = TrainingPlan("xla", 23, 46, ("all layers suit XLA",))
    assert str(plan) == "xla, 23 of 46 steps in a call: all layers suit XLA"
    assert str(TrainingPlan("graph", 5, None, ("a", "b"))) == (
        "graph, 5 steps in a call: a; b"
    )
    assert str(TrainingPlan("keras", None, None, ("c",))) == "Keras's own fit: c"


@pytest.mark.parametrize(
    ("batches", "megabytes", "fixed", "expected"),
    [
        (22, 0, None, 22),  # all at once
        (100, 1, None, 25),  # 32 fit, so 4 calls: of 25 each
        (33, 1, None, 17),
        (3, 64, None, 1),  # a batch larger than what is gathered
        (22, 0, 5, 5),
        (22, 0, 1, 1),
        (3, 0, 5, 3),
        (100, 1, 50, 32),
        (0, 0, None, 1),
        (0, 0, 4, 1),
    ],
)
def test_steps_per_call(batches, megabytes, fixed, expected):
    assert planning.steps_per_call(batches, megabytes * 2**20, fixed) == expected


@given(
    batches=st.integers(0, 10_000),
    size=st.integers(0, 2**28),
    fixed=st.none() | st.integers(1, 1000),
)
def test_calls_are_within_all_limits(batches, size, fixed):
    steps = planning.steps_per_call(batches, size, fixed)
    assert 1 <= steps <= max(1, batches)
    assert steps == 1 or steps * size <= GATHERED_BYTES
    assert steps <= (fixed or steps)


@given(batches=st.integers(1, 10_000), size=st.integers(1, 2**26))
def test_no_call_is_much_shorter_than_the_others(batches, size):
    steps = planning.steps_per_call(batches, size, None)
    calls = -(-batches // steps)
    # As few calls as can be, and the last lacks less than one step for each call.
    assert calls == -(-batches // max(1, GATHERED_BYTES // size))
    assert calls * steps - batches < calls


class Plain(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        """Hears of epochs alone."""


class Listener(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        """Hears of batches."""


class OldListener(keras.callbacks.Callback):
    def on_batch_begin(self, batch, logs=None):
        """Hears of batches by the old name."""


class Indifferent(Listener):
    every_batch = False


class History(Listener):
    """Has the name of one that Keras's `fit` adds itself."""


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (Plain, None),
        (Listener, "Listener"),
        (OldListener, "OldListener"),
        (Indifferent, None),
        (History, "History"),
        (lambda: keras.callbacks.LambdaCallback(on_epoch_end=print), None),
        (
            lambda: keras.callbacks.LambdaCallback(on_train_batch_end=print),
            "LambdaCallback",
        ),
        (keras.callbacks.History, None),
        (keras.callbacks.ProgbarLogger, None),
        (keras.callbacks.TerminateOnNaN, None),
        (keras.callbacks.EarlyStopping, None),
        (keras.callbacks.ReduceLROnPlateau, None),
        (lambda: keras.callbacks.LearningRateScheduler(lambda e: 0.1), None),
        (lambda: keras.callbacks.ModelCheckpoint("m.keras"), None),
        (
            lambda: keras.callbacks.ModelCheckpoint("m.keras", save_freq=5),
            "ModelCheckpoint",
        ),
        (lambda: keras.callbacks.BackupAndRestore("folder"), None),
        (
            lambda: keras.callbacks.BackupAndRestore("folder", save_freq=5),
            "BackupAndRestore",
        ),
        (keras.callbacks.TensorBoard, None),
        (lambda: keras.callbacks.TensorBoard(update_freq="batch"), "TensorBoard"),
        (lambda: keras.callbacks.TensorBoard(profile_batch=2), "TensorBoard"),
        (tfkit.callbacks.EarlyStopping, None),
        (lambda: tfkit.callbacks.LearningRateDecay(lambda e: 0.1), None),
    ],
)
def test_who_must_hear_of_every_batch(make, expected):
    callback = make()
    others = [Plain(), keras.callbacks.History()]
    assert planning.wants_every_batch([*others, callback]) == expected


def choose(parts, steps=10_000, asked="auto", shape=(8, 8, 1)):
    model = keras.Sequential([keras.Input(shape), *parts])
    return planning.choose_compiler(model, steps, asked)


def test_a_network_of_dense_layers_goes_to_xla():
    parts = [
        layers.Flatten(),
        layers.Dense(3, use_bias=False),
        tfkit.layers.BatchNormalization(),
        layers.Activation("relu"),
        InvertedDropout(0.5),
        keras.Sequential([layers.Dropout(0.2), layers.Dense(2)]),
    ]
    assert choose(parts)[0] == "xla"
    assert choose(parts, steps=None)[0] == "graph"
    assert choose(parts, steps=9_000) == (
        "graph",
        "9000 steps are too few to pay for XLA's compilation",
    )


def test_more_weights_pay_for_the_compilation_sooner():
    def least(units):
        model = keras.Sequential([keras.Input((10,)), layers.Dense(units)])
        return steps_that_pay(model)

    # 2.5 s over 0.25 ms and 12 ns for each of 11 and of 110 000 weights.
    assert least(1) == 9995
    assert least(10_000) == 1593


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (lambda: layers.Conv2D(2, 3), "kernel of Conv2D"),
        (lambda: layers.MaxPooling2D(), "kernel of MaxPooling2D"),
        (lambda: keras.Sequential([layers.SeparableConv2D(2, 3)]), "SeparableConv2D"),
        (lambda: layers.TimeDistributed(layers.LSTM(2)), "lstm|LSTM"),
        (lambda: layers.GaussianNoise(0.1), "random numbers inside the step"),
        (lambda: layers.RandomFlip(), "random|RandomFlip"),
    ],
)
def test_what_suits_the_graph_goes_there(part, reason):
    compiler, why = choose([part()])
    assert compiler == "graph"
    assert re.search(reason, why)


def test_a_wish_is_granted():
    conv = [layers.Conv2D(2, 3)]
    assert choose(conv, asked=True) == ("xla", "jit_compile=True was asked for")
    dense = [layers.Dense(2)]
    assert choose(dense, asked=False) == ("graph", "jit_compile=False was asked for")


class Dense(keras.Layer):
    """A user's layer with a known name."""

    def call(self, inputs):
        return inputs


class NoXLA(keras.Layer):
    def __init__(self):
        super().__init__()
        self.supports_jit = False

    def call(self, inputs):
        return inputs


def test_an_unknown_layer_is_tried_unless_two_runs_must_agree(unseeded, monkeypatch):
    assert choose([Dense()]) == ("trial", "Dense is not known to suit XLA")
    assert choose([Dense()], steps=10)[0] == "graph"
    monkeypatch.setattr(planning.rng_utils, "get_random_seed", lambda: 3)
    compiler, why = choose([Dense()])
    assert compiler == "graph"
    assert "jit_compile=True tries" in why


def test_a_layer_that_refuses_xla():
    part = NoXLA()
    assert choose([layers.Dense(2), part]) == (
        "graph",
        f"XLA can't compile layer {part.name!r}",
    )


def test_a_trial_changes_nothing(unseeded, network, data, monkeypatch):
    """The faster engine is measured, and training starts as if it had not been."""
    monkeypatch.setattr(planning, "XLA_SECONDS", 0.1)

    def build():
        keras.utils.set_random_seed(3)
        model = tfkit.Sequential(
            [keras.Input((6,)), Dense(), layers.Dropout(0.5), layers.Dense(1)]
        )
        return model

    tried, plain = build(), build()
    tried.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    plain.compile(
        keras.optimizers.Adam(0.01), "mse", metrics=["mae"], jit_compile=False
    )
    options = {"batch_size": 1, "epochs": 8, "shuffle": False, "verbose": 0}
    histories = [model.fit(*data, **options).history for model in (tried, plain)]
    assert "in a trial a step took" in str(tried.training_plan)
    # 400 steps of Adam in float32, in XLA or in a graph.
    for ours, theirs in zip(tried.weights, plain.weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(histories[0]["mae"], histories[1]["mae"], rtol=1e-3)
    assert int(tried.optimizer.iterations) == 400


def test_a_plan_of_a_fit(network, data):
    model = network()
    assert model.training_plan is None
    model.fit(*data, batch_size=10, verbose=0)
    plan = model.training_plan
    assert (plan.engine, plan.steps_per_call, plan.steps_per_epoch) == ("graph", 5, 5)
    listener = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: None
    )
    model.fit(*data, batch_size=10, verbose=0, callbacks=[listener])
    assert model.training_plan.steps_per_call == 1
    assert "LambdaCallback hears of every batch" in model.training_plan.reasons
    model = network(steps_per_execution=2)
    model.fit(*data, batch_size=10, verbose=0, callbacks=[listener])
    assert model.training_plan.steps_per_call == 2
    assert "steps_per_execution=2 was asked for" in model.training_plan.reasons
