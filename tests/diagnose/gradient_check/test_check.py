"""Whole models: right ones pass, broken ones fail at the broken place."""

import json
import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import tfkit
from tfkit.diagnose.gradient_check import gradient_check

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 4)).astype("float32")
Y = RNG.normal(size=(12, 1)).astype("float32")


@tf.custom_gradient
def doubled_tanh(x):
    y = tf.tanh(x)
    return y, lambda upstream: 2 * upstream * (1 - y**2)


class DoubledTanh(layers.Layer):
    """Not registered, as a user's first try is not."""

    def call(self, x):
        return doubled_tanh(x)


class Unplayable(layers.Layer):
    def call(self, x, training=False):
        return x + tf.random.normal(tf.shape(x), dtype=x.dtype) if training else x


class Forgetful(layers.Layer):
    """Its config does not hold the factor."""

    def __init__(self, factor=1.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x):
        return self.factor * x

    def get_config(self):
        return super(layers.Layer, self).get_config() | {"name": self.name}


def network(*middle, loss="mse", seed=0, optimizer="adam", cls=keras.Sequential):
    keras.utils.set_random_seed(seed)
    parts = [keras.Input((4,)), layers.Dense(3, activation="tanh", name="hidden")]
    model = cls([*parts, *middle, layers.Dense(1, name="output")])
    model.compile(optimizer, loss)
    return model


def snapshot(model):
    variables = [*model.variables, *model.optimizer.variables]
    return [variable.numpy() for variable in variables]


def test_cost_gradient_and_penalty_are_numpys():
    keras.utils.set_random_seed(0)
    penalty = keras.regularizers.L2(0.1)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(3, "tanh", name="hidden"),
            layers.Dense(1, kernel_regularizer=penalty, name="output"),
        ]
    )
    model.compile("sgd", "mse")
    w1, b1, w2, b2 = (w.astype(np.float64) for w in model.get_weights())
    a = np.tanh(X.astype(np.float64) @ w1 + b1)
    error = a @ w2 + b2 - Y
    check = gradient_check(model, X, Y)
    # float64 both; Keras holds 0.1 in float32, which is off by 1.5e-9.
    assert check.penalty == pytest.approx(0.1 * (w2**2).sum(), rel=1e-7)
    assert check.cost == pytest.approx((error**2).mean() + check.penalty, rel=1e-7)
    kernel = 2 / len(X) * a.T @ error + 0.2 * w2
    found = {tensor.path.split("/", 1)[-1]: tensor for tensor in check.tensors}
    assert found["output/kernel"].analytic_norm == pytest.approx(
        np.linalg.norm(kernel), rel=1e-7
    )
    assert check.passed
    assert check.difference < 1e-8
    assert check.checked == 19


def test_course_network_at_the_course_step():
    rng = np.random.RandomState(1)
    x, y = rng.randn(4, 3), np.array([1.0, 1.0, 0.0])
    shapes = [(5, 4), (5, 1), (3, 5), (3, 1), (1, 3), (1, 1)]
    weights = [rng.randn(*shape) for shape in shapes]
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(5, "relu"),
            layers.Dense(3, "relu"),
            layers.Dense(1),
        ]
    )
    model.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
    model.set_weights(
        [w.T if w.shape[1] > 1 or k == 4 else w.ravel() for k, w in enumerate(weights)]
    )
    check = gradient_check(model, x.T, y[:, None], epsilon=1e-7)
    # float32 weights and another order of sums: as large as the published 1.19e-7, or
    # less, and within the bar of 2e-7.
    assert check.passed
    assert 1e-10 < check.difference < 2e-7
    assert check.checked == 47


@pytest.mark.parametrize("mode", ["full", "directional"])
def test_a_factor_of_two_is_found_before_the_layer(mode):
    check = gradient_check(network(DoubledTanh()), X, Y, mode=mode)
    assert check.level == "bug"
    assert {t.layer for t in check.suspects} == {"hidden"}
    assert all("factor of 2" in t.hint for t in check.suspects)
    # (2 - 1) / (2 + 1)
    assert check.suspects[0].difference == pytest.approx(1 / 3, abs=1e-6)
    assert "start at layer 'hidden'" in check.advice[0]
    assert check.mode == mode


