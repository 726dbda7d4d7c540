"""What every diagnosis says of a model that it cannot take."""

import keras
import numpy as np
import pytest

from tfkit.diagnose import (
    batch_size_range,
    checkup,
    curvature,
    gradient_check,
    learning_rate_range,
    measure_error,
    signal_propagation,
)

X, Y = np.zeros((4, 1), "float32"), np.zeros((4, 1), "float32")
TRAINED = [
    batch_size_range,
    checkup,
    curvature,
    gradient_check,
    learning_rate_range,
]
ALL = [*TRAINED, signal_propagation, lambda model, x, y: measure_error(model, (x, y))]


def one(**options):
    return keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, **options)])


@pytest.mark.parametrize("function", ALL)
def test_no_model(function):
    with pytest.raises(TypeError, match=r"must be a keras\.Model\. Received: a Dense"):
        function(keras.layers.Dense(1), X, Y)


@pytest.mark.parametrize("function", ALL)
def test_not_built(function):
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"(?s)must be built.*Received.*keras\.Input"):
        function(model, X, Y)


@pytest.mark.parametrize("function", TRAINED)
def test_not_compiled(function):
    match = r"(?s)must be compiled.*not compiled.*model\.compile"
    with pytest.raises(ValueError, match=match):
        function(one(), X, Y)


@pytest.mark.parametrize("function", [*TRAINED, signal_propagation])
def test_nothing_to_train(function):
    model = one(trainable=False)
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"trainable weights.*none of 2 trainable"):
        function(model, X, Y)


def test_a_gradient_can_be_checked_without_an_optimizer():
    model = one()
    model.compile(optimizer=None, loss="mse")
    assert gradient_check(model, X + 1, Y).passed
    with pytest.raises(ValueError, match="without an optimizer"):
        curvature(model, X, Y)
