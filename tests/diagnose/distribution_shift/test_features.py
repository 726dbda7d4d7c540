import numpy as np
import pandas as pd
import pytest

import tfkit
from tfkit.diagnose.distribution_shift.features import (
    as_rows,
    classifier_inputs,
    compared_features,
)


def features_of(a, b, names=None):
    return compared_features(as_rows(a, "a"), as_rows(b, "b"), names, ("a", "b"))


def test_the_rows_of_a_part_are_its_inputs():
    part = tfkit.data.split(tfkit.data.load("digits"), seed=0).dev
    np.testing.assert_array_equal(as_rows(part, "dev"), part.x)


def test_numbers_of_an_image():
    generator = np.random.default_rng(0)
    a = generator.uniform(size=(6, 5, 4, 3))
    found = features_of(a, generator.uniform(size=(7, 5, 4, 3)))
    columns = dict(zip(found.names, found.a.T, strict=True))
    # float32 sums of sixty numbers below 1
    close = {"atol": 1e-6}
    np.testing.assert_allclose(columns["brightness"], a.mean((1, 2, 3)), **close)
    np.testing.assert_allclose(columns["contrast"], a.std((1, 2, 3)), **close)
    np.testing.assert_allclose(columns["mean green"], a[..., 1].mean((1, 2)), **close)
    rows = np.abs(a[:, 1:] - a[:, :-1]).mean((1, 2, 3))
    np.testing.assert_allclose(columns["horizontal edges"], rows, **close)
    assert found.kind == "images"
    assert "component 10" in columns
    # 12 components of 13 images, ten of them among the features
    assert found.extra.shape == (13, 2)


def test_large_images_are_made_smaller():
    images = np.random.default_rng(0).uniform(size=(8, 224, 100))
    assert np.isfinite(features_of(images, images).a).all()


def test_a_vector_is_one_feature():
    found = features_of(np.arange(5), np.arange(4))
    assert (found.names, found.a.shape) == (("feature 0",), (5, 1))


def test_columns_of_a_table_must_fit():
    with pytest.raises(ValueError, match="same columns"):
        features_of(pd.DataFrame({"x": [1.0]}), pd.DataFrame({"y": [1.0]}))
    with pytest.raises(ValueError, match="left out for images"):
        features_of(np.ones((3, 4, 4)), np.ones((3, 4, 4)), ["a"])


def test_the_classifier_sees_finite_columns_of_all_kinds():
    a = pd.DataFrame({"n": [1.0, None, 3.0], "c": ["x", "y", None], "k": [1, 1, 1]})
    b = pd.DataFrame({"n": [4.0, 5.0, 6.0], "c": ["x", "z", "x"], "k": [1, 1, 1]})
    inputs = classifier_inputs(features_of(a, b))
    # n is missing, n, c is missing, x, y, z; k is constant.
    assert inputs.shape == (6, 6)
    assert np.isfinite(inputs).all()
    np.testing.assert_array_equal(inputs[:, 1], [1, 4, 3, 4, 5, 6])  # the median is 4


def test_wide_tables_become_components():
    a, b = np.random.default_rng(0).normal(size=(2, 300, 90))
    assert classifier_inputs(features_of(a, b)).shape == (600, 50)