@pytest.mark.parametrize(
    ("cls", "training"), [(keras.Sequential, False), (tfkit.Sequential, True)]
)
def test_the_model_stays_as_it_is(cls, training):
    middle = [layers.BatchNormalization(), layers.Dropout(0.5, seed=1)]
    model = network(*middle, cls=cls)
    model.fit(X, Y, epochs=1, verbose=0)
    before, losses = snapshot(model), len(model.losses)
    states = random.getstate(), str(np.random.get_state())  # noqa: NPY002
    train_function = model.train_function
    check = gradient_check(model, X, Y, training=training, after_steps=2)
    assert check.passed
    for old, new in zip(before, snapshot(model), strict=True):
        np.testing.assert_array_equal(old, new)
    assert len(model.losses) == losses
    assert model.train_function is train_function
    assert states == (random.getstate(), str(np.random.get_state()))  # noqa: NPY002
    assert keras.config.floatx() == "float32"
    assert keras.config.dtype_policy().name == "float32"
    assert any("batch norm" in note for note in check.notes)
    expected = "one mask replayed" if training else "dropout and noise: off"
    assert any(expected in note for note in check.notes)


def test_the_model_stays_as_it_is_after_an_error():
    model = network(Unplayable(), layers.Dropout(0.5, seed=1))
    before = snapshot(model)
    with pytest.raises(ValueError, match="cannot be replayed"):
        gradient_check(model, X, Y, training=True)
    for old, new in zip(before, snapshot(model), strict=True):
        np.testing.assert_array_equal(old, new)
    assert keras.config.floatx() == "float32"


def test_names_of_later_layers_go_on():
    model = network()
    first = layers.Dense(1).name
    gradient_check(model, X, Y)
    number = int(first.rpartition("_")[2]) if "_" in first else 0
    assert layers.Dense(1).name == f"dense_{number + 1}"


def test_kinks_are_counted_and_not_blamed():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(3, "relu", kernel_initializer="zeros"),
            layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse")
    check = gradient_check(model, X, Y)
    assert check.passed
    # Each of the 12 weights and 3 biases moves from the ReLU's kink.
    assert check.kinks >= 15
    assert any("kinks" in note for note in check.notes)


@pytest.mark.parametrize("seed", range(3))
def test_directions_at_many_kinks_are_not_blamed(seed):
    # Where the images are 0, a bias of 0 leaves all units of the border at the kink.
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(8, 3, padding="same"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(),
            layers.Conv2D(8, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, "softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    images = np.random.default_rng(seed).random((4, 8, 8, 1)).astype("float32")
    images[:, :3] = images[:, -3:] = 0
    check = gradient_check(model, images, np.arange(4) % 3, mode="directional")
    assert check.passed, check
    assert check.kinks > 0


def test_a_kink_does_not_hide_a_bug():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, "relu"), DoubledTanh(), layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    assert gradient_check(model, X, Y).level == "bug"


def test_bias_before_batch_norm_is_zero_to_rounding():
    model = network(layers.Dense(3, name="useless"), layers.BatchNormalization())
    check = gradient_check(model, X, Y, training=True)
    bias = next(t for t in check.tensors if t.path.endswith("useless/bias"))
    assert bias.numeric_norm < 1e-8
    assert check.passed
    (line,) = [row for row in str(check).splitlines() if "useless/bias" in row]
    assert line.endswith("fine: zero")


def test_subset_of_layers():
    check = gradient_check(network(DoubledTanh()), X, Y, layers=["output"])
    assert {t.layer for t in check.tensors} == {"output"}
    assert check.passed
    assert check.checked == 4


def test_several_inputs_outputs_and_loss_weights():
    keras.utils.set_random_seed(0)
    first, second = keras.Input((4,), name="first"), keras.Input((4,), name="second")
    shared = layers.Dense(3, "elu")
    one, two = shared(first), shared(second)
    model = keras.Model(
        {"first": first, "second": second},
        [layers.Dense(1)(one), layers.Dense(2)(layers.Add()([one, two]))],
    )
    model.compile("sgd", ["mse", "mae"], loss_weights=[1.0, 0.3])
    targets = [Y, RNG.normal(size=(12, 2))]
    check = gradient_check(model, {"first": X, "second": 2 * X}, targets)
    assert check.passed
    # The cost that Keras itself gives; float32 sums of a dozen terms.
    data = {"first": X, "second": 2 * X}
    own = model.evaluate(data, targets, verbose=0, return_dict=True)["loss"]
    assert check.cost == pytest.approx(own, rel=1e-5)


def test_subclass_without_a_config():
    class Small(keras.Model):
        def __init__(self):
            super().__init__()
            self.hidden = layers.Dense(3, "gelu")
            self.top = layers.Dense(1)

        def call(self, x):
            self.add_loss(keras.ops.mean(keras.ops.square(x)))
            return self.top(self.hidden(x))

    model = Small()
    model(X)
    model.compile("sgd", "mse")
    check = gradient_check(model, X, Y)
    assert check.passed
    assert check.penalty == pytest.approx(float((X.astype("float64") ** 2).mean()))


def test_mixed_precision_is_checked_in_float64():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(3, "tanh", dtype="mixed_bfloat16"),
            layers.Dense(1, dtype="float32"),
        ]
    )
    model.compile("sgd", "mse")
    assert gradient_check(model, X, Y).difference < 1e-8


