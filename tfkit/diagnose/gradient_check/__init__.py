"""Gradient checking: backpropagation against differences of the cost."""

from tfkit.diagnose.gradient_check.check import gradient_check
from tfkit.diagnose.gradient_check.differences import (
    central_differences,
    judge_difference,
    pass_bar,
    refine_differences,
    relative_difference,
)
from tfkit.diagnose.gradient_check.layer_check import check_layer_gradients
from tfkit.diagnose.gradient_check.parts import (
    check_function_gradients,
    check_loss_gradients,
    check_regularizer_gradients,
)
from tfkit.diagnose.gradient_check.result import (
    GradientCheck,
    TensorCheck,
    WorstCoordinate,
)

__all__ = [
    "GradientCheck",
    "TensorCheck",
    "WorstCoordinate",
    "central_differences",
    "check_function_gradients",
    "check_layer_gradients",
    "check_loss_gradients",
    "check_regularizer_gradients",
    "gradient_check",
    "judge_difference",
    "pass_bar",
    "refine_differences",
    "relative_difference",
]
