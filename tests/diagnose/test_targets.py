"""Of every function that trains or measures a cost: targets that cannot be right."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkit.diagnose.batch_size import batch_size_range
from tfkit.diagnose.curvature import curvature
from tfkit.diagnose.learning_rate_range import learning_rate_range
from tfkit.diagnose.targets import require_labels, require_targets

X = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
FUNCTIONS = [learning_rate_range, batch_size_range, curvature]


def model(base=keras.Sequential, loss="sparse_categorical_crossentropy"):
    made = base([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])
    made.compile("sgd", loss)
    return made


@pytest.mark.parametrize("function", FUNCTIONS)
def test_missing_targets(function):
    with pytest.raises(ValueError, match="`y` must hold the targets"):
        function(model(), X)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("label", [2, -1])
def test_labels_out_of_range(function, label):
    y = np.zeros(64, int)
    y[40] = label
    with pytest.raises(ValueError, match=rf"label of {label}.*diagnose\.checkup"):
        function(model(), X, y)


def test_labels_of_a_dataset():
    data = tf.data.Dataset.from_tensor_slices((X, np.full(64, 2))).batch(32)
    with pytest.raises(ValueError, match=r"label of 2.*checkup"):
        learning_rate_range(model(), data)


class OwnCost(keras.Sequential):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, **_):
        return keras.ops.mean(y_pred**2)


def test_what_needs_no_targets_or_no_labels():
    require_targets(model(OwnCost), X, None)
    require_targets(model(loss=None), X, None)
    require_targets(model(), tf.data.Dataset.from_tensors((X, X)), None)
    require_labels(model(loss="mse"), (X, np.full((64, 2), 7.0)))
    require_labels(model(), (X, None))
    assert curvature(model(OwnCost), X).cost > 0
