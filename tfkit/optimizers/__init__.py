"""Gradient descent, momentum, RMSprop and Adam, each by the course's formula.

They are Keras optimizers with all of Keras's options, on every Keras backend;
`convention="keras"` gives Keras's formula where it differs.
"""

from .adam import Adam
from .base import Optimizer
from .gradient_descent import GradientDescent
from .learning_rate import ComposableLearningRate
from .momentum import Momentum
from .rmsprop import RMSprop

__all__ = [
    "Adam",
    "ComposableLearningRate",
    "GradientDescent",
    "Momentum",
    "Optimizer",
    "RMSprop",
]
