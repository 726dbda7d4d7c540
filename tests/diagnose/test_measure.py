import random

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfkit
from tfkit.diagnose import ErrorRate, bias_variance
from tfkit.diagnose.measure import measure_bias_variance, measure_error

RNG = np.random.default_rng(0)
SPARSE = "sparse_categorical_crossentropy"


def linear(units, loss, kernel=None, activation=None):
    """A model whose outputs are its inputs times a known kernel."""
    kernel = np.eye(units) if kernel is None else kernel
    dense = keras.layers.Dense(units, activation, use_bias=False)
    model = keras.Sequential([keras.Input((len(kernel),)), dense])
    model.compile("sgd", loss)
    dense.set_weights([np.asarray(kernel, "float32")])
    return model


def test_history_turns_the_verdict_round():
    # LANDSCAPE V2: dropout in the training metric looks like bias. The truth, measured
    # in inference mode, is a network that has learned its training set by heart.
    rng = np.random.default_rng(1)
    x = rng.normal(size=(1200, 20)).astype("float32")
    y = (x[:, :4].sum(axis=1) + rng.normal(size=1200) > 0).astype(int)
    train, dev = (x[:200], y[:200]), (x[200:], y[200:])
    # Of a sum of four normals seen through noise of half its deviation, the best rule
    # gets atan(1/2) / pi = 14.8 % wrong.
    best = float(np.arctan(0.5) / np.pi)
    with_seed = keras.initializers.GlorotUniform(seed=0)
    model = tfkit.Sequential(
        [
            keras.Input((20,)),
            keras.layers.Dense(32, "relu", kernel_initializer=with_seed),
            keras.layers.Dropout(0.9, seed=0),
            keras.layers.Dense(1, "sigmoid", kernel_initializer=with_seed),
        ]
    )
    adam = keras.optimizers.Adam(0.03)
    model.compile(adam, "binary_crossentropy", metrics=["accuracy"])
    history = model.fit(*train, batch_size=200, epochs=120, shuffle=False, verbose=0)
    measured = measure_bias_variance(model, train=train, dev=dev, human_error=best)

    of_history = bias_variance(
        train_error=1 - history.history["accuracy"][-1],
        dev_error=measured.errors["dev"],
        human_error=best,
    )
    assert of_history.verdict == "high bias"
    assert measured.verdict == "high variance"
    # Keras's own evaluate is the oracle of both errors; it sums float32 accuracies.
    for name, part in (("train", train), ("dev", dev)):
        accuracy = model.evaluate(*part, verbose=0, return_dict=True)["accuracy"]
        assert measured.errors[name] == pytest.approx(1 - accuracy, abs=1e-6)


@pytest.mark.parametrize("targets", ["sparse", "column", "one-hot", "soft"])
def test_several_classes(targets):
    outputs = RNG.normal(size=(500, 4))
    labels = RNG.integers(4, size=500)
    y = {
        "sparse": labels,
        "column": labels[:, None],
        "one-hot": np.eye(4)[labels],
        "soft": 0.9 * np.eye(4)[labels] + 0.025,
    }[targets]
    kind = "categorical" if targets in ("one-hot", "soft") else "sparse_categorical"
    model = linear(4, f"{kind}_crossentropy", activation="softmax")
    wrong = int(np.sum(outputs.argmax(axis=1) != labels))
    found = measure_error(model, (outputs, y), batch_size=64)
    assert found == ErrorRate(wrong, 500)


@pytest.mark.parametrize(
    ("loss", "activation", "low"),
    [
        ("binary_crossentropy", "sigmoid", 0),
        (keras.losses.BinaryCrossentropy(from_logits=True), None, 0),
        (keras.losses.BinaryFocalCrossentropy(from_logits=True), None, 0),
        ("hinge", None, -1),
        (keras.losses.SquaredHinge(), None, 0),
    ],
)
@pytest.mark.parametrize("column", [False, True])
def test_one_output(loss, activation, low, column):
    logits = RNG.normal(size=(300, 1))
    y = np.where(RNG.random(300) < 0.5, 1, low)
    wrong = int(np.sum((logits[:, 0] > 0) != (y == 1)))
    model = linear(1, loss, activation=activation)
    y = y[:, None] if column else y
    assert measure_error(model, (logits, y)) == ErrorRate(wrong, 300)


def test_several_labels_count_an_example_once():
    # As sklearn.metrics.zero_one_loss on indicator matrices.
    logits = RNG.normal(size=(300, 3))
    y = (RNG.random((300, 3)) < 0.3).astype(int)
    wrong = int(np.sum(np.any((logits > 0) != y, axis=1)))
    model = linear(3, keras.losses.BinaryCrossentropy(from_logits=True))
    assert measure_error(model, (logits, y)) == ErrorRate(wrong, 300)


