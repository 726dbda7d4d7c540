import math

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from tfkit.layers import InvertedDropout, fixed_masks

tf = pytest.importorskip("tensorflow")


def masks_of(layer, x, calls=2):
    return [np.asarray(layer(x, training=True)) for _ in range(calls)]


@settings(max_examples=20, deadline=None)
@given(keep_prob=st.floats(0.05, 1.0), seed=st.integers(0, 2**31 - 1))
def test_keeps_the_expectation(keep_prob, seed):
    count = 20_000
    x = np.ones((count // 100, 100), "float32")
    dropped = np.asarray(InvertedDropout(keep_prob, seed=seed)(x, training=True))
    # The kept units are a binomial sample: their share has the standard error
    # sqrt(p(1-p)/n); six of them are exceeded by chance once in 5e8 examples.
    deviation = math.sqrt(keep_prob * (1 - keep_prob) / count)
    assert abs((dropped != 0).mean() - keep_prob) <= 6 * deviation
    # The mean is that share over keep_prob; float32 adds 1e-6.
    assert abs(dropped.mean() - 1) <= 6 * deviation / keep_prob + 1e-6
    # randn in place of rand, the notes' slip, would keep 69 % at 0.5 and 84 % at 1.


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("keep_prob", [0.5, 0.7, 0.999])
def test_keeps_the_right_share_in_every_precision(policy, keep_prob):
    layer = InvertedDropout(keep_prob, seed=1, dtype=policy)
    dropped = layer(ops.ones((1000, 1000)), training=True)
    assert keras.backend.standardize_dtype(dropped.dtype) == layer.compute_dtype
    share = float(ops.mean(ops.cast(dropped != 0, "float32")))
    # Five standard errors of a million units: 0.0025 at 0.5, 0.00016 at 0.999. A mask
    # drawn in bfloat16 would keep 0.703 and 1.0 in place of 0.7 and 0.999.
    error = math.sqrt(keep_prob * (1 - keep_prob) / 1e6)
    assert share == pytest.approx(keep_prob, abs=5 * error)


def test_scales_what_it_keeps():
    x = np.random.default_rng(0).standard_normal((50, 40)).astype("float32")
    dropped = np.asarray(InvertedDropout(0.8, seed=1)(x, training=True))
    kept = dropped != 0
    # One float32 rounding.
    np.testing.assert_allclose(dropped[kept], x[kept] / 0.8, rtol=1e-6)


def test_is_the_identity_at_inference_and_with_keep_prob_1():
    x = np.random.default_rng(0).standard_normal((5, 4)).astype("float32")
    np.testing.assert_array_equal(InvertedDropout(0.5, seed=0)(x), x)
    np.testing.assert_array_equal(InvertedDropout(0.5, seed=0)(x, training=False), x)
    np.testing.assert_array_equal(InvertedDropout(1.0)(x, training=True), x)


def test_masks_change_from_call_to_call_and_follow_the_seed():
    x = np.ones((20, 20), "float32")
    first, second = masks_of(InvertedDropout(0.5, seed=3), x)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(masks_of(InvertedDropout(0.5, seed=3), x)[0], first)
    assert not np.array_equal(masks_of(InvertedDropout(0.5, seed=4), x)[0], first)


def test_agrees_with_keras_dropout_in_distribution():
    x = np.ones((400, 500), "float32")
    ours = np.asarray(InvertedDropout(0.86, seed=1)(x, training=True))
    theirs = np.asarray(keras.layers.Dropout(0.14, seed=1)(x, training=True))
    # Values: 0 and 1/keep_prob, up to one float32 rounding. Shares: six standard
    # errors of a difference of two samples.
    np.testing.assert_allclose(np.unique(ours), np.unique(theirs), rtol=2e-7)
    error = math.sqrt(2 * 0.86 * 0.14 / x.size)
    assert abs((ours != 0).mean() - (theirs != 0).mean()) < 6 * error


def test_noise_shape_shares_the_mask():
    layer = InvertedDropout(0.5, seed=0, noise_shape=(None, 1, None))
    dropped = np.asarray(layer(np.ones((4, 6, 8), "float32"), training=True))
    np.testing.assert_array_equal(dropped, np.repeat(dropped[:, :1], 6, axis=1))
    assert set(np.unique(dropped)) == {0, 2}


class TestFixedMask:
    x = np.random.default_rng(0).standard_normal((30, 20)).astype("float32")

    def test_holds_one_mask_and_lets_it_go(self):
        layer = InvertedDropout(0.5, seed=0)
        with layer.fixed_mask():
            first, second = masks_of(layer, self.x)
            np.testing.assert_array_equal(layer(self.x), self.x)  # inference as ever
        np.testing.assert_array_equal(first, second)
        third, fourth = masks_of(layer, self.x)
        assert not np.array_equal(third, fourth)
        with layer.fixed_mask():
            assert not np.array_equal(masks_of(layer, self.x)[0], first)

    def test_is_let_go_after_an_error(self):
        layer = InvertedDropout(0.5, seed=0)
        with pytest.raises(KeyError, match="stop"), layer.fixed_mask():
            raise KeyError("stop")
        first, second = masks_of(layer, self.x)
        assert not np.array_equal(first, second)

    def test_works_in_a_compiled_function(self):
        layer = InvertedDropout(0.5, seed=0)
        with layer.fixed_mask():
            call = tf.function(lambda x: layer(x, training=True), jit_compile=True)
            eager = masks_of(layer, self.x, calls=1)[0]
            # XLA may replace the division by a multiplication: one rounding.
            np.testing.assert_allclose(call(self.x), eager, rtol=2e-7)
            np.testing.assert_array_equal(call(self.x), call(self.x))

    def test_takes_a_mask(self):
        layer = InvertedDropout(0.8)
        mask = np.random.default_rng(1).random((30, 20)) < 0.8
        with layer.fixed_mask(mask):
            dropped = masks_of(layer, self.x, calls=1)[0]
        # One float32 rounding.
        np.testing.assert_allclose(dropped, self.x * mask / 0.8, rtol=1e-6)

    def test_keep_prob_1_stays_off(self):
        layer = InvertedDropout(1.0)
        with layer.fixed_mask():
            np.testing.assert_array_equal(layer(self.x, training=True), self.x)

    def test_refuses_what_is_no_mask(self):
        with (
            pytest.raises(ValueError, match=r"only 0 .* and 1 .*Received: mask=\[0\.5"),
            InvertedDropout(0.8).fixed_mask([0.5, 1.0]),
        ):
            pass

    def test_of_a_whole_model(self):
        inner = keras.Sequential([keras.Input((20,)), InvertedDropout(0.5, seed=1)])
        model = keras.Sequential(
            [keras.Input((20,)), InvertedDropout(0.9, seed=2), inner]
        )
        with fixed_masks(model):
            first, second = masks_of(model, self.x)
        np.testing.assert_array_equal(first, second)
        third, fourth = masks_of(model, self.x)
        assert not np.array_equal(third, fourth)


def test_gradient_is_that_of_the_mask():
    layer = InvertedDropout(0.8, dtype="float64")
    x = tf.Variable(np.random.default_rng(0).standard_normal((3, 4)))
    mask = np.random.default_rng(1).random((3, 4)) < 0.8
    with layer.fixed_mask(mask), tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(x, training=True))
    # dA = dA * D / keep_prob, one float64 rounding.
    np.testing.assert_allclose(tape.gradient(total, x), mask / 0.8, rtol=1e-15)


def course_draws():
    generator = np.random.RandomState(1)
    shapes = [(3, 5), (2, 3), (2, 1), (3, 2), (3, 1), (1, 3), (1, 1)]
    return [generator.randn(*shape) for shape in shapes]


@pytest.mark.parametrize(("mask_seed", "fourth"), [(1, 0.49683389), (3, 0.01446893)])
def test_published_forward_pass(mask_seed, fourth):
    """The course's unit test, in its layout of (units, examples)."""
    X, W1, b1, W2, b2, W3, b3 = course_draws()
    generator = np.random.RandomState(mask_seed)
    D1, D2 = (generator.rand(units, 5) < 0.7 for units in (2, 3))
    if mask_seed == 1:
        assert D1.astype(int).tolist() == [[1, 0, 1, 1, 1], [1, 1, 1, 1, 1]]
        assert D2.astype(int).tolist() == [
            [1, 1, 1, 0, 1],
            [1, 1, 1, 1, 1],
            [0, 0, 1, 1, 0],
        ]
    first, second = (InvertedDropout(0.7, dtype="float64") for _ in range(2))
    with first.fixed_mask(D1), second.fixed_mask(D2):
        A1 = first(np.maximum(W1 @ X + b1, 0), training=True)
        A2 = second(np.maximum(W2 @ A1 + b2, 0), training=True)
    A3 = 1 / (1 + np.exp(-(W3 @ np.asarray(A2) + b3)))
    # Half of the last of 8 printed decimals.
    assert A3[0, 3] == pytest.approx(fourth, abs=5.1e-9)
    if mask_seed == 1:
        published = [[0.36974721, 0.00305176, 0.04565099, 0.49683389, 0.36974721]]
        np.testing.assert_allclose(A3, published, rtol=0, atol=5.1e-9)


def test_published_backward_pass():
    """Two entries of dA2 that follow from the parameters alone.

    In examples 2 and 4 the kept units of the second layer are silent, so that the output
    is sigmoid(b3); the other entries need activations that are not published.
    """
    *_, W3, b3 = course_draws()
    layer = InvertedDropout(0.8, dtype="float64")
    D2 = np.array([[1, 0, 1, 0, 1], [0, 1, 0, 1, 1], [0, 0, 1, 0, 0]])
    A2 = tf.Variable(np.zeros((3, 5)))
    with layer.fixed_mask(D2), tf.GradientTape() as tape:
        A3 = ops.sigmoid(W3 @ layer(A2, training=True) + b3)
        Y = np.array([[1, 1, 0, 1, 0]])
        loss = -ops.sum(Y * ops.log(A3) + (1 - Y) * ops.log(1 - A3))
    dA2 = tape.gradient(loss, A2).numpy()
    # Half of the last of 8 printed decimals; 0.42527883 without the 1/keep_prob.
    np.testing.assert_allclose(dA2[:, 1], [0, 0.53159854, 0], rtol=0, atol=5.1e-9)
    np.testing.assert_allclose(dA2[:, 3], [0, 0.53159854, 0], rtol=0, atol=5.1e-9)


def test_hands_sequence_masks_on():
    model = keras.Sequential(
        [
            keras.Input((4,), dtype="int32"),
            keras.layers.Embedding(10, 3, mask_zero=True),
            InvertedDropout(0.5, seed=0),
        ]
    )
    output = model(np.array([[1, 2, 0, 0]]))
    assert np.asarray(output._keras_mask).tolist() == [[True, True, False, False]]


def test_config():
    layer = InvertedDropout(np.float32(0.75), seed=3, noise_shape=(None, 1), name="d")
    config = layer.get_config()
    assert "rate" not in config
    assert (config["keep_prob"], config["seed"], config["name"]) == (0.75, 3, "d")
    copy = InvertedDropout.from_config(config)
    assert copy.get_config() == config
    assert copy.rate == 0.25


@pytest.mark.parametrize("keep_prob", [0, -0.1, 1.5, math.nan])
def test_refuses_a_keep_prob_outside_its_range(keep_prob):
    with pytest.raises(
        ValueError, match=rf"`keep_prob` must be .* > 0 and <= 1.*keep_prob={keep_prob}"
    ):
        InvertedDropout(keep_prob)


def test_refuses_other_types_and_unknown_names():
    with pytest.raises(TypeError, match=r"keep_prob='0\.8'"):
        InvertedDropout("0.8")
    with pytest.raises(TypeError, match="keep_prob=True"):
        InvertedDropout(True)
    with pytest.raises(TypeError, match="rate"):
        InvertedDropout(0.8, rate=0.2)
    with pytest.raises(ValueError, match="keep_probability"):
        InvertedDropout(0.8, keep_probability=0.2)
    with pytest.raises(ValueError, match="seed"):
        InvertedDropout(0.8, seed=1.5)
