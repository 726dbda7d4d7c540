import math

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from tfkit.regularizers import L1, L2, weight_decay_factor

tf = pytest.importorskip("tensorflow")

Y = np.array([[1, 1, 0, 1, 0]])


def course_weights(with_inputs):
    """X (3, 5) if asked for, then W1, b1, ... as the course's unit tests draw them."""
    generator = np.random.RandomState(1)
    shapes = [(2, 3), (2, 1), (3, 2), (3, 1), (1, 3), (1, 1)]
    if with_inputs:
        shapes.insert(0, (3, 5))
    return [generator.randn(*shape) for shape in shapes]


def test_published_cost_with_l2():
    A3 = np.array([[0.40682402, 0.01629284, 0.16722898, 0.10118111, 0.40682402]])
    cross_entropy = -np.mean(Y * np.log(A3) + (1 - Y) * np.log(1 - A3))
    W1, _, W2, _, W3, _ = course_weights(with_inputs=False)
    penalty = sum(float(L2(0.1, examples=5)(W)) for W in (W1, W2, W3))
    # The published figure is 1.7864859451590758; float64 sums differ in the last digit.
    assert cross_entropy + penalty == pytest.approx(1.7864859451590758, rel=1e-14)


def test_published_gradients_with_l2():
    X, *values = course_weights(with_inputs=True)
    W1, b1, W2, b2, W3, b3 = variables = [tf.Variable(value) for value in values]
    with tf.GradientTape() as tape:
        A1 = ops.relu(W1 @ X + b1)
        A2 = ops.relu(W2 @ A1 + b2)
        A3 = ops.sigmoid(W3 @ A2 + b3)
        cost = -ops.mean(Y * ops.log(A3) + (1 - Y) * ops.log(1 - A3))
        cost += sum(L2(0.7, examples=5)(W) for W in (W1, W2, W3))
    gradients = tape.gradient(cost, variables)
    published = [
        [
            [-0.25604646, 0.12298827, -0.28297129],
            [-0.17706303, 0.34536094, -0.4410571],
        ],
        [[0.11845855], [0.21236874]],
        [
            [0.79276486, 0.85133918],
            [-0.0957219, -0.01720463],
            [-0.13100772, -0.03750433],
        ],
        [[0.26135226], [0], [0]],
        [[-1.77691347, -0.11832879, -0.09397446]],
        [[-0.38032981]],
    ]
    for gradient, expected in zip(gradients, published, strict=True):
        # 8 printed decimals (5e-9), from activations that the course's test holds
        # rounded to 8 decimals (another 5e-9, seen in the last gradient).
        np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-8)


@pytest.fixture
def float64():
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(before[0])
    keras.config.set_dtype_policy(before[1])


finite = st.floats(-10, 10, width=32)


@settings(max_examples=50, deadline=None)
@given(
    entries=st.lists(finite, min_size=6, max_size=6),
    lambd=st.floats(0, 100),
    examples=st.integers(1, 10**7),
)
def test_matches_numpy(entries, lambd, examples):
    W = np.array(entries, "float64").reshape(2, 3)
    # Sums of six products in float64: a few units in the last place (2e-16).
    for penalty, norm in [(L1, np.abs(W).sum()), (L2, np.trace(W.T @ W))]:
        expected = lambd / (2 * examples) * norm
        assert float(penalty(lambd, examples)(W)) == pytest.approx(expected, rel=2e-15)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (L1(0.7, 211), keras.regularizers.L1(0.7 / 422)),
        (L2(0.7, 211), keras.regularizers.L2(0.7 / 422)),
    ],
)
def test_matches_keras(ours, theirs):
    W = np.random.default_rng(0).standard_normal((30, 20)).astype("float32")
    # float32 has 6e-8 for each rounding; the factor is rounded at another place.
    assert float(ours(W)) == pytest.approx(float(theirs(W)), rel=2e-7)


def test_gradients():
    W = tf.Variable([[2.0, -3.0, 0.0]], dtype="float64")
    with tf.GradientTape(persistent=True) as tape:
        l1, l2 = L1(0.6, 3)(W), L2(0.6, 3)(W)
    # lambda/(2m) sign(W) and (lambda/m) W, in exact arithmetic up to one rounding.
    np.testing.assert_allclose(tape.gradient(l1, W), [[0.1, -0.1, 0]], rtol=1e-15)
    np.testing.assert_allclose(tape.gradient(l2, W), [[0.4, -0.6, 0]], rtol=1e-15)


