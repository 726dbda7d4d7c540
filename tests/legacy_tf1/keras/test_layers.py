"""Keras's layers: Keras 1's arguments, and those that TensorFlow's own copy has lost."""

import types

import numpy as np
import pytest
from tensorflow.python.keras.utils import vis_utils

import legacy_tf1.tensorflow as tf
from legacy_tf1.tensorflow import keras


@pytest.fixture(autouse=True)
def fresh_session():
    keras.backend.clear_session()


def test_arguments_of_keras_1_are_those_of_today():
    layer = keras.layers.Convolution2D(
        4, 3, 2, border_mode="same", subsample=(2, 2), dim_ordering="tf", bias=False
    )
    assert (layer.kernel_size, layer.padding, layer.strides) == ((3, 2), "same", (2, 2))
    assert (layer.data_format, layer.use_bias) == ("channels_last", False)
    assert keras.layers.Dropout(p=0.25).rate == 0.25
    assert keras.layers.Dense(output_dim=3).units == 3
    model = keras.Sequential([keras.layers.LSTM(3, input_length=5, input_dim=2)])
    assert model.input_shape == (None, 5, 2)
    # tf.keras's own meaning of three numbers: filters, kernel, strides.
    assert keras.layers.Conv2D(4, 3, 2).strides == (2, 2)


def test_merge_and_model_by_their_first_names():
    left, right = keras.layers.Input((3,)), keras.layers.Input((3,))
    merged = keras.layers.merge([left, right], mode="concat")
    model = keras.Model(input=[left, right], output=merged)
    assert model.output_shape == (None, 6)
    assert isinstance(model, keras.Model)
    with pytest.raises(ValueError, match="`mode` must be one of"):
        keras.layers.merge([left, right], mode="cos")


@pytest.mark.parametrize("shape", [(4,), (3, 3, 2)])
def test_batch_normalization_moves_its_averages(shape):
    layer = keras.layers.BatchNormalization(momentum=0.9, epsilon=0.01)
    model = keras.Sequential([keras.layers.InputLayer(shape), layer])
    model.compile(tf.train.GradientDescentOptimizer(0.0), "mse")
    x = np.random.default_rng(0).normal(2, 3, (8, *shape)).astype(np.float32)
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axes), x.var(axes)
    loss = model.train_on_batch(x, np.zeros_like(x))
    # Normalized values: their mean square is v / (v + epsilon), float32's rounding apart.
    assert loss == pytest.approx(np.mean(variance / (variance + 0.01)), rel=1e-5)
    number = np.prod([x.shape[axis] for axis in axes])
    if len(shape) == 3:  # the fused kernel's variance is the unbiased one
        variance = variance * number / (number - 1)
    *_, moving_mean, moving_variance = layer.get_weights()
    np.testing.assert_allclose(moving_mean, 0.1 * mean, rtol=1e-4)
    np.testing.assert_allclose(moving_variance, 0.9 + 0.1 * variance, rtol=1e-4)
    # Outside training the averages count, and stay.
    expected = (x - moving_mean) / np.sqrt(moving_variance + 0.01)
    np.testing.assert_allclose(model.predict(x), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(layer.get_weights()[2], moving_mean)


def test_layer_normalization_is_each_examples_own():
    model = keras.Sequential([keras.layers.LayerNormalization(input_shape=(5,))])
    x = np.random.default_rng(0).normal(size=(3, 5))
    spread = np.sqrt(x.var(1, keepdims=True) + 1e-3)
    expected = (x - x.mean(1, keepdims=True)) / spread
    np.testing.assert_allclose(model.predict(x), expected, atol=1e-5)  # float32


def test_recurrent_wrappers_are_tensorflow_1s(tmp_path):
    inputs = keras.layers.Input((6, 3))
    net = keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True))(
        inputs
    )
    net = keras.layers.TimeDistributed(keras.layers.Dense(2))(net)
    net = keras.layers.Bidirectional(keras.layers.GRU(4), merge_mode="sum")(net)
    outputs = keras.layers.Dense(1)(keras.layers.LayerNormalization()(net))
    model = keras.Model(inputs, outputs)
    random = np.random.RandomState(5)
    model.set_weights([random.rand(*w.shape) - 0.5 for w in model.get_weights()])
    x = random.rand(7, 6, 3)
    model.compile("sgd", "mse")
    # TensorFlow 1.15.5 prints these; float32's last digit differs.
    before = [0.30726594, 0.30684957, 0.30490747, 0.30693674, 0.30351734, 0.30868316]
    np.testing.assert_allclose(model.predict(x).ravel()[:6], before, atol=1e-6)
    assert model.train_on_batch(x, np.ones(7)) == pytest.approx(0.481276, abs=1e-6)
    after = [0.32990563, 0.32939535, 0.32754192, 0.32955295, 0.32612866, 0.33132708]
    np.testing.assert_allclose(model.predict(x).ravel()[:6], after, atol=1e-6)
    assert [v.name for v in model.weights][:2] == [
        "bidirectional/forward_lstm/kernel:0",
        "bidirectional/forward_lstm/recurrent_kernel:0",
    ]
    model.save(str(tmp_path / "model.h5"))
    again = keras.models.load_model(str(tmp_path / "model.h5"))
    np.testing.assert_allclose(again.predict(x), model.predict(x), atol=1e-6)


