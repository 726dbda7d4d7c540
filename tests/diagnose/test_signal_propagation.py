"""The notes' linear network, and NumPy's moments, are the oracles."""

import json
import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import tfkit
from tfkit.diagnose.first_checks.promises import expected_rms, promised_rms
from tfkit.diagnose.signal_propagation import SignalPropagation, signal_propagation


@pytest.fixture(autouse=True)
def _same_weights():
    keras.utils.set_random_seed(0)


def inputs(n=256, features=64):
    return np.random.default_rng(0).normal(size=(n, features)).astype("float32")


def linear(weight, depth=20):
    """The notes' example: W = w I, linear, without bias."""
    return keras.Sequential(
        [keras.Input((2,))]
        + [
            layers.Dense(
                2,
                use_bias=False,
                kernel_initializer=keras.initializers.Identity(weight),
            )
            for _ in range(depth)
        ]
    )


def deep(activation, initializer, depth=10, units=64):
    model = keras.Sequential(
        [keras.Input((64,))]
        + [
            layers.Dense(units, activation, kernel_initializer=initializer)
            for _ in range(depth)
        ]
        + [layers.Dense(10, "softmax")]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


@pytest.mark.parametrize(
    ("weight", "verdict"),
    [
        (1.5, "exploding activations; exploding gradients"),
        (0.5, "vanishing activations; vanishing gradients"),
        (1.0, "healthy"),
    ],
)
def test_the_example_of_the_notes(weight, verdict):
    depth = 20
    x = np.array([[1.0, -1.0], [-1.0, 1.0]])  # mean 0, std 1
    report = signal_propagation(linear(weight, depth), x)
    power = weight ** np.arange(1, depth + 1)
    # 1.5^l has 1.6 l bits and is rounded once it has more than 24, by 6e-8 a layer.
    stds = [layer.std for layer in report.layers]
    np.testing.assert_allclose(stds, power, rtol=depth * 6e-8)
    gradients = [layer.gradient_std for layer in report.layers]
    np.testing.assert_allclose(
        np.divide(gradients, gradients[-1]),
        weight ** np.arange(depth - 1, -1, -1.0),
        rtol=depth * 6e-8,
    )
    assert [layer.expected for layer in report.layers] == pytest.approx(
        [weight] * depth
    )
    assert [layer.promised for layer in report.layers] == pytest.approx(
        [weight] * depth
    )
    assert report.forward_factor == pytest.approx(weight, rel=1e-6)
    assert report.backward_factor == pytest.approx(weight, rel=1e-6)
    assert report.verdict == verdict
    assert ("Xavier" in " ".join(report.advice)) == (weight != 1.0)
    assert max(map(len, str(report).splitlines())) <= 88


def test_few_layers_of_it_are_healthy():
    # 1.5^4 = 5: no more than a change of scale.
    assert signal_propagation(linear(1.5, 5), np.eye(2)).verdict == "healthy"
    shallow = signal_propagation(linear(1.5, 2), np.eye(2))
    assert shallow.verdict == "healthy (too shallow for a trend)"


def test_means_stds_and_gradients_are_numpys():
    x = inputs(32)
    y = np.arange(32) % 10
    model = deep("tanh", "glorot_uniform", depth=2)
    w1, b1, w2, b2, w3, b3 = (w.astype(np.float64) for w in model.get_weights())
    a1 = np.tanh(x @ w1 + b1)
    a2 = np.tanh(a1 @ w2 + b2)
    z3 = a2 @ w3 + b3
    p = np.exp(z3) / np.exp(z3).sum(axis=1, keepdims=True)
    g3 = (p - np.eye(10)[y]) / len(x)
    g2 = g3 @ w3.T
    g1 = (g2 * (1 - a2**2)) @ w2.T
    report = signal_propagation(model, x, y)
    # float32 sums of some 64 terms, against float64.
    for layer, a, g in zip(report.layers, (a1, a2, z3), (g1, g2, g3), strict=True):
        assert layer.std == pytest.approx(a.std(), rel=1e-5)
        assert layer.mean == pytest.approx(a.mean(), abs=1e-5)
        assert layer.gradient_std == pytest.approx(g.std(), rel=1e-4)
    assert report.loss == pytest.approx(-np.log(p[np.arange(32), y]).mean(), rel=1e-5)
    first = report.layers[0]
    assert first.ratio == pytest.approx(
        np.sqrt((a1**2).mean() / (x.astype(np.float64) ** 2).mean()), rel=1e-5
    )


@pytest.mark.parametrize(
    ("activation", "initializer"),
    [("relu", "he_normal"), ("selu", "lecun_normal"), ("linear", "glorot_normal")],
)
def test_what_the_initializers_promise_is_kept(activation, initializer):
    report = signal_propagation(deep(activation, initializer, units=256), inputs())
    assert report.verdict == "healthy"
    hidden = report.layers[1:-1]  # square kernels: Glorot's average is Xavier's
    # 256 units: the moments of a layer scatter by about sqrt(2 / 256) = 9 %.
    for layer in hidden:
        assert layer.promised == pytest.approx(1.0, abs=0.03)
        assert layer.expected == pytest.approx(layer.promised, rel=0.05)
    measured = np.exp(np.mean(np.log([layer.ratio for layer in hidden])))
    assert measured == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(
    ("activation", "kernel", "problems", "advice"),
    [
        ("sigmoid", "glorot_uniform", ("vanishing gradients",), "ReLU in place of"),
        (
            "relu",
            keras.initializers.RandomNormal(stddev=1.0, seed=0),
            ("exploding activations", "exploding gradients"),
            "He initialization",
        ),
        (
            "relu",
            keras.initializers.RandomNormal(stddev=0.01, seed=0),
            ("vanishing activations", "vanishing gradients"),
            "He initialization",
        ),
        (
            "tanh",
            keras.initializers.RandomNormal(stddev=5.0, seed=0),
            ("exploding gradients", "saturated outputs in 'dense' (and 9 more layers)"),
            "Xavier initialization",
        ),
        (
            "tanh",
            "zeros",
            (
                "all units of 'dense' compute the same (and 9 more layers)",
                "vanishing activations",
                "vanishing gradients",
            ),
            "random weights",
        ),
    ],
)
def test_what_is_wrong_is_named(activation, kernel, problems, advice):
    keras.backend.clear_session()  # names count from 'dense'
    y = np.arange(256) % 10
    report = signal_propagation(deep(activation, kernel), inputs(), y)
    assert report.problems == problems
    assert advice in "; ".join(report.advice)
    assert max(map(len, str(report).splitlines())) <= 88


def test_dead_units_are_counted():
    bias = np.where(np.arange(10) < 6, -100.0, 0.0)
    hidden = layers.Dense(
        10, "relu", bias_initializer=keras.initializers.Constant(bias)
    )
    model = keras.Sequential([keras.Input((64,)), hidden, layers.Dense(1)])
    report = signal_propagation(model, inputs())
    assert report.layers[0].dead == pytest.approx(0.6)
    assert report.problems == (f"dead ReLU units in {hidden.name!r}",)


def test_equal_units_behind_random_ones_break_apart():
    # A constant kernel, but each unit gets a gradient of its own from random weights.
    hidden = layers.Dense(
        8, "tanh", kernel_initializer=keras.initializers.Constant(0.1)
    )
    model = keras.Sequential([keras.Input((64,)), hidden, layers.Dense(3)])
    assert signal_propagation(model, inputs()).problems == ()
    model.layers[-1].kernel.assign(np.full((8, 3), 0.5))
    assert signal_propagation(model, inputs()).problems == (
        f"all units of {hidden.name!r} compute the same",
    )


def test_a_zero_start_of_softmax_regression_is_healthy():
    model = keras.Sequential(
        [keras.Input((64,)), layers.Dense(3, "softmax", kernel_initializer="zeros")]
    )
    assert signal_propagation(model, inputs()).problems == ()


class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = layers.Dense(8, "relu", name="first")
        self.last = layers.Dense(2, name="last")

    def call(self, inputs):
        return self.last(self.first(inputs["a"]) * inputs["b"])


def test_a_subclassed_model_with_two_inputs():
    data = {"a": inputs(20), "b": np.ones((20, 1), "float32")}
    model = Own()
    model(data)
    report = signal_propagation(model, data)
    assert [layer.name for layer in report.layers] == ["first", "last"]
    assert report.loss is None


@pytest.mark.parametrize("build", [keras.Sequential, tfkit.Sequential])
def test_convolutions_and_nested_models(build):
    inner = keras.Sequential([layers.Conv2D(16, 3, activation="relu", name="second")])
    model = build(
        [
            keras.Input((10, 10, 2)),
            layers.Conv2D(
                64, 3, activation="relu", kernel_initializer="he_normal", name="first"
            ),
            inner,
            layers.Flatten(),
            layers.Dense(1, name="output"),
        ]
    )
    x = np.random.default_rng(0).normal(size=(32, 10, 10, 2))
    report = signal_propagation(model, x)
    with_kernel = [layer.name for layer in report.layers if layer.has_kernel]
    assert with_kernel == ["first", "second", "output"]
    # 18 inputs a unit, 64 units: sqrt(2 / 64) / 2 = 9 % scatter of the root.
    assert report.layers[0].ratio == pytest.approx(1.0, abs=0.2)
    assert report.layers[0].promised == pytest.approx(1.0)


def test_recurrent_layers_and_masks():
    model = keras.Sequential(
        [
            keras.Input((5,), dtype="int32"),
            layers.Embedding(10, 4, mask_zero=True),
            layers.LSTM(3, name="lstm"),
            layers.Dense(1, "sigmoid"),
        ]
    )
    model.compile("sgd", "binary_crossentropy")
    x = np.random.default_rng(0).integers(0, 10, (16, 5))
    report = signal_propagation(model, x, np.arange(16) % 2)
    lstm = report.layers[1]
    assert (lstm.name, lstm.has_kernel, lstm.expected) == ("lstm", True, None)
    assert lstm.gradient_std > 0


INITIALIZERS = [
    "he_normal",
    "he_uniform",
    "glorot_normal",
    "glorot_uniform",
    "lecun_normal",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "truncated_normal",
    "zeros",
    "ones",
    keras.initializers.RandomNormal(mean=0.3, stddev=0.1),
    keras.initializers.Identity(0.7),
    tfkit.initializers.He(seed=0),
    tfkit.initializers.Xavier(seed=0),
]


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_a_promise_is_the_size_that_is_drawn(initializer):
    layer = layers.Dense(200, kernel_initializer=initializer)
    layer.build((None, 300))
    drawn = np.asarray(layer.kernel, np.float64)
    # 60 000 draws: the root of their mean square scatters by 0.3 %.
    assert promised_rms(layer) == pytest.approx(
        np.sqrt((drawn**2).mean()), rel=0.015, abs=1e-12
    )


@pytest.mark.parametrize("activation", ["linear", "relu", "tanh", "gelu", "sigmoid"])
def test_the_expected_size_is_that_of_many_draws(activation):
    layer = layers.Dense(
        4, activation, bias_initializer=keras.initializers.Constant(0.2)
    )
    layer.build((None, 9))
    rng = np.random.default_rng(0)
    # z = sum of 9 products + b, of which the formula knows the second moment only.
    z = rng.normal(size=400_000) * np.sqrt(9 * 0.5**2 * 1.2**2 + 0.2**2)
    drawn = np.asarray(keras.activations.get(activation)(z.astype("float32")))
    assert expected_rms(layer, 0.5, 1.2) == pytest.approx(
        np.sqrt((drawn.astype(np.float64) ** 2).mean()), rel=0.01
    )


def test_nothing_of_the_model_changes():
    model = tfkit.mlp((64,), 10, hidden=(16, 16), seed=0)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    y = np.arange(256) % 10
    model.fit(inputs(), y, verbose=0)
    variables = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    before = [variable.numpy().copy() for variable in variables]
    python = random.getstate()
    first = signal_propagation(model, inputs(), y)
    assert random.getstate() == python
    for old, variable in zip(before, variables, strict=True):
        np.testing.assert_array_equal(old, variable.numpy())
    assert signal_propagation(model, inputs(), y) == first


def test_of_many_examples_some_are_drawn_by_the_seed():
    model = deep("relu", "he_normal", depth=2)
    x = inputs(1000)
    reports = [signal_propagation(model, x, seed=seed) for seed in (0, 0, 1)]
    assert reports[0].examples == 512
    assert reports[0] == reports[1] != reports[2]
    data = tf.data.Dataset.from_tensor_slices(x).batch(100)
    assert signal_propagation(model, data).examples == 512


def test_the_report_is_json_text_and_picture():
    report = signal_propagation(deep("relu", "zeros", depth=4), inputs())
    assert isinstance(report, SignalPropagation)
    facts = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert facts["verdict"] == report.verdict
    assert facts["advice"] == list(report.advice)
    figure = report.plot()
    assert "all units of" in figure.get_suptitle()


def test_nan_in_an_output_names_the_layer():
    x = inputs()
    x[3, 4] = np.nan
    model = deep("relu", "he_normal", depth=2)
    with pytest.raises(ValueError, match=f"outputs of {model.layers[0].name!r}"):
        signal_propagation(model, x)


def test_nan_in_the_cost():
    model = keras.Sequential([keras.Input((64,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="The cost must be finite"):
        signal_propagation(model, inputs(), np.full(256, np.nan))


def test_targets_need_a_loss():
    model = keras.Sequential([keras.Input((64,)), layers.Dense(1)])
    with pytest.raises(ValueError, match="compiled with a loss"):
        signal_propagation(model, inputs(), np.zeros(256))


def test_weights_outside_of_layers_are_no_missing_gradient():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.kernel = self.add_weight(shape=(64, 3), initializer="he_normal")

        def call(self, x):
            return keras.ops.matmul(x, self.kernel)

    model = Own()
    model(inputs(2))
    report = signal_propagation(model, inputs())
    assert report.layers == report.problems == report.advice == ()
    assert report.verdict == "not known: the model's weights are not in layers"
    assert len(report.plot().axes) == 2


def test_layers_without_kernels_are_no_missing_gradient():
    model = keras.Sequential(
        [keras.Input((4,), dtype="int32"), layers.Embedding(9, 3), layers.Softmax()]
    )
    x = np.random.default_rng(0).integers(0, 9, size=(32, 4))
    assert signal_propagation(model, x).verdict == "healthy (too shallow for a trend)"


def test_a_layer_that_keeps_its_state_is_refused():
    model = keras.Sequential(
        [keras.Input(batch_shape=(8, 5, 2)), layers.GRU(3, stateful=True)]
    )
    with pytest.raises(ValueError, match="stateful=False"):
        signal_propagation(model, np.zeros((32, 5, 2)))


def test_a_model_that_was_built_by_a_batch_takes_other_numbers_of_examples():
    model = keras.Sequential([layers.Dense(3)])
    model(inputs(2))
    assert signal_propagation(model, inputs(96)).examples == 96


def test_half_of_the_units_dead_is_chance_in_a_deep_sound_network():
    # Random ReLU layers make all inputs alike with depth, so that a unit is on for all or
    # for none, half and half. NumPy on the same weights counts the dead.
    units = 32
    model = keras.Sequential(
        [
            keras.Input((units,)),
            *(
                keras.layers.Dense(units, "relu", kernel_initializer="he_normal")
                for _ in range(50)
            ),
            keras.layers.Dense(3),
        ]
    )
    x = inputs(128, units)
    values, shares, on = x, [], []
    for layer in model.layers[:-1]:
        values = np.maximum(values @ layer.get_weights()[0], 0)
        shares.append(float((values == 0).all(axis=0).mean()))
        on.append(float((values > 0).all(axis=0).mean()))
    report = signal_propagation(model, x)
    assert max(shares) >= 0.5
    chance = [
        o + 4 * np.sqrt((s + o) / units) if o else 0.0
        for s, o in zip(shares, on, strict=True)
    ]
    # float32 shares of 32 units are exact but for 1 - share.
    measured = [layer.dead_by_chance for layer in report.layers[:-1]]
    np.testing.assert_allclose(measured, chance, atol=1e-6)
    np.testing.assert_allclose([r.dead for r in report.layers[:-1]], shares, atol=1e-6)
    assert not any("dead" in problem for problem in report.problems)
