import contextlib
import math
import subprocess
import sys

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfkit import initializers
from tfkit.initializers import (
    GlorotAverage,
    He,
    ScaledNormal,
    SharedSeedWarning,
    Xavier,
    fans,
    for_activation,
)

FAN_SCALED = [He, Xavier, GlorotAverage]
ALL = [*FAN_SCALED, lambda seed=None: ScaledNormal(0.5, seed)]


def told_of_squares(shape):
    square = len(set(shape)) == 1
    return pytest.warns(SharedSeedWarning) if square else contextlib.nullcontext()


def draw(initializer, shape=(400, 500)):
    return np.asarray(initializer(shape, dtype="float64"))


# The course draws with np.random.seed(3) layer by layer, W of shape (units, inputs).
# It prints 8 decimals: half of the last one is the tolerance.
@pytest.mark.parametrize(
    ("initializer", "dims", "published"),
    [
        (
            ScaledNormal(10),
            [3, 2, 1],
            [
                [
                    [17.88628473, 4.36509851, 0.96497468],
                    [-18.63492703, -2.77388203, -3.54758979],
                ],
                [[-0.82741481, -6.27000677]],
            ],
        ),
        (
            He(layout="out_in"),
            [2, 4, 1],
            [
                [
                    [1.78862847, 0.43650985],
                    [0.09649747, -1.8634927],
                    [-0.2773882, -0.35475898],
                    [-0.08274148, -0.62700068],
                ],
                [[-0.03098412, -0.33744411, -0.92904268, 0.62552248]],
            ],
        ),
        (
            He(layout="out_in"),
            [3, 1, 2],
            [
                [[1.46040903, 0.3564088, 0.07878985]],
                [[-2.63537665], [-0.39228616]],
            ],
        ),
        (ScaledNormal(0), [3, 2, 1], [np.zeros((2, 3)), np.zeros((1, 2))]),
    ],
    ids=["large random", "He", "He of 2021", "zeros"],
)
def test_scales_numpys_draws_to_the_published_arrays(initializer, dims, published):
    generator = np.random.RandomState(3)
    for inputs, units, expected in zip(dims, dims[1:], published, strict=False):
        weights = generator.randn(units, inputs) * initializer.stddev((units, inputs))
        np.testing.assert_allclose(weights, expected, rtol=0, atol=5.1e-9)


@pytest.mark.parametrize(
    ("initializer", "variance"),
    [
        (He(seed=1), 2 / 400),
        (Xavier(seed=1), 1 / 400),
        (GlorotAverage(seed=1), 2 / 900),
        (ScaledNormal(10, seed=1), 100),
        # The same matrix read as (units, inputs) has the other fan in.
        (He(seed=1, layout="out_in"), 2 / 500),
        (Xavier(seed=1, layout="out_in"), 1 / 500),
    ],
)
def test_draws_from_the_untruncated_normal_distribution(initializer, variance):
    weights = draw(initializer) / math.sqrt(variance)
    count = weights.size
    # Five standard errors of n draws: 1/sqrt(n) for the mean, sqrt(2/n) for the
    # variance. A truncated normal without correction has variance 0.77, a uniform
    # [0, 1) (the notes' rand) 0.083 and mean 0.5.
    assert abs(weights.mean()) < 5 / math.sqrt(count)
    assert abs(weights.var() - 1) < 5 * math.sqrt(2 / count)
    # 4.55 % lie beyond two deviations; cut at two corrected ones (2.27) 2.2 % do. The
    # standard error of the share is 0.047 %.
    assert abs((abs(weights) > 2).mean() - 0.0455) < 5 * 0.00047


@pytest.mark.parametrize("shape", [(400, 500), (3, 3, 40, 80), (7,)])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (He(), keras.initializers.HeNormal(seed=1)),
        (Xavier(), keras.initializers.LecunNormal(seed=1)),
        (GlorotAverage(), keras.initializers.GlorotNormal(seed=1)),
    ],
)
def test_variance_is_that_of_keras(ours, theirs, shape):
    # Keras corrects the variance of its truncated normal, so both ask for the same.
    untruncated = keras.initializers.VarianceScaling(
        scale=theirs.scale, mode=theirs.mode, distribution="untruncated_normal", seed=1
    )
    wanted = np.asarray(
        keras.initializers.RandomNormal(0, ours.stddev(shape), 1)(shape)
    )
    # The same stream times the same number, rounded to float32.
    np.testing.assert_allclose(np.asarray(untruncated(shape)), wanted, rtol=1e-6)


