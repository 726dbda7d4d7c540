"""One of each schedule."""

import keras
import pytest

from tfkit.schedules import (
    ExponentialDecay,
    IntervalDecay,
    InverseTimeDecay,
    OneCycle,
    PiecewiseConstantDecay,
    SquareRootDecay,
    StaircaseDecay,
    Warmup,
)

SCHEDULES = {
    "inverse_time": lambda steps: InverseTimeDecay(0.3, 0.7, steps),
    "inverse_time_continuous": lambda steps: InverseTimeDecay(
        0.3, 0.7, steps, staircase=False
    ),
    "exponential": lambda steps: ExponentialDecay(0.3, 0.9, steps),
    "exponential_continuous": lambda steps: ExponentialDecay(
        0.3, 0.9, steps, staircase=False
    ),
    "square_root": lambda steps: SquareRootDecay(0.3, 2.0, steps),
    "square_root_continuous": lambda steps: SquareRootDecay(
        0.3, 2.0, steps, staircase=False
    ),
    "staircase": lambda steps: StaircaseDecay(0.3, 0.5, 3, steps),
    "interval": lambda steps: IntervalDecay(0.3, 0.7, 3, steps),
    "piecewise": lambda steps: PiecewiseConstantDecay({0: 0.3, 2: 0.1, 5: 0.2}, steps),
    "piecewise_inside_epochs": lambda steps: PiecewiseConstantDecay(
        {0: 0.3, 2.5: 0.1}, steps
    ),
    "one_cycle": lambda steps: OneCycle(0.3, 8, steps),
    "one_cycle_by_epoch": lambda steps: OneCycle(0.3, 8, steps, staircase=True),
    "warmup": lambda steps: Warmup(ExponentialDecay(0.3, 0.9, steps), 3),
    "warmup_by_epoch": lambda steps: Warmup(
        InverseTimeDecay(0.3, 0.7, steps), 3, staircase=True
    ),
    "warmup_of_a_constant": lambda steps: Warmup(0.3, 3, steps),
}


@pytest.fixture(params=SCHEDULES)
def make(request):
    return SCHEDULES[request.param]


@pytest.fixture
def float64():
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx(before)
