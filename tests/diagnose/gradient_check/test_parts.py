import json
import random

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfkit
from tfkit.diagnose.gradient_check.parts import (
    check_function_gradients,
    check_loss_gradients,
    check_regularizer_gradients,
)

from . import planted, right


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# --- Functions


@tf.custom_gradient
def wrong_tanh(x):
    return tf.tanh(x), lambda dy: dy * (1 - x**2)


@tf.custom_gradient
def right_tanh(x):
    y = tf.tanh(x)
    return y, lambda dy: dy * (1 - y**2)


def test_a_custom_gradient():
    assert check_function_gradients(right_tanh, draw(3, 2)).passed
    check = check_function_gradients(wrong_tanh, draw(3, 2))
    assert check.level == "bug"
    assert [tensor.path for tensor in check.tensors] == ["x"]


def test_the_numbers_are_those_of_the_formula():
    x = draw(2, 3)
    check = check_function_gradients(wrong_tanh, x)
    # The sum of the outputs has weights; each coordinate's ratio has none of them.
    for worst in check.worst:
        here = x[worst.index]
        expected = (1 - here**2) / (1 - np.tanh(here) ** 2)
        # Differences err by 1e-10 or so.
        assert worst.analytic / worst.numeric == pytest.approx(expected, rel=1e-7)
    assert len(check.worst) == x.size


def test_each_float_argument_has_a_row():
    def function(a, labels, b):
        return tf.stop_gradient(a) * b * tf.cast(labels, a.dtype)

    check = check_function_gradients(function, draw(3), np.array([1, 2, 3]), draw(3))
    assert {t.path: t.level for t in check.tensors} == {"a": "bug", "b": "fine"}
    assert "detached" in check.tensors[0].hint


def test_several_outputs_of_which_some_are_no_floats():
    def function(x):
        return {"values": keras.ops.sort(x), "order": keras.ops.argsort(x)}

    assert check_function_gradients(function, draw(5)).passed


def test_outputs_whose_sum_is_constant():
    # A plain sum of a softmax is 1: every gradient of it is 0, the wrong one too.
    wrong = planted.operation(
        *planted.ELEMENTWISE[
            next(name for name in planted.ELEMENTWISE if name.startswith("softmax"))
        ]
    )
    assert check_function_gradients(tf.nn.softmax, draw(2, 3)).passed
    assert not check_function_gradients(lambda x: wrong(x), draw(2, 3)).passed


def test_one_number_is_checked_as_it_is():
    check = check_function_gradients(
        lambda x: tf.reduce_sum(x**2), np.array([3.0, 4.0])
    )
    assert check.cost == 25.0
    assert check.tensors[0].analytic_norm == pytest.approx(10.0, rel=1e-12)


def test_the_course_example():
    # J = theta x at x = 2, theta = 4, epsilon 1e-7, as the notes compute it.
    check = check_function_gradients(
        lambda theta: 2.0 * theta, np.array(4.0), epsilon=1e-7
    )
    assert check.difference == pytest.approx(2.919335883291695e-10, abs=1e-9)
    assert check.passed
    assert check.epsilon == 1e-7


def test_an_operation_that_does_not_vectorize():
    def loop(x):
        total = tf.zeros((), x.dtype)
        place = tf.constant(0)
        while place < 3:
            total += x[place] ** 2
            place += 1
        return total

    compiled = tf.function(loop)
    assert check_function_gradients(compiled, draw(3)).passed


def test_kinks_are_no_bugs():
    check = check_function_gradients(tf.nn.relu, np.array([-1.0, 0.0, 1e-7, 2.0]))
    assert check.passed
    assert check.kinks >= 1


@pytest.mark.parametrize(
    ("function", "arrays", "error", "message"),
    [
        (3, [1.0], TypeError, "must be a function of tensors"),
        (tf.tanh, [], TypeError, "Received: no arrays"),
        (tf.tanh, [np.arange(3)], TypeError, "x of int64"),
        (lambda x: tf.cast(x, tf.int32), [1.5], TypeError, "Received: int32"),
        (tf.math.log, [[-1.0, 2.0]], ValueError, "1 of 2 that are NaN"),
        (
            lambda x: x + tf.random.normal([], dtype=x.dtype),
            [1.0],
            ValueError,
            "answers that differ",
        ),
        (tf.tanh, [np.zeros(100_001)], ValueError, "100,000 numbers or fewer"),
        (tf.matmul, [draw(2, 3), draw(2, 3)], ValueError, r"\(2, 3\), \(2, 3\)"),
        (lambda x: x * tf.constant(2.0), [1.5], ValueError, "x.dtype"),
    ],
)
def test_functions_that_cannot_be_checked(function, arrays, error, message):
    with pytest.raises(error, match=message):
        check_function_gradients(function, *arrays)


# --- Losses

PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4]])
Y_PRED = {
    "sigmoid": PROBABILITIES,
    "softmax": PROBABILITIES,
    "softplus": 3 * PROBABILITIES,
}


CLASSES = {
    name: {"kl_divergence": "KLDivergence"}.get(name, name.title().replace("_", ""))
    for name in right.LOSSES
}


@pytest.mark.parametrize("name", right.LOSSES)
def test_losses_of_keras(name):
    end, targets = right.LOSSES[name]
    y_pred = Y_PRED.get(end, draw(2, 3, seed=1))
    generator = np.random.default_rng(0)
    y_true = draw(2, 3, seed=2) if targets is None else targets(generator, (2, 3))
    assert check_loss_gradients(name, y_true, y_pred).passed
    loss = keras.losses.get({"class_name": CLASSES[name], "config": {}})
    assert isinstance(loss, keras.losses.Loss)
    assert check_loss_gradients(loss, y_true, y_pred).passed


@pytest.mark.parametrize("name", planted.LOSSES)
def test_planted_losses(name):
    y_true = (
        np.eye(2)[[0, 1, 1, 0]] if "entropy" in name or "log" in name else draw(4, 2)
    )
    check = check_loss_gradients(planted.PlantedLoss(name), y_true, draw(4, 2, seed=1))
    assert check.level == "bug"
    assert check.tensors[0].path == "y_pred"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"loss": 3}, TypeError, "must be a Keras loss"),
        ({"loss": keras.losses.Huber}, TypeError, "Make an instance"),
        ({"y_pred": np.arange(3)}, TypeError, "y_pred of int64"),
        ({"y_true": np.zeros(4)}, ValueError, r"\(4,\) and y_pred of shape \(3,\)"),
        ({"y_pred": np.full(3, np.nan)}, ValueError, "must be finite"),
    ],
)
def test_losses_that_cannot_be_checked(arguments, error, message):
    usual = {"loss": "mse", "y_true": np.zeros(3), "y_pred": np.ones(3)}
    with pytest.raises(error, match=message):
        check_loss_gradients(**{**usual, **arguments})


# --- Regularizers

REGULARIZERS = {
    "l1": "l1",
    "l2": keras.regularizers.L2(0.1),
    "l1_l2": keras.regularizers.L1L2(0.1, 0.2),
    "orthogonal": keras.regularizers.OrthogonalRegularizer(0.1),
    "tfkit L1": tfkit.regularizers.L1(0.7, examples=5),
    "tfkit L2": tfkit.regularizers.L2(0.7, examples=5),
    "a function": lambda w: tf.reduce_sum(tf.abs(w) ** 3),
}


@pytest.mark.parametrize("name", REGULARIZERS)
def test_regularizers(name):
    check = check_regularizer_gradients(REGULARIZERS[name], draw(4, 3))
    assert check.passed
    assert check.tensors[0].path == "weight"


def test_the_gradient_of_a_penalty_is_that_of_the_formula():
    weight = draw(3, 2)
    check = check_regularizer_gradients(tfkit.regularizers.L2(0.7, examples=5), weight)
    # lambda / m times the weight; the factor 0.14 is exact in float64.
    expected = 0.7 / 5 * np.linalg.norm(weight)
    assert check.tensors[0].analytic_norm == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", planted.REGULARIZERS)
def test_planted_regularizers(name):
    regularizer = planted.PlantedRegularizer(name)
    assert check_regularizer_gradients(regularizer, draw(4, 3)).level == "bug"


@pytest.mark.parametrize(
    ("regularizer", "weight", "error", "message"),
    [
        (0.1, draw(2), TypeError, "must be a Keras regularizer"),
        (keras.regularizers.L2, draw(2), TypeError, "must be a Keras regularizer"),
        ("l2", np.arange(3), TypeError, "weight of int64"),
        (tf.square, draw(2), ValueError, "must return one number"),
    ],
)
def test_regularizers_that_cannot_be_checked(regularizer, weight, error, message):
    with pytest.raises(error, match=message):
        check_regularizer_gradients(regularizer, weight)


# --- What every report can do


def test_a_report_can_be_printed_stored_and_drawn():
    check = check_function_gradients(wrong_tanh, draw(3, 2))
    assert max(map(len, str(check).splitlines())) <= 88
    stored = json.loads(json.dumps(check.to_dict()))
    assert stored["verdict"] == check.verdict
    assert check.plot().axes


def test_the_seed_decides_and_random_states_stay():
    python, numpy = random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002
    first, second = (check_function_gradients(wrong_tanh, draw(9)) for _ in range(2))
    assert first == second
    assert first.cost != check_function_gradients(wrong_tanh, draw(9), seed=1).cost
    assert random.getstate() == python
    np.testing.assert_array_equal(np.random.get_state()[1], numpy)  # noqa: NPY002
