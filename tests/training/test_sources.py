"""Where batches come from: arrays as tensors, and streams."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.backend.tensorflow.trainer import TFEpochIterator

from tfkit.training.sources import (
    CannotCompileError,
    Resident,
    Stream,
    shapes,
    stacked,
)


def numpy(data):
    return keras.tree.map_structure(lambda t: None if t is None else t.numpy(), data)


@pytest.mark.parametrize(
    ("examples", "batch_size", "full", "batches"),
    [(50, 16, 3, 4), (48, 16, 3, 3), (5, 16, 0, 1), (70, None, 2, 3), (1, 1, 1, 1)],
)
def test_arrays_are_counted(examples, batch_size, full, batches):
    source = Resident(np.zeros((examples, 3)), batch_size=batch_size)
    assert (source.examples, source.batch_size) == (examples, batch_size or 32)
    assert (source.full_batches, source.batches) == (full, batches)
    assert source.has_rest == (batches > full)
    rest = source.rest()
    if batches > full:
        assert rest.shape == (examples - full * source.batch_size, 3)
    else:
        assert rest is None
    assert source.first_batch().shape == (min(examples, source.batch_size), 3)


def test_arrays_are_converted_as_keras_converts_them():
    # Floats to the default type, integers left as they are.
    x, y = np.arange(6.0).reshape(3, 2), np.arange(3, dtype="int64")
    source = Resident(x, y, np.ones(3))
    x_, y_, weight = source.data
    assert (x_.dtype, y_.dtype, weight.dtype) == (tf.float32, tf.int64, tf.float32)
    np.testing.assert_array_equal(x_, x)
    assert source.bytes_per_batch == pytest.approx(32 * (2 * 4 + 8 + 4))


def test_structures_are_kept():
    a, b, y = np.zeros((4, 1)), np.ones((4, 2)), np.arange(4.0)
    source = Resident({"a": a, "b": b}, y, batch_size=3)
    x, target = source.data
    assert sorted(x) == ["a", "b"]
    assert numpy(source.rest())[0]["b"].shape == (1, 2)
    # A list of inputs is one input of several parts, not several arrays.
    (first, second), target = Resident([a, b], y).data
    assert (first.shape, second.shape, target.shape) == ((4, 1), (4, 2), (4,))


def test_class_weights_become_sample_weights():
    source = Resident(np.zeros((3, 1)), np.array([0, 2, 1]), class_weight={0: 5, 1: 2})
    np.testing.assert_array_equal(source.data[2], [5, 1, 2])


@pytest.mark.parametrize(
    ("x", "reason"),
    [
        (tf.data.Dataset.range(3), "stream"),
        ((i for i in range(3)), "stream \\(generator\\)"),
        (tf.sparse.from_dense([[1.0, 0.0]]), "SparseTensor"),
        (tf.ragged.constant([[1.0], [2.0, 3.0]]), "RaggedTensor"),
    ],
    ids=["dataset", "generator", "sparse", "ragged"],
)
def test_what_is_no_array(x, reason):
    with pytest.raises(CannotCompileError, match=reason):
        Resident(x)


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="cardinality"):
        Resident(np.zeros((3, 1)), np.zeros(4))
    with pytest.raises(ValueError, match="`class_weight` and `sample_weight`"):
        Resident(np.zeros((3, 1)), np.zeros(3), np.ones(3), class_weight={0: 1.0})


def stream(x, **options):
    return Stream(
        TFEpochIterator(
            x=x, distribute_strategy=tf.distribute.get_strategy(), **options
        )
    )


def test_a_stream_gives_the_batches_of_keras():
    x = np.arange(10.0)
    source = stream(tf.data.Dataset.from_tensor_slices(x).batch(4))
    assert source.batches == 3
    for _ in range(2):
        batches = [batch.numpy() for batch in source.epoch()]
        np.testing.assert_array_equal(np.concatenate(batches), x)
        assert [len(batch) for batch in batches] == [4, 4, 2]


def test_an_endless_stream_goes_on():
    source = stream(
        tf.data.Dataset.from_tensor_slices(np.arange(5)).batch(1).repeat(),
        steps_per_epoch=3,
    )
    assert source.batches == 3

    def epoch():
        return np.concatenate([batch.numpy() for batch in source.epoch()]).tolist()

    assert [epoch() for _ in range(3)] == [[0, 1, 2], [3, 4, 0], [1, 2, 3]]
    source.reset()
    assert epoch() == [0, 1, 2]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (
            tf.data.Dataset.from_tensors(tf.sparse.from_dense([[1.0, 0.0]])),
            "SparseTensorSpec",
        ),
        (
            tf.data.Dataset.from_tensors(tf.ragged.constant([[1.0], [2.0, 3.0]])),
            "RaggedTensorSpec",
        ),
        (
            tf.data.Dataset.from_tensor_slices(tf.ragged.constant([[1.0], [2.0]]))
            .map(lambda row: tf.reshape(row, (-1,)))
            .batch(1),
            r"\(None, None\), varies",
        ),
    ],
    ids=["sparse", "ragged", "varying"],
)
def test_what_no_stream_may_give(data, reason):
    with pytest.raises(CannotCompileError, match=reason):
        stream(data)


def test_a_refused_generators_batches_are_handed_back():
    def lengthening():
        for length in (3, 4, 5):
            yield (np.ones((1, length)),)

    with pytest.raises(CannotCompileError, match="varies") as refusal:
        stream(lengthening())
    again = [batch[0].shape for batch in refusal.value.instead["x"]]
    assert again == [(1, 3), (1, 4), (1, 5)]


def test_batches_are_stacked():
    batches = [(tf.fill((2, 3), float(i)), None) for i in range(4)]
    together, nothing = stacked(batches)
    assert nothing is None
    assert together.shape == (4, 2, 3)
    np.testing.assert_array_equal(together[:, 0, 0], range(4))
    assert shapes(batches[0]) == [(2, 3), None]
