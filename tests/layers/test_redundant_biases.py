import keras
import pytest

from tfkit.layers import redundant_biases

Dense, Norm = keras.layers.Dense, keras.layers.BatchNormalization


def sequential(*layers, shape=(4,)):
    return keras.Sequential([keras.Input(shape), *layers])


@pytest.mark.parametrize(
    ("layers", "shape", "expected"),
    [
        ([Dense(3, name="a"), Norm(), Dense(1)], (4,), ("a",)),
        ([Dense(3, use_bias=False), Norm()], (4,), ()),
        ([Dense(3, activation="tanh"), Norm()], (4,), ()),
        ([keras.layers.Conv2D(2, 3, name="b"), Norm()], (8, 8, 1), ("b",)),
        ([keras.layers.Conv2D(2, 3), Norm(axis=1)], (8, 8, 1), ()),
        ([keras.layers.DepthwiseConv2D(3, name="c"), Norm()], (8, 8, 2), ("c",)),
        ([keras.layers.Conv1DTranspose(2, 3, name="d"), Norm()], (8, 1), ("d",)),
        ([keras.layers.LSTM(3), Norm()], (8, 2), ()),
        ([Dense(3, name="e"), Norm(), Dense(2, name="f"), Norm()], (4,), ("e", "f")),
    ],
)
def test_finds_them_in_a_sequential(layers, shape, expected):
    assert redundant_biases(sequential(*layers, shape=shape)) == expected


def test_counts_a_bias_that_is_used_elsewhere_as_needed():
    x = keras.Input((4,))
    z = Dense(3)(x)
    skip = keras.Model(x, keras.layers.Add()([Norm()(z), z]))
    assert redundant_biases(skip) == ()
    z = Dense(3)(x)
    assert redundant_biases(keras.Model(x, [Norm()(z), z])) == ()
    z = Dense(3, name="twice")(x)
    assert redundant_biases(keras.Model(x, [Norm()(z), Norm()(z)])) == ("twice",)


def test_looks_into_nested_models():
    inner = sequential(Dense(3, name="inner"), Norm())
    assert redundant_biases(sequential(inner, Dense(1))) == ("inner",)


def test_cannot_see_through_python_code():
    class Subclassed(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(
        ValueError, match=r"functional model.*'mine' of type Subclassed"
    ):
        redundant_biases(Subclassed(name="mine"))
    with pytest.raises(ValueError, match=r"model\.build\(input_shape\)"):
        redundant_biases(keras.Sequential([Dense(1)]))
