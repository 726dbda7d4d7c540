import random

import keras
import numpy as np
import pytest
from keras import layers

import tfkit
from tfkit.diagnose.gradient_check.layer_check import check_layer_gradients

from . import planted, right


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


LAYERS = {
    "dense": (lambda: layers.Dense(2, activation="relu"), draw(4, 3), False),
    "conv2d": (lambda: layers.Conv2D(2, 3), draw(2, 5, 5, 1), False),
    "embedding": (lambda: layers.Embedding(5, 2), np.array([[0, 1], [1, 4]]), False),
    "lstm": (lambda: layers.LSTM(2), draw(2, 3, 2), False),
    "batch norm": (layers.BatchNormalization, draw(5, 3), True),
    "batch norm, moving": (layers.BatchNormalization, draw(5, 3), False),
    "tfkit batch norm": (tfkit.layers.BatchNormalization, draw(5, 3), True),
    "dropout": (lambda: layers.Dropout(0.5, seed=1), draw(4, 3), True),
    "no weights": (layers.GlobalMaxPooling1D, draw(2, 4, 3), False),
    "a list": (layers.Multiply, [draw(2, 3), draw(2, 3, seed=1)], False),
    "penalties": (right.regularized, draw(3, 2), False),
    "orthogonal penalties": (right.orthogonal, draw(3, 2), False),
    "add_loss": (right.Squared, draw(3, 2), False),
    "a model": (
        lambda: keras.Sequential([layers.Dense(3, "tanh"), layers.Dense(1)]),
        draw(2, 2),
        False,
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_right_layers(name):
    make, x, training = LAYERS[name]
    check = check_layer_gradients(make(), x, training=training)
    assert check.passed, check


def test_several_arguments():
    attention = layers.MultiHeadAttention(1, 2, name="attention")
    check = check_layer_gradients(attention, (draw(2, 3, 2), draw(2, 4, 2, seed=1)))
    assert check.passed, check
    assert [tensor.path for tensor in check.tensors[-2:]] == ["input 0", "input 1"]


def test_inputs_by_name():
    @keras.saving.register_keras_serializable(package="tests_layer_check")
    class Ratio(layers.Layer):
        def call(self, inputs):
            return inputs["above"] / keras.ops.stop_gradient(inputs["below"])

    check = check_layer_gradients(
        Ratio(), {"below": np.array([1.0, 2.0]), "above": np.array([3.0, 4.0])}
    )
    levels = {tensor.path: tensor.level for tensor in check.tensors}
    assert levels == {"input 'above'": "fine", "input 'below'": "bug"}


def levels_of(check):
    return {t.path.split("/")[-1]: t.level for t in check.tensors}


@pytest.mark.parametrize("bug", planted.DENSE)
def test_planted_bugs_in_a_layer(bug):
    # Batch and units alike, for a bias summed over the wrong axis; nothing behind the
    # layer, whose gradients are near 1: a clip at 0.01 shows.
    check = check_layer_gradients(planted.PlantedDense(bug), draw(4, 4))
    wrong = bug.partition(":")[0]
    assert levels_of(check) == {
        name: "bug" if name == wrong else "fine" for name in ("kernel", "bias", "input")
    }


@pytest.mark.parametrize("bug", planted.ELEMENTWISE)
def test_planted_bugs_without_weights(bug):
    check = check_layer_gradients(planted.PlantedElementwise(bug), draw(4, 4))
    assert levels_of(check) == {"input": "bug"}


@keras.saving.register_keras_serializable(package="tests_layer_check")
def squared(z):
    return z**2


def test_a_built_layer_is_checked_at_its_own_weights():
    layer = layers.Dense(1, activation=squared, name="square")
    layer.build((None, 2))
    layer.set_weights([np.array([[1.0], [2.0]]), np.array([3.0])])
    check = check_layer_gradients(layer, np.array([[1.0, 1.0]]))
    bias = {tensor.path: tensor for tensor in check.tensors}["square/bias"]
    # y = 6^2 and c its weight: dJ/db = 12 c, J = 36 c.
    assert bias.analytic_norm / abs(check.cost) == pytest.approx(12 / 36, rel=1e-12)


def test_the_layer_and_random_states_stay_as_they_are():
    layer = keras.Sequential(
        [layers.Dense(3), layers.BatchNormalization(), layers.Dropout(0.5, seed=1)]
    )
    layer.build((None, 2))
    before = [variable.numpy() for variable in layer.variables]
    python, numpy = random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002
    check_layer_gradients(layer, draw(4, 2), training=True)
    for array, variable in zip(before, layer.variables, strict=True):
        np.testing.assert_array_equal(array, variable.numpy())
    assert random.getstate() == python
    np.testing.assert_array_equal(np.random.get_state()[1], numpy)  # noqa: NPY002
    assert layer.dtype_policy.name == "float32"


def test_an_unbuilt_layer_stays_unbuilt_and_the_seed_decides():
    layer = layers.Dense(3)
    first, second, other = (
        check_layer_gradients(layer, draw(4, 2), seed=seed) for seed in (0, 0, 1)
    )
    assert not layer.built
    assert (first.cost, first.difference) == (second.cost, second.difference)
    assert first.cost != other.cost


class WithoutConfig(layers.Layer):
    def __init__(self, needed, **options):
        super().__init__(**options)

    def call(self, x):
        return x


class Noise(layers.Layer):
    def call(self, x):
        return x + keras.ops.convert_to_tensor(
            np.random.default_rng().normal(), x.dtype
        )


@pytest.mark.parametrize(
    ("layer", "x", "error", "message"),
    [
        (layers.Dense, draw(2, 3), TypeError, "Pass an instance"),
        ("relu", draw(2, 3), TypeError, "must be a Keras layer"),
        (layers.Flatten(), np.arange(4).reshape(2, 2), TypeError, "without weights"),
        (layers.Conv2D(2, 3), draw(2, 3), ValueError, r"must take `x`.*\(2, 3\)"),
        (WithoutConfig(object()), draw(2), ValueError, "from_config"),
        (Noise(), draw(2), ValueError, "answers that differ"),
        (layers.Dense(2), np.full((2, 2), np.inf), ValueError, "must be finite"),
    ],
)
def test_layers_that_cannot_be_checked(layer, x, error, message):
    with pytest.raises(error, match=message):
        check_layer_gradients(layer, x)
