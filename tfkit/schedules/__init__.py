"""Learning-rate schedules: functions of the epoch that Keras can ask by step.

`Schedule` says how they are used. They run on every Keras backend.
"""

from .base import Schedule
from .decays import ExponentialDecay, InverseTimeDecay, SquareRootDecay
from .one_cycle import OneCycle
from .staircases import IntervalDecay, PiecewiseConstantDecay, StaircaseDecay
from .warmup import Warmup

__all__ = [
    "ExponentialDecay",
    "IntervalDecay",
    "InverseTimeDecay",
    "OneCycle",
    "PiecewiseConstantDecay",
    "Schedule",
    "SquareRootDecay",
    "StaircaseDecay",
    "Warmup",
]
