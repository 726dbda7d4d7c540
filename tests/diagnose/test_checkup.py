"""Each set-up has one fault in a known place, or none; that is the oracle."""

import json
import math
import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from sklearn.datasets import load_digits, make_moons

import tfkit
from tfkit.diagnose.checkup import Checkup, checkup
from tfkit.diagnose.first_checks import training_checks
from tfkit.diagnose.first_checks.subject import Subject

pytestmark = pytest.mark.filterwarnings(
    "ignore::tfkit.layers.redundant_biases.RedundantBiasWarning"
)


@pytest.fixture(autouse=True)
def _same_weights():
    keras.utils.set_random_seed(0)


def table(n=96, features=6, classes=3):
    """Normalized columns; the class is that of the largest of the first ones."""
    x = np.random.default_rng(0).normal(size=(n, features)).astype("float32")
    return x, x[:, :classes].argmax(axis=1)


def network(
    *middle,
    output="softmax",
    units=3,
    features=6,
    loss="sparse_categorical_crossentropy",
    optimizer="adam",
    hidden=None,
    build=keras.Sequential,
):
    hidden = (
        layers.Dense(16, activation="relu", name="hidden") if hidden is None else hidden
    )
    model = build(
        [
            keras.Input((features,)),
            hidden,
            *middle,
            layers.Dense(units, activation=output, name="output"),
        ]
    )
    model.compile(optimizer, loss)
    return model


# ---- faults: each function returns (model, x, y) and options of `checkup`


def one_hot_with_sparse():
    x, y = table()
    return network(), x, keras.utils.to_categorical(y)


def integers_with_categorical():
    x, y = table()
    return network(loss="categorical_crossentropy"), x, y


def labels_from_one():
    x, y = table()
    return network(), x, y + 1


def too_few_units():
    x, y = table(classes=5)
    return network(), x, y


def too_many_units():
    x, y = table()
    return network(units=4), x, y


def multi_hot_with_categorical():
    x, y = table()
    y = keras.utils.to_categorical(y)
    y[:, 0] = 1
    return network(loss="categorical_crossentropy"), x, y


def minus_one_and_one():
    x, y = table(classes=2)
    y = 2 * y - 1
    return network(units=1, output="sigmoid", loss="binary_crossentropy"), x, y


def softmax_as_logits():
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return network(loss=loss), *table()


def logits_as_probabilities():
    return network(output=None), *table()


def sigmoid_as_logits():
    x, y = table(classes=2)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    return network(units=1, output="sigmoid", loss=loss), x, y


def one_softmax_unit():
    x, y = table(classes=2)
    return network(units=1, loss="binary_crossentropy"), x, y


def relu_before_crossentropy():
    return network(output="relu"), *table()


def regression(output=None, optimizer="adam", offset=0.0, scale=1.0, **options):
    x, _ = table()
    y = offset + scale * (x[:, :1] - x[:, 1:2] ** 2 / 2)
    model = network(units=1, output=output, loss="mse", optimizer=optimizer, **options)
    return model, x, y.astype("float32")


def relu_on_regression():
    return regression("relu")


def sigmoid_on_regression():
    return regression("sigmoid")


def broadcast_targets():
    model, x, y = regression()
    return model, x, np.repeat(y, 4, axis=1)


def dollars():
    return regression(offset=2e5, scale=5e4)


def constant_targets():
    model, x, y = regression()
    return model, x, np.ones_like(y)


def bytes_as_inputs():
    x, y = table()
    x = np.clip(128 + 50 * x, 0, 255).astype("uint8")
    return network(), x, y


def tiny_inputs():
    x, y = table()
    return network(), x * 1e-4, y


def one_large_feature():
    x, y = table()
    x[:, 5] *= 10
    x[:, 4] *= 1e-3
    return network(), x, y


def constant_feature():
    x, y = table()
    x[:, 3] = 7
    return network(), x, y


def nan_in_inputs():
    x, y = table()
    x[5, 2] = np.nan
    return network(), x, y


def nan_in_targets():
    model, x, y = regression()
    y[3] = np.nan
    return model, x, y


def same_inputs():
    x, y = table()
    return network(), np.ones_like(x), y


