"""Wrong labels are an error in XLA too, where TensorFlow would make NaN of them."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from keras import layers

import tfkit


def model_and_data(labels, loss="sparse_categorical_crossentropy"):
    model = tfkit.Sequential([keras.Input((2,)), layers.Dense(3, activation="softmax")])
    model.compile("sgd", loss, jit_compile=True)
    x = np.random.default_rng(0).normal(size=(len(labels), 2)).astype("float32")
    return model, x, np.array(labels)


@pytest.mark.parametrize("label", [3, -1])
@pytest.mark.parametrize(
    "loss",
    [
        "sparse_categorical_crossentropy",
        keras.losses.SparseCategoricalCrossentropy(),
    ],
)
def test_a_label_out_of_range(label, loss):
    model, x, y = model_and_data([0, 1, label, 2], loss)
    before = model.get_weights()
    with pytest.raises(ValueError, match=rf"in \[0, 3\).*Received: a label of {label}"):
        model.fit(x, y, batch_size=2, verbose=0)
    for was, now in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(was, now)


def test_one_in_a_stream():
    model, x, y = model_and_data([0, 1, 2, 2, 0, 9, 1, 0])
    stream = tf.data.Dataset.from_tensor_slices((x, y)).batch(2)
    with pytest.raises(ValueError, match="Received: a label of 9"):
        model.fit(stream, shuffle=False, verbose=0)


def test_one_in_the_validation_data():
    model, x, y = model_and_data([0, 1, 2, 2])
    with pytest.raises(ValueError, match="Received: a label of 7"):
        model.fit(x, y, verbose=0, validation_data=(x, np.array([0, 1, 7, 2])))


def test_an_ignored_class_is_no_wrong_label():
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)
    model, x, y = model_and_data([0, 1, -1, 2], loss)
    history = model.fit(x, y, batch_size=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()


def test_labels_of_several_outputs_keep_auto_out_of_xla():
    inputs = keras.Input((2,))
    outputs = [layers.Dense(3, activation="softmax")(inputs) for _ in range(2)]
    model = tfkit.Model(inputs, outputs)
    model.compile("sgd", ["sparse_categorical_crossentropy"] * 2)
    x = np.zeros((2, 2), "float32")
    y = np.zeros(2, "int32")
    model.fit(x, [y, y], epochs=1, verbose=0)
    assert model.training_plan.engine == "graph"
    assert "wrong labels" in str(model.training_plan)


NAMES = np.array(["oak", "elm", "ash", "elm"])


@pytest.mark.parametrize(
    "y",
    [
        NAMES,
        NAMES.astype(object),
        NAMES[:, None],
        NAMES.tolist(),
        pd.Series(NAMES),
        tf.constant(NAMES),
    ],
    ids=["text", "objects", "column", "list", "pandas", "tensor"],
)
@pytest.mark.parametrize("call", ["fit", "evaluate", "validation"])
def test_text_is_refused_before_any_work(y, call):
    model, x, numbers = model_and_data([0, 1, 2, 1])
    before = model.get_weights()
    message = (
        r"must hold numbers\. Received: text, such as 'oak'\..*return_inverse=True"
    )
    run = {
        "fit": lambda: model.fit(x, y, verbose=0),
        "evaluate": lambda: model.evaluate(x, y, verbose=0),
        "validation": lambda: model.fit(x, numbers, validation_data=(x, y), verbose=0),
    }[call]
    with pytest.raises(TypeError, match=message):
        run()
    for was, now in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(was, now)


def test_the_advice_works():
    model, x, _ = model_and_data([0, 1, 2, 1])
    names, y = np.unique(NAMES, return_inverse=True)
    assert names.tolist() == ["ash", "elm", "oak"]
    assert np.isfinite(model.fit(x, y, verbose=0).history["loss"]).all()


class LengthOfNames(tfkit.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, *rest, **options):
        return tf.reduce_mean((tf.cast(tf.strings.length(y), tf.float32) - y_pred) ** 2)


def test_a_cost_of_ones_own_may_take_text():
    inputs = keras.Input((2,))
    model = LengthOfNames(inputs, layers.Dense(1)(inputs))
    model.compile("sgd", jit_compile=False)
    # Keras converts text as objects, not as fixed-width arrays.
    history = model.fit(np.ones((4, 2), "float32"), NAMES.astype(object), verbose=0)
    assert np.isfinite(history.history["loss"]).all()
