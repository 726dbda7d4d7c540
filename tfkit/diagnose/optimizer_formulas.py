r"""The update rules of tfkit's and Keras's optimizers, in NumPy.

Each is written from the formula in the course or the paper, not from the optimizer's
code: they are what `check_optimizer` compares with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from tfkit import optimizers

State = Any
Update = Callable[[State, np.ndarray, np.ndarray, int], tuple[np.ndarray, State]]
Rate = Callable[[int], float]
# Options of Keras's base optimizer that change an update and stand in no formula here.
_NOT_IN_A_FORMULA = (
    "use_ema",
    "loss_scale_factor",
    "gradient_accumulation_steps",
    "global_clipnorm",
)


def formula_of(optimizer: keras.optimizers.Optimizer) -> Update:
    """Returns the NumPy formula of one of the optimizers that have one here.

    Args:
        optimizer: Exactly one of tfkit's four, or Keras's `SGD`, `RMSprop`, `Adam` or
            `AdamW`, with `weight_decay`, `clipnorm` or `clipvalue` if set.

    Returns:
        A function of state, parameter, gradient and step.

    Raises:
        ValueError: If there is no formula for this class or one of its options.

    Example:
        >>> update = formula_of(optimizers.Momentum(0.5, beta=0.9))
        >>> parameter, v = update(None, np.ones(1), np.full(1, 2.0), 1)
        >>> parameter.round(6), v.round(6)
        (array([0.9]), array([0.2]))
    """
    write = _FORMULAS.get(type(optimizer))
    if write is None:
        known = ", ".join(_name(kind) for kind in _FORMULAS)
        raise ValueError(
            "`update` must be given for an optimizer without a formula here. Received: "
            f"optimizer={_name(type(optimizer))}. There are formulas for {known}. Write "
            "update(state, parameter, gradient, step) -> (parameter, state) in NumPy."
        )
    set_options = [name for name in _NOT_IN_A_FORMULA if getattr(optimizer, name, None)]
    if set_options:
        options = ", ".join(f"{n}={getattr(optimizer, n)!r}" for n in set_options)
        raise ValueError(
            "The formulas here hold weight_decay, clipnorm and clipvalue, no other of "
            f"Keras's base options. Received: {options}. Leave them out, or give a "
            "formula that has them as `update`."
        )
    return _with_base_options(optimizer, write(optimizer, _rate(optimizer)))


def _rate(optimizer: keras.optimizers.Optimizer) -> Rate:
    """The learning rate of a step, as Keras's float32 holds it."""
    config = optimizer.get_config()["learning_rate"]
    if isinstance(config, dict):
        schedule = keras.optimizers.schedules.deserialize(config)
        # Keras asks for the rate before it counts the step.
        return lambda step: float(schedule(step - 1))
    rate = float(optimizer.learning_rate)
    return lambda step: rate


def _with_base_options(optimizer: keras.optimizers.Optimizer, update: Update) -> Update:
    rate = _rate(optimizer)
    decay, norm, value = (
        getattr(optimizer, name) or None
        for name in ("weight_decay", "clipnorm", "clipvalue")
    )

    def whole(
        state: State, parameter: np.ndarray, gradient: np.ndarray, step: int
    ) -> tuple[np.ndarray, State]:
        if norm is not None:
            gradient = gradient * (norm / max(norm, float(np.linalg.norm(gradient))))
        if value is not None:
            gradient = np.clip(gradient, -value, value)
        if decay is not None:  # decoupled, as in AdamW
            parameter = parameter * (1.0 - rate(step) * decay)
        return update(state, parameter, gradient, step)

    return whole


def _gradient_descent(optimizer: Any, rate: Rate) -> Update:
    return lambda state, w, dw, t: (w - rate(t) * dw, state)