def test_datasets_and_arrays_agree():
    x, y = RNG.normal(size=(103, 3)), RNG.integers(3, size=103)
    model = linear(3, "sparse_categorical_crossentropy", activation="softmax")
    expected = ErrorRate(int(np.sum(x.argmax(axis=1) != y)), 103)
    weights = np.ones(103)
    for parts in ((x, y), (x, y, weights)):
        dataset = tf.data.Dataset.from_tensor_slices(parts).batch(10)
        assert measure_error(model, dataset) == expected
    unknown = tf.data.Dataset.from_tensor_slices((x, y)).filter(lambda *_: True)
    assert measure_error(model, unknown.batch(10)) == expected


def test_samples_are_even():
    # Sorted by class: the first examples alone would all be right.
    x = np.linspace(-1, 1, 1000)[:, None]
    y = (x[:, 0] < 0).astype(int)  # wrong everywhere
    y[:500] = 0  # but in the first half
    model = linear(1, keras.losses.BinaryCrossentropy(from_logits=True))
    assert measure_error(model, (x, y), max_examples=100) == ErrorRate(50, 100)
    dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(10)
    assert measure_error(model, dataset, max_examples=100) == ErrorRate(50, 100)


def two_inputs():
    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    model = keras.Model([a, b], keras.layers.Softmax()(keras.layers.Add()([a, b])))
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def test_several_inputs():
    a, b, y = RNG.normal(size=(2, 50, 2)), RNG.normal(size=(50, 2)), None
    y = RNG.integers(2, size=50)
    expected = ErrorRate(int(np.sum((a[0] + b).argmax(axis=1) != y)), 50)
    assert measure_error(two_inputs(), ([a[0], b], y)) == expected
    assert measure_error(two_inputs(), ({"a": a[0], "b": b}, y)) == expected


class Subclassed(keras.Model):
    """Batch norm, dropout that is always on, and a state that calls change."""

    def __init__(self):
        super().__init__()
        self.norm = keras.layers.BatchNormalization()
        self.drop = keras.layers.Dropout(0.5, seed=3)
        self.dense = keras.layers.Dense(2, "softmax")

    def call(self, x, training=False):
        return self.dense(self.drop(self.norm(x, training=training), training=True))


@pytest.mark.parametrize("kind", ["sequential", "tfkit", "functional", "subclassed"])
@pytest.mark.parametrize("fails", [False, True])
def test_the_model_is_left_as_it_is(kind, fails):
    x, y = RNG.normal(size=(64, 2)).astype("float32"), RNG.integers(2, size=64)
    layers = [
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.5),
        keras.layers.Dense(2, "softmax"),
    ]
    if kind == "functional":
        inputs = outputs = keras.Input((2,))
        for layer in layers:
            outputs = layer(outputs)
        model = keras.Model(inputs, outputs)
    elif kind == "subclassed":
        model = Subclassed()
    else:
        base = tfkit.Sequential if kind == "tfkit" else keras.Sequential
        model = base([keras.Input((2,)), *layers])
    model.compile("adam", SPARSE, metrics=["accuracy"])
    model.fit(x, y, verbose=0)

    def state():
        variables = [*model.variables, *model.optimizer.variables]
        variables += model.metrics_variables
        return [keras.ops.convert_to_numpy(variable) for variable in variables]

    def everything_else():
        functions = ("train_function", "test_function", "predict_function")
        return (
            [getattr(model, name) for name in functions],
            random.getstate(),
            np.random.get_state()[1].tolist(),  # noqa: NPY002
        )

    before, other = state(), everything_else()
    if fails:
        with pytest.raises(ValueError, match="class numbers"):
            measure_error(model, (x, np.full(64, 7)))
    else:
        measure_error(model, (x, y))
    for old, new in zip(before, state(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert everything_else() == other


def test_all_parts_are_measured():
    model = linear(2, "sparse_categorical_crossentropy", activation="softmax")
    x = np.eye(2)[np.zeros(100, int)]

    def wrong(count):
        return x, np.arange(100) < count  # the model always says 0

    found = measure_bias_variance(
        model,
        train=wrong(1),
        train_dev=wrong(2),
        dev=wrong(30),
        test=wrong(60),
        human_error=0.01,
    )
    assert found.errors == {
        "human": 0.01,
        "train": 0.01,
        "train-dev": 0.02,
        "dev": 0.3,
        "test": 0.6,
    }
    assert [gap.name for gap in found.gaps if gap.level == "high"] == [
        "data mismatch",
        "overfitting to dev",
    ]


@pytest.mark.parametrize(
    ("make", "data", "error", "match"),
    [
        (lambda: "model", None, TypeError, r"must be a keras.Model.*str"),
        (
            lambda: keras.Sequential([keras.layers.Dense(1)]),
            None,
            ValueError,
            r"must be built.*keras.Input",
        ),
        (
            lambda: keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]),
            None,
            ValueError,
            r"must be compiled.*model.compile",
        ),
        (lambda: linear(2, "mse"), None, ValueError, r"classifier.*mse"),
        (lambda: linear(2, SPARSE), "pair", TypeError, r"pair \(x, y\).*str"),
        (
            lambda: linear(2, SPARSE),
            (np.ones((3, 2)), np.zeros(4)),
            ValueError,
            r"same number of examples.*x of data.*\[3\].*\[4\]",
        ),
        (
            lambda: linear(2, SPARSE),
            (np.ones((3, 5)), np.zeros(3)),
            ValueError,
            r"inputs of `data`.*\(3, 5\)",
        ),
        (
            lambda: linear(2, SPARSE),
            (np.ones((3, 2)), np.array([0, 1, 2])),
            ValueError,
            r"class numbers from 0 to 1.*2",
        ),
        (
            lambda: linear(2, SPARSE),
            (np.full((3, 2), np.nan), np.zeros(3)),
            ValueError,
            r"outputs on `data`.*NaN.*diverged",
        ),
        (
            lambda: linear(2, SPARSE),
            (np.ones((3, 2)), np.array([0, np.nan, 1])),
            ValueError,
            r"targets of `data`.*NaN in row 1",
        ),
        (
            lambda: linear(3, "binary_crossentropy"),
            (np.ones((3, 3)), np.zeros(3)),
            ValueError,
            r"one column for each output",
        ),
        (
            lambda: linear(1, "binary_crossentropy", [[1.0]]),
            (np.ones((3, 1)), np.array([0.0, 0.5, 1.0])),
            ValueError,
            r"must be 0 or 1.*0.5",
        ),
        (
            lambda: linear(2, SPARSE),
            (np.ones((0, 2)), np.zeros(0)),
            ValueError,
            r"at least 1",
        ),
    ],
)
def test_what_cannot_be_measured(make, data, error, match):
    data = (np.ones((3, 2)), np.zeros(3)) if data is None else data
    with pytest.raises(error, match=f"(?s){match}"):
        measure_error(make(), data)


