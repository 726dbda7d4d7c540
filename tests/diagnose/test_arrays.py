"""Examples brought into arrays; labels as text, in every function that takes labels."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfkit
from tfkit.diagnose import (
    batch_size_range,
    checkup,
    curvature,
    gradient_check,
    learning_curve,
    learning_rate_range,
    measure_bias_variance,
    measure_error,
    regularization_curve,
    signal_propagation,
)
from tfkit.diagnose.arrays import check_arrays, check_pair, require_numbers

X = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
NAMES = np.where(X[:, 0] > 0, "cat", "dog")


def model():
    made = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "softmax")])
    made.compile("sgd", "sparse_categorical_crossentropy")
    return made


def whole(y):
    return X, np.zeros(64, int)


def batches(y):
    return tf.data.Dataset.from_tensor_slices((X, y)).batch(32)


FUNCTIONS = [
    lambda y: checkup(model(), X, y),
    lambda y: signal_propagation(model(), X, y),
    lambda y: gradient_check(model(), X, y),
    lambda y: curvature(model(), X, y),
    lambda y: batch_size_range(model(), X, y),
    lambda y: learning_rate_range(model(), X, y),
    lambda y: measure_error(model(), (X, y)),
    lambda y: measure_bias_variance(model(), train=(X, y), dev=whole(y)),
    lambda y: measure_bias_variance(model(), train=whole(y), dev=(X, y)),
    lambda y: learning_curve(model, (X, y), (0.5, 1.0), dev=whole(y)),
    lambda y: learning_curve(model, whole(y), (0.5, 1.0), dev=(X, y)),
    lambda y: regularization_curve(lambda s: model(), (X, y), (0, 1), dev=whole(y)),
]
OF_DATASETS = [
    lambda y: checkup(model(), batches(y)),
    lambda y: signal_propagation(model(), batches(y)),
    lambda y: gradient_check(model(), batches(y)),
    lambda y: learning_rate_range(model(), batches(y)),
    lambda y: measure_error(model(), batches(y)),
    lambda y: learning_curve(model, whole(y), (0.5, 1.0), dev=batches(y)),
]
ADVICE = r"must hold numbers.*text, such as '(cat|dog)'.*numpy\.unique\(y, return_inv"


@pytest.mark.parametrize("call", FUNCTIONS)
@pytest.mark.parametrize("labels", [NAMES, NAMES.astype(object)])
def test_labels_as_text(call, labels):
    with pytest.raises(TypeError, match=ADVICE):
        call(labels)


@pytest.mark.parametrize("call", OF_DATASETS)
def test_labels_as_text_in_a_dataset(call):
    with pytest.raises(TypeError, match=ADVICE):
        call(NAMES)


def test_the_advice_works():
    classes, y = np.unique(NAMES, return_inverse=True)
    np.testing.assert_array_equal(np.searchsorted(classes, NAMES), y)
    assert measure_error(model(), (X, y)).examples == 64


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (["cat", "dog"], "`y` must hold numbers.*'cat'"),
        ({"a": np.zeros(2), "b": np.array(["cat"])}, "'cat'"),
        (tf.constant(["cat"]), "'cat'"),
        (np.array([b"cat"]), "'cat'"),
        (np.array([1, 2], object), r"object, such as 1\. .*astype"),
        (np.array(["2020-01-01"], "datetime64[D]"), r"datetime64\[D\]"),
    ],
)
def test_what_are_no_numbers(data, message):
    with pytest.raises(TypeError, match=message):
        require_numbers(data)


def test_what_are_numbers():
    for data in (
        None,
        [1, 2],
        [np.zeros(2), np.ones(2)],
        np.array([True]),
        tf.constant([1.0], tf.bfloat16),
        tf.ragged.constant([[1], [1, 2]]),
        np.zeros(0, object),
    ):
        require_numbers(data)


def test_text_in_the_inputs():
    with pytest.raises(TypeError, match=r"`x` must hold numbers.*StringLookup"):
        checkup(model(), NAMES[:, None], np.zeros(64, int))


def test_data():
    x, y, weight = check_arrays(
        {"a": np.zeros((3, 2)), "b": np.zeros((3, 1), int)}, None
    )
    assert x["a"].dtype == "float32"
    assert x["b"].dtype.kind == "i"
    assert (y, weight) == (None, None)
    with pytest.raises(ValueError, match=r"same number of examples.*'x': \[3\]"):
        check_arrays(np.zeros((3, 2)), np.zeros(4))
    with pytest.raises(ValueError, match="at least 1"):
        check_arrays(np.zeros((0, 2)), np.zeros(0))
    with pytest.raises(ValueError, match="first axis"):
        check_arrays(3.0, np.zeros(4))


def test_a_pair():
    x, y = check_pair(([[1, 2], [3, 4]], [0, 1]), "train")
    assert (x.shape, y.shape) == ((2, 2), (2,))
    with pytest.raises(TypeError, match=r"`train` must be a pair.*tuple of 3"):
        check_pair((1, 2, 3), "train")
    with pytest.raises(
        ValueError, match=r"`x of train` and `y of train`.*\[1\].*\[2\]"
    ):
        check_pair(([[1, 2]], [0, 1]), "train")


def test_a_part_of_a_split_is_a_pair():
    part = tfkit.data.split(tfkit.data.load("digits"), seed=0).dev
    x, y = check_pair(part, "dev")
    np.testing.assert_array_equal(x, part.x)
    np.testing.assert_array_equal(y, part.y)


def test_lists_of_numbers_are_arrays_and_lists_of_arrays_several_inputs():
    x, y, _ = check_arrays([[1, 2], [3, 4]], [0.5, 1.5])
    assert x.shape == (2, 2)
    assert y.tolist() == [0.5, 1.5]
    several, _, _ = check_arrays([np.zeros((4, 2)), np.zeros((4, 3))], np.zeros(4))
    assert [part.shape for part in several] == [(4, 2), (4, 3)]


def test_a_dataset_is_no_array():
    with pytest.raises(TypeError, match=r"tf\.data\.Dataset"):
        check_arrays(batches(np.zeros(64)), None)
