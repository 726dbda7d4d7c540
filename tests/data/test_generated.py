"""Generated points: the course's own, by published numbers and formulas."""

import itertools

import numpy as np
import pytest

from tfkit.data import generated, load

ALL = ["circles", "moons", "spirals", "planar_flower"]


def he_forward_cost(x, y):
    """Cost of the course's untrained 2-10-5-1 He network (Initialization assignment)."""
    generator = np.random.RandomState(3)
    a, sizes = x.T.astype(np.float64), [2, 10, 5, 1]
    for n_in, n_out in itertools.pairwise(sizes):
        w = generator.randn(n_out, n_in) * np.sqrt(2 / n_in)
        z = w @ a
        a = np.maximum(z, 0) if n_out > 1 else 1 / (1 + np.exp(-z))
    return -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))


def test_circles_give_the_published_first_cost():
    dataset = load("circles", seed=1)
    # Published: 0.8830537463419761 in float64. The points here are float32 (6e-8).
    assert he_forward_cost(dataset.x, dataset.y) == pytest.approx(
        0.88305374634, abs=1e-6
    )


@pytest.mark.parametrize(("name", "seed"), [("circles", 2), ("moons", 3)])
def test_same_points_as_after_numpys_global_seed(name, seed):
    from sklearn import datasets

    settings = {"circles": (100, 0.05), "moons": (300, 0.2)}[name]
    np.random.seed(seed)  # noqa: NPY002 (what the course does)
    x, y = getattr(datasets, f"make_{name}")(n_samples=settings[0], noise=settings[1])
    dataset = load(name, seed=seed, examples=settings[0])
    np.testing.assert_array_equal(dataset.x, x.astype("float32"))
    np.testing.assert_array_equal(dataset.y, y)


def test_planar_flower_follows_the_formula():
    generator = np.random.RandomState(1)
    points = []
    for half in range(2):
        angle = np.linspace(half * 3.12, (half + 1) * 3.12, 200)
        angle = angle + generator.randn(200) * 0.2
        radius = 4 * np.sin(angle * 4) + generator.randn(200) * 0.2
        points.append(np.c_[radius * np.sin(angle), radius * np.cos(angle)])
    dataset = load("planar_flower", seed=1)
    # float32 rounding of values up to 4.
    np.testing.assert_allclose(dataset.x, np.concatenate(points), atol=1e-6)
    assert dataset.y.tolist() == [0] * 200 + [1] * 200


def test_noiseless_spirals_lie_on_their_arms():
    dataset = generated.spirals(examples=30, noise=0.0, arms=3)
    radius = np.linspace(0, 1, 10)
    for arm in range(3):
        points, angle = dataset.x[dataset.y == arm], 4 * (arm + radius)
        expected = np.c_[radius * np.sin(angle), radius * np.cos(angle)]
        # float32 rounding of values up to 1.
        np.testing.assert_allclose(points, expected, atol=1e-6)


@pytest.mark.parametrize("name", ALL)
def test_seed_decides_and_sizes_are_kept(name):
    once, again = load(name, seed=5), load(name, seed=5)
    np.testing.assert_array_equal(once.x, again.x)
    assert not np.array_equal(once.x, load(name, seed=6).x)
    assert load(name, seed=5, examples=101).examples == 101
    assert once.x.dtype == np.float32
    assert once.y.dtype == np.int64


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("examples", [1, 2.5])
def test_refuses_too_few(name, examples):
    with pytest.raises(
        ValueError, match=rf"`examples` must be an int >= .*={examples}"
    ):
        load(name, examples=examples)


def test_spirals_need_two_arms():
    with pytest.raises(ValueError, match=r"`arms` must be an int >= 2.*arms=1"):
        generated.spirals(arms=1)
