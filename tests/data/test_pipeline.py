"""Pipelines: nothing lost, a new order each epoch, the same order each run."""

import gc

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tfkit.data import pipeline
from tfkit.training.sample_order import epoch_order

X, Y = np.arange(23, dtype="float32")[:, None], np.arange(23) % 2


def epoch_of(dataset):
    """The first feature of every example, in the order in which one epoch gives them."""
    return np.concatenate([np.ravel(batch[0]) for batch in dataset]).astype(int)


def order(epoch, *, seed=7, examples=23):
    return epoch_order(examples, seed=seed, epoch=epoch)


class Recorder(keras.layers.Layer):
    """Notes what it is called with, outside of the symbolic build."""

    def build(self, input_shape):
        self.seen = []
        self.built = True

    def call(self, inputs):
        if isinstance(inputs, tf.Tensor) and hasattr(inputs, "numpy"):
            self.seen.append(inputs.numpy().ravel())
        return inputs


def fit_and_record(dataset, *, built, epochs=3, **options):
    recorder = Recorder()
    start = [keras.Input((1,))] if built else []
    model = keras.Sequential([*start, recorder, keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    model.fit(dataset, epochs=epochs, verbose=0, shuffle=False, **options)
    return np.concatenate(recorder.seen).astype(int).reshape(-1, 23)


@settings(deadline=None, max_examples=15)
@given(
    examples=st.integers(1, 40),
    batch_size=st.integers(1, 45),
    shuffle=st.booleans(),
    cache=st.booleans(),
)
def test_every_example_once_in_batches_of_the_size(
    examples, batch_size, shuffle, cache
):
    x = np.arange(examples)
    dataset = pipeline(
        x, x * 2, batch_size=batch_size, shuffle=shuffle, seed=1, cache=cache
    )
    batches = [(a.numpy(), b.numpy()) for a, b in dataset]
    expected = -(-examples // batch_size)
    assert len(batches) == expected == dataset.cardinality().numpy()
    assert all(len(a) == batch_size for a, _ in batches[:-1])
    seen = np.concatenate([a for a, _ in batches])
    np.testing.assert_array_equal(np.concatenate([b for _, b in batches]), seen * 2)
    np.testing.assert_array_equal(np.sort(seen), x)
    if not shuffle:
        np.testing.assert_array_equal(seen, x)


@pytest.mark.parametrize("cache", [True, False])
def test_epochs_follow_the_one_source_of_order(cache):
    dataset = pipeline(X, Y, batch_size=5, shuffle=True, seed=7, cache=cache)
    epochs = [epoch_of(dataset) for _ in range(4)]
    for number, seen in enumerate(epochs):
        np.testing.assert_array_equal(seen, order(number))
    assert len({tuple(seen) for seen in epochs}) == 4


def test_equal_seeds_give_equal_batches_and_others_do_not():
    def batches(seed):
        dataset = pipeline(X, Y, batch_size=5, shuffle=True, seed=seed)
        return [epoch_of(dataset).tolist() for _ in range(2)]

    assert batches(7) == batches(7)
    assert batches(7) != batches(8)


def test_epoch_can_be_set_and_starts_where_it_is_told():
    dataset = pipeline(X, Y, batch_size=5, shuffle=True, seed=7, initial_epoch=3)
    np.testing.assert_array_equal(epoch_of(dataset), order(3))
    dataset.epoch.assign(1)
    np.testing.assert_array_equal(epoch_of(dataset), order(1))


def test_an_iterator_that_is_dropped_does_not_count():
    dataset = pipeline(X, Y, batch_size=5, shuffle=True, seed=7)
    next(iter(dataset))
    for _ in zip(range(4), dataset, strict=False):
        pass  # 4 of 5 batches
    # Batches are prepared ahead in other threads: were those counted, it would show here.
    np.testing.assert_array_equal(epoch_of(dataset), order(0))


@pytest.mark.parametrize("built", [True, False], ids=["built", "unbuilt"])
@pytest.mark.parametrize("options", [{}, {"steps_per_epoch": 5}])
def test_keras_fit_sees_epoch_zero_first(built, options):
    dataset = pipeline(X, Y, batch_size=5, shuffle=True, seed=7)
    seen = fit_and_record(dataset, built=built, **options)
    np.testing.assert_array_equal(seen, [order(0), order(1), order(2)])


def test_a_resumed_fit_sees_the_orders_of_an_unbroken_one():
    dataset = pipeline(X, Y, batch_size=5, shuffle=True, seed=7, initial_epoch=2)
    seen = fit_and_record(dataset, built=False, epochs=4, initial_epoch=2)
    np.testing.assert_array_equal(seen, [order(2), order(3)])


def test_compiled_fit_with_several_steps_per_execution():
    dataset = pipeline(X, Y, batch_size=5, shuffle=True, seed=7)
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse", steps_per_execution=2)
    history = model.fit(
        dataset, epochs=2, verbose=0, shuffle=False, validation_data=pipeline(X, Y)
    )
    assert len(history.history["val_loss"]) == 2
    assert dataset.epoch.numpy() == 2


def test_a_single_batch_counts_for_a_built_model():
    dataset = pipeline(X, Y, batch_size=23, shuffle=True, seed=7)
    seen = fit_and_record(dataset, built=True)
    np.testing.assert_array_equal(seen, [order(0), order(1), order(2)])


@pytest.mark.parametrize("batch_size", [5, 23])
def test_fit_can_say_which_epoch_it_is(batch_size):
    dataset = pipeline(X, Y, batch_size=batch_size, shuffle=True, seed=7)
    follow = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: dataset.epoch.assign(epoch)
    )
    options = {"built": False, "callbacks": [follow]}
    for _ in range(2):
        seen = fit_and_record(dataset, epochs=2, **options)
        np.testing.assert_array_equal(seen, [order(0), order(1)])
    seen = fit_and_record(dataset, epochs=4, initial_epoch=2, **options)
    np.testing.assert_array_equal(seen, [order(2), order(3)])


def test_derived_datasets_share_the_count_and_outlive_the_first():
    derived = pipeline(X, Y, batch_size=5, shuffle=True, seed=7).map(
        lambda x, y: (-x, y)
    )
    gc.collect()
    np.testing.assert_array_equal(-epoch_of(derived), order(0))
    np.testing.assert_array_equal(-epoch_of(derived), order(1))


def test_weights_and_inputs_alone():
    weights = np.linspace(0, 1, 23)
    triples = pipeline(X, Y, batch_size=10, sample_weight=weights)
    np.testing.assert_array_equal(np.concatenate([w for _, _, w in triples]), weights)
    inputs = pipeline(X, batch_size=10)
    np.testing.assert_array_equal(np.concatenate(list(inputs)), X)


@pytest.mark.parametrize("cache", [True, False])
def test_shapes_and_types_are_known_to_keras(cache):
    pictures = np.zeros((6, 4, 4, 3), "uint8")
    dataset = pipeline(pictures, np.zeros(6, "int64"), batch_size=4, cache=cache)
    x, y = dataset.element_spec
    assert (x.shape.as_list(), x.dtype) == ([None, 4, 4, 3], tf.uint8)
    assert (y.shape.as_list(), y.dtype) == ([None], tf.int64)


def test_later_changes_of_the_arrays_do_not_reach_cached_batches():
    x = X.copy()
    dataset = pipeline(x, Y, batch_size=23)
    x[:] = -1
    np.testing.assert_array_equal(epoch_of(dataset), np.arange(23))


def test_reads_a_memory_mapped_array_in_place(tmp_path):
    np.save(tmp_path / "x.npy", X)
    x = np.load(tmp_path / "x.npy", mmap_mode="r")
    dataset = pipeline(x, Y, batch_size=5, shuffle=True, seed=7, cache=False)
    np.testing.assert_array_equal(epoch_of(dataset), order(0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"y": Y[:5]}, r"the same length.*len\(x\)=23, len\(y\)=5"),
        ({"x": X[:0], "y": Y[:0]}, r"at least 1.*len\(x\)=0"),
        ({"batch_size": 0}, r"`batch_size` must be an int >= 1.*batch_size=0"),
        ({"batch_size": 2.5}, r"`batch_size` must be an int >= 1.*batch_size=2\.5"),
        ({"shuffle": True}, r"`seed` must be an int when `shuffle` is True"),
        ({"initial_epoch": -1}, r"`initial_epoch` must be an int >= 0.*=-1"),
        ({"y": None, "sample_weight": Y}, r"`sample_weight` needs labels"),
    ],
)
def test_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        pipeline(**({"x": X, "y": Y} | options))