def test_cudnn_layers_run_without_cudnn():
    model = keras.Sequential([keras.layers.CuDNNLSTM(2, input_shape=(3, 1))])
    kernel, recurrent, bias = (np.full(s, 0.5) for s in [(1, 8), (2, 8), (8,)])
    model.set_weights([kernel, recurrent, bias])
    state = cell = np.zeros(2)
    for value in (1.0, 2.0, 3.0):
        gate = value * 0.5 + state.sum() * 0.5 + 0.5
        sigmoid = 1 / (1 + np.exp(-gate))
        cell = sigmoid * cell + sigmoid * np.tanh(gate)
        state = sigmoid * np.tanh(cell)
    result = model.predict(np.array([[[1.0], [2.0], [3.0]]]))
    np.testing.assert_allclose(result[0], state, atol=1e-6)  # float32


@pytest.mark.parametrize(
    ("layer", "mean", "stddev"),
    [
        (keras.layers.GaussianNoise(0.5), 2.0, 0.5),
        (keras.layers.GaussianDropout(0.2), 2.0, 1.0),  # 2 * sqrt(0.2 / 0.8)
    ],
)
def test_noise_is_only_for_training(layer, mean, stddev):
    x = tf.fill([200, 200], 2.0)
    with tf.Session() as session:
        noisy, same = session.run([layer(x, training=True), layer(x, training=False)])
    assert np.all(same == 2)
    # 40000 draws: the mean errs by stddev / 200, the deviation by about as much.
    assert noisy.mean() == pytest.approx(mean, abs=0.03)
    assert noisy.std() == pytest.approx(stddev, abs=0.03)


def test_weights_of_applications_are_not_here():
    with pytest.raises(NotImplementedError, match="VGG16 is not supplied"):
        keras.applications.VGG16(weights="imagenet")


def test_models_with_wrappers_are_plotted(monkeypatch):
    """As far as pydot: what it is asked to draw is the oracle."""
    drawn = []

    class Dot:
        def __init__(self, *args, **options):
            drawn.append(options.get("label"))

        def __getattr__(self, name):
            return lambda *args, **options: True

        create = staticmethod(lambda dot: b"")

    pydot = types.SimpleNamespace(
        Dot=Dot, Node=Dot, Edge=Dot, InvocationException=OSError
    )
    monkeypatch.setattr(vis_utils, "pydot", pydot)
    layer = keras.layers.TimeDistributed(keras.layers.Dense(2), name="each")
    inputs = keras.layers.Input((3, 4))
    model = keras.Model(inputs, layer(inputs))
    keras.utils.model_to_dot(model)
    assert any("each(dense" in label for label in filter(None, drawn))
