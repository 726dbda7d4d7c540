import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfkit.layers import hardmax


def test_lecture_example():
    # The lecture's column z = (5, 2, -1, 3), classes along axis 0.
    z = np.array([[5.0], [2.0], [-1.0], [3.0]])
    assert np.asarray(hardmax(z, axis=0)).tolist() == [[1], [0], [0], [0]]


@settings(max_examples=30, deadline=None)
@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    data=st.data(),
)
def test_is_one_hot_of_numpys_argmax(shape, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = np.random.default_rng(0).permutation(np.prod(shape)).reshape(shape) * 1.0
    expected = np.zeros(shape)
    positions = np.expand_dims(x.argmax(axis), axis)
    np.put_along_axis(expected, positions, 1.0, axis)
    np.testing.assert_array_equal(np.asarray(hardmax(x, axis=axis)), expected)


def test_is_the_limit_of_softmax():
    z = np.random.default_rng(1).standard_normal((20, 5))
    # The closest two scores here are 0.003 apart: exp(-1e4 * 0.003) is about 1e-13.
    np.testing.assert_allclose(
        np.asarray(keras.activations.softmax(keras.ops.convert_to_tensor(z * 1e4))),
        np.asarray(hardmax(z)),
        atol=1e-12,
    )


def test_the_first_of_equals_wins():
    assert np.asarray(hardmax(np.array([1.0, 3.0, 3.0]))).tolist() == [0, 1, 0]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "int32"])
def test_keeps_the_dtype(dtype):
    result = hardmax(keras.ops.ones((2, 3), dtype=dtype))
    assert keras.backend.standardize_dtype(result.dtype) == dtype


def test_serves_as_an_activation():
    layer = keras.layers.Dense(3, activation=hardmax)
    copy = keras.layers.Dense.from_config(layer.get_config())
    assert copy.activation is hardmax
    model = keras.Sequential([keras.Input((4,)), layer])
    output = model.predict(np.random.default_rng(0).random((5, 4)), verbose=0)
    assert output.sum(axis=1).tolist() == [1] * 5
