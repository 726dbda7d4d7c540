import json

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits, load_iris

from tfkit.diagnose.distribution_shift import distribution_shift


@pytest.fixture(scope="module")
def digits():
    """Digits in two halves drawn at random: images and labels of both."""
    x, y = load_digits(return_X_y=True)
    a, b = np.random.default_rng(0).permutation(len(x))[:1600].reshape(2, 800)
    images = x.reshape(-1, 8, 8)
    return images[a], images[b], y[a], y[b]


def named(items):
    return {item.name for item in items if item.differs}


def verdict_of(report, name):
    return next(test.differs for test in report.tests if test.name == name)


def test_digits_split_at_random_are_the_same(digits):
    a, b, y_a, y_b = digits
    report = distribution_shift(a, b, labels_a=y_a, labels_b=y_b)
    assert report.outcome == "same"
    assert report.verdict.startswith("same: no difference of train and dev")
    assert not named(report.features)
    assert not named(report.classes)
    assert report.advice == ()
    # Guessing; the standard error of the AUC of 800 + 800 is 0.014.
    assert abs(report.auc - 0.5) < 0.05


def test_brighter_digits_differ_in_brightness(digits):
    a, b, y_a, y_b = digits
    report = distribution_shift(a, b * 1.1, labels_a=y_a, labels_b=y_b)
    assert report.outcome == "different"
    assert {"brightness", "contrast"} <= named(report.features)
    assert not named(report.classes)
    brightness = next(item for item in report.features if item.name == "brightness")
    # By hand: images' means, and their pooled standard deviation.
    means_a, means_b = a.mean(axis=(1, 2)), 1.1 * b.mean(axis=(1, 2))
    spread = np.sqrt((means_a.var() + means_b.var()) / 2)
    np.testing.assert_allclose(  # float32 images
        brightness.shift, (means_b.mean() - means_a.mean()) / spread, rtol=1e-4
    )


def test_rotated_digits_differ_in_edges_and_not_in_brightness(digits):
    a, b, _, _ = digits
    report = distribution_shift(a, np.rot90(b, axes=(1, 2)))
    assert report.outcome == "different"
    found = named(report.features)
    assert {"horizontal edges", "vertical edges"} <= found
    assert not found & {"brightness", "contrast"}
    assert report.auc > 0.99
    # Far-off principal components are no sign of another scale.
    assert not any("scale" in step for step in report.advice)


def test_dropped_classes_are_named(digits):
    a, b, y_a, y_b = digits
    kept = y_b < 8
    report = distribution_shift(
        a,
        b[kept],
        labels_a=y_a,
        labels_b=y_b[kept],
        class_names=[f"digit {k}" for k in range(10)],
    )
    assert report.outcome == "different"
    assert {"digit 8", "digit 9"} <= named(report.classes)
    assert report.classes[0].share_b == 0
    assert report.advice[-1].startswith("split with equal shares")


def test_iris_is_too_small_to_say():
    x, y = load_iris(return_X_y=True)
    a, b = np.random.default_rng(0).permutation(150).reshape(2, 75)
    report = distribution_shift(x[a], x[b], labels_a=y[a], labels_b=y[b])
    assert report.outcome == "unclear"
    assert report.verdict.startswith("not enough data to say")
    assert "times as many examples" in report.advice[0]
    # ... and large enough to tell two species from the third.
    report = distribution_shift(x[y < 2], x[y == 2])
    assert report.outcome == "different"


def test_the_shifted_feature_is_named_and_measured():
    generator = np.random.default_rng(1)
    a, b = generator.normal(size=(2, 500, 20))
    b[:, 7] += 0.5
    report = distribution_shift(a, b)
    assert named(report.features) == {"feature 7"}
    assert report.features[0].name == "feature 7"
    # The standard error of a difference of 500 + 500 is 0.063.
    assert abs(report.features[0].shift - 0.5) < 0.2
    assert "feature 7" in report.verdict


def test_a_correlation_is_seen_by_the_classifier_alone():
    generator = np.random.default_rng(2)
    a, b = generator.normal(size=(2, 500, 4))
    b[:, 1] = 0.6 * b[:, 0] + 0.8 * b[:, 1]
    report = distribution_shift(a, b)
    assert verdict_of(report, "classifier")
    assert not verdict_of(report, "features")
    assert report.auc_sees == "means, variances and correlations"
    assert "the features together" in report.verdict


def test_missing_values_are_a_feature():
    generator = np.random.default_rng(3)
    a, b = generator.normal(size=(2, 400, 3))
    a[:20, 0], b[:100, 0] = np.nan, np.nan
    report = distribution_shift(a, b, feature_names=["age", "height", "weight"])
    assert "age missing" in named(report.features)
    missing = next(item for item in report.features if item.name == "age missing")
    assert (missing.mean_a, missing.mean_b) == (0.05, 0.25)
    assert any("missing more often" in step for step in report.advice)


def test_a_data_frame_has_categories():
    generator = np.random.default_rng(4)
    a = pd.DataFrame(
        {"size": generator.normal(size=300), "colour": ["red", "blue", "red"] * 100}
    )
    b = pd.DataFrame(
        {"size": generator.normal(size=300), "colour": ["red", "blue", "green"] * 100}
    )
    report = distribution_shift(a, b)
    assert named(report.features) == {"colour"}
    colour = report.features[0]
    # A third of the examples would have to be of another colour.
    assert colour.shift is None
    assert colour.distance == pytest.approx(1 / 3, abs=1e-12)
    assert "colour" in str(report)


def test_other_units_are_told():
    generator = np.random.default_rng(5)
    a, b = generator.uniform(size=(2, 200, 3))
    report = distribution_shift(255 * a + 500, b)
    assert report.advice[0].startswith("check the scale first")


