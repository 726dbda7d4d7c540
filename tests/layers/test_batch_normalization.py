import keras
import numpy as np
import pytest
from keras import ops

from tfkit.layers import BatchNormalization, RedundantBiasWarning

tf = pytest.importorskip("tensorflow")


def forward(z, gamma, beta, epsilon):
    """Ioffe & Szegedy 2015, algorithm 1, in NumPy."""
    mean = z.mean(axis=0)
    variance = ((z - mean) ** 2).mean(axis=0)
    return gamma * (z - mean) / np.sqrt(variance + epsilon) + beta


def backward(z, gamma, upstream, epsilon):
    """Section 3 of the paper: the gradients of z, gamma and beta, in NumPy."""
    m = len(z)
    mean, variance = z.mean(axis=0), z.var(axis=0)
    root = np.sqrt(variance + epsilon)
    hat = (z - mean) / root
    d_hat = upstream * gamma
    d_variance = (d_hat * (z - mean) * -0.5 * root**-3).sum(axis=0)
    d_mean = (-d_hat / root).sum(axis=0) - 2 * d_variance * (z - mean).mean(axis=0)
    d_z = d_hat / root + d_variance * 2 * (z - mean) / m + d_mean / m
    return d_z, (upstream * hat).sum(axis=0), upstream.sum(axis=0)


@pytest.mark.parametrize("convention", ["lecture", "keras"])
def test_forward_and_gradients_match_the_paper(convention):
    rng = np.random.default_rng(0)
    # Deviations from 1e-3 to 10: where epsilon is 1e-3 it changes the first by a
    # factor of 30, so that a wrong epsilon cannot hide.
    z = rng.standard_normal((8, 3)) * [1e-3, 1, 10] + [0, 5, -5]
    upstream = rng.standard_normal((8, 3))
    layer = BatchNormalization(convention=convention, dtype="float64")
    layer.build((None, 3))
    layer.gamma.assign([0.5, 1.0, 2.0])
    layer.beta.assign([1.0, -1.0, 0.0])
    epsilon = {"lecture": 1e-8, "keras": 1e-3}[convention]
    variable = tf.Variable(z)
    with tf.GradientTape() as tape:
        output = layer(variable, training=True)
        total = ops.sum(output * upstream)
    # float64 with a division by the deviation 1e-3: about 1e-13 relative.
    expected = forward(z, np.array([0.5, 1, 2]), np.array([1, -1, 0]), epsilon)
    np.testing.assert_allclose(output, expected, rtol=1e-11, atol=1e-11)
    gradients = tape.gradient(total, [variable, layer.gamma.value, layer.beta.value])
    wanted = backward(z, np.array([0.5, 1, 2]), upstream, epsilon)
    for gradient, expected in zip(gradients, wanted, strict=True):
        np.testing.assert_allclose(gradient, expected, rtol=1e-9, atol=1e-9)