def test_convolutions_take_the_loop():
    keras.utils.set_random_seed(0)
    images = RNG.normal(size=(3, 6, 6, 1)).astype("float32")
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Conv2D(2, 3),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(2, "softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    check = gradient_check(model, images, np.array([0, 1, 1]))
    assert check.passed
    assert any("compiled loop" in note for note in check.notes)


def test_later_check_is_at_other_weights():
    model = network(optimizer=keras.optimizers.SGD(0.1))
    check = gradient_check(model, X, Y, after_steps=3)
    # The oracle: three of Keras's own steps. float32 rounds at 6e-8.
    for _ in range(3):
        model.train_on_batch(X, Y)
    cost = float(np.mean((model.predict(X, verbose=0) - Y) ** 2))
    assert check.later.cost == pytest.approx(cost, rel=1e-5)
    assert check.later.cost < check.cost
    assert check.later.notes[0] == "after 3 training steps"


def test_seed_decides_the_directions():
    model = network()
    options = {"mode": "directional", "directions": 2, "layers": ["output"]}
    norms = [
        [
            t.analytic_norm
            for t in gradient_check(model, X, Y, seed=s, **options).tensors
        ]
        for s in (0, 0, 1)
    ]
    assert norms[0] == norms[1] != norms[2]


def test_forward_mode_agrees():
    check = gradient_check(network(), X, Y, mode="directional")
    # Both are exact but for rounding.
    assert all(t.forward_difference < 1e-12 for t in check.tensors)


def test_dataset():
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(12)
    model = network()
    assert gradient_check(model, data).cost == gradient_check(model, X, Y).cost


def test_report_is_readable_and_plain():
    check = gradient_check(network(DoubledTanh()), X, Y, after_steps=1)
    found = json.loads(json.dumps(check.to_dict()))
    assert found["level"] == "bug"
    assert found["verdict"] == check.verdict
    assert found["later"]["tensors"][0]["shape"] == [4, 3]
    text = str(check)
    assert "worst coordinate" in text
    assert "after training" in text
    assert max(map(len, text.splitlines())) <= 88
    title = check.plot().axes[0].get_title()
    assert title.split() == check.verdict.split()


def test_bad_models():
    with pytest.raises(TypeError, match=r"must be a keras\.Model\. Received: a Dense"):
        gradient_check(layers.Dense(1), X, Y)
    unbuilt = keras.Sequential([layers.Dense(1)])
    unbuilt.compile("sgd", "mse")
    with pytest.raises(ValueError, match="must be built"):
        gradient_check(unbuilt, X, Y)
    raw = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    with pytest.raises(ValueError, match="must be compiled"):
        gradient_check(raw, X, Y)
    frozen = network()
    frozen.trainable = False
    with pytest.raises(ValueError, match="must have trainable weights"):
        gradient_check(frozen, X, Y)
    with pytest.raises(ValueError, match="same cost"):
        gradient_check(network(Forgetful(3.0)), X, Y)


@pytest.mark.parametrize(
    ("x", "y", "error", "message"),
    [
        (X[:3], Y, ValueError, r"same number of examples.*\[3\]"),
        (X[:, :3], Y, ValueError, "must take the data"),
        (X, np.repeat(Y, 2, axis=1), ValueError, "does not fit the prediction"),
        (X.astype("int64"), Y, TypeError, "Received: int64"),
        (np.full_like(X, np.nan), Y, ValueError, "data must be finite"),
        (1e30 * X, 1e30 * Y, ValueError, "cost"),
    ],
)
def test_bad_data(x, y, error, message):
    model = network()
    if x.max() > 1e29:
        model = keras.Sequential([keras.Input((4,)), layers.Activation("exponential")])
        model.add(layers.Dense(1))
        model.compile("sgd", "mse")
    with pytest.raises(error, match=message):
        gradient_check(model, x, y)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "fast"}, '`mode` must be "auto"'),
        ({"epsilon": -1.0}, "`epsilon` must be"),
        ({"layers": ["nothing"]}, "There are: hidden, output"),
        ({"layers": "hidden"}, "must be a list of names"),
        ({"directions": 0}, "`directions` must be"),
        ({"after_steps": -1}, "`after_steps` must be"),
        ({"batch_size": 1}, "`batch_size` must be"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        gradient_check(network(), X, Y, **options)


def test_missing_targets_are_named():
    with pytest.raises(ValueError, match=r"Most losses need `y`, the targets"):
        gradient_check(network(), X)