def test_of_very_many_examples_some_are_drawn():
    generator = np.random.default_rng(6)
    a, b = generator.normal(size=(3000, 2)), generator.normal(size=(50, 2))
    report = distribution_shift(a, b, max_examples=500)
    assert (report.sizes, report.used) == ((3000, 50), (500, 50))
    assert "of which 500 and 50 were looked at" in str(report)


def test_the_answer_is_the_same_each_time_and_nothing_is_touched():
    generator = np.random.default_rng(7)
    a, b = generator.normal(size=(2, 100, 3))
    kept = a.copy(), b.copy()
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first, second = (distribution_shift(a, b, seed=3).to_dict() for _ in range(2))
    assert first == second
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    np.testing.assert_array_equal(a, kept[0])
    np.testing.assert_array_equal(b, kept[1])


def test_false_alarms_are_rare():
    # 100 cases at 5 %: more than 11 have a probability of 0.4 % (binomial); the full
    # table is in docs/DIAGNOSE.md.
    alarms = 0
    for seed in range(100):
        generator = np.random.default_rng(seed)
        a, b = generator.normal(size=(60, 5)), generator.normal(size=(40, 5))
        y_a, y_b = generator.integers(0, 3, 60), generator.integers(0, 3, 40)
        report = distribution_shift(a, b, labels_a=y_a, labels_b=y_b)
        alarms += report.outcome == "different"
    assert alarms <= 11


def test_the_named_effect_is_found():
    # Power 90 % or more: fewer than 15 of 20 have a probability of at most 1 %.
    found = 0
    for seed in range(20):
        generator = np.random.default_rng(seed)
        a, b = generator.normal(size=(2, 250, 5))
        b[:, 0] += 0.45
        found += distribution_shift(a, b).outcome == "different"
    assert found >= 15


@pytest.mark.parametrize(
    ("a", "b", "options", "message"),
    [
        (np.ones((5, 2)), np.ones((5, 3)), {}, "must have one shape"),
        (np.ones((5, 2)), np.ones((1, 2)), {}, "two examples or more"),
        (np.ones((5, 2)), np.full((5, 2), np.inf), {}, "infinite values"),
        (np.ones((5, 4, 4)), np.full((5, 4, 4), np.nan), {}, "must not hold NaN"),
        (np.ones((5, 2)), np.ones((5, 2, 2, 2, 2)), {}, "must be a table"),
        (np.ones((5, 2)), np.ones((5, 2)), {"alpha": 0.0}, "`alpha`"),
        (np.ones((5, 2)), np.ones((5, 2)), {"names": ("a", "a")}, "`names`"),
        (np.ones((5, 2)), np.ones((5, 2)), {"feature_names": "a"}, "one name for each"),
        (np.ones((5, 2)), np.ones((5, 2)), {"labels_a": [0] * 5}, "for both sets"),
        ([[1], [1, 2]], np.ones((5, 2)), {}, "rows of one length"),
    ],
)
def test_bad_input_is_refused(a, b, options, message):
    with pytest.raises(ValueError, match=message):
        distribution_shift(a, b, **options)


def test_text_is_refused():
    with pytest.raises(TypeError, match="must hold numbers"):
        distribution_shift(np.array([["a"], ["b"]]), np.ones((2, 1)))
    with pytest.raises(TypeError, match="of one kind"):
        distribution_shift(pd.DataFrame({"a": [1, 2]}), np.ones((2, 1)))


def test_constant_data_are_no_difference():
    report = distribution_shift(np.ones((50, 2)), np.ones((50, 2)))
    assert report.outcome != "different"
    assert report.features == ()


def test_report_is_plain_and_fits_the_line(digits):
    a, b, y_a, y_b = digits
    report = distribution_shift(
        a, b[::-1] * 1.2, labels_a=y_a, labels_b=y_b, names=("dev", "test")
    )
    plain = json.loads(json.dumps(report.to_dict()))
    assert plain["outcome"] == "different"
    assert plain["verdict"] == report.verdict
    assert plain["features"][0]["name"] == report.features[0].name
    assert max(map(len, str(report).splitlines())) <= 88
    assert "must come from one distribution" in report.advice[0]


@pytest.mark.parametrize(
    ("alpha", "text"), [(0.05, "5.0 %"), (0.025, "2.5 %"), (0.05 / 3, "1.7 %")]
)
def test_the_share_of_false_alarms_is_not_rounded_to_another(alpha, text):
    a, b = np.random.default_rng(0).normal(size=(2, 20, 2))
    lines = str(distribution_shift(a, b, alpha=alpha)).splitlines()
    assert any(
        line.endswith(
            f"; at most {text} is called a difference, which allows {text} false alarms"
        )
        for line in lines
    )


def test_classes_are_listed_where_they_differ_and_components_explained(digits):
    a, b, y_a, y_b = digits
    same = str(distribution_shift(a, b, labels_a=y_a, labels_b=y_b))
    assert "shares of the 10 classes: no difference beyond chance" in same
    share = [np.bincount(y, minlength=10) / len(y) for y in (y_a, y_b)]
    assert f"{100 * np.abs(share[1] - share[0]).max():.1f} points" in same
    assert "principal component of the pixels" in same
    few = y_b > 2
    other = str(distribution_shift(a, 3 * b[few], labels_a=y_a, labels_b=y_b[few]))
    assert "no difference beyond chance" not in other
    assert any(line.split()[:1] == ["class"] for line in other.splitlines())
    assert "p < 1e-99" in other
    assert "p = <" not in other
    assert max(map(len, [*same.splitlines(), *other.splitlines()])) <= 88
