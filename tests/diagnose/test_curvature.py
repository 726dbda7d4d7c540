import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfkit
from tfkit.diagnose.curvature import curvature

NOTHING = np.zeros((1, 1))


class Function(keras.layers.Layer):
    """A cost of one vector of weights, whatever the input."""

    def __init__(self, function, start, **options):
        super().__init__(**options)
        self.function, self.start = function, np.asarray(start)

    def build(self, shape):
        self.w = self.add_weight(shape=self.start.shape, name="w")
        self.w.assign(self.start)

    def call(self, x):
        return self.function(self.w.value) + 0.0 * x


def of(function, start, dtype="float64"):
    """A model whose cost is the function."""
    model = keras.Sequential(
        [keras.Input((1,), dtype=dtype), Function(function, start, dtype=dtype)]
    )
    model.compile("sgd", lambda y, prediction: tf.reduce_mean(prediction, axis=-1))
    return model


@pytest.fixture
def _float64():
    before, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    # Keras makes its policy of floatx once, and keeps it.
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(before)
    keras.config.set_dtype_policy(policy)


def quadratic(spectrum, seed=0):
    """1/2 w' A w with the eigenvalues given, and A."""
    n = len(spectrum)
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))
    matrix = (rotation * spectrum) @ rotation.T

    def function(w):
        return 0.5 * tf.tensordot(w, tf.linalg.matvec(tf.cast(matrix, w.dtype), w), 1)

    return function, matrix


@pytest.mark.usefixtures("_float64")
@pytest.mark.parametrize(
    ("spectrum", "kind"),
    [
        ([0.5, 1.0, 4.0], "minimum"),
        ([0.0, 1.0, 4.0], "minimum"),
        ([-0.5, 1.0, 4.0], "saddle point"),
        ([-3.0, -2.0, -1.0], "maximum"),
        ([-1e-5, 0.0, 1e-5], "plateau"),
    ],
)
def test_quadratics_of_a_given_spectrum(spectrum, kind):
    function, _ = quadratic(np.array(spectrum))
    found = curvature(of(function, np.zeros(3)), NOTHING, NOTHING)
    assert found.exact
    assert found.kind == kind
    assert found.verdict.startswith(kind)
    # float64 rounding of products of numbers of size 4.
    np.testing.assert_allclose(found.eigenvalues, sorted(spectrum), atol=1e-12)
    assert found.flat_share == pytest.approx(np.mean(np.abs(spectrum) <= 1e-3))
    assert found.negative_share == pytest.approx(np.mean(np.array(spectrum) < -1e-3))


@pytest.mark.usefixtures("_float64")
def test_lanczos_finds_the_ends_and_the_shares():
    spectrum = np.concatenate([[-2.0, 10.0, 30.0], np.linspace(-0.1, 1.0, 197)])
    function, _ = quadratic(spectrum)
    found = curvature(
        of(function, np.zeros(200)), NOTHING, NOTHING, steps=80, precision=1e-10
    )
    assert not found.exact
    assert found.kind == "saddle point"
    # Eigenvalues are exact to the square of the residual, here 3e-9; well separated.
    assert found.lowest == pytest.approx(-2.0, abs=1e-8)
    assert found.highest == pytest.approx(30.0, abs=1e-8)
    assert found.largest_learning_rate == pytest.approx(2 / 30)
    # 1/sqrt(200) is 7 %, of one random direction.
    assert found.negative_share == pytest.approx(np.mean(spectrum < -1e-3), abs=0.07)
    assert found.shares.sum() == pytest.approx(1)
    again = curvature(
        of(function, np.zeros(200)), NOTHING, NOTHING, steps=80, precision=1e-10
    )
    np.testing.assert_array_equal(found.eigenvalues, again.eigenvalues)


@pytest.mark.usefixtures("_float64")
@pytest.mark.parametrize(
    ("function", "at", "spectrum", "kind"),
    [
        (lambda w: w[0] ** 2 - w[1] ** 2, [0, 0], [-2, 2], "saddle point"),
        # The monkey saddle: the second derivatives see a plateau.
        (lambda w: w[0] ** 3 - 3 * w[0] * w[1] ** 2, [0, 0], [0, 0], "plateau"),
        # Away from it its Hessian is 6 [[x, -y], [-y, -x]]: +- 6 |(x, y)|.
        (
            lambda w: w[0] ** 3 - 3 * w[0] * w[1] ** 2,
            [0.3, 0.4],
            [-3, 3],
            "not stationary",
        ),
        (lambda w: tf.reduce_sum(w**4), [0, 0], [0, 0], "plateau"),
    ],
)
def test_functions_of_two_weights(function, at, spectrum, kind):
    found = curvature(of(function, np.array(at, float)), NOTHING, NOTHING)
    np.testing.assert_allclose(found.eigenvalues, spectrum, atol=1e-12)
    assert found.kind == kind
    if kind == "plateau":
        assert any("momentum" in each for each in found.advice)
        assert any("degenerate saddle" in each for each in found.advice)


