"""The course's mini-batches, by the published arrays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfkit.data import mini_batches


def test_published_arrays_of_2017():
    generator = np.random.RandomState(1)
    X = generator.randn(12288, 148)
    Y = generator.randn(1, 148) < 0.5
    batches = mini_batches(X, Y, 64, 0)
    shapes = [(x.shape, y.shape) for x, y in batches]
    assert shapes == [
        ((12288, 64), (1, 64)),
        ((12288, 64), (1, 64)),
        ((12288, 20), (1, 20)),
    ]
    # As printed, with 8 decimals.
    published = [0.90085595, -0.7612069, 0.2344157]
    np.testing.assert_allclose(batches[0][0][0, :3], published, atol=5e-9)


def test_published_arrays_of_2021():
    X = np.arange(148)[None, :] * 12288 + np.arange(12288)[:, None]
    batches = mini_batches(X, np.zeros((1, 148)), 64, 0)
    assert batches[0][0][0, :3].tolist() == [294912, 86016, 454656]
    assert batches[-1][0][-1, :3].tolist() == [1425407, 1769471, 897023]


@settings(deadline=None, max_examples=30)
@given(
    examples=st.integers(1, 200),
    size=st.integers(1, 70),
    seed=st.integers(0, 2**32 - 1),
)
def test_every_example_once_with_its_label(examples, size, seed):
    X = np.stack([np.arange(examples), -np.arange(examples)])
    Y = np.arange(examples)[None] * 10
    batches = mini_batches(X, Y, size=size, seed=seed)
    assert len(batches) == -(-examples // size)
    assert all(x.shape[1] == size for x, _ in batches[:-1])
    joined = np.concatenate([x for x, _ in batches], axis=1)
    assert sorted(joined[0]) == list(range(examples))
    np.testing.assert_array_equal(
        np.concatenate([y for _, y in batches], 1)[0], joined[0] * 10
    )


@pytest.mark.parametrize(
    ("X", "Y", "size", "message"),
    [
        (np.zeros((2, 5)), np.zeros(5), 2, r"column per example.*Y\.shape=\(5,\)"),
        (
            np.zeros((5, 2)),
            np.zeros((1, 5)),
            2,
            r"column per example.*\(5, 2\).*Transpose",
        ),
        (np.zeros((2, 0)), np.zeros((1, 0)), 2, r"column per example"),
        (np.zeros((2, 5)), np.zeros((1, 5)), 0, r"`size` must be an int >= 1.*size=0"),
    ],
)
def test_refuses(X, Y, size, message):
    with pytest.raises(ValueError, match=message):
        mini_batches(X, Y, size=size)
