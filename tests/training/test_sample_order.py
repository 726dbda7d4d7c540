"""The order of an epoch: a permutation, different each epoch, equal everywhere."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tfkit.training.sample_order import epoch_order, epoch_order_tensor

MASK = (1 << 64) - 1
GAMMA = 0x9E3779B97F4A7C15


def reference_order(num_examples, seed, epoch):
    """The docstring's formula in Python's unbounded integers."""

    def h(z):
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    state = h(h((seed + GAMMA) & MASK) ^ epoch)
    keys = [h((state + (i + 1) * GAMMA) & MASK) for i in range(num_examples)]
    return sorted(range(num_examples), key=keys.__getitem__)


def test_finalizer_gives_splitmix64s_published_stream():
    # First outputs of SplitMix64 seeded with 1234567, as listed for the reference C code.
    from tfkit.training.sample_order import _splitmix64

    state = np.array([1234567], np.uint64)
    stream = _splitmix64(state + np.arange(1, 4, dtype=np.uint64) * np.uint64(GAMMA))
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert stream.tolist() == expected


@settings(deadline=None, max_examples=30)
@given(
    num_examples=st.integers(1, 300),
    seed=st.integers(-(2**70), 2**70),
    epoch=st.integers(0, 10**6),
)
def test_is_the_formula_and_a_permutation(num_examples, seed, epoch):
    order = epoch_order(num_examples, seed=seed, epoch=epoch)
    assert order.dtype == np.int64
    assert order.tolist() == reference_order(num_examples, seed, epoch)
    assert sorted(order.tolist()) == list(range(num_examples))


@pytest.mark.parametrize("jit_compile", [False, True], ids=["graph", "xla"])
@pytest.mark.parametrize("num_examples", [1, 2, 1000])
@pytest.mark.parametrize("seed", [0, -3, 2**63 + 5])
def test_tensor_twin_is_the_same_permutation(num_examples, seed, jit_compile):
    @tf.function(jit_compile=jit_compile)
    def order(epoch):
        return epoch_order_tensor(num_examples, seed=seed, epoch=epoch)

    for epoch in (0, 1, 99):
        tensor = order(tf.constant(epoch, tf.int64))
        assert tensor.dtype == tf.int64
        assert tensor.shape == (num_examples,)
        expected = epoch_order(num_examples, seed=seed, epoch=epoch)
        np.testing.assert_array_equal(tensor.numpy(), expected)


def test_tensor_twin_runs_eagerly_with_a_plain_int():
    tensor = epoch_order_tensor(50, seed=4, epoch=2)
    np.testing.assert_array_equal(tensor.numpy(), epoch_order(50, seed=4, epoch=2))


def test_epochs_and_seeds_all_differ():
    orders = {
        tuple(epoch_order(50, seed=seed, epoch=epoch))
        for seed in range(10)
        for epoch in range(10)
    }
    assert len(orders) == 100


def test_positions_are_uniform():
    # 6000 epochs of 6 examples: each example should stand at each position 1000 times.
    # The counts' chi-square has (6 - 1)**2 = 25 degrees of freedom; 60 is exceeded with
    # probability 1e-4, and the draw is fixed.
    counts = np.zeros((6, 6))
    for epoch in range(6000):
        counts[np.arange(6), epoch_order(6, seed=0, epoch=epoch)] += 1
    assert ((counts - 1000) ** 2 / 1000).sum() < 60


def test_consecutive_epochs_are_uncorrelated():
    # Rank correlation of two independent orders of 10 000 has standard deviation 0.01.
    ranks = [np.argsort(epoch_order(10_000, seed=1, epoch=e)) for e in range(5)]
    correlations = np.corrcoef(ranks)[np.triu_indices(5, 1)]
    assert np.abs(correlations).max() < 0.04


@pytest.mark.parametrize("function", [epoch_order, epoch_order_tensor])
def test_refuses_what_is_no_epoch(function):
    with pytest.raises(ValueError, match=r"`num_examples` must be an int >= 1.*=0"):
        function(0, seed=0, epoch=0)
    with pytest.raises(TypeError, match=r"must be ints.*num_examples=2\.5"):
        function(2.5, seed=0, epoch=0)
    with pytest.raises(TypeError, match=r"must be ints.*seed=None"):
        function(2, seed=None, epoch=0)


def test_refuses_a_wrong_epoch():
    with pytest.raises(ValueError, match=r"`epoch` must be an int >= 0.*epoch=-1"):
        epoch_order(3, seed=0, epoch=-1)
    with pytest.raises(TypeError, match=r"`epoch` must be an int.*epoch=0\.5"):
        epoch_order(3, seed=0, epoch=0.5)