@pytest.mark.usefixtures("_float64")
@pytest.mark.parametrize(
    ("lowest", "at", "said"),
    [
        # Of 2.25 up: 0.35 %, as after a training, and 11 %, at 10 % it counts.
        (-0.0079, 1.0, "no sign of a saddle point"),
        (-0.25, 1.0, "a region of saddle points"),
        (0.01, 1.0, None),
        (-0.0079, 0.0, "hardly a saddle"),
        (-0.25, 0.0, "nearly always a saddle point"),
    ],
)
def test_saddle_points_are_named_where_they_count(lowest, at, said):
    function, _ = quadratic(np.array([lowest, 1.0, 2.25]))
    found = curvature(of(function, np.full(3, at)), NOTHING, NOTHING)
    assert ("go on training" in found.verdict) == (at > 0)
    about = [each for each in found.advice if "saddle" in each]
    assert len(about) == (said is not None)
    assert said is None or said in about[0]
    assert max(map(len, str(found).splitlines())) <= 88


def test_gradient_descent_diverges_above_the_bound():
    function, matrix = quadratic(np.array([0.5, 1.0, 4.0]))
    bound = curvature(
        of(function, np.zeros(3), "float32"), NOTHING, NOTHING
    ).largest_learning_rate
    for factor, grows in ((0.98, False), (1.02, True)):
        w = np.ones(3)
        for _ in range(500):
            w = w - factor * bound * matrix @ w
        assert (np.linalg.norm(w) > 1) == grows


def mlp(loss, **options):
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(4, "tanh", kernel_regularizer=keras.regularizers.L2(0.1)),
            layers.Dense(3, **options),
        ]
    )
    model.compile("sgd", loss)
    return model


def full_hessian(model, x, y):
    """By TensorFlow's jacobian, tensor by tensor."""
    variables = [variable.value for variable in model.trainable_variables]
    with tf.GradientTape(persistent=True) as outer:
        with tf.GradientTape() as inner:
            cost = model.compute_loss(x, y, model(x, training=False))
        gradients = inner.gradient(cost, variables)
        flat = tf.concat([tf.reshape(each, [-1]) for each in gradients], 0)
    rows = [outer.jacobian(flat, variable) for variable in variables]
    return np.concatenate([row.numpy().reshape(len(flat), -1) for row in rows], axis=1)


@pytest.mark.usefixtures("_float64")
@pytest.mark.parametrize("batch_size", [1024, 8])
def test_an_mlp_against_the_whole_hessian(batch_size):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(24, 3)), rng.integers(0, 3, size=24)
    model = mlp("sparse_categorical_crossentropy", activation="softmax")
    expected = np.linalg.eigvalsh(full_hessian(model, x, y))
    found = curvature(model, x, y, batch_size=batch_size)
    np.testing.assert_allclose(found.eigenvalues, expected, atol=1e-8)
    few = curvature(model, x, y, batch_size=batch_size, steps=25, precision=0)
    assert not few.exact
    # The ends settle first; 25 of 31 steps.
    np.testing.assert_allclose(
        [few.lowest, few.highest], expected[[0, -1]], atol=1e-6 + few.lowest_residual
    )


def test_float32_is_as_exact_as_it_says():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(24, 3)).astype("float32")
    y = rng.normal(size=(24, 3)).astype("float32")
    model = mlp("mse")
    expected = np.linalg.eigvalsh(full_hessian(model, x, y).astype(float))
    found = curvature(model, x, y)
    # Both round at float32's 6e-8, over sums of 24 rows.
    np.testing.assert_allclose(found.eigenvalues, expected, atol=2e-6)
    assert 0 < found.rounding < 2e-6


