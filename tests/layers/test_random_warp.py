import math

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from scipy import ndimage

from tfkit.layers import RandomWarp

tf = pytest.importorskip("tensorflow")


def images(batch=6, height=12, width=10, channels=2):
    rng = np.random.default_rng(0)
    return rng.random((batch, height, width, channels)).astype("float32")


def sources(warp, batch, height, width):
    """Where the pixels are read from, `(2, batch, height, width)`, from the center."""
    places = np.stack(warp._sources(ops.zeros((batch, height, width, 1))))
    return places - np.reshape([(height - 1) / 2, (width - 1) / 2], (2, 1, 1, 1))


def grid(height, width):
    rows, columns = np.mgrid[:height, :width].astype("float64")
    return np.stack([rows - (height - 1) / 2, columns - (width - 1) / 2])


@pytest.mark.parametrize(
    ("fill_mode", "scipy_mode"),
    [("constant", "grid-constant"), ("nearest", "nearest"), ("reflect", "reflect")],
)
def test_reads_between_and_outside_of_pixels_as_scipy_does(fill_mode, scipy_mode):
    x = images()
    # Up to two and a half sides away, so that reflections reflect again.
    rng = np.random.default_rng(1)
    rows = rng.uniform(-30, 40, (6, 5, 7)).astype("float32")
    columns = rng.uniform(-25, 35, (6, 5, 7)).astype("float32")
    rows[0], columns[0] = np.round(rows[0]), np.round(columns[0])
    warp = RandomWarp(fill_mode=fill_mode, fill_value=0.25)
    result = np.asarray(warp._read(ops.convert_to_tensor(x), rows, columns))
    for image in range(6):
        for channel in range(2):
            expected = ndimage.map_coordinates(
                x[image, ..., channel].astype("float64"),
                [rows[image], columns[image]],
                order=1,
                mode=scipy_mode,
                cval=0.25,
            )
            # float32 weights of coordinates up to 40: 40 * 6e-8, a few times.
            np.testing.assert_allclose(result[image, ..., channel], expected, atol=1e-5)


def test_rotates_about_the_center_by_any_angle_up_to_the_largest():
    places = sources(RandomWarp(rotation=30, seed=0), 500, 12, 10)
    pixels = grid(12, 10).reshape(2, -1)
    turns = places.reshape(2, 500, -1)
    angles = []
    for image in range(500):
        # The least-squares matrix from pixels to places must be a rotation.
        matrix = turns[:, image] @ np.linalg.pinv(pixels)
        # float32 coordinates up to 6.
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(2), atol=1e-5)
        np.testing.assert_allclose(matrix @ pixels, turns[:, image], atol=1e-5)
        angles.append(math.degrees(math.atan2(matrix[0, 1], matrix[0, 0])))
    # The extremes of 500 uniform draws lie within 2 % of the range's ends (chance of
    # missing one: 0.99**500 = 0.7 %, and the seed is fixed).
    assert -30 <= min(angles) < -29
    assert 29 < max(angles) <= 30


def test_shifts_by_a_share_of_each_side():
    moved = sources(RandomWarp(shift=0.25, seed=0), 500, 12, 8) - grid(12, 8)[:, None]
    # One offset for all pixels of an image.
    np.testing.assert_allclose(moved, moved[:, :, :1, :1] + 0 * moved, atol=1e-5)
    for direction, side in enumerate((12, 8)):
        offsets = moved[direction, :, 0, 0] / side
        assert abs(offsets).max() <= 0.25
        assert abs(offsets).max() > 0.245
    rows, columns = moved[:, :, 0, 0]
    assert abs(np.corrcoef(rows, columns)[0, 1]) < 0.2  # standard error 0.045


def test_crops_windows_that_lie_inside_the_image():
    places = sources(RandomWarp(crop=0.4, seed=0), 500, 20, 10)
    heights = places[0].max((1, 2)) - places[0].min((1, 2))
    scales = heights / 19
    assert 0.6 <= scales.min() < 0.61
    assert 0.99 < scales.max() <= 1 + 1e-6
    for direction, side in enumerate((20, 10)):
        # A window's pixels reach half their own size beyond their centers.
        reach = abs(places[direction]).max((1, 2)) + scales / 2
        assert reach.max() <= side / 2 + 1e-4
        assert reach.max() > side / 2 - 0.2


def test_elastic_displacement_has_the_stated_size_and_smoothness():
    height, width, smoothness = 28, 20, 0.1
    warp = RandomWarp(elastic=0.05, smoothness=smoothness, seed=0)
    field = sources(warp, 2000, height, width) - grid(height, width)[:, None]
    # 0.05 of the longer side at every pixel, the corners too. The standard error of a
    # deviation from 2000 draws is 1.6 %; the worst of 1120 lies within 4.5 of those.
    np.testing.assert_allclose(field.std(axis=1), 0.05 * height, rtol=0.07)
    # A Gaussian filter of width w correlates white noise as exp(-d^2 / (4 w^2)).
    sigma, distance = smoothness * height, 3
    middle, beside = field[0, :, 14, 10], field[0, :, 14, 10 + distance]
    expected = math.exp(-(distance**2) / (4 * sigma**2))
    assert np.corrcoef(middle, beside)[0, 1] == pytest.approx(expected, abs=0.05)
    # The two directions are independent (Keras's layer uses one field for both).
    assert abs(np.corrcoef(field[0, :, 14, 10], field[1, :, 14, 10])[0, 1]) < 0.1