def _momentum(optimizer: Any, rate: Rate) -> Update:
    beta = optimizer.beta

    def update(v: State, w: np.ndarray, dw: np.ndarray, t: int) -> Any:
        v = np.zeros_like(w) if v is None else v
        if optimizer.convention == "keras":
            v = beta * v - rate(t) * dw
            return w + v, v
        v = beta * v + (1 - beta) * dw
        corrected = v / (1 - beta**t) if optimizer.bias_correction else v
        return w - rate(t) * corrected, v

    return update


def _rmsprop(optimizer: Any, rate: Rate) -> Update:
    beta, epsilon = optimizer.beta, optimizer.epsilon

    def update(s: State, w: np.ndarray, dw: np.ndarray, t: int) -> Any:
        s = beta * (0.0 if s is None else s) + (1 - beta) * dw**2
        inside = optimizer.convention == "keras"
        root = np.sqrt(s + epsilon) if inside else np.sqrt(s) + epsilon
        return w - rate(t) * dw / root, s

    return update


def _adam(optimizer: Any, rate: Rate) -> Update:
    hat = optimizer.convention == "keras"
    return _adam_formula(optimizer, rate, epsilon_hat=hat, amsgrad=False)


def _keras_adam(optimizer: Any, rate: Rate) -> Update:
    return _adam_formula(optimizer, rate, epsilon_hat=True, amsgrad=optimizer.amsgrad)


def _adam_formula(
    optimizer: Any, rate: Rate, *, epsilon_hat: bool, amsgrad: bool
) -> Update:
    beta_1, beta_2, epsilon = optimizer.beta_1, optimizer.beta_2, optimizer.epsilon

    def update(state: State, w: np.ndarray, dw: np.ndarray, t: int) -> Any:
        v, s, largest = (0.0, 0.0, 0.0) if state is None else state
        v = beta_1 * v + (1 - beta_1) * dw
        s = beta_2 * s + (1 - beta_2) * dw**2
        largest = np.maximum(largest, s)
        used = largest if amsgrad else s
        first, second = 1 - beta_1**t, 1 - beta_2**t
        # The paper's "epsilon hat" is added before the root is corrected.
        root = (
            (np.sqrt(used) + epsilon) / np.sqrt(second)
            if epsilon_hat
            else np.sqrt(used / second) + epsilon
        )
        return w - rate(t) * (v / first) / root, (v, s, largest)

    return update


def _keras_sgd(optimizer: Any, rate: Rate) -> Update:
    momentum = optimizer.momentum

    def update(v: State, w: np.ndarray, dw: np.ndarray, t: int) -> Any:
        v = momentum * (0.0 if v is None else v) - rate(t) * dw
        if optimizer.nesterov and momentum:
            return w + momentum * v - rate(t) * dw, v
        return w + v, v

    return update


def _keras_rmsprop(optimizer: Any, rate: Rate) -> Update:
    rho, momentum, epsilon = optimizer.rho, optimizer.momentum, optimizer.epsilon

    def update(state: State, w: np.ndarray, dw: np.ndarray, t: int) -> Any:
        s, mean, m = (0.0, 0.0, 0.0) if state is None else state
        s = rho * s + (1 - rho) * dw**2
        mean = rho * mean + (1 - rho) * dw
        variance = s - mean**2 if optimizer.centered else s
        m = momentum * m + rate(t) * dw / np.sqrt(variance + epsilon)
        return w - m, (s, mean, m)

    return update


_FORMULAS: dict[type, Callable[[Any, Rate], Update]] = {
    optimizers.GradientDescent: _gradient_descent,
    optimizers.Momentum: _momentum,
    optimizers.RMSprop: _rmsprop,
    optimizers.Adam: _adam,
    keras.optimizers.SGD: _keras_sgd,
    keras.optimizers.RMSprop: _keras_rmsprop,
    keras.optimizers.Adam: _keras_adam,
    keras.optimizers.AdamW: _keras_adam,
}


def _name(kind: type) -> str:
    package = kind.__module__.partition(".")[0]
    return f"{package}.{kind.__name__}"
