import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfkit.layers import BatchNormalization, recalibrate

tf = pytest.importorskip("tensorflow")

X = np.random.default_rng(0).standard_normal((103, 4)).astype("float32") * 3 + 10


def deep_model(norm=keras.layers.BatchNormalization):
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(5, use_bias=False),
            norm(name="first"),
            keras.layers.Activation("relu"),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(3, use_bias=False),
            norm(name="second"),
            keras.layers.Dense(1),
        ]
    )
    rng = np.random.default_rng(1)
    for name in ("first", "second"):
        layer = model.get_layer(name)
        layer.gamma.assign(rng.uniform(0.5, 2, layer.gamma.shape))
        layer.beta.assign(rng.standard_normal(layer.beta.shape))
    return model


def population(model, x):
    """Statistics of both layers in NumPy and float64, the second behind the exact first."""
    W1, gamma, beta = (weight.astype("float64") for weight in model.get_weights()[:3])
    W2 = np.asarray(model.layers[4].kernel, "float64")
    epsilon = model.get_layer("first").epsilon
    z1 = x.astype("float64") @ W1
    hat = (z1 - z1.mean(axis=0)) / np.sqrt(z1.var(axis=0) + epsilon)
    z2 = np.maximum(gamma * hat + beta, 0) @ W2
    return [(z.mean(axis=0), z.var(axis=0)) for z in (z1, z2)]