def test_l2_under_gradient_descent_is_weight_decay_step_by_step(float64):
    """Both ways of writing the update, on a regression with 7 examples, in float64."""
    learning_rate, lambd, m = 0.1, 3.0, 7
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((m, 4)), rng.standard_normal((m, 2))
    layer = keras.layers.Dense(2, kernel_regularizer=L2(lambd, m))
    model = keras.Sequential([keras.Input((4,)), layer])
    model.compile(keras.optimizers.SGD(learning_rate), loss="mse")
    W, b = model.get_weights()
    factor = weight_decay_factor(learning_rate, lambd, m)
    assert factor == pytest.approx(1 - 0.3 / 7, rel=1e-15)
    for _ in range(20):
        error = x @ W + b - y
        W = factor * W - learning_rate * (x.T @ error) * 2 / error.size
        b = b - learning_rate * error.sum(axis=0) * 2 / error.size  # not decayed
        model.train_on_batch(x, y)
        # 20 steps with a handful of float64 roundings each; Keras keeps the learning
        # rate in float32, which alone makes 1.5e-8 of a step of the size of W.
        np.testing.assert_allclose(layer.kernel, W, rtol=0, atol=2e-7)
        np.testing.assert_allclose(layer.bias, b, rtol=0, atol=2e-7)


def test_l2_by_hand_is_weight_decay_to_the_last_digit():
    learning_rate, lambd, m = 0.3, 0.7, 211
    factor = weight_decay_factor(learning_rate, lambd, m)
    start = np.random.default_rng(1).standard_normal((5, 3))
    W, decayed = tf.Variable(start), start
    for _ in range(100):
        with tf.GradientTape() as tape:
            penalty = L2(lambd, m)(W)
        W.assign_sub(learning_rate * tape.gradient(penalty, W))
        decayed = factor * decayed
        # Two roundings of 1.1e-16 a step on either side.
        np.testing.assert_allclose(W, decayed, rtol=5e-14)


def test_biases_are_free_unless_asked_for():
    def penalty_of(**regularizers):
        layer = keras.layers.Dense(2, bias_initializer="ones", **regularizers)
        layer.build((None, 3))
        return [float(loss) for loss in layer.losses], np.asarray(layer.kernel)

    (loss,), kernel = penalty_of(kernel_regularizer=L2(1.0, 2))
    # float32, a sum of six squares.
    assert loss == pytest.approx(np.square(kernel).sum() / 4, rel=1e-6)
    losses, _ = penalty_of(bias_regularizer=L2(1.0, 2))
    assert losses == [0.5]


def test_l1_makes_weights_zero_and_l2_does_not():
    """The course's claim, on a regression with one useful feature out of ten."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((100, 10))
    y = x[:, :1] + 0.1 * rng.standard_normal((100, 1))
    near_zero = {}
    for penalty in (L1, L2):
        W = tf.Variable(np.full((10, 1), 0.5))
        for _ in range(300):
            with tf.GradientTape() as tape:
                error = tf.matmul(x, W) - y
                cost = ops.mean(ops.square(error)) + penalty(20.0, 100)(W)
            W.assign_sub(0.01 * tape.gradient(cost, W))
        # L1's step of 0.01 * lambda/(2m) = 1e-3 is how far round zero it hovers.
        near_zero[penalty] = int((np.abs(W.numpy()) < 2e-3).sum())
    assert near_zero[L1] == 9
    assert near_zero[L2] < 5


@pytest.mark.parametrize("penalty", [L1, L2])
def test_config(penalty):
    regularizer = penalty(np.float32(0.5), np.int64(7))
    config = regularizer.get_config()
    assert config == {"lambd": 0.5, "examples": 7}
    assert [type(value) for value in config.values()] == [float, int]
    revived = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(regularizer)
    )
    assert type(revived) is penalty
    assert revived.get_config() == config


@pytest.mark.parametrize(
    "make", [L1, L2, lambda *args: weight_decay_factor(0.1, *args)]
)
def test_refuses_bad_arguments(make):
    with pytest.raises(ValueError, match=r"`lambd` must be .* >= 0.*lambd=-0.1"):
        make(-0.1, 5)
    with pytest.raises(ValueError, match="lambd=inf"):
        make(math.inf, 5)
    with pytest.raises(TypeError, match=r"lambd='0.1'"):
        make("0.1", 5)
    with pytest.raises(ValueError, match=r"`examples` must be an int >= 1.*examples=0"):
        make(0.1, 0)
    with pytest.raises(
        TypeError, match=r"`examples` must be an int >= 1.*examples=2.5"
    ):
        make(0.1, 2.5)


def test_refuses_a_negative_learning_rate():
    with pytest.raises(ValueError, match=r"`learning_rate` must be .*learning_rate=-1"):
        weight_decay_factor(-1, 0.1, 5)


def test_one_number_alone_as_in_keras_is_refused_with_a_way_out():
    with pytest.raises(TypeError, match=r"L2\(0.7, examples=len\(y_train\)\)"):
        L2(0.7)
