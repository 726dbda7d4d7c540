import json

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.neighbors import NearestNeighbors

from tfkit.diagnose.distribution_shift import duplicates, find_duplicates


@pytest.fixture(scope="module")
def images():
    return load_digits().images.astype("float32")


def overlap(report, split, other):
    return next(o for o in report.overlaps if (o.split, o.other) == (split, other))


def test_equal_rows_against_a_search_in_pairs():
    generator = np.random.default_rng(0)
    train = generator.integers(0, 3, (40, 3))
    dev = generator.integers(0, 3, (30, 3))
    report = find_duplicates(train, dev)
    equal = (dev[:, None] == train).all(axis=2)
    leaked = overlap(report, "dev", "train")
    np.testing.assert_array_equal(leaked.indices, np.flatnonzero(equal.any(axis=1)))
    np.testing.assert_array_equal(
        leaked.partners, equal.argmax(axis=1)[equal.any(axis=1)]
    )
    within = (train[:, None] == train).all(axis=2)
    repeated = [i for i in range(40) if within[i, :i].any()]
    copies = overlap(report, "train", "train")
    np.testing.assert_array_equal(copies.indices, repeated)
    np.testing.assert_array_equal(copies.partners, within.argmax(axis=1)[repeated])
    np.testing.assert_array_equal(
        report.new_examples("dev"), np.flatnonzero(~equal.any(axis=1))
    )


def test_near_images_against_scikit_learn(images):
    train, dev = images[:600], images[600:900].copy()
    dev[:15] = 1.3 * train[:15] + 2  # brighter and of more contrast: equal once more
    dev[15:30] = train[15:30]
    dev[15:30, 4, 4] += 1
    report = find_duplicates(train, dev, tolerance=0.2)
    flat = [part.reshape(len(part), -1).astype(float) for part in (train, dev)]
    centred = [part - part.mean(axis=1, keepdims=True) for part in flat]
    z = [part / np.linalg.norm(part, axis=1, keepdims=True) for part in centred]
    radius = 0.2 * report.typical_distance
    nearest, position = NearestNeighbors(n_neighbors=1).fit(z[0]).kneighbors(z[1])
    expected = np.flatnonzero(nearest[:, 0] <= radius)
    found = overlap(report, "dev", "train")
    np.testing.assert_array_equal(found.indices, expected)
    np.testing.assert_array_equal(found.partners, position[expected, 0])
    # float32, of values near 1
    np.testing.assert_allclose(
        found.distances * report.typical_distance, nearest[expected, 0], atol=1e-5
    )
    assert set(range(30)) <= set(found.indices.tolist())
    assert found.exact == 0
    pairs = np.linalg.norm(z[0][:300, None] - z[0][None, 300:], axis=2)
    # The median of 5000 random pairs.
    assert report.typical_distance == pytest.approx(np.median(pairs), rel=0.03)


def test_near_rows_within_a_table():
    generator = np.random.default_rng(0)
    table = generator.normal(size=(50, 3)) * [1, 1000, 1e-3]
    table[30] = table[3] + [1e-3, 1, 1e-6]
    report = find_duplicates(table, tolerance=0.01)
    assert overlap(report, "train", "train").indices.tolist() == [30]
    assert overlap(report, "train", "train").partners.tolist() == [3]
    assert report.verdict == "copies within train (1 of 50)"


def test_digits_have_no_duplicates(images):
    report = find_duplicates(images[:1000], images[1000:1400], images[1400:])
    assert report.verdict == "no duplicates"
    assert report.advice == ()
    assert len(report.overlaps) == 6


def test_what_leaks_makes_the_error_too_small():
    train = np.arange(40.0).reshape(20, 2)
    dev = np.concatenate([train[:2], 100 + train[:6]])
    report = find_duplicates(train, dev)
    assert report.leaks[0].share == 0.25
    # 1 of 8 is wrong; the 2 leaked ones are right, so 1 of 6.
    assert report.error_on_new("dev", 1 / 8) == pytest.approx(1 / 6)
    assert "6.7%" in report.advice[0]  # 5 % / 0.75
    with pytest.raises(ValueError, match="must have new examples"):
        find_duplicates(train, train).error_on_new("dev", 0.1)
    with pytest.raises(ValueError, match="`split` must be one of"):
        report.new_examples("test")