def one_class():
    x, y = table()
    return network(), x, np.zeros_like(y)


def bias_before_normalization():
    hidden = layers.Dense(16, name="hidden")
    middle = [layers.BatchNormalization(), layers.ReLU()]
    return network(*middle, hidden=hidden), *table()


def dropout_before_normalization():
    return network(layers.Dropout(0.3), layers.BatchNormalization()), *table()


def keep_prob_for_rate():
    return network(layers.Dropout(0.9)), *table()


def dropout_on_the_output():
    x, y = table()
    model = keras.Sequential(
        [keras.Input((6,)), layers.Dense(3, activation="softmax"), layers.Dropout(0.2)]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    return model, x, y


def no_activation():
    return network(hidden=layers.Dense(16)), *table()


def penalty_on_gamma():
    normalization = layers.BatchNormalization(gamma_regularizer="l2")
    return network(normalization), *table()


def overwhelming_penalty():
    hidden = layers.Dense(
        16, activation="relu", kernel_regularizer=keras.regularizers.L2(100.0)
    )
    return network(hidden=hidden), *table()


def large_batch():
    return network(), *table(), {"batch_size": 128}


def batch_of_one():
    return network(layers.BatchNormalization()), *table(), {"batch_size": 1}


def rate_too_high():
    return network(optimizer=keras.optimizers.SGD(1e3)), *table()


def rate_too_high_for_adam():
    return network(optimizer=keras.optimizers.Adam(3.0)), *table()


def rate_too_low():
    return network(optimizer=keras.optimizers.Adam(1e-8)), *table()


def zero_weights():
    hidden = layers.Dense(16, activation="tanh", kernel_initializer="zeros")
    model = network(hidden=hidden)
    model.layers[-1].kernel.assign(0 * model.layers[-1].kernel)
    return model, *table()


def equal_weights():
    one = keras.initializers.Constant(0.1)
    hidden = layers.Dense(16, activation="tanh", kernel_initializer=one)
    model = network(hidden=hidden)
    model.layers[-1].kernel.assign(0 * model.layers[-1].kernel + 0.1)
    return model, *table()


def large_weights():
    normal = keras.initializers.RandomNormal(stddev=10.0, seed=0)
    return network(
        hidden=layers.Dense(16, activation="tanh", kernel_initializer=normal)
    ), *table()


def deep(weight, activation=None):
    identity = keras.initializers.Identity(weight)
    hidden = [
        layers.Dense(
            6, use_bias=False, kernel_initializer=identity, activation=activation
        )
        for _ in range(6)
    ]
    return network(*hidden), *table()


def exploding():
    return deep(4.0)


def vanishing():
    return deep(0.2)


def dead_units():
    hidden = layers.Dense(
        16, activation="relu", bias_initializer=keras.initializers.Constant(-50.0)
    )
    return network(hidden=hidden), *table()


class Stopped(layers.Layer):
    def call(self, inputs):
        return keras.ops.stop_gradient(inputs)


class Rounded(layers.Layer):
    def call(self, inputs):
        return keras.ops.round(inputs)


def stopped_gradient():
    return network(Stopped()), *table()


def rounded():
    return network(Rounded()), *table()


class UnusedLayer(keras.Model):
    def __init__(self):
        super().__init__()
        self.used = layers.Dense(3, activation="softmax")
        self.unused = layers.Dense(4, name="unused")
        self.unused.build((None, 6))

    def call(self, inputs):
        return self.used(inputs)


def unused_layer():
    x, y = table()
    model = UnusedLayer()
    model(x[:2])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model, x, y


class Squashed(layers.Layer):
    """Takes away what tells examples apart."""

    def call(self, inputs):
        return inputs * 0.0 + keras.ops.mean(inputs, axis=0, keepdims=True)


def nothing_to_learn_from():
    return network(Squashed()), *table()


def confident_at_the_start():
    model = network()
    model.layers[-1].kernel.assign(30 * model.layers[-1].kernel)
    return model, *table()


FAULTS = {
    # what is planted: (name of the finding, its level, a part of what it says)
    one_hot_with_sparse: ("label encoding", "fault", "categorical_crossentropy for"),
    integers_with_categorical: ("label encoding", "fault", "sparse_categorical"),
    labels_from_one: ("label encoding", "fault", "number from 0"),
    too_few_units: ("label encoding", "fault", "a last layer of 5 units"),
    too_many_units: ("classes", "warning", "3 units in the last layer"),
    multi_hot_with_categorical: ("label encoding", "fault", "sigmoid and binary"),
    minus_one_and_one: ("label encoding", "fault", "(y + 1) / 2"),
    softmax_as_logits: ("output activation", "fault", "taken twice"),
    logits_as_probabilities: ("output activation", "fault", "from_logits=True in the"),
    sigmoid_as_logits: ("output activation", "fault", "taken twice"),
    one_softmax_unit: ("output activation", "fault", "one sigmoid unit"),
    relu_before_crossentropy: ("output activation", "fault", "activation='softmax'"),
    relu_on_regression: ("output activation", "fault", "no activation"),
    sigmoid_on_regression: ("output activation", "fault", "no activation"),
    broadcast_targets: ("label encoding", "fault", "as many units"),
    dollars: ("target scale", "fault", "(y - mean) / std"),
    constant_targets: ("varied targets", "fault", "loaded"),
    bytes_as_inputs: ("input scale", "fault", "normalization_layer"),
    tiny_inputs: ("input scale", "fault", "normalization_layer"),
    one_large_feature: ("input scale", "warning", "normalization_layer"),
    constant_feature: ("constant features", "warning", "drop them"),
    nan_in_inputs: ("finite inputs", "fault", "drop these"),
    nan_in_targets: ("finite targets", "fault", "drop these"),
    same_inputs: ("varied inputs", "fault", "loaded"),
    one_class: ("classes", "fault", "shuffle"),
    bias_before_normalization: ("bias before batch norm", "warning", "use_bias=False"),
    dropout_before_normalization: ("dropout before batch norm", "warning", "behind"),
    keep_prob_for_rate: ("dropout rate", "warning", "Dropout(0.1)"),
    dropout_on_the_output: ("dropout on the output", "fault", "take it away"),
    no_activation: ("activations between layers", "warning", "relu"),
    penalty_on_gamma: ("regularized weights", "warning", "gamma"),
    overwhelming_penalty: ("penalties", "fault", "2m"),
    large_batch: ("batch size", "warning", "one step an epoch"),
    batch_of_one: ("batch size", "fault", "bigger batch"),
    rate_too_high: ("learning rate", "fault", "a tenth"),
    rate_too_high_for_adam: ("learning rate", "fault", "hundred"),
    rate_too_low: ("learning rate", "warning", "hardly move"),
    zero_weights: ("signal propagation", "fault", "random weights"),
    equal_weights: ("signal propagation", "fault", "random weights"),
    large_weights: ("signal propagation", "fault", "Xavier initialization"),
    exploding: ("signal propagation", "fault", "Xavier initialization"),
    vanishing: ("signal propagation", "fault", "Xavier initialization"),
    dead_units: ("signal propagation", "fault", "leaky ReLU"),
    stopped_gradient: ("gradients", "fault", "stop_gradient"),
    rounded: ("gradients", "fault", "round"),
    unused_layer: ("gradients", "fault", "not called"),
    nothing_to_learn_from: ("overfit one batch", "fault", "by heart"),
    confident_at_the_start: ("loss at the start", "fault", "smaller weights"),
}


# The others take a second each, for tracing the steps.
QUICK = (
    zero_weights,
    bias_before_normalization,
    keep_prob_for_rate,
    rate_too_high,
    stopped_gradient,
    nothing_to_learn_from,
)


def rows(functions, quick):
    slow = [pytest.mark.slow]
    return [
        pytest.param(each, marks=[] if each in quick else slow, id=each.__name__)
        for each in functions
    ]


BEFORE_TRAINING = [
    plant
    for plant, (name, *_) in FAULTS.items()
    if name in ("label encoding", "finite inputs", "finite targets")
]


@pytest.mark.parametrize("plant", rows(FAULTS, [*QUICK, *BEFORE_TRAINING]))
def test_a_planted_fault_is_named(plant):
    model, x, y, *options = plant()
    report = checkup(model, x, y, overfit_steps=40, **(options[0] if options else {}))
    name, level, advice = FAULTS[plant]
    found = [f for f in report.findings if f.name == name and f.level == level]
    assert len(found) == 1, str(report)
    assert advice in found[0].advice
    assert name in report.verdict
    assert max(map(len, str(report).splitlines())) <= 88


# ---- sound set-ups: no fault, and no warning but those of the row


def digits():
    data = load_digits()
    x, y = data.data.astype("float32") / 16, data.target
    return network(features=64, units=10, hidden=layers.Dense(32, "relu")), x, y


def tfkit_digits():
    data = tfkit.data.load("digits")
    model = tfkit.mlp(
        data.x.shape[1:],
        10,
        normalization=tfkit.data.normalization_layer(data.x),
        lambd=0.7,
        examples=1000,
        seed=0,
    )
    model.compile(tfkit.optimizers.Adam(1e-3), "sparse_categorical_crossentropy")
    return model, data.x, data.y


def moons():
    x, y = make_moons(200, noise=0.2, random_state=0)
    model = network(features=2, units=1, output="sigmoid", loss="binary_crossentropy")
    return model, x, y


def moons_as_logits():
    x, y = make_moons(200, noise=0.2, random_state=0)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    return network(features=2, units=1, output=None, loss=loss), x, y


def softmax_regression():
    x, y = table()
    model = tfkit.softmax_regression((6,), 3)
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model, x, y


def soft_labels():
    x, y = table()
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    return network(loss=loss), x, keras.utils.to_categorical(y)


def several_classes_at_once():
    x, _ = table()
    y = (x[:, :3] > 0).astype("float32")
    return network(output="sigmoid", loss="binary_crossentropy"), x, y


def autoencoder():
    x, _ = table()
    return network(units=6, output=None, loss="mse"), x, x


def images():
    x = np.random.default_rng(0).normal(size=(48, 8, 8, 1)).astype("float32")
    y = (x.mean(axis=(1, 2, 3)) > 0).astype("int32")
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.RandomFlip(seed=0),
            layers.Conv2D(8, 3, use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    return model, x, y


def words():
    rng = np.random.default_rng(0)
    x = rng.integers(1, 20, (48, 6))
    y = (x[:, 0] > 10).astype("int32")
    model = keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            layers.Embedding(20, 8, mask_zero=True),
            layers.LSTM(8, dropout=0.2),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy")
    return model, x, y


def normalized_bytes():
    x, y = table()
    x = np.clip(128 + 50 * x, 0, 255).astype("uint8")
    model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Rescaling(1 / 50, offset=-128 / 50),
            layers.Dense(16, activation="relu"),
            layers.Dropout(0.5, seed=0),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("rmsprop", "sparse_categorical_crossentropy")
    return model, x, y


class OwnLoss(tfkit.Model):
    def __init__(self):
        super().__init__()
        self.hidden = layers.Dense(8, activation="tanh")
        self.out = layers.Dense(1)

    def call(self, inputs):
        return self.out(self.hidden(inputs))

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, **_):
        return keras.ops.mean(keras.ops.logaddexp(y_pred - y, y - y_pred))


def own_loss():
    _, x, y = regression()
    model = OwnLoss()
    model(x[:2])
    model.compile("adam")
    return model, x, y


def soft_pixels():
    # Few weights: no cost near 0, which cross-entropy with grey pixels does not have.
    x = (load_digits().data / 16).astype("float32")
    layer = layers.Dense(16, activation="relu")
    model = network(
        features=64,
        hidden=layer,
        units=64,
        output="sigmoid",
        loss="binary_crossentropy",
    )
    return model, x, x


class OwnSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """Not registered, so that Keras cannot make it from a config."""

    def __call__(self, step):
        return 1e-3 / (1 + 0.01 * tf.cast(step, "float32"))


def own_schedule():
    return network(optimizer=keras.optimizers.Adam(OwnSchedule())), *table()


def tfkit_schedule():
    schedule = keras.optimizers.schedules.ExponentialDecay(1e-3, 100, 0.9)
    return network(optimizer=tfkit.optimizers.Adam(schedule)), *table()


def two_float_types():
    hidden = layers.Dense(16, activation="relu", dtype="bfloat16")
    return network(hidden=hidden), *table()


def own_variables():
    """No layers inside; and a variable that Keras does not know of."""
    x, y = table()
    model = OwnVariables()
    model(x[:2])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model, x, y


class OwnVariables(keras.Model):
    def __init__(self):
        super().__init__()
        self.kernel = self.add_weight(shape=(6, 3), initializer="glorot_uniform")
        self.called = tf.Variable(0, trainable=False)

    def call(self, inputs):
        self.called.assign_add(1)
        return tf.nn.softmax(tf.matmul(inputs, self.kernel))


def two_inputs_and_outputs():
    x, y = table()
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    hidden = layers.Concatenate()([a, b])
    hidden = layers.Dense(16, activation="relu")(hidden)
    outputs = {
        "class": layers.Dense(3, activation="softmax", name="class")(hidden),
        "sum": layers.Dense(1, name="sum")(hidden),
    }
    model = keras.Model({"a": a, "b": b}, outputs)
    model.compile("adam", {"class": "sparse_categorical_crossentropy", "sum": "mse"})
    return (
        model,
        {"a": x[:, :3], "b": x[:, 3:]},
        {"class": y, "sum": x.sum(axis=1, keepdims=True)},
    )


def zero_last_layer():
    model = network()
    model.layers[-1].kernel.assign(0 * model.layers[-1].kernel)
    return model, *table()


SOUND = [
    digits,
    tfkit_digits,
    moons,
    moons_as_logits,
    softmax_regression,
    soft_labels,
    several_classes_at_once,
    regression,
    autoencoder,
    images,
    words,
    normalized_bytes,
    own_loss,
    own_schedule,
    own_variables,
    soft_pixels,
    tfkit_schedule,
    two_float_types,
    two_inputs_and_outputs,
    zero_last_layer,
]


@pytest.mark.parametrize("build", rows(SOUND, [moons, images, own_loss]))
def test_a_sound_set_up_is_found_sound(build):
    report = checkup(*build())
    assert report.verdict == "sound", str(report)
    assert report.not_run == ()
    assert report.seconds > 0


# ---- what the learning rate does, and what follows from another fault


def finding(report, name):
    return next(each for each in report.findings if each.name == name)


def test_a_rate_whose_cost_does_not_fall_is_a_warning():
    # Adam at a thousand times its usual rate: the cost rises, as `fit` shows, too.
    model, x, y = digits()
    model.compile(keras.optimizers.Adam(1.0), "sparse_categorical_crossentropy")
    found = finding(checkup(model, x, y, overfit_steps=1), "learning rate")
    assert found.level != "ok", found
    assert "learning_rate_range" in found.advice


@pytest.mark.parametrize(
    ("first", "last", "change", "scheduled", "level", "advice"),
    [
        (2.48, 2.553, 5.3e-2, False, "warning", "miss the way down"),
        (2.48, 2.40, 5.3e-2, False, "warning", "miss the way down"),
        (2.48, 2.553, 2e-3, False, "warning", "did not fall"),
        (8.605, 8.602, 2e-3, False, "warning", "hardly moves"),
        (2.48, 9.0, 2e-3, False, "fault", "a tenth"),
        (2.48, 2.30, 2e-3, False, "ok", ""),
        # A warm-up begins near 0.
        (2.48, 2.48, 1e-7, True, "ok", ""),
    ],
)
def test_levels_of_the_learning_rate(first, last, change, scheduled, level, advice):
    found = training_checks._learning_rate(
        "Adam", 1.0, scheduled, first, last, [change], 20
    )
    assert found.level == level
    assert advice in found.advice
    assert ("learning_rate_range" in found.advice) == (level != "ok")


@pytest.mark.parametrize(
    ("plant", "cause"),
    [
        (relu_before_crossentropy, "output activation"),
        pytest.param(dollars, "target scale", marks=pytest.mark.slow),
        pytest.param(
            logits_as_probabilities, "output activation", marks=pytest.mark.slow
        ),
        pytest.param(bytes_as_inputs, "input scale", marks=pytest.mark.slow),
    ],
)
def test_one_cause_is_one_fault(plant, cause):
    report = checkup(*plant(), overfit_steps=20)
    assert finding(report, cause).level == "fault"
    later = [
        each
        for each in report.findings
        if each.name in ("loss at the start", "overfit one batch", "learning rate")
        and each.level != "ok"
    ]
    assert later, "nothing followed"
    for each in later:
        assert (each.level, each.advice) == (
            "warning",
            f"probably follows from: {cause}",
        )


def test_a_fault_of_its_own_keeps_its_advice():
    report = checkup(*rate_too_high(), overfit_steps=1)
    assert finding(report, "learning rate").level == "fault"
    assert "follows" not in finding(report, "learning rate").advice


def test_text_is_wrapped_and_nothing_is_cut():
    report = checkup(*keep_prob_for_rate(), overfit_steps=300)
    lines = str(report).splitlines()
    assert max(map(len, lines)) <= 88
    assert "…" not in str(report)
    words = " ".join(str(report).split())
    for each in report.findings:
        assert " ".join(each.measured.split()) in words
    assert "0 faults, 1 warning" in lines[-1]
    assert "one number for each example" in finding(report, "label encoding").measured


def test_one_rate_of_dropout_is_one_number():
    model = network(layers.Dropout(0.3), layers.Dropout(0.3))
    report = checkup(model, *table(), overfit_steps=1)
    assert finding(report, "dropout rate").measured == "0.3 of the units dropped"


# ---- what holds for all of them


def everything_of(model):
    optimizer = model.optimizer
    variables = [*model.variables, *optimizer.variables, *model.metrics_variables]
    return [variable.numpy().copy() for variable in variables], (
        dict(vars(model)).keys(),
        model._compile_loss.built,
        model.train_function,
        int(optimizer.iterations.numpy()),
        [sorted(vars(layer)) for layer in model._flatten_layers()],
    )


def random_states():
    return (
        np.random.get_state()[1].tolist(),  # noqa: NPY002 (it is that one)
        keras.src.random.seed_generator.global_seed_generator().state.numpy().tolist(),
        tf.random.get_global_generator().state.numpy().tolist(),
        random.getstate(),  # last: where there was no generator, making one draws
    )


@pytest.mark.parametrize("trained", [False, True])
def test_nothing_of_the_model_changes(trained):
    x, y = table()
    middle = [layers.BatchNormalization(), layers.Dropout(0.5, seed=0)]
    model = network(*middle, hidden=layers.Dense(16, "relu", use_bias=False))
    if trained:
        model.fit(x, y, verbose=0)
    before, structure = everything_of(model)
    states = random_states()
    checkup(model, x, y, overfit_steps=5)
    after, structure_after = everything_of(model)
    assert structure == structure_after
    assert random_states() == states
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new)


