"""Normalization: the formula, the traps, and the layer inside a saved model."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tfkit.data import fit_normalization, normalization_layer, normalize


@settings(deadline=None, max_examples=30)
@given(
    hnp.arrays(
        np.float32,
        hnp.array_shapes(min_dims=2, max_dims=4, min_side=1, max_side=6),
        elements=st.floats(-1e4, 1e4, width=32),
    )
)
def test_is_the_formula_in_float64(x):
    statistics = fit_normalization(x)
    columns = x.reshape(-1, x.shape[-1]).astype(np.float64)
    mean = columns.sum(0) / len(columns)
    variance = ((columns - mean) ** 2).sum(0) / len(columns)
    constant = (columns == columns[0]).all(0)
    # Two orders of summation of up to 216 float64 values of up to 1e4.
    np.testing.assert_allclose(statistics.mean, mean, rtol=1e-12, atol=1e-11)
    np.testing.assert_allclose(
        statistics.variance, np.where(constant, 1, variance), rtol=1e-9, atol=1e-15
    )
    np.testing.assert_array_equal(statistics.constant, constant)


def test_all_parts_use_the_training_statistics(table):
    x, _ = table
    train, dev, test = 5 + 3 * x[:40], 5 + 3 * x[40:50], 5 + 3 * x[50:]
    result = normalize(train, dev, test)
    mean, deviation = train.mean(0, dtype="float64"), train.std(0, dtype="float64")
    # float32 results of size up to 4.
    np.testing.assert_allclose(result.train, (train - mean) / deviation, atol=1e-6)
    np.testing.assert_allclose(result.others[0], (dev - mean) / deviation, atol=1e-6)
    np.testing.assert_allclose(result.others[1], (test - mean) / deviation, atol=1e-6)
    # Mean 0 and variance 1 to float32's rounding.
    np.testing.assert_allclose(result.train.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(result.train.var(0), 1, atol=1e-5)
    assert result.train.dtype == np.float32


def test_constant_features_map_to_zero_and_never_blow_up():
    # 0.1 has no exact float: summing it leaves a variance of about 1e-34, not 0.
    train = np.full((1000, 2), 0.1, "float32")
    train[:, 1] = np.arange(1000)
    test = train[:1] + 5
    result = normalize(train, test)
    assert result.statistics.constant.tolist() == [True, False]
    np.testing.assert_allclose(result.train[:, 0], 0, atol=1e-7)
    # Its difference from the training value; Keras's own adapt makes 5e7 of it.
    np.testing.assert_allclose(result.others[0][0, 0], 5, atol=1e-5)
    np.testing.assert_allclose(normalization_layer(train)(test)[0, 0], 5, atol=1e-5)


def test_large_offsets_do_not_cancel():
    # One pass with E[x^2] - E[x]^2 in float32 would return noise here.
    x = (1e7 + np.arange(1000) % 2).astype("float64")[:, None]
    assert fit_normalization(x).variance == pytest.approx(0.25, rel=1e-12)


@pytest.mark.parametrize("axis", [-1, 3, (1, 2), None, (-1,), (1, 2, 3)])
def test_axes_mean_what_they_mean_in_keras(axis):
    x = np.random.default_rng(0).integers(0, 256, (9, 4, 5, 3), "uint8")
    layer = keras.layers.Normalization(axis=axis)
    layer.adapt(x.astype("float32"))
    expected = keras.ops.convert_to_numpy(layer(x))
    # float32 against float64, values of size up to 2.
    np.testing.assert_allclose(normalize(x, axis=axis).train, expected, atol=1e-5)
    ours = keras.ops.convert_to_numpy(normalization_layer(x, axis=axis)(x))
    np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_chunks_make_no_difference():
    # More examples than are taken at a time.
    x = np.random.default_rng(0).normal(3, 2, (10_000, 3)).astype("float32")
    statistics = fit_normalization(x)
    # Two orders of summation in float64.
    np.testing.assert_allclose(
        statistics.variance, x.var(0, dtype="float64"), rtol=1e-12
    )
    # float32 results of size up to 5.
    expected = (x - x.mean(0, dtype="float64")) / x.std(0, dtype="float64")
    np.testing.assert_allclose(statistics.apply(x), expected, atol=1e-6)


@pytest.mark.parametrize("kind", ["sequential", "unbuilt", "functional"])
def test_layer_survives_fit_save_and_load(tmp_path, table, kind):
    x, y = table
    x = 100 + 20 * x
    layer, dense = normalization_layer(x), keras.layers.Dense(3)
    if kind == "functional":
        inputs = keras.Input((4,))
        model = keras.Model(inputs, dense(layer(inputs)))
    else:
        start = [keras.Input((4,))] if kind == "sequential" else []
        model = keras.Sequential([*start, layer, dense])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss)
    model.fit(x, y, epochs=1, verbose=0)
    before = model.predict(x, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), before)
    # It normalizes indeed: float32 of values of size up to 3.
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(loaded.layers[-2](x)), normalize(x).train, atol=1e-5
    )


@pytest.mark.parametrize(
    ("x", "axis", "message"),
    [
        (np.zeros((0, 2)), -1, r"at least one example"),
        (np.array([[np.nan, 1.0]]), -1, r"must be finite.*column 0: 1 NaN"),
        (np.array([["a"]]), -1, r"must be numbers"),
        (np.zeros((3, 2)), 0, r"`axis` must name axes.*axis=0"),
        (np.zeros((3, 2)), 2, r"`axis` must name axes.*axis=2"),
        (np.zeros((3, 2)), (1, -1), r"`axis` must name axes.*axis=\(1, -1\)"),
        (np.zeros(3), -1, r"`axis` must name axes.*shape=\(3,\)"),
    ],
)
def test_refuses(x, axis, message):
    with pytest.raises(ValueError, match=message):
        fit_normalization(x, axis)


def test_refuses_other_shapes():
    with pytest.raises(ValueError, match=r"one shape.*train \(2,\), another \(3,\)"):
        normalize(np.zeros((4, 2)), np.zeros((4, 3)))
