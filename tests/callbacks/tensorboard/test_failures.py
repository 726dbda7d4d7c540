"""What fails beside a training is told, and takes nothing from it."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import tfkit
from tfkit import plots
from tfkit.callbacks import TensorBoard
from tfkit.callbacks.events.writer import EventsLostWarning
from tfkit.callbacks.tensorboard import description
from tfkit.callbacks.tensorboard.failures import Failures

KINDS = pytest.mark.parametrize("kind", [keras, tfkit], ids=["keras", "epoch"])


def told(train):
    """What `train` returns, and the texts of the warnings on lost events."""
    with warnings.catch_warnings(record=True, action="always") as caught:
        history = train()
    lost = [w for w in caught if w.category is EventsLostWarning]
    return history, [str(warning.message) for warning in lost]


class NeedsWeights(keras.metrics.Mean):
    def update_state(self, y_true, y_pred, sample_weight=None):
        if sample_weight is None:
            raise ValueError("This metric needs sample weights.")
        super().update_state(sample_weight)


@KINDS
def test_metrics_that_need_sample_weights(tmp_path, read, classifier, data, kind):
    (x, y), dev = data
    model = classifier(kind, weighted_metrics=[NeedsWeights(name="weight")])
    parts = {} if kind is tfkit else {"train_data": (x, y), "dev_data": dev}
    board = TensorBoard(tmp_path, judge_freq=1, parameters={"a": 1}, **parts)
    weight = np.full(len(x), 2.0, "float32")
    history, texts = told(
        lambda: model.fit(
            x,
            y,
            batch_size=4,
            sample_weight=weight,
            validation_data=(*dev, weight[: len(dev[0])]),
            epochs=3,
            verbose=0,
            callbacks=[board],
        )
    )
    assert len(history.epoch) == 3
    (text,) = texts
    assert "the cost and the metrics of the train data in inference mode" in text
    assert "ValueError" in text
    assert "This metric needs sample weights" in text
    assert "`model.evaluate(x, y)` must work on `train_data`" in text
    # What needs no weights is there, and so is what comes after it.
    wrong = np.mean(model.predict(dev[0], verbose=0).argmax(axis=1) != dev[1])
    events = read(tmp_path / "validation")
    assert events.steps("error") == [0, 1, 2]
    np.testing.assert_allclose(events.last("error"), wrong, 1e-6)  # float32
    assert "verdict/at the end" in read(tmp_path / "train").tags
    results = read(tmp_path / "hparams")
    np.testing.assert_allclose(results.last("result/dev error"), wrong, 1e-6)


@KINDS
def test_a_test_part_that_the_model_cannot_predict(tmp_path, read, kind):
    keras.utils.set_random_seed(0)
    model = kind.Sequential(
        [
            keras.Input((2,), dtype="int32"),
            layers.Embedding(4, 3),
            layers.Flatten(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    # XLA would take the nearest row for an index that there is not.
    model.compile("sgd", "sparse_categorical_crossentropy", jit_compile=False)
    x, y = np.tile([[0, 1], [2, 3]], (8, 1)), np.tile([0, 1], 8)
    unknown = np.full((4, 2), 9), np.zeros(4, int)
    board = TensorBoard(tmp_path, train_data=(x, y), dev_data=(x, y), test_data=unknown)
    with tf.device("CPU"):  # elsewhere such an index gives zeros
        history, texts = told(
            lambda: model.fit(x, y, epochs=2, verbose=0, callbacks=[board])
        )
    assert history.epoch == [0, 1]
    (text,) = texts
    assert text.startswith("TensorBoard lacks the error of the test data (Invalid")
    assert "`model.predict(x)` must work on `test_data`" in text
    assert "\x1b" not in text
    assert len(text) < 700
    assert not (tmp_path / "test").exists()
    assert {"verdict/at the end", "dev/confusion matrix"} <= read(
        tmp_path / "train"
    ).tags


def test_too_few_class_names_for_a_model_that_its_first_batch_builds(
    tmp_path, read, fit
):
    model = keras.Sequential(
        [layers.Dense(5, activation="relu"), layers.Dense(3, activation="softmax")]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    x = np.eye(3, dtype="float32")
    board = TensorBoard(
        tmp_path,
        class_names=["a", "b"],
        dev_data=(x, np.arange(3)),
        embeddings=True,
    )
    history, texts = told(lambda: fit(model, [board]))
    assert history.epoch == [0, 1]
    (text,) = texts
    assert text.startswith("TensorBoard lacks the names of the classes (ValueError: ")
    assert "one name for each of the 3 classes. Received: 2 names" in text
    assert "Its pictures show their numbers instead" in text
    assert "dev/confusion matrix" in read(tmp_path / "train").tags
    (metadata,) = tmp_path.rglob("metadata.tsv")
    rows = metadata.read_text().splitlines()[1:]
    assert [row.split("\t")[1] for row in rows] == ["0", "1", "2"]


def test_pictures_that_fail_for_one_reason(
    tmp_path, read, classifier, fit, monkeypatch
):
    def broken(*args, **options):
        raise ArithmeticError("no ink")

    monkeypatch.setattr(plots, "confusion_matrix", broken)
    monkeypatch.setattr(plots, "layer_profile", broken)
    history, texts = told(lambda: fit(classifier(), [TensorBoard(tmp_path)]))
    assert history.epoch == [0, 1]
    (text,) = texts
    assert text == (
        "TensorBoard lacks the picture 'gradients/norm by layer' and the picture "
        "'dev/confusion matrix' (ArithmeticError: no ink). `tfkit.plots` draws it by "
        "hand, with a traceback. The training and all other events are not affected."
    )
    assert "verdict/dev by class" in read(tmp_path / "train").tags


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("write_results", "the run's row in the HParams tab"),
        ("write_graphs", "the graphs of the model"),
        ("write_session", "the run's row in the HParams tab"),
    ],
)
def test_a_description_that_fails(
    tmp_path, read, classifier, fit, monkeypatch, name, what
):
    def broken(*args, **options):
        raise OverflowError("too much")

    monkeypatch.setattr(description, name, broken)
    board = TensorBoard(tmp_path, parameters={"units": 5}, embeddings=True)
    history, texts = told(lambda: fit(classifier(), [board]))
    assert history.epoch == [0, 1]
    (text,) = texts
    assert text.startswith(f"TensorBoard lacks {what} (OverflowError: too much). ")
    assert list(tmp_path.rglob("tensors.tsv"))
    assert "custom_scalars__config__" in read(tmp_path / "train").tags


def test_an_embedding_that_fails(tmp_path, read, classifier, fit, monkeypatch):
    def broken(*args, **options):
        raise OSError("no room")

    monkeypatch.setattr("tfkit.callbacks.events.projector.write_embedding", broken)
    history, texts = told(
        lambda: fit(classifier(), [TensorBoard(tmp_path, embeddings=True)])
    )
    assert history.epoch == [0, 1]
    (text,) = texts
    assert text.startswith("TensorBoard lacks the embedding (OSError: no room). ")
    assert "custom_scalars__config__" in read(tmp_path / "train").tags


def test_a_profile_beside_another_profiler(tmp_path, read, classifier, fit):
    tf.profiler.experimental.start(str(tmp_path / "other"))
    try:
        board = TensorBoard(tmp_path / "logs", profile_batch=(2, 3))
        history, texts = told(lambda: fit(classifier(keras), [board]))
    finally:
        tf.profiler.experimental.stop(save=False)
    assert history.epoch == [0, 1]
    (text,) = texts
    assert text.startswith("TensorBoard lacks the profile (AlreadyExistsError: ")
    assert "only one profiler at a time" in text


def test_names_of_parameters_are_checked_before_training(tmp_path):
    with pytest.raises(ValueError, match=r"Received: 'a\.b' twice"):
        TensorBoard(tmp_path, parameters={"a.b": 1, "a": {"b": 2}})


def test_each_training_is_told_of_its_failures(tmp_path, classifier, fit, monkeypatch):
    def broken(*args, **options):
        raise ArithmeticError("no ink")

    monkeypatch.setattr(plots, "confusion_matrix", broken)
    model, board = classifier(), TensorBoard(tmp_path)
    for _ in range(2):
        _, texts = told(lambda: fit(model, [board]))
        assert len(texts) == 1


def test_ctrl_c_is_not_caught():
    with pytest.raises(KeyboardInterrupt), Failures().caught("a", "b"):
        raise KeyboardInterrupt


def test_long_reasons_are_cut_at_a_word():
    failures = Failures()
    with failures.caught("the thing", "Do this."):
        raise ValueError("\x1b[1mgraph\x1b[0m\n" + 200 * "execution error ")
    _, (text,) = told(failures.tell)
    assert text.startswith("TensorBoard lacks the thing (ValueError: graph execution ")
    assert " ...). Do this. " in text
    assert len(text) < 420
