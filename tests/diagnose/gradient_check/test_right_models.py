"""No false alarm on models whose gradients are right."""

import numpy as np
import pytest

from tfkit.diagnose.gradient_check import gradient_check

from . import right

# Every fifth one in each run, which leaves some of each kind; CI takes all.
SAMPLED = [
    pytest.param(case, id=case.name, marks=[pytest.mark.slow] if place % 5 else [])
    for place, case in enumerate(right.MODELS)
]
NAMES = [model.name for model in right.MODELS]


def check_passes(case, seed, **options):
    model, x, y = case.build(seed)
    check = gradient_check(model, x, y, training=case.training, **options)
    assert check.passed, f"{case.name}, seed {seed}\n{check}"
    assert np.isfinite(check.difference)
    return check


def test_there_are_as_many_as_promised_each_once():
    assert len(NAMES) >= 80
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("case", SAMPLED)
def test_no_false_alarm(case):
    check_passes(case, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 5))
@pytest.mark.parametrize("case", right.MODELS, ids=NAMES)
def test_no_false_alarm_with_other_weights_and_data(case, seed):
    check_passes(case, seed)


DIRECTIONAL = ("dense twice", "conv2d", "lstm", "attention", "relu", "max pooling")
DIRECTIONAL += ("batch norm, training", "dropout, replayed", "two inputs, two losses")


@pytest.mark.slow
@pytest.mark.parametrize("name", DIRECTIONAL)
def test_no_false_alarm_along_random_directions(name):
    check_passes(right.MODELS[NAMES.index(name)], seed=0, mode="directional")


COURSE = ("dense", "lstm", "relu", "batch norm, training")


@pytest.mark.parametrize("name", COURSE)
def test_no_false_alarm_at_the_step_of_the_course(name):
    check_passes(right.MODELS[NAMES.index(name)], seed=0, epsilon=1e-7)