def assert_exact(model, x):
    for name, (mean, variance) in zip(
        ("first", "second"), population(model, x), strict=True
    ):
        layer = model.get_layer(name)
        # The model computes its activations in float32 (6e-8 of values up to 50).
        np.testing.assert_allclose(layer.moving_mean, mean, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(layer.moving_variance, variance, rtol=1e-5)


@pytest.mark.parametrize("norm", [keras.layers.BatchNormalization, BatchNormalization])
@pytest.mark.parametrize("batch_size", [10, 1000])
def test_gives_exact_statistics_layer_by_layer(norm, batch_size):
    model = deep_model(norm)
    before = model.get_weights()
    result = recalibrate(model, X, batch_size=batch_size)  # last batch: 3 examples
    assert (result.layers, result.frozen) == (("first", "second"), ())
    assert result.examples == 103
    assert_exact(model, X)
    trainable = [weight.path for weight in model.trainable_weights]
    for old, weight in zip(before, model.weights, strict=True):
        if weight.path in trainable:
            np.testing.assert_array_equal(old, weight)


@settings(max_examples=20, deadline=None)
@given(batch_size=st.integers(1, 60), offset=st.sampled_from([0.0, 1e4]))
def test_does_not_depend_on_the_batches(batch_size, offset):
    x = np.random.default_rng(0).standard_normal((50, 3)) + offset
    layer = keras.layers.BatchNormalization(dtype="float64")
    model = keras.Sequential([keras.Input((3,), dtype="float64"), layer])
    recalibrate(model, x, batch_size=batch_size)
    # float64 sums; a mean of 1e4 with a spread of 1 costs four digits of 16.
    np.testing.assert_allclose(
        layer.moving_mean, x.mean(axis=0), rtol=1e-11, atol=1e-13
    )
    np.testing.assert_allclose(layer.moving_variance, x.var(axis=0), rtol=1e-10)


def test_makes_inference_what_training_on_the_whole_set_is():
    model = deep_model(lambda **kw: BatchNormalization(momentum=0.0, **kw))
    model.layers[3].rate = 0.0
    expected = model(X, training=True)
    recalibrate(model, X, batch_size=7)
    # Two ways of rounding float32 through four layers.
    np.testing.assert_allclose(model(X), expected, rtol=1e-4, atol=1e-5)


class PyBatches(keras.utils.PyDataset):
    def __len__(self):
        return 11

    def __getitem__(self, index):
        rows = slice(10 * index, 10 * index + 10)
        return X[rows], np.zeros(len(X[rows])), np.ones(len(X[rows]))


@pytest.mark.parametrize(
    "make_data",
    [
        lambda: tf.data.Dataset.from_tensor_slices(X).batch(10),
        lambda: tf.data.Dataset.from_tensor_slices((X, X[:, 0])).batch(10),
        lambda: PyBatches(),
        lambda: tf.convert_to_tensor(X),
    ],
    ids=["dataset", "dataset with labels", "PyDataset", "tensor"],
)
def test_takes_every_kind_of_data(make_data):
    model = deep_model()
    assert recalibrate(model, make_data()).examples == 103
    assert_exact(model, X)


def test_images_count_every_position():
    x = np.random.default_rng(0).standard_normal((5, 6, 7, 2))
    for axis in (-1, 1):
        layer = keras.layers.BatchNormalization(axis=axis, dtype="float64")
        model = keras.Sequential([keras.Input((6, 7, 2), dtype="float64"), layer])
        recalibrate(model, x, batch_size=2)
        others = tuple({0, 1, 2, 3} - {axis % 4})
        # float64 sums of about 200 numbers.
        np.testing.assert_allclose(layer.moving_mean, x.mean(others), atol=1e-15)
        np.testing.assert_allclose(layer.moving_variance, x.var(others), rtol=1e-13)


def test_masked_steps_do_not_count():
    inputs = keras.Input((3, 2))
    masked = keras.layers.Masking(0.0)(inputs)
    layer = keras.layers.BatchNormalization()
    model = keras.Model(inputs, layer(masked))
    x = np.array([[[1, 2], [3, 4], [0, 0]], [[5, 9], [0, 0], [0, 0]]], "float32")
    recalibrate(model, x, batch_size=1)
    # Small whole numbers are exact in float32.
    assert np.asarray(layer.moving_mean).tolist() == [3, 5]
    np.testing.assert_allclose(layer.moving_variance, [8 / 3, 26 / 3], rtol=1e-6)


@keras.saving.register_keras_serializable(package="tests")
class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.block = keras.Sequential(
            [keras.layers.Dense(2), keras.layers.Rescaling(2)]
        )
        self.second = keras.layers.BatchNormalization(name="second")
        self.first = keras.layers.BatchNormalization(name="first")

    def call(self, inputs, training=False):
        scaled = inputs["x"] * 2
        return self.second(self.block(self.first(scaled)))


def test_subclassed_models_in_the_order_of_their_calls():
    model = Subclassed()
    result = recalibrate(model, {"x": X}, batch_size=20)
    assert result.layers == ("first", "second")
    # float32 inputs of about 20; float64 sums.
    np.testing.assert_allclose(model.first.moving_mean, 2 * X.mean(axis=0), rtol=1e-6)
    # Behind the exact first layer everything has mean 0, and a dense layer keeps that.
    np.testing.assert_allclose(model.second.moving_mean, np.zeros(2), atol=1e-5)
    assert "call" not in vars(model.first)


def test_a_layer_that_is_shared_gets_all_its_inputs():
    layer = keras.layers.BatchNormalization()
    first, second = keras.Input((1,)), keras.Input((1,))
    model = keras.Model([first, second], [layer(first), layer(second)])
    recalibrate(model, [np.array([[1.0], [3.0]]), np.array([[5.0], [7.0]])])
    assert np.asarray(layer.moving_mean).tolist() == [4]
    assert np.asarray(layer.moving_variance).tolist() == [5]


def test_frozen_layers_keep_their_statistics():
    model = deep_model()
    model.get_layer("first").trainable = False
    before = np.asarray(model.get_layer("first").moving_mean).copy()
    result = recalibrate(model, X)
    assert (result.layers, result.frozen) == (("second",), ("first",))
    np.testing.assert_array_equal(model.get_layer("first").moving_mean, before)


def test_batch_renormalization_goes_on_from_there():
    layer = keras.layers.BatchNormalization(renorm=True)
    model = keras.Sequential([keras.Input((4,)), layer])
    recalibrate(model, X)
    # float32 variables.
    np.testing.assert_allclose(layer.moving_variance, X.var(axis=0), rtol=1e-5)
    np.testing.assert_allclose(layer.renorm_mean, X.mean(axis=0), rtol=1e-5)
    deviation = np.sqrt(X.var(axis=0) + layer.epsilon)
    np.testing.assert_allclose(layer.moving_stddev, deviation, rtol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision(policy):
    layer = BatchNormalization(dtype=policy)
    model = keras.Sequential([keras.Input((4,)), layer])
    recalibrate(model, X, batch_size=10)
    # The inputs are rounded to 8 bits (bfloat16) first; their mean of 10 is not.
    np.testing.assert_allclose(layer.moving_mean, X.mean(axis=0), rtol=2e-3)


def test_an_error_in_the_model_leaves_it_as_it_was():
    model = deep_model()
    with pytest.raises(ValueError, match="incompatible"):
        recalibrate(model, np.ones((3, 7)))
    assert all("call" not in vars(layer) for layer in model.layers)


def test_refuses_what_it_cannot_do():
    model = deep_model()
    with pytest.raises(TypeError, match=r"`data` must be .*type generator"):
        recalibrate(model, (X[:5] for _ in range(3)))
    with pytest.raises(TypeError, match="type int"):
        recalibrate(model, 3)
    with pytest.raises(ValueError, match=r"`data` must have an end.*\.repeat"):
        recalibrate(model, tf.data.Dataset.from_tensors(X).repeat())
    with pytest.raises(ValueError, match="at least one example"):
        recalibrate(model, X[:0])
    with pytest.raises(ValueError, match=r"same number of examples.*\[3, 5\]"):
        recalibrate(model, [X[:3], X[:5]])
    with pytest.raises(ValueError, match=r"`batch_size` must be .*batch_size=0"):
        recalibrate(model, X, batch_size=0)
    bare = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="must have a trainable BatchNormalization"):
        recalibrate(bare, X)
    for name in ("first", "second"):
        model.get_layer(name).trainable = False
    with pytest.raises(ValueError, match="with 2, of which 2 frozen"):
        recalibrate(model, X)
