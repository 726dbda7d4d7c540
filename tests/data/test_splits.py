"""Splits: the course's sizes, proportions, groups, stability, and warnings."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfkit.data import (
    Dataset,
    SplitWarning,
    load,
    split,
    split_fractions,
    train_dev_test_split,
)

NAMES = ("train", "dev", "test")


def parts(splits):
    return [getattr(splits, name) for name in NAMES]


def distinct(examples, seed=0):
    """Examples that are no copies of each other."""
    return np.random.default_rng(seed).permutation(examples)[:, None].astype("float32")


@pytest.mark.parametrize(
    ("examples", "fractions"),
    [
        (100, (0.6, 0.2, 0.2)),
        (10_000, (0.6, 0.2, 0.2)),
        (99_999, (0.6, 0.2, 0.2)),
        (100_000, (0.98, 0.01, 0.01)),
        (1_000_000, (0.98, 0.01, 0.01)),
        # The course's quiz: 98/1/1 for ten million.
        (10_000_000, (0.98, 0.01, 0.01)),
        (10_000_001, (0.995, 0.0025, 0.0025)),
    ],
)
def test_fractions_follow_the_course(examples, fractions):
    assert split_fractions(examples) == fractions
    # Three decimal fractions sum to 1 within float64's rounding.
    assert sum(split_fractions(examples)) == pytest.approx(1, abs=1e-15)


def test_fractions_refuse_no_examples():
    with pytest.raises(
        ValueError, match=r"`examples` must be an int >= 1. Received: 0"
    ):
        split_fractions(0)


@settings(deadline=None, max_examples=25)
@given(
    counts=st.lists(st.integers(8, 60), min_size=2, max_size=4),
    dev=st.floats(0.15, 0.35),
    test=st.floats(0.15, 0.35),
    seed=st.integers(0, 2**32 - 1),
)
def test_stratified_parts_are_a_partition_with_equal_proportions(
    counts, dev, test, seed
):
    y = np.repeat(np.arange(len(counts)), counts)
    x, fractions = distinct(len(y)), (1 - dev - test, dev, test)
    with warnings.catch_warnings():
        # A class of 8 can miss a part of 15 %: that is what the warning is for.
        warnings.simplefilter("ignore", SplitWarning)
        splits = train_dev_test_split(x, y, fractions=fractions, seed=seed)
    joined = np.concatenate([part.indices for part in parts(splits)])
    np.testing.assert_array_equal(np.sort(joined), np.arange(len(y)))
    for part, fraction in zip(parts(splits), fractions, strict=True):
        np.testing.assert_array_equal(part.x, x[part.indices])
        np.testing.assert_array_equal(part.y, y[part.indices])
        assert (np.diff(part.indices) > 0).all()
        assert part.examples == pytest.approx(len(y) * fraction, abs=1.01)
        expected = np.array(counts) * fraction
        # Whole examples: each of the two draws rounds a class by less than one.
        assert np.abs(np.bincount(part.y, minlength=len(counts)) - expected).max() < 2


def test_seed_decides():
    x, y = distinct(100), np.arange(100) % 2
    same = [train_dev_test_split(x, y, seed=3).test.indices.tolist() for _ in range(2)]
    assert same[0] == same[1]
    assert same[0] != train_dev_test_split(x, y, seed=4).test.indices.tolist()


def test_without_stratification_sizes_are_kept():
    x, y = distinct(101), np.arange(101) % 2
    splits = train_dev_test_split(x, y, stratify=False)
    assert [part.examples for part in parts(splits)] == [61, 20, 20]


@pytest.mark.parametrize("fractions", [(0.8, 0.2, 0), (0.8, 0.2)])
@pytest.mark.parametrize("how", [{}, {"stratify": False}, {"stable_by_hash": True}])
def test_works_without_a_test_set(fractions, how):
    splits = train_dev_test_split(
        distinct(100), np.arange(100) % 2, fractions=fractions, **how
    )
    assert splits.test.examples == 0
    assert splits.test.x.shape == (0, 1)
    assert splits.train.examples + splits.dev.examples == 100


@settings(deadline=None, max_examples=25)
@given(
    sizes=st.lists(st.integers(1, 12), min_size=60, max_size=90),
    stratify=st.booleans(),
    by_hash=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_no_group_is_in_two_parts(sizes, stratify, by_hash, seed):
    groups = np.repeat([f"patient {i}" for i in range(len(sizes))], sizes)
    groups = np.random.default_rng(seed).permutation(groups)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SplitWarning)
        splits = train_dev_test_split(
            distinct(len(groups)),
            np.arange(len(groups)) % 2,
            groups=groups,
            stratify=stratify,
            stable_by_hash=by_hash,
            seed=seed,
        )
    found = [set(groups[part.indices]) for part in parts(splits)]
    assert not found[0] & found[1]
    assert not found[0] & found[2]
    assert not found[1] & found[2]


def test_groups_keep_sizes_and_proportions():
    generator = np.random.default_rng(0)
    sizes = generator.integers(2, 9, 200)
    groups = np.repeat(np.arange(200), sizes)
    # Each group is of one class, as patients are; a third are of class 1.
    y = (groups % 3 == 0).astype(int)
    splits = train_dev_test_split(distinct(len(y)), y, groups=groups, seed=1)
    for part, fraction in zip(parts(splits), (0.6, 0.2, 0.2), strict=True):
        # The greedy rule ends within one small group (2 to 8 examples) per class.
        assert part.examples == pytest.approx(len(y) * fraction, abs=8)
        assert part.y.sum() == pytest.approx(y.sum() * fraction, abs=8)


def test_membership_by_hash_is_stable_when_data_grow_and_move():
    x, y = distinct(3000), np.arange(3000) % 3

    def where(x, y):
        splits = train_dev_test_split(
            x, y, fractions=(0.6, 0.2, 0.2), stable_by_hash=True, seed=1
        )
        return {
            float(value): name
            for name, part in zip(NAMES, parts(splits), strict=True)
            for value in part.x[:, 0]
        }

    before = where(x[:1000], y[:1000])
    order = np.random.default_rng(5).permutation(3000)
    after = where(x[order], y[order])
    assert all(after[value] == name for value, name in before.items())
    counts = [list(after.values()).count(name) for name in NAMES]
    # Binomial of 3000: standard deviations 27 and 22; four of them.
    np.testing.assert_allclose(counts, [1800, 600, 600], atol=108)


def test_hash_of_groups_does_not_depend_on_the_longest_name():
    x, y = distinct(400), np.arange(400) % 2
    groups = np.array([f"p{i // 4}" for i in range(400)])
    longer = np.array([*groups[:-1], "a patient with a much longer name"])
    for g in (groups, longer):
        splits = train_dev_test_split(x, y, groups=g, stable_by_hash=True)
        if g is groups:
            before = splits.test.indices
    # All but the renamed last example.
    np.testing.assert_array_equal(
        before[before < 396], splits.test.indices[splits.test.indices < 396]
    )


def test_smaller_fractions_never_move_training_examples_into_the_test_part():
    x, y = distinct(5000), np.arange(5000) % 2
    small = train_dev_test_split(x, y, fractions=(0.6, 0.2, 0.2), stable_by_hash=True)
    large = train_dev_test_split(
        x, y, fractions=(0.98, 0.01, 0.01), stable_by_hash=True
    )
    assert set(large.test.indices) <= set(small.test.indices)
    assert not set(large.dev.indices) & set(small.train.indices)


def test_official_parts_stay_what_they_are():
    x, y = distinct(100), np.arange(100) % 2
    test = np.arange(70, 100)
    splits = train_dev_test_split(x, y, fixed={"train": np.arange(70), "test": test})
    np.testing.assert_array_equal(splits.test.indices, test)
    # 60:20 of the remaining 70, rounded.
    assert (splits.train.examples, splits.dev.examples) == (52, 18)
    both = {"dev": np.arange(10), "test": np.arange(10, 30)}
    splits = train_dev_test_split(x, y, fixed=both)
    np.testing.assert_array_equal(splits.dev.indices, np.arange(10))
    assert splits.train.examples == 70


def test_split_keeps_a_datasets_parts_and_groups():
    x, y = distinct(100), np.arange(100) % 2
    official = Dataset("a", x, y, ("0", "1"), {"test": np.arange(20)})
    np.testing.assert_array_equal(split(official).test.indices, np.arange(20))
    grouped = Dataset("a", x, y, ("0", "1"), groups=np.arange(100) // 5)
    members = [set(part.indices // 5) for part in parts(split(grouped))]
    assert not members[0] & members[1]
    assert not members[0] & members[2]


def test_split_of_digits_is_stratified():
    digits = load("digits")
    splits = split(digits, seed=0)
    share = np.bincount(digits.y) / digits.examples
    for part in parts(splits):
        # Two whole examples of each class at most.
        expected = share * part.examples
        assert np.abs(np.bincount(part.y) - expected).max() < 2


def test_warns_of_copies_across_parts():
    x, y = distinct(100), np.arange(100) % 2
    x[99] = x[0]
    fixed = {"dev": np.arange(50, 60), "test": np.arange(90, 100)}
    with pytest.warns(
        SplitWarning, match=r"mislead: 1 of test is an exact copy of .* train \(10.0%\)"
    ):
        train_dev_test_split(x, y, fixed=fixed)


def test_a_copy_in_many_is_told_as_what_it_is():
    x, y = distinct(1000), np.arange(1000) % 2
    x[999] = x[0]
    fixed = {"dev": np.arange(500, 600), "test": np.arange(900, 1000)}
    # 1 of 100; a copy can hide one error at most.
    with pytest.warns(SplitWarning, match="error is too low by 1.0% at most") as told:
        train_dev_test_split(x, y, fixed=fixed)
    assert "mislead" not in str(told[0].message)
    x[995:999] = x[1:5]
    with pytest.warns(SplitWarning, match="mislead: 5 of test are exact copies"):
        train_dev_test_split(x, y, fixed=fixed)


def test_hash_puts_copies_into_one_part():
    x = np.repeat(distinct(200), 2, axis=0)
    # No SplitWarning: warnings are errors in these tests.
    train_dev_test_split(x, np.arange(400) % 2, stable_by_hash=True)


def test_warns_of_a_missing_class():
    x, y = distinct(100), np.arange(100) % 2
    y[0] = 2
    message = r"train part has no example of class 2; the dev part has no .* class 2"
    with pytest.warns(SplitWarning, match=message):
        train_dev_test_split(x, y, fixed={"test": np.arange(3)})


def test_warnings_point_at_the_caller():
    x, y = np.zeros((100, 1)), np.arange(100) % 2
    with pytest.warns(SplitWarning) as record:
        train_dev_test_split(x, y)
    assert record[0].filename == __file__
    with pytest.warns(SplitWarning) as record:
        split(Dataset("a", x, y, ("0", "1")))
    assert record[0].filename == __file__


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fractions": (0.6, 0.2, 0.3)}, r"sum to 1.*\(0\.6, 0\.2, 0\.3\), sum 1\.1"),
        ({"fractions": (1.2, -0.2, 0)}, r"`fractions` must be three numbers >= 0"),
        ({"fractions": (0, 0.5, 0.5)}, r"the first above 0"),
        ({"fractions": (1.0,)}, r"`fractions` must be three numbers"),
        ({"fractions": (float("nan"), 0.5, 0.5)}, r"`fractions` must be three numbers"),
        ({"y": np.zeros(5)}, r"the same length.*y\.shape=\(5,\)"),
        ({"x": np.zeros((0, 1)), "y": np.zeros(0)}, r"at least 1"),
        ({"groups": np.zeros(3)}, r"`groups` must have one value.*\(3,\)"),
        ({"groups": np.arange(30) // 15}, r"at least 3 groups.*2 groups"),
        (
            {"y": np.eye(30, dtype=int)[0]},
            r"at least 3 examples.*class 1 with 1.*stratify",
        ),
        (
            {"y": np.arange(30) // 3},
            r"each of the 10 classes.*a dev part of 6|test part of 6",
        ),
        (
            {"x": np.zeros((2, 1)), "y": np.arange(2), "stratify": False},
            r"at least one example\. Received: 2 examples.*fewer parts",
        ),
        (
            {"x": np.zeros((30, 1)), "stable_by_hash": True},
            r"part must not be empty.*none of 30 examples",
        ),
        (
            {"groups": np.arange(30) // 3, "fractions": (0.98, 0.01, 0.01)},
            r"the dev part must not be empty|The dev part must not be empty",
        ),
        ({"fixed": {"tset": [1]}}, r"`fixed` must have keys.*'tset'"),
        ({"fixed": {"test": [1, 1]}}, r"2 indices, 1 different, for 30 examples"),
        ({"fixed": {"test": [1], "dev": [1]}}, r"2 indices, 1 different"),
        ({"fixed": {"test": [30]}}, r"`fixed` must hold different indices"),
        ({"fixed": {"test": np.arange(30)}}, r"leave some to train on"),
    ],
)
def test_refuses(options, message):
    arguments = {"x": distinct(30), "y": np.arange(30) % 2} | options
    with pytest.raises(ValueError, match=message):
        train_dev_test_split(**arguments)


def test_arrays_are_sent_to_the_function_for_arrays():
    with pytest.raises(TypeError, match=r"tuple.*train_dev_test_split\(x, y\)"):
        split((np.zeros((4, 1)), np.zeros(4)))


def test_what_is_printed_of_parts_is_no_page_of_numbers():
    parts = split(load("digits"))
    assert repr(parts.dev) == "Part(359 examples of shape (8, 8, 1))"
    assert len(repr(parts)) < 200
