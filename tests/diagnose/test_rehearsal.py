import contextlib
import random

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfkit
from tfkit.diagnose.rehearsal import rehearsal, restored


class OwnState(keras.layers.Layer):
    """Counts its calls in a variable that Keras does not know of."""

    def __init__(self):
        super().__init__()
        self.calls = tf.Variable(0, trainable=False)

    def call(self, x):
        self.calls.assign_add(1)
        return x


def made(base=keras.Sequential, optimizer="adam"):
    layers = keras.layers
    model = base(
        [
            keras.Input((3,)),
            OwnState(),
            layers.Dense(4),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(1),
        ]
    )
    model.compile(optimizer, "mse", metrics=["mae"])
    return model


X = np.random.default_rng(0).normal(size=(24, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def state(model):
    variables = [*model.variables, *model.metrics_variables, *model.optimizer.variables]
    own = [layer.calls for layer in model.layers if isinstance(layer, OwnState)]
    return [variable.numpy() for variable in [*variables, *own]]


def assert_same(before, after):
    assert len(before) == len(after)
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("base", [keras.Sequential, tfkit.Sequential])
@pytest.mark.parametrize("error", [None, KeyboardInterrupt, RuntimeError])
def test_a_fit_leaves_no_trace(base, error):
    model = made(base)
    model.fit(X, Y, epochs=2, batch_size=8, verbose=0)
    before, optimizer, own = state(model), model.optimizer, dict(vars(model))
    plan = getattr(model, "training_plan", None)
    expected = contextlib.nullcontext() if error is None else pytest.raises(error)
    with expected, rehearsal(model) as copy:
        assert copy is model.optimizer is not optimizer
        model.fit(X, Y, epochs=3, batch_size=4, verbose=0)
        assert any((a != b).any() for a, b in zip(before, state(model), strict=True))
        if error is not None:
            raise error
    assert_same(before, state(model))
    for name in ("optimizer", "train_function", "history", "_compiled_engine"):
        assert vars(model).get(name) is own.get(name)
    assert getattr(model, "training_plan", None) == plan


def test_training_goes_on_as_if_nothing_had_been():
    weights = []
    for rehearsed in (False, True):
        keras.utils.set_random_seed(3)
        model = made()
        model.fit(X, Y, batch_size=8, verbose=0)
        if rehearsed:
            with rehearsal(model):
                model.fit(X, Y, epochs=2, batch_size=4, verbose=0)
        model.fit(X, Y, batch_size=8, verbose=0)
        weights.append([random.random(), np.random.random(), *model.get_weights()])  # noqa: NPY002
    assert_same(*weights)


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.5, 2, 0.5)),
        keras.optimizers.SGD(lambda: 0.5, momentum=0.9),
        keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.5)),
        tfkit.optimizers.Adam(
            tfkit.schedules.InverseTimeDecay(0.5, 1.0, steps_per_epoch=2)
        ),
        tfkit.optimizers.Momentum(0.5, use_ema=True),
    ],
)
def test_the_copy_is_in_the_state_of_the_original_and_its_rate_can_be_set(optimizer):
    model = made(optimizer=optimizer)
    model.fit(X, Y, batch_size=8, verbose=0)
    rate = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
    before = [variable.numpy() for variable in optimizer.variables]
    with rehearsal(model) as copy:
        # float32 of the schedule's value.
        assert float(copy.learning_rate) == pytest.approx(rate, rel=1e-6)
        slots = [
            [v.numpy() for v in each.variables if not v.path.endswith("learning_rate")]
            for each in (optimizer, copy)
        ]
        assert len(slots[0]) > 1
        assert_same(*slots)
        copy.learning_rate = 0.125
        assert float(copy.learning_rate) == 0.125
        model.fit(X, Y, batch_size=8, verbose=0)
    assert model.optimizer is optimizer
    assert_same(before, [variable.numpy() for variable in optimizer.variables])
    assert float(keras.ops.convert_to_numpy(optimizer.learning_rate)) == rate


def test_an_optimizer_that_cannot_be_copied():
    class Odd(keras.optimizers.SGD):
        def __init__(self, needed, **options):
            super().__init__(**options)

    with (
        pytest.raises(ValueError, match=r"(?s)made anew.*Received: Odd.*get_config"),
        rehearsal(made(optimizer=Odd(1))),
    ):
        pass


def test_restored_keeps_the_optimizer():
    model = made()
    before, optimizer = state(model), model.optimizer
    with restored(model):
        assert model.optimizer is optimizer
        model(X, training=True)
    assert_same(before, state(model))


def test_a_model_that_is_not_compiled_is_restored():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    before = model.get_weights()
    with restored(model):
        model.set_weights([1 + weight for weight in before])
    assert_same(before, model.get_weights())