def test_does_nothing_at_inference_or_without_amounts():
    x = images()
    np.testing.assert_array_equal(RandomWarp(rotation=90, shift=1)(x), x)
    # Coordinates in float32 hit the pixels to 1e-6.
    np.testing.assert_allclose(RandomWarp()(x, training=True), x, atol=1e-5)


EVERYTHING = {"rotation": 40, "crop": 0.3, "shift": 0.3, "elastic": 0.1}


@settings(max_examples=20, deadline=None)
@given(
    fill_mode=st.sampled_from(["constant", "nearest", "reflect"]),
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    seed=st.integers(0, 2**31 - 1),
)
def test_values_stay_in_their_range(fill_mode, height, width, seed):
    x = images(3, height, width) + 1
    warp = RandomWarp(**EVERYTHING, fill_mode=fill_mode, fill_value=1, seed=seed)
    result = np.asarray(warp(x, training=True))
    assert result.shape == x.shape
    # Bilinear weights are not negative and sum to 1, up to float32.
    assert result.min() >= 1 - 1e-5
    assert result.max() <= x.max() + 1e-5


@pytest.mark.parametrize("jit_compile", [False, True])
def test_keeps_images_apart_when_the_batch_size_is_unknown(jit_compile):
    """Keras's RandomElasticTransform turns each into the first one here."""
    warp = RandomWarp(**EVERYTHING, fill_mode="nearest", seed=0)
    call = tf.function(
        lambda x: warp(x, training=True),
        input_signature=[tf.TensorSpec((None, 6, 6, 1))],
        jit_compile=jit_compile,
    )
    x = np.broadcast_to(np.arange(7.0).reshape(7, 1, 1, 1), (7, 6, 6, 1))
    # A plain image stays plain; float32 weights sum to 1 up to 1e-6.
    np.testing.assert_allclose(call(x.astype("float32")), x, rtol=1e-5)
    ramps = images(1, 6, 6, 1) + np.zeros((5, 1, 1, 1), "float32")
    warped = call(ramps).numpy()
    assert all(abs(warped[0] - other).max() > 0.05 for other in warped[1:])


def test_draws_anew_at_each_call_and_follows_the_seed():
    def twice(seed):
        warp = RandomWarp(rotation=20, elastic=0.05, seed=seed)
        return [np.asarray(warp(images(), training=True)) for _ in range(2)]

    (first, second), (again, _), (other, _) = twice(1), twice(1), twice(2)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_reads_at_the_same_places(policy):
    x = images(2, 200, 200, 1)  # bfloat16 has no whole numbers between 256 and 258
    half = RandomWarp(rotation=20, seed=1, dtype=policy)(x, training=True)
    full = RandomWarp(rotation=20, seed=1)(x, training=True)
    # Rounded before and after: bfloat16 twice 0.4 %.
    np.testing.assert_allclose(ops.cast(half, "float32"), full, atol=8e-3)


def test_takes_whole_numbers():
    x = (images() * 255).astype("uint8")
    expected = RandomWarp(rotation=20, seed=1)(x.astype("float32"), training=True)
    result = RandomWarp(rotation=20, seed=1)(x, training=True)
    np.testing.assert_array_equal(result, expected)
    np.testing.assert_array_equal(RandomWarp()(x), x)


def test_config():
    warp = RandomWarp(
        **EVERYTHING, smoothness=0.2, fill_mode="reflect", seed=3, name="warp"
    )
    config = warp.get_config()
    assert config["rotation"] == 40.0
    assert config["seed"] == 3
    assert RandomWarp.from_config(config).get_config() == config


def test_refuses_bad_arguments():
    for name, value, allowed in [
        ("rotation", 200, "<= 180"),
        ("crop", 1.0, r"<= 0\.99"),
        ("shift", -0.1, ">= 0"),
        ("elastic", 1.1, "<= 1"),
        ("smoothness", 0, "> 0"),
    ]:
        with pytest.raises(ValueError, match=rf"`{name}` must be .*{allowed}.*{value}"):
            RandomWarp(**{name: value})
    with pytest.raises(TypeError, match="rotation='10'"):
        RandomWarp(rotation="10")
    with pytest.raises(ValueError, match=r"'constant', 'nearest', 'reflect'.*'wrap'"):
        RandomWarp(fill_mode="wrap")
    with pytest.raises(ValueError, match="expected ndim=4, found ndim=3"):
        RandomWarp()(keras.ops.ones((5, 5, 1)))