def test_variables_that_keras_does_not_know_of_stay():
    model, x, y = own_variables()
    called = int(model.called.numpy())
    checkup(model, x, y, overfit_steps=5)
    assert int(model.called.numpy()) == called


def test_the_least_cost_of_soft_targets_is_their_entropy():
    # By hand: rows (0.9, 0.1) and (0.1, 0.9) cost 0.325 each at least, and with 0.2 of
    # smoothing, (0.82, 0.18) and the reverse, 0.471; the constant (1/2, 1/2) costs ln 2.
    y = np.tile([[0.9, 0.1], [0.1, 0.9]], (16, 1))
    prediction = np.full((32, 2), 0.5)
    for smoothing, p in ((0.0, 0.1), (0.2, 0.18)):
        subject = Subject(
            None,
            None,
            y,
            32,
            loss_kind="categorical",
            label_smoothing=smoothing,
            prediction=prediction,
        )
        constant, least = training_checks._constant_cost(subject, y)
        assert constant == pytest.approx(math.log(2), abs=1e-12)
        entropy = -p * math.log(p) - (1 - p) * math.log(1 - p)
        assert least == pytest.approx(entropy, abs=1e-12)
        # Of targets that are all alike, there is no cost to fall.
        assert training_checks._constant_cost(subject, y[::2])[0] is None