def test_is_keras_layer_under_kerass_convention():
    z = np.random.default_rng(0).standard_normal((16, 5)).astype("float32")
    ours = BatchNormalization(convention="keras")
    theirs = keras.layers.BatchNormalization()
    for _ in range(3):
        # The same code with the same numbers.
        np.testing.assert_array_equal(ours(z, training=True), theirs(z, training=True))
    np.testing.assert_array_equal(ours(z), theirs(z))
    for one, other in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_identity_can_be_recovered():
    z = np.random.default_rng(0).standard_normal((8, 3)) * [0.1, 1, 10] + 3
    layer = BatchNormalization(dtype="float64")
    layer.build((None, 3))
    layer.gamma.assign(np.sqrt(z.var(axis=0) + 1e-8))
    layer.beta.assign(z.mean(axis=0))
    # float64: subtracting and adding a mean of 3 loses a few units in 2e-16.
    np.testing.assert_allclose(layer(z, training=True), z, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(
    ("options", "momentum"),
    [({}, 0.9), ({"convention": "keras"}, 0.99), ({"momentum": 0.5}, 0.5)],
)
def test_moving_averages_follow_the_formula(options, momentum):
    rng = np.random.default_rng(0)
    layer = BatchNormalization(dtype="float64", **options)
    mean, variance = np.zeros(4), np.ones(4)
    for _ in range(30):
        z = rng.standard_normal((10, 4)) * 2 + 1
        layer(z, training=True)
        mean = momentum * mean + (1 - momentum) * z.mean(axis=0)
        variance = momentum * variance + (1 - momentum) * z.var(axis=0)
    # float64, 30 updates.
    np.testing.assert_allclose(layer.moving_mean, mean, rtol=1e-13)
    np.testing.assert_allclose(layer.moving_variance, variance, rtol=1e-13)
    single = np.ones((1, 4))  # one example suffices at test time
    expected = (single - mean) / np.sqrt(variance + layer.epsilon)
    np.testing.assert_allclose(layer(single), expected, rtol=1e-12)


def test_parameters_are_one_per_unit():
    layer = BatchNormalization()
    layer.build((None, 7, 7, 16))
    assert {tuple(weight.shape) for weight in layer.weights} == {(16,)}


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_statistics_are_exact_in_mixed_precision(policy):
    # 60 000 overflows float16 when squared; the layer computes in float32.
    z = np.random.default_rng(0).choice([0.0, 60_000.0], (64, 3))
    layer = BatchNormalization(dtype=policy)
    output = ops.convert_to_numpy(ops.cast(layer(z, training=True), "float32"))
    assert np.isfinite(output).all()
    # bfloat16 has 8 bits: 0.4 %.
    np.testing.assert_allclose(output, forward(z, 1, 0, 1e-8), rtol=4e-3, atol=4e-3)


class TestBiasWarning:
    def test_in_a_sequential(self):
        with pytest.warns(RedundantBiasWarning, match=r"bias of layer 'hidden' has no"):
            keras.Sequential(
                [
                    keras.Input((4,)),
                    keras.layers.Dense(3, name="hidden"),
                    BatchNormalization(),
                ]
            )

    def test_in_a_functional_model_at_the_users_line(self):
        x = keras.Input((8, 8, 3))
        z = keras.layers.Conv2D(4, 3, name="conv")(x)
        with pytest.warns(
            RedundantBiasWarning, match=r"Pass `use_bias=False` to 'conv'"
        ) as (warned):
            BatchNormalization()(z)
        assert [warning.filename for warning in warned] == [__file__]

    def test_once_per_layer(self, recwarn):
        layer = BatchNormalization()
        x = keras.Input((4,))
        layer(keras.layers.Dense(3)(x))
        layer(keras.layers.Dense(3)(x))
        assert [w.category for w in recwarn] == [RedundantBiasWarning]

    # Warnings are errors in this suite: these tests pass by their silence.
    def test_not_without_reason(self):
        x = keras.Input((4,))
        for before in (
            keras.layers.Dense(3, use_bias=False),
            keras.layers.Dense(3, activation="relu"),
            keras.layers.Activation("relu"),
        ):
            BatchNormalization()(before(x))
        BatchNormalization()(x)
        image = keras.layers.Conv2D(4, 3)(keras.Input((8, 8, 3)))
        BatchNormalization(axis=1)(image)  # normalizes rows, not the bias's channels

    def test_not_when_loading_or_cloning(self, tmp_path):
        with pytest.warns(RedundantBiasWarning):
            model = keras.Sequential(
                [keras.Input((4,)), keras.layers.Dense(3), BatchNormalization()]
            )
        keras.models.clone_model(model)
        model.save(tmp_path / "model.keras")
        keras.models.load_model(tmp_path / "model.keras")


def test_the_bias_before_has_no_gradient_and_no_effect():
    with pytest.warns(RedundantBiasWarning):
        model = keras.Sequential(
            [keras.Input((4,)), keras.layers.Dense(3), BatchNormalization()]
        )
    x = np.random.default_rng(0).standard_normal((32, 4)).astype("float32")
    before = np.asarray(model(x, training=True))
    bias = model.layers[0].bias
    with tf.GradientTape() as tape:
        total = ops.sum(ops.sin(model(x, training=True)))
    # Zero up to float32 rounding of 32 terms of size 1.
    np.testing.assert_allclose(tape.gradient(total, bias.value), 0, atol=1e-5)
    bias.assign([1.0, -2.0, 3.0])
    # z - mean rounds at 6e-8 of values of about 5.
    np.testing.assert_allclose(model(x, training=True), before, atol=5e-6)


def test_config():
    layer = BatchNormalization(1, "keras", epsilon=1e-5, center=False, name="norm")
    config = layer.get_config()
    assert config["convention"] == "keras"
    assert (config["axis"], config["momentum"], config["epsilon"]) == (1, 0.99, 1e-5)
    assert BatchNormalization.from_config(config).get_config() == config
    revived = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    assert revived.get_config() == config


def test_refuses_bad_arguments():
    with pytest.raises(ValueError, match=r"'lecture'.*'keras'.*convention='course'"):
        BatchNormalization(convention="course")
    with pytest.raises(ValueError, match=r"`momentum` must be .*<= 1.*momentum=1\.5"):
        BatchNormalization(momentum=1.5)
    with pytest.raises(ValueError, match=r"`momentum` must be below 1.*momentum=1"):
        BatchNormalization(momentum=1.0)
    with pytest.raises(ValueError, match=r"`epsilon` must be .* > 0.*epsilon=0"):
        BatchNormalization(epsilon=0)
    with pytest.raises(TypeError, match=r"momentum='0\.9'"):
        BatchNormalization(momentum="0.9")
    with pytest.raises(ValueError, match="decay"):
        BatchNormalization(decay=0.9)
