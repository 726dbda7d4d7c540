"""The compiled `evaluate` and `predict` return what Keras's own do."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import tfkit

# One forward pass each, in float64: measured 1e-15, allowed 1e-12.
EXACT = {"rtol": 1e-12, "atol": 1e-14}


def classifier(kind):
    keras.utils.set_random_seed(3)
    model = kind.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(4),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(
        "sgd",
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        weighted_metrics=[keras.metrics.SparseCategoricalAccuracy(name="weighted")],
        jit_compile=False,
    )
    return model


def several(kind, *, as_dict):
    keras.utils.set_random_seed(3)
    a, b = keras.Input((2,), name="a"), keras.Input((4,), name="b")
    outputs = {
        "price": layers.Dense(1, name="price")(a),
        "size": layers.Dense(2, name="size")(b),
    }
    if as_dict:
        model = kind.Model({"a": a, "b": b}, outputs)
    else:
        model = kind.Model([a, b], list(outputs.values()))
    names = outputs if as_dict else list(outputs)
    loss = dict.fromkeys(names, "mse") if as_dict else ["mse", "mse"]
    metrics = {"price": ["mae"], "size": ["mse"]} if as_dict else [["mae"], ["mse"]]
    # In a graph Keras doesn't see the size of a batch: its mean of an output's loss then
    # counts a short batch as much as a full one. Eagerly it weighs them, as we do.
    model.compile("sgd", loss, metrics=metrics, run_eagerly=kind is keras)
    return model


@pytest.fixture
def classes(data):
    return data[0], (np.abs(data[1][:, 0]) * 10).astype(int) % 3


def assert_same(ours, theirs):
    assert type(ours) is type(theirs)
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        ours, theirs = list(ours.values()), list(theirs.values())
    if isinstance(theirs, list):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            assert_same(a, b)
        return
    assert np.shape(ours) == np.shape(theirs)
    np.testing.assert_allclose(ours, theirs, **EXACT)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"batch_size": 10},
        {"batch_size": 16, "return_dict": True},
        {"batch_size": 64},
        {"sample_weight": np.linspace(0, 2, 50), "batch_size": 20},
        {"steps": 2, "batch_size": 20},
    ],
    ids=str,
)
def test_evaluate(float64, classes, options):
    results = [
        classifier(kind).evaluate(*classes, verbose=0, **options)
        for kind in (keras, tfkit)
    ]
    assert_same(results[1], results[0])


def test_evaluate_streams(float64, classes):
    stream = tf.data.Dataset.from_tensor_slices(classes).batch(16)
    for options in ({}, {"steps": 2}):
        results = [
            classifier(kind).evaluate(stream, verbose=0, **options)
            for kind in (keras, tfkit)
        ]
        assert_same(results[1], results[0])


def test_evaluate_one_example_and_one_loss(float64, data, network):
    x, y = data[0][:1], data[1][:1]
    theirs, ours = (network(kind).evaluate(x, y, verbose=0) for kind in (keras, tfkit))
    assert isinstance(ours, float)
    assert_same(ours, theirs)


@pytest.mark.parametrize("as_dict", [False, True], ids=["list", "dict"])
def test_several_outputs(float64, data, as_dict):
    x = {"a": data[0][:, :2], "b": data[0][:, 2:]}
    y = {"price": data[1], "size": data[0][:, :2]}
    if not as_dict:
        x, y = list(x.values()), list(y.values())
    models = [several(kind, as_dict=as_dict) for kind in (keras, tfkit)]
    for options in ({}, {"return_dict": True}):
        theirs, ours = (model.evaluate(x, y, verbose=0, **options) for model in models)
        assert_same(ours, theirs)
    theirs, ours = (model.predict(x, verbose=0, batch_size=16) for model in models)
    assert_same(ours, theirs)


class Heard(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.calls = []

    def on_test_begin(self, logs=None):
        self.calls.append("begin")

    def on_test_batch_begin(self, batch, logs=None):
        self.calls.append(("batch begins", batch))

    def on_test_batch_end(self, batch, logs=None):
        self.calls.append(("batch ends", batch, round(logs["loss"], 12)))
        if self.model.stop_at == batch:
            self.model.stop_evaluating = True

    def on_test_end(self, logs=None):
        self.calls.append(("end", sorted(logs)))

    def on_predict_batch_end(self, batch, logs=None):
        self.calls.append(("predicted", batch, np.shape(logs["outputs"])))


@pytest.mark.parametrize("stop_at", [None, 1])
@pytest.mark.parametrize("batch_size", [10, 16], ids=["even", "short last batch"])
def test_callbacks(float64, classes, batch_size, stop_at):
    heard, results = [], []
    for kind in (keras, tfkit):
        model, callback = classifier(kind), Heard()
        model.stop_at = stop_at
        options = {"verbose": 0, "callbacks": [callback], "batch_size": batch_size}
        results.append(model.evaluate(*classes, **options))
        model.predict(classes[0], **options)
        heard.append(callback.calls)
    assert heard[1] == heard[0]
    assert_same(results[1], results[0])


@pytest.mark.parametrize("verbose", [1, 2])
def test_progress_bar(classes, capsys, verbose):
    for kind in (keras, tfkit):
        model = classifier(kind)
        model.evaluate(*classes, verbose=verbose, batch_size=16)
        model.predict(classes[0], verbose=verbose, batch_size=16)
        lines = capsys.readouterr().out.replace("\x08", "").strip().split("\n")
        lines = [line.split("\r")[-1] for line in lines]
        assert len(lines) == 2
        for line in lines:
            assert "4/4" in line
        assert "accuracy" in lines[0]
        assert "accuracy" not in lines[1]


@pytest.mark.parametrize("examples", [1, 16, 32, 50])
@pytest.mark.parametrize("batch_size", [None, 16])
def test_predict(float64, data, examples, batch_size):
    options = {"verbose": 0, "batch_size": batch_size}
    theirs, ours = (
        classifier(kind).predict(data[0][:examples], **options)
        for kind in (keras, tfkit)
    )
    assert isinstance(ours, np.ndarray)
    assert_same(ours, theirs)


def test_predict_in_several_calls(float64, data):
    # 50 batches of one example, then 150: more than go into one call.
    x = np.tile(data[0], (3, 1))
    model = classifier(tfkit)
    np.testing.assert_allclose(
        model.predict(x, batch_size=1, verbose=0), model(x), **EXACT
    )


@pytest.mark.parametrize(
    "convert",
    [
        lambda x: tf.data.Dataset.from_tensor_slices(x).batch(16),
        lambda x: (x[i : i + 10] for i in range(0, 50, 10)),
        lambda x: tf.constant(x),
        lambda x: (10 * x).astype(int),
    ],
    ids=["dataset", "generator", "tensor", "int"],
)
def test_predict_streams_and_tensors(float64, data, convert):
    def batches(x):
        made = convert(x)
        # A generator gives tuples.
        is_stream = hasattr(made, "send")
        return ((batch,) for batch in made) if is_stream else made

    results = []
    for kind in (keras, tfkit):
        x = batches(data[0])
        # Keras warns of the end of a generator, whoever predicts.
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Your input ran out of data")
            results.append(classifier(kind).predict(x, verbose=0))
    assert_same(results[1], results[0])


def test_predict_before_anything_else(data):
    keras.utils.set_random_seed(3)
    model = tfkit.Sequential([layers.Dense(3), layers.Dense(2)])
    outputs = model.predict(data[0], verbose=0)
    assert outputs.shape == (50, 2)
    # One float32 pass in another cut: measured 1e-7.
    np.testing.assert_allclose(outputs, model(data[0]), rtol=1e-5, atol=1e-6)


def test_predict_sees_new_weights_and_parts(float64, data):
    model = classifier(tfkit)
    model.predict(data[0], verbose=0)
    model.set_weights([2 * each for each in model.get_weights()])
    np.testing.assert_allclose(
        model.predict(data[0], verbose=0), model(data[0]), **EXACT
    )


@pytest.mark.parametrize(
    "function",
    [
        lambda x: tf.boolean_mask(x, x[:, 0] > 0),
        tf.reduce_sum,
        lambda x: tf.reduce_sum(x, axis=0),
    ],
    ids=["some rows", "a number", "another axis"],
)
@pytest.mark.parametrize("examples", [5, 100])
def test_predict_outputs_of_other_shapes(float64, data, function, examples):
    x = np.tile(data[0], (2, 1))[:examples]
    theirs, ours = (
        kind.Sequential([keras.Input((6,)), layers.Lambda(function)]).predict(
            x, verbose=0
        )
        for kind in (keras, tfkit)
    )
    assert_same(np.asarray(ours), np.asarray(theirs))


def test_own_steps_and_evaluate(data):
    class Own(tfkit.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)

        def call(self, x):
            return self.dense(x)

        def test_step(self, data):
            return {"worst": tf.reduce_max(tf.abs(data[1] - 1))}

        def predict_step(self, data):
            return -self(data)

    model = Own()
    model.compile("sgd", "mse")
    x, y = data[0].astype("float32"), np.arange(50.0)[:, np.newaxis]
    # The last batch's logs, as in Keras: 49 - 1.
    assert model.evaluate(x, y, verbose=0, return_dict=True) == {"worst": 48.0}
    outputs = model.predict(x, verbose=0)
    np.testing.assert_allclose(outputs, -model(x), rtol=1e-5, atol=1e-6)  # float32

    class OwnEvaluate(tfkit.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)

        def call(self, x):
            return self.dense(x)

        def evaluate(self, *args, **kwargs):
            return {"mine": 3.0}

    model = OwnEvaluate()
    model.compile("sgd", "mse")
    history = model.fit(x, y, validation_data=(x, y), verbose=0).history
    assert history["val_mine"] == [3.0]


def test_evaluate_needs_compile(data):
    with pytest.raises(ValueError, match=r"must call `compile\(\)`"):
        tfkit.Sequential([layers.Dense(1)]).evaluate(*data, verbose=0)


def test_wrong_shapes_are_told(data):
    model = classifier(tfkit)
    with pytest.raises(ValueError, match=r"incompatible|expected"):
        model.predict(data[0][:, :5], verbose=0)
