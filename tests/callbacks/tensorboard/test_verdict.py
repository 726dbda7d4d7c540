"""Errors, verdicts and pictures, against scikit-learn and NumPy."""

import keras
import numpy as np
import pytest
import sklearn.metrics
from keras import layers

import tfkit
from tfkit import plots
from tfkit.callbacks import TensorBoard
from tfkit.callbacks.tensorboard.judge import Judge


def network(shape, *last, loss, metrics=(), units=6):
    keras.utils.set_random_seed(1)
    hidden = [layers.Dense(units, activation="relu", name="hidden")]
    if len(shape) > 1:
        hidden = [layers.Flatten(), *hidden]
    model = tfkit.Sequential([keras.Input(shape), *hidden, *last])
    model.compile(
        keras.optimizers.Adam(0.05), loss, metrics=list(metrics), jit_compile=False
    )
    return model


def fitted(model, folder, x, y, **options):
    half = len(x) // 2
    board = TensorBoard(folder, write_graph=False, **options)
    model.fit(
        x[:half],
        y[:half],
        validation_data=(x[half:], y[half:]),
        epochs=2,
        verbose=0,
        callbacks=[board],
    )
    return x[half:], y[half:]


@pytest.fixture
def drawn(monkeypatch):
    """What each picture was drawn of."""
    calls = {}

    def spied(name):
        draw = getattr(plots, name)

        def spy(*args, **options):
            calls[name] = args
            return draw(*args, **options)

        return spy

    for name in (
        "confusion_matrix",
        "worst_mistakes",
        "precision_recall",
        "decision_boundary",
        "first_layer_filters",
    ):
        monkeypatch.setattr(plots, name, spied(name))
    return calls


def softmax(units):
    return layers.Dense(units, activation="softmax", name="output")


def sigmoid():
    return layers.Dense(1, activation="sigmoid", name="output")


SPARSE = "sparse_categorical_crossentropy"


def test_images(tmp_path, read, drawn):
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(60, 4, 4)).astype("float32")
    y = rng.integers(0, 3, size=60)
    model = network((4, 4), softmax(3), loss=SPARSE, metrics=["accuracy"])
    dev_x, dev_y = fitted(model, tmp_path, x, y, class_names=["a", "b", "c"])
    p = model.predict(dev_x, verbose=0)
    matrix = sklearn.metrics.confusion_matrix(dev_y, p.argmax(axis=1))
    np.testing.assert_array_equal(drawn["confusion_matrix"][0], matrix)
    events = read(tmp_path / "train")
    assert {
        "dev/confusion matrix",
        "dev/worst mistakes",
        "weights/first layer",
        "gradients/norm by layer",
    } <= events.tags
    assert not events.tags & {"dev/precision and recall", "dev/decision boundary"}
    # A PNG after width and height.
    _, _, picture = events.events.Tensors("dev/confusion matrix")[
        0
    ].tensor_proto.string_val
    assert picture.startswith(b"\x89PNG")
    np.testing.assert_allclose(
        read(tmp_path / "validation").last("error"),
        1 - sklearn.metrics.accuracy_score(dev_y, p.argmax(axis=1)),
        rtol=1e-6,
    )
    found = read(tmp_path / "train").text("verdict/dev by class")
    recall = sklearn.metrics.recall_score(dev_y, p.argmax(axis=1), average=None)
    assert f"{100 * recall[0]:.1f}" in found or f"{recall[0]:.3f}" in found


@pytest.mark.parametrize("target", ["sigmoid", "logits", "softmax"])
def test_two_classes_in_a_plane(tmp_path, read, drawn, target):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2)).astype("float32")
    y = (x[:, 0] + 0.5 * rng.normal(size=60) > 0).astype("int32")
    binary = keras.losses.BinaryCrossentropy(from_logits=target == "logits")
    if target == "softmax":
        model = network((2,), softmax(2), loss=SPARSE)
    else:
        last = sigmoid() if target == "sigmoid" else layers.Dense(1, name="output")
        model = network((2,), last, loss=binary)
    dev_x, dev_y = fitted(model, tmp_path, x, y)
    p = model.predict(dev_x, verbose=0).astype("float64")
    predicted = p.argmax(axis=1) if target == "softmax" else p[:, 0] > 0.5
    if target == "logits":
        predicted = p[:, 0] > 0
    matrix = sklearn.metrics.confusion_matrix(dev_y, predicted)
    np.testing.assert_array_equal(drawn["confusion_matrix"][0], matrix)
    events = read(tmp_path / "train")
    assert {"dev/precision and recall", "dev/decision boundary"} <= events.tags
    labels, scores = drawn["precision_recall"][:2]
    scores = scores[:, -1]
    np.testing.assert_array_equal(labels, dev_y)
    assert (np.asarray(scores) >= 0).all()
    np.testing.assert_array_equal(scores > 0.5, predicted)


