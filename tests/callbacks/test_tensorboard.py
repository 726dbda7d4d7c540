import importlib.util

import keras
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tfkit.callbacks import LearningRateDecay, TensorBoard
from tfkit.callbacks.tensorboard import write_note


def events(folder):
    # The default keeps a sample of 10 tensors a tag.
    accumulator = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    accumulator.Reload()
    return accumulator


def scalars(folder, tag):
    return [
        float(np.frombuffer(e.tensor_proto.tensor_content or b"", "float32")[0])
        if e.tensor_proto.tensor_content
        else e.tensor_proto.float_val[0]
        for e in events(folder).Tensors(tag)
    ]


def test_costs_of_train_and_dev_share_a_tag_and_the_rate_is_logged(tmp_path):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.5), loss="mse")
    x = np.linspace(-1, 1, 8, dtype="float32")[:, None]
    history = model.fit(
        x,
        x,
        validation_data=(x, x),
        epochs=3,
        verbose=0,
        callbacks=[
            LearningRateDecay(lambda epoch: 0.5 / (1 + epoch)),
            TensorBoard(tmp_path),
        ],
    ).history
    # Summaries store float32; History has float64 of the same numbers.
    for folder, key in (("train", "loss"), ("validation", "val_loss")):
        np.testing.assert_allclose(
            scalars(tmp_path / folder, "epoch_loss"), history[key], rtol=1e-6
        )
    np.testing.assert_allclose(
        scalars(tmp_path / "train", "epoch_learning_rate"),
        [0.5, 0.25, 0.5 / 3],
        rtol=1e-6,
    )


def test_a_note_is_found_in_the_events(tmp_path):
    write_note(tmp_path, "report", "The verdict is *high bias*.")
    (event,) = events(tmp_path / "train").Tensors("report")
    assert event.tensor_proto.string_val[0] == b"The verdict is *high bias*."


def test_without_tensorboard_the_constructor_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install tensorboard"):
        TensorBoard(tmp_path)


def test_an_unwritable_folder_is_an_error_before_training(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PermissionError, match="is a file, not a folder"):
        TensorBoard(tmp_path / "file" / "events")
