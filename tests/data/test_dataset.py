"""The container: checked at birth, sampled without touching the official parts."""

import dataclasses

import numpy as np
import pytest

from tfkit.data import Dataset, load
from tfkit.data.dataset import from_parts

NAMES = ("a", "b", "c")


@pytest.fixture
def dataset(table):
    x, y = table
    splits = {"train": np.arange(40), "test": np.arange(40, 60)}
    y = np.arange(60) % 3
    return Dataset("mine", x, y, NAMES, splits, groups=np.arange(60) // 2)


def test_describes_itself(dataset):
    assert dataset.examples == 60
    assert dataset.num_classes == 3
    assert dataset.shape == (4,)
    with pytest.raises(dataclasses.FrozenInstanceError):
        dataset.name = "other"


def test_refuses_what_cannot_be_trained_on(table):
    x, y = table
    with pytest.raises(ValueError, match=r"from 0 to 1\. Received: labels from 0 to 2"):
        Dataset("mine", x, y, ("a", "b"))
    with pytest.raises(
        ValueError, match=r"`groups` must have one value.*len\(groups\)=3"
    ):
        Dataset("mine", x, y, NAMES, groups=np.arange(3))


def test_sample_keeps_the_official_test_part_whole(dataset):
    small = dataset.sample(10, seed=1)
    assert small.examples == 30
    np.testing.assert_array_equal(small.x[small.splits["test"]], dataset.x[40:])
    assert len(small.splits["train"]) == 10
    # Each example kept its label and its group.
    where = [np.flatnonzero((dataset.x == row).all(1))[0] for row in small.x]
    np.testing.assert_array_equal(small.y, dataset.y[where])
    np.testing.assert_array_equal(small.groups, dataset.groups[where])
    assert sorted(where) == where


def test_sample_is_a_function_of_the_seed(dataset):
    np.testing.assert_array_equal(
        dataset.sample(9, seed=3).x, dataset.sample(9, seed=3).x
    )
    assert not np.array_equal(dataset.sample(9, seed=3).x, dataset.sample(9, seed=4).x)


def test_sample_of_more_than_there_are_is_all(dataset):
    assert dataset.sample(1000) is dataset


@pytest.mark.parametrize("examples", [0, -1, 2.5])
def test_sample_refuses(dataset, examples):
    with pytest.raises(
        ValueError, match=rf"`examples` must be an int >= 1.*={examples}"
    ):
        dataset.sample(examples)


def test_from_parts_refuses_parts_that_do_not_fit(table):
    x, y = table
    with pytest.raises(ValueError, match=r"one shape.*train: \(4,\), test: \(2,\)"):
        from_parts("mine", {"train": (x, y), "test": (x[:, :2], y)}, NAMES)
    with pytest.raises(
        ValueError, match=r"test part of 'mine'.*60 inputs and 3 labels"
    ):
        from_parts("mine", {"train": (x, y), "test": (x, y[:3])}, NAMES)


def test_what_is_printed_is_no_page_of_numbers():
    shown = "Dataset('digits', 1797 examples of shape (8, 8, 1), 10 classes)"
    assert repr(load("digits")) == shown