def test_datasets_that_cannot_be_measured():
    model = linear(2, SPARSE)
    single = tf.data.Dataset.from_tensor_slices((np.ones((3, 2)), np.zeros(3)))
    with pytest.raises(ValueError, match=r"batched dataset.*batch\(1024\)"):
        measure_error(model, single)
    with pytest.raises(ValueError, match="finite dataset"):
        measure_error(model, single.batch(2).repeat())
    with pytest.raises(TypeError, match="dataset of"):
        measure_error(model, tf.data.Dataset.range(3).batch(2))
    with pytest.raises(ValueError, match="one example at least"):
        measure_error(model, single.batch(2).take(0))
    with pytest.raises(TypeError, match="`max_examples` must be an int"):
        measure_error(model, single.batch(2), max_examples=1.5)


def test_several_outputs_are_refused():
    inputs = keras.Input((2,))
    model = keras.Model(inputs, [keras.layers.Dense(2)(inputs) for _ in range(2)])
    model.compile("sgd", [SPARSE, SPARSE])
    with pytest.raises(ValueError, match=r"one output.*losses for 2"):
        measure_error(model, (np.ones((3, 2)), np.zeros(3)))
    sequence = keras.Sequential([keras.Input((4, 2)), keras.layers.Softmax()])
    sequence.compile("sgd", SPARSE)
    with pytest.raises(ValueError, match=r"one answer an example.*flattened"):
        measure_error(sequence, (np.ones((3, 4, 2)), np.zeros((3, 4))))


def test_many_models_do_not_make_tensorflow_warn(caplog):
    for _ in range(8):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, "softmax")])
        model.compile("adam", SPARSE)
        measure_error(model, (np.zeros((4, 2)), np.zeros(4, int)))
    assert "retracing" not in caplog.text


def test_variables_that_keras_does_not_know_of_stay():
    class Counts(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.called = tf.Variable(0, trainable=False)

        def call(self, x):
            self.called.assign_add(1)
            return x

    counts = Counts()
    layers = [keras.Input((2,)), counts, keras.layers.Dense(2, "softmax")]
    model = keras.Sequential(layers)
    model.compile("adam", SPARSE)
    before = int(counts.called.numpy())
    measure_error(model, (np.zeros((4, 2)), np.zeros(4, int)))
    assert int(counts.called.numpy()) == before