@pytest.mark.parametrize("kind", ["embedding", "lstm"])
def test_operations_without_forward_mode(kind):
    keras.utils.set_random_seed(0)
    rng, layers = np.random.default_rng(0), keras.layers
    if kind == "embedding":
        x = rng.integers(0, 5, (12, 3))
        inner = [keras.Input((3,), dtype="int32"), layers.Embedding(5, 2)]
        inner += [layers.GlobalAveragePooling1D()]
    else:
        x = rng.normal(size=(12, 3, 2)).astype("float32")
        inner = [keras.Input((3, 2)), layers.LSTM(2)]
    model = keras.Sequential([*inner, layers.Dense(1)])
    model.compile("sgd", "mse")
    found = curvature(model, x, np.ones((12, 1), "float32"))
    assert found.exact
    before = [v.numpy() for v in model.trainable_variables]
    flat = np.concatenate([part.ravel() for part in before]).astype(float)
    cuts = np.cumsum([part.size for part in before])[:-1]

    def gradient(point):
        parts = np.split(point, cuts)
        for variable, part, old in zip(
            model.trainable_variables, parts, before, strict=True
        ):
            variable.assign(part.reshape(old.shape))
        with tf.GradientTape() as tape:
            cost = model.compute_loss(x, np.ones((12, 1), "float32"), model(x))
        values = [variable.value for variable in model.trainable_variables]
        return np.concatenate(
            [
                tf.convert_to_tensor(each).numpy().ravel()
                for each in tape.gradient(cost, values)
            ]
        )

    step = 1e-2
    rows = [
        (gradient(flat + step * unit) - gradient(flat - step * unit)) / (2 * step)
        for unit in np.eye(flat.size)
    ]
    expected = np.linalg.eigvalsh((np.array(rows) + np.array(rows).T) / 2)
    # Differences of float32 gradients: 1e-7/1e-2, and 1e-4 of the third derivative.
    np.testing.assert_allclose(found.eigenvalues, expected, atol=1e-3)


@pytest.mark.parametrize("base", [keras.Sequential, tfkit.Sequential])
def test_the_model_stays_as_it_is(base):
    layers = keras.layers
    model = base(
        [
            keras.Input((3,)),
            layers.Dense(4),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(1),
        ]
    )
    model.compile("adam", "mse", metrics=["mae"])
    x = np.random.default_rng(0).normal(size=(16, 3)).astype("float32")
    model.fit(x, x[:, :1], verbose=0)

    def state():
        variables = [*model.variables, *model.metrics_variables]
        return [v.numpy() for v in [*variables, *model.optimizer.variables]]

    before, optimizer = state(), model.optimizer
    curvature(model, x, x[:, :1], steps=3)
    for a, b in zip(before, state(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert model.optimizer is optimizer


def test_several_inputs_and_a_subclassed_model():
    class Two(keras.Model):
        def __init__(self):
            super().__init__()
            self.a, self.b = keras.layers.Dense(1), keras.layers.Dense(1)

        def call(self, inputs):
            return self.a(inputs["a"]) * self.b(inputs["b"])

    rng = np.random.default_rng(0)
    x = {name: rng.normal(size=(8, 2)).astype("float32") for name in "ab"}
    model = Two()
    model(x)
    model.compile("sgd", "mse")
    # a * b with both near zero: the product's saddle point.
    for variable in model.trainable_variables:
        variable.assign(np.zeros(variable.shape))
    y = np.ones((8, 1), "float32")
    assert curvature(model, x, y).kind == "saddle point"


def test_the_report():
    function, _ = quadratic(np.array([-0.5, 1.0, 4.0]))
    found = curvature(of(function, np.zeros(3), "float32"), NOTHING, NOTHING)
    content = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert content["kind"] == "saddle point"
    assert content["verdict"] == found.verdict
    assert content["advice"] == list(found.advice)
    assert max(map(len, str(found).splitlines()[1:9])) <= 88
    assert found.verdict in str(found)
    (axes,) = found.plot().axes
    assert axes.get_title() == found.verdict


def test_errors():
    function, _ = quadratic(np.array([1.0, 2.0]))
    model = of(function, np.zeros(2), "float32")
    for name, value in (("steps", 1), ("batch_size", 0), ("precision", -1.0)):
        with pytest.raises(ValueError, match=f"`{name}` must be"):
            curvature(model, NOTHING, NOTHING, **{name: value})
    with pytest.raises(ValueError, match=r"(?s)must be finite.*find_first_bad_layer"):
        curvature(model, np.full((1, 1), np.nan), NOTHING)
    with pytest.raises(ValueError, match="same number of examples"):
        curvature(model, NOTHING, np.zeros((2, 1)))