def test_conflicting_labels_and_the_error_they_force():
    train = np.array([[0], [0], [0], [1], [2]])
    report = find_duplicates(train, [[1], [5]], labels=([7, 7, 8, 1, 2], [3, 4]))
    assert [conflict.members for conflict in report.conflicts] == [
        (("train", 0, "7"), ("train", 1, "7"), ("train", 2, "8")),
        (("train", 3, "1"), ("dev", 0, "3")),
    ]
    # One of the three equal ones must be wrong; within dev there is no conflict.
    assert report.least_error == {"train": pytest.approx(0.2), "dev": 0.0}
    assert report.verdict.endswith("2 inputs have conflicting labels")


def test_groups_in_two_splits():
    train, dev = np.arange(6.0)[:, None], np.arange(10.0, 14.0)[:, None]
    groups = (["ann", "ann", "bob", "bob", "cy", "cy"], ["bob", "dan", "dan", "ann"])
    report = find_duplicates(train, dev, groups=groups)
    assert report.shared_groups[0].indices.tolist() == [0, 3]
    assert report.shared_groups[0].partners.tolist() == [2, 0]
    assert report.new_examples("dev").tolist() == [1, 2]
    assert report.verdict.endswith("(50.0%) are in train by their group")


def test_what_counts_as_equal():
    report = find_duplicates([[0.0, np.nan], [1.0, 2.0]], [[-0.0, np.nan]])
    assert len(report.leaks[0].indices) == 1
    # 0.1 in float32 and in float64
    train, dev = np.array([[0.1]], "float32"), np.array([[0.1]], "float64")
    assert len(find_duplicates(train, dev).leaks) == 1
    table = pd.DataFrame({"n": [1.0, 2.0], "c": ["x", "y"]})
    assert find_duplicates(table, table[1:]).leaks[0].partners.tolist() == [1]


def test_report_is_plain_and_fits_the_line(images):
    dev = np.concatenate([images[:5], images[1000:1020]])
    report = find_duplicates(
        images[:1000],
        dev,
        labels=(np.zeros(1000, int), np.ones(25, int)),
        groups=(np.arange(1000), np.arange(25)),
        tolerance=0.1,
    )
    plain = json.loads(json.dumps(report.to_dict()))
    assert plain["overlaps"][2]["exact"] == 5
    assert plain["verdict"] == report.verdict
    assert max(map(len, str(report).splitlines())) <= 88


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((np.ones((3, 2)), np.ones((3, 4))), {}, "one shape"),
        ((np.ones((3, 2)), np.ones((0, 2))), {}, "must have examples"),
        ((np.full((3, 2), np.inf),), {}, "infinite values"),
        ((np.ones((3, 2)),), {"tolerance": 2.0}, "`tolerance`"),
        ((np.array([[np.nan], [1]]),), {"tolerance": 0.1}, "no missing values"),
        (
            (np.ones((3, 2)), np.ones((3, 2))),
            {"labels": ([0] * 3,)},
            "one array for each",
        ),
        ((np.ones((3, 2)),), {"groups": ([0] * 2,)}, "one for each of its 3"),
        ((np.ones((3, 2)), np.ones((3, 2))), {"names": ("x",)}, "`names`"),
    ],
)
def test_bad_input_is_refused(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        find_duplicates(*arguments, **options)


def test_a_tolerance_that_takes_all_for_near_is_refused(monkeypatch):
    monkeypatch.setattr(duplicates, "_MOST_PAIRS", 1000)
    rows = np.random.default_rng(0).normal(size=(100, 2))
    with pytest.raises(ValueError, match="leave most examples apart"):
        find_duplicates(rows, tolerance=1.0)