def test_nothing_changes_where_a_layer_fails():
    class Fails(layers.Layer):
        def call(self, inputs, training=False):
            if training:
                raise RuntimeError("as planned")
            return inputs

    model = network(layers.BatchNormalization(), Fails())
    before, structure = everything_of(model)
    with pytest.raises(RuntimeError, match="as planned"):
        checkup(model, *table())
    after, structure_after = everything_of(model)
    assert structure == structure_after
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new)


def test_same_seed_same_answer_and_a_dataset_does_as_well():
    x, y = table(n=48)
    model = network()
    first = checkup(model, x, y, overfit_steps=5, seed=3)
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(7)
    second = checkup(model, data, overfit_steps=5, seed=3)
    assert first.findings == second.findings
    assert first.overfit_costs == second.overfit_costs
    assert checkup(model, x, y, overfit_steps=5, seed=4).overfit_costs != (
        first.overfit_costs
    )


def test_the_numbers_are_those_of_the_formulas():
    x, y = table()
    model = network()
    kernel, bias, out, out_bias = model.get_weights()
    logits = np.maximum(x @ kernel + bias, 0) @ out + out_bias
    logits = logits.astype(np.float64)
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    report = checkup(model, x, y, overfit_steps=1)
    start = next(f for f in report.findings if f.name == "loss at the start")
    # Four digits are printed.
    assert float(start.measured) == pytest.approx(
        -logs[np.arange(len(y)), y].mean(), rel=1e-3
    )
    assert start.expected == f"ln 3 = {math.log(3):.3f}"
    # 163 weights, 3 outputs: 163 // 24 = 6 examples, two of each class.
    assert report.overfit_baseline == pytest.approx(math.log(3))