def test_the_verdict_in_words(tmp_path, read):
    # Labels without a rule: a large network learns them by heart, dev stays at chance.
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 8)).astype("float32")
    y = rng.integers(0, 2, size=80)
    model = network((8,), sigmoid(), loss="binary_crossentropy", units=64)
    board = TensorBoard(tmp_path, human_error=0.0, test_data=(x[40:], y[40:]))
    dev = x[40:], y[40:]
    model.fit(
        x[:40],
        y[:40],
        batch_size=8,
        validation_data=dev,
        epochs=30,
        verbose=0,
        callbacks=[board],
    )
    text = read(tmp_path / "train").text("verdict/at the end")
    assert text.startswith("**high variance")
    assert "| train error | 0.0 %" in text
    wrong = np.mean((model.predict(dev[0], verbose=0)[:, 0] > 0.5) != dev[1])
    assert f"| dev error | {100 * wrong:.1f} %" in text
    assert "- try:" in text
    np.testing.assert_allclose(read(tmp_path / "test").last("error"), wrong, 1e-6)
    assert read(tmp_path / "human").last("error") == 0.0


@pytest.mark.parametrize(
    ("last", "loss", "labels"),
    [
        (lambda: layers.Dense(1), "mse", lambda y: y.astype("float32")),
        (lambda: layers.Dense(1, activation="tanh"), "hinge", lambda y: y % 2),
        (lambda: layers.Dense(3), SPARSE, lambda y: y),
        (
            lambda: layers.Dense(3, activation="sigmoid"),
            "binary_crossentropy",
            lambda y: np.eye(3)[y],
        ),
        (
            lambda: layers.Dense(3, activation="sigmoid"),
            "binary_crossentropy",
            lambda y: np.stack([y > 0, y > 1, y == 1], 1).astype("float32"),
        ),
    ],
    ids=["regression", "hinge", "no softmax", "one-hot sigmoid", "several labels"],
)
def test_outputs_without_probabilities_of_one_class(tmp_path, read, last, loss, labels):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2)).astype("float32")
    y = labels(rng.integers(0, 3, size=60))
    fitted(network((2,), last(), loss=loss), tmp_path, x, y)
    assert read(tmp_path / "train").steps("epoch_loss") == [0, 1]
    assert "epoch_loss" in read(tmp_path / "train_inference").tags
    assert "dev/confusion matrix" not in read(tmp_path / "train").tags


def test_a_diverged_network_is_no_error(tmp_path, read):
    x = np.random.default_rng(0).normal(size=(40, 2)).astype("float32")
    model = network((2,), softmax(2), loss=SPARSE)
    model.layers[-1].set_weights([np.full((6, 2), np.nan), np.zeros(2)])
    fitted(model, tmp_path, x, (x[:, 0] > 0).astype(int))
    assert np.isnan(read(tmp_path / "train").last("epoch_loss"))


@pytest.mark.parametrize("count", [900, 1500])
def test_a_fixed_sample_of_the_training_set(count):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(count, 2)).astype("float32"), rng.integers(0, 2, count)
    model = network((2,), sigmoid(), loss="binary_crossentropy")
    first, second = (Judge(model, {"train": (x, y)}).parts["train"] for _ in range(2))
    assert len(first[0]) == min(count, 1000)
    for ours, theirs in zip(first, second, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    # Examples keep their labels.
    rows = {tuple(row): label for row, label in zip(x, y, strict=True)}
    assert [rows[tuple(row)] for row in first[0]] == list(first[1])


def test_without_the_training_data_the_text_says_how_to_get_a_verdict(
    tmp_path, read, classifier, fit
):
    board = TensorBoard(tmp_path, write_graph=False)
    fit(classifier(keras), [board])
    text = read(tmp_path / "train").text("verdict/at the end")
    assert "No verdict on bias and variance" in text
    assert "TensorBoard(train_data=(x, y) and dev_data=(x, y))" in text


def test_only_what_is_missing_is_asked_for(tmp_path, read, classifier, fit, data):
    _, dev = data
    fit(classifier(keras), [TensorBoard(tmp_path, write_graph=False, dev_data=dev)])
    text = read(tmp_path / "train").text("verdict/at the end")
    assert "the train data are not known" in text
    assert "TensorBoard(train_data=(x, y))" in text


def test_a_regression_is_not_told_to_get_a_verdict(tmp_path, read, fit):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    fit(model, [TensorBoard(tmp_path, write_graph=False)])
    assert not any("verdict" in tag for tag in read(tmp_path / "train").tags)


def test_a_training_that_blew_up_is_told_first(tmp_path, read, classifier, fit, data):
    model = classifier(optimizer=keras.optimizers.Adam(1e4))
    train, _ = data
    fit(model, [TensorBoard(tmp_path, write_graph=False)], epochs=3)
    cost = model.evaluate(*train, verbose=0)[0]
    assert np.isfinite(cost)
    assert cost > 3 * np.log(3)
    text = read(tmp_path / "train").text("verdict/at the end")
    assert "training does not work yet" in text
    assert "against ln 3 = 1.1 for chance" in text
    assert "bigger network" not in text
