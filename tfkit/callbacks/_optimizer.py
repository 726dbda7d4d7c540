"""What callbacks read from optimizers and set in them, wrapped ones included."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tfkit._variables import value_of
from tfkit.optimizers import ComposableLearningRate


def learning_rate(optimizer: Any) -> float:
    """Returns the learning rate of the next step."""
    return float(value_of(optimizer.learning_rate))


def step(optimizer: Any) -> int:
    """Returns the number of steps taken, as the optimizer's schedule counts them."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    # Keras's public `iterations` counts updates. With gradient accumulation these are
    # fewer than the mini-batches by which it asks a schedule.
    return int(value_of(inner._iterations))


def holds_schedule(optimizer: Any) -> bool:
    """Whether the optimizer computes its rate itself."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return not isinstance(getattr(inner, "_learning_rate", None), keras.Variable)


def require_settable_rate(
    optimizer: Any, callback: str, *, composes: bool = False
) -> None:
    """Raises ValueError unless `callback` can set the one rate of this optimizer.

    With `composes` it may also be one that takes a rate as a factor on its schedule.
    """
    if hasattr(optimizer, "optimizers"):
        raise ValueError(
            f"{callback} sets one learning rate, but the model is compiled with "
            f"{type(optimizer).__name__}, which holds one for each of its "
            f"optimizers. Received: {len(optimizer.optimizers)} optimizers. Compile "
            "with a single optimizer, or give each a LearningRateSchedule."
        )
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    if composes and isinstance(inner, ComposableLearningRate):
        return
    if holds_schedule(optimizer):
        schedule = type(inner._learning_rate).__name__
        raise ValueError(
            f"{callback} sets the learning rate, but the optimizer holds a schedule "
            f"that sets it at every step. Received: learning_rate={schedule}. Drop one "
            f"of the two: compile with a float `learning_rate` to keep {callback}, or "
            "leave the callback out to keep the schedule."
        )


def averaged_variables(optimizer: Any) -> list[tuple[Any, Any]]:
    """Pairs each trained variable with its moving average; empty without `use_ema`."""
    if hasattr(optimizer, "inner_optimizer"):
        return averaged_variables(optimizer.inner_optimizer)
    if hasattr(optimizer, "optimizers"):
        return [
            pair for inner in optimizer.optimizers for pair in averaged_variables(inner)
        ]
    if not getattr(optimizer, "use_ema", False) or not optimizer.built:
        return []
    # The same two attributes that keras.callbacks.SwapEMAWeights reads: there is no
    # public name for them.
    pairs = zip(
        optimizer._trainable_variables,
        optimizer._model_variables_moving_average,
        strict=True,
    )
    return [(variable, average) for variable, average in pairs if average is not None]


def final_weights(model: Any) -> list[np.ndarray]:
    """Returns the weights that `fit` would leave behind if it ended now.

    These are `model.get_weights()`, except that the moving averages stand in place of
    the trained variables when the optimizer has `use_ema=True`.
    """
    averages = {id(v): average for v, average in averaged_variables(model.optimizer)}
    return [
        keras.ops.convert_to_numpy(averages.get(id(variable), variable))
        for variable in model.weights
    ]