def test_fans():
    assert fans((784, 25)) == (784, 25)
    assert fans((3, 5, 16, 32)) == (15 * 16, 15 * 32)
    assert fans((25, 784), layout="out_in") == (784, 25)
    assert fans((32, 16, 3, 5), layout="out_in") == (15 * 16, 15 * 32)
    assert fans((7,)) == (7, 7)
    assert fans(()) == (1, 1)


def test_fits_the_kernels_of_layers():
    dense = keras.layers.Dense(25, kernel_initializer=He(seed=1))
    dense.build((None, 784))
    conv = keras.layers.Conv2D(64, 5, kernel_initializer=He(seed=1))
    conv.build((None, 8, 8, 32))
    for layer, fan_in in [(dense, 784), (conv, 5 * 5 * 32)]:
        kernel = np.asarray(layer.kernel)
        # Five standard errors of about 20 000 and 51 000 draws.
        assert kernel.var() == pytest.approx(2 / fan_in, rel=5 * math.sqrt(2 / 19600))


@pytest.mark.parametrize("make", ALL)
class TestSeeds:
    def test_one_object_gives_every_layer_numbers_of_its_own(self, make):
        initializer = make(seed=1)
        first, second = draw(initializer, (30, 20)), draw(initializer, (30, 20))
        assert not np.array_equal(first, second)
        # Unrelated: the correlation of 600 pairs has standard error 0.04.
        assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.2

    def test_one_seed_gives_other_shapes_unrelated_numbers(self, make):
        first = draw(make(seed=1), (30, 20)).ravel()
        second = draw(make(seed=1), (30, 40)).ravel()[:600]
        assert abs(np.corrcoef(first, second)[0, 1]) < 0.2

    def test_a_second_build_gives_the_same_model(self, make):
        first, second = make(seed=1), make(seed=1)
        for shape in [(3, 4), (4, 4), (4, 1)]:
            with told_of_squares(shape):
                np.testing.assert_array_equal(draw(first, shape), draw(second, shape))

    def test_other_seeds_give_other_numbers(self, make):
        assert not np.array_equal(
            draw(make(seed=1), (3, 4)), draw(make(seed=2), (3, 4))
        )

    def test_no_seed_follows_keras_random_seed(self, make):
        keras.utils.set_random_seed(7)
        first = draw(make(), (3, 4))
        assert not np.array_equal(first, draw(make(), (3, 4)))
        keras.utils.set_random_seed(7)
        np.testing.assert_array_equal(first, draw(make(), (3, 4)))

    def test_a_clone_starts_anew(self, make):
        initializer = make(seed=1)
        first = draw(initializer, (3, 4))
        np.testing.assert_array_equal(draw(initializer.clone(), (3, 4)), first)


def stacked(*initializers_of_layers, units=5):
    layers = [
        keras.layers.Dense(units, kernel_initializer=initializer)
        for initializer in initializers_of_layers
    ]
    return keras.Sequential([keras.Input((units,)), *layers])


def test_stacked_layers_with_the_same_seed_are_told_apart_or_warned_of():
    shared = He(seed=1)
    first, second = (np.asarray(w) for w in stacked(shared, shared).get_weights()[::2])
    assert not np.array_equal(first, second)
    with pytest.warns(SharedSeedWarning, match=r"seed=1 .* shape \(5, 5\).*same init"):
        stacked(He(seed=1), Xavier(seed=1))
    stacked(He(seed=3), He(seed=4))  # no warning


def test_building_cloning_and_loading_again_is_no_reason_to_warn(tmp_path):
    def build():
        shared = He(seed=1)
        return stacked(shared, shared)

    first, second = build(), build()
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    square = stacked(He(seed=5))
    keras.models.clone_model(square)
    square.save(tmp_path / "model.keras")
    keras.models.load_model(tmp_path / "model.keras")