def test_the_report_is_json_text_and_picture():
    report = checkup(network(), *table(), overfit_steps=5)
    assert isinstance(report, Checkup)
    facts = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert facts["verdict"] == report.verdict
    assert facts["propagation"]["layers"][0]["name"] == "hidden"
    assert len(facts["findings"]) == len(report.findings)
    assert report.plot().axes[0].get_ylabel().startswith("cost")


def test_the_picture_of_a_fault_says_that_it_was_not_tried():
    report = checkup(*labels_from_one())
    text = report.plot().axes[0].texts[0].get_text()
    assert "not tried" in text
    assert report.overfit_costs == ()
    assert json.loads(json.dumps(report.to_dict(), allow_nan=False))


def uncompiled():
    return keras.Sequential([keras.Input((6,)), layers.Dense(3)])


def without_loss():
    model = uncompiled()
    model.compile("adam")
    return model


def frozen():
    model = network()
    model.trainable = False
    return model


@pytest.mark.parametrize(
    ("build", "change", "error", "message"),
    [
        (lambda: "model", None, TypeError, "must be a keras.Model"),
        (uncompiled, None, ValueError, "compiled with an optimizer and a loss"),
        (without_loss, None, ValueError, "without a loss"),
        (frozen, None, ValueError, "none of 4 trainable"),
        (
            lambda: keras.Sequential([layers.Dense(2)]),
            None,
            ValueError,
            "must be built",
        ),
        (network, lambda x, y: (x[:, :4], y), ValueError, r"examples of shape \(6,\)"),
        (
            network,
            lambda x, y: (x, y[:-1]),
            ValueError,
            r"same number of examples, at least 2.*96.*95",
        ),
        (network, lambda x, y: (x, None), ValueError, "must hold the targets"),
        (network, lambda x, y: ((x, x), y), ValueError, "must hold 1 arrays"),
        (network, lambda x, y: (x, y.astype(str)), TypeError, "must hold numbers"),
    ],
)
def test_what_cannot_be_examined_ends_with_words(build, change, error, message):
    x, y = table()
    arguments = (x, y) if change is None else change(x, y)
    with pytest.raises(error, match=message):
        checkup(build(), *arguments)


@pytest.mark.parametrize("option", ["batch_size", "overfit_steps"])
def test_options_are_checked(option):
    with pytest.raises(ValueError, match=option):
        checkup(network(), *table(), **{option: 0})