def test_the_stream_is_the_same_in_every_process():
    # Hash randomization or a counter of the process must not enter.
    code = (
        "import os; os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'\n"
        "from tfkit.initializers import He; import numpy as np\n"
        "he = He(seed=3); he((2, 3)); print(np.asarray(he((3, 1))).tobytes().hex())"
    )
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    he = He(seed=3)
    he((2, 3))
    assert other.stdout.strip() == np.asarray(he((3, 1))).tobytes().hex()


@settings(max_examples=25, deadline=None)
@given(
    shape=st.lists(st.integers(1, 6), min_size=0, max_size=4),
    dtype=st.sampled_from(["float16", "bfloat16", "float32", "float64"]),
)
def test_any_shape_and_dtype(shape, dtype):
    weights = He(seed=1)(shape, dtype=dtype)
    assert tuple(weights.shape) == tuple(shape)
    assert keras.backend.standardize_dtype(weights.dtype) == dtype


def test_zero_and_large_random_comparisons():
    zeros = draw(ScaledNormal(0), (20, 10))
    assert np.all(zeros == 0)
    large = draw(ScaledNormal(10, seed=1), (200, 100))
    # The standard error of the deviation of 20 000 draws is 0.5 % of it.
    assert large.std() == pytest.approx(10, rel=0.025)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "gelu", "silu", "mish"])
def test_he_for_rectifiers(name):
    chosen = for_activation(name, seed=4, layout="out_in")
    assert isinstance(chosen, He)
    assert chosen.get_config() == {"seed": 4, "layout": "out_in"}


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softmax", "linear", "selu", None])
def test_xavier_for_the_others(name):
    assert isinstance(for_activation(name), Xavier)


def test_every_named_activation_exists_in_keras():
    for name in initializers._RECTIFIERS | initializers._SATURATING_OR_LINEAR:
        assert callable(keras.activations.get(name))


# Twenty layers of 100 units: with the fitting initializer the signal keeps its size.
@pytest.mark.parametrize(
    ("activation", "low", "high"),
    [("relu", 0.3, 3), ("selu", 0.5, 2), ("linear", 0.3, 3)],
)
def test_signals_neither_explode_nor_vanish(activation, low, high):
    signal = np.random.default_rng(0).standard_normal((200, 100)).astype("float32")
    initializer = for_activation(activation, seed=0)
    function = keras.activations.get(activation)
    for _ in range(20):
        signal = function(keras.ops.matmul(signal, initializer((100, 100))))
    # The size is a random walk of 20 steps of about 10 % each: within a factor of 3.
    assert low < float(np.sqrt(np.mean(np.square(signal)))) < high


@pytest.mark.parametrize(
    "initializer",
    [
        He(seed=3, layout="out_in"),
        Xavier(),
        GlorotAverage(seed=0),
        ScaledNormal(np.float32(0.5), seed=np.int64(2)),
    ],
)
def test_config_holds_the_arguments_in_plain_types(initializer):
    config = initializer.get_config()
    copy = type(initializer).from_config(config)
    assert copy.get_config() == config
    assert all(
        type(value) in (int, float, str, type(None)) for value in config.values()
    )
    revived = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(initializer)
    )
    assert type(revived) is type(initializer)
    assert revived.get_config() == config


@pytest.mark.parametrize("make", ALL)
def test_refuses_seeds_that_are_none(make):
    with pytest.raises(ValueError, match=r"`seed` must be an int >= 0. .*seed=-1"):
        make(seed=-1)
    with pytest.raises(TypeError, match=r"`seed` must be an int >= 0. .*seed=1.5"):
        make(seed=1.5)


def test_refuses_bad_arguments():
    with pytest.raises(ValueError, match=r"`scale` must be .* >= 0.*scale=-1"):
        ScaledNormal(-1)
    with pytest.raises(ValueError, match="scale=nan"):
        ScaledNormal(math.nan)
    with pytest.raises(TypeError, match="scale='10'"):
        ScaledNormal("10")
    for make in FAN_SCALED:
        with pytest.raises(ValueError, match=r"'in_out'.*'out_in'.*layout='io'"):
            make(layout="io")
    with pytest.raises(ValueError, match=r"`shape` must have positive.*\(0, 3\)"):
        He()((0, 3))
    with pytest.raises(ValueError, match=r"`name` must be .*name='rleu'.*He: .*relu"):
        for_activation("rleu")
