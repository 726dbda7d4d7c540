"""Gradient checking of a Keras model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from tfkit._checks import check_count, check_number
from tfkit.diagnose.arrays import require_lengths, require_numbers
from tfkit.diagnose.gradient_check.comparison import (
    Comparison,
    compare_coordinates,
    compare_directions,
)
from tfkit.diagnose.gradient_check.model_copy import (
    as_float64,
    copy_in_float64,
    float64_defaults,
    unchanged,
)
from tfkit.diagnose.gradient_check.model_cost import ModelCost
from tfkit.diagnose.gradient_check.result import GradientCheck, Mode
from tfkit.diagnose.model_checks import require_compiled

# Up to this many parameters each coordinate is taken.
_FULL = 5000
# What a cost in the model's own dtype may be off by, by the bits it has.
_ROUNDED = {"float16": 5e-2, "bfloat16": 2e-1, "float32": 1e-3, "float64": 1e-6}


_MISSING = "Most losses need `y`, the targets: give them. "


def gradient_check(
    model: keras.Model,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    mode: Literal["auto", "full", "directional"] = "auto",
    epsilon: float | None = None,
    layers: Sequence[str] | None = None,
    training: bool = False,
    directions: int = 4,
    after_steps: int = 0,
    batch_size: int | None = None,
    seed: int = 0,
) -> GradientCheck:
    r"""Compares a model's backpropagation with differences of its cost.

    With $g$ the gradient that reverse mode gives and

    $$a_i = \frac{J(\theta + \epsilon_i e_i) - J(\theta - \epsilon_i e_i)}{2\epsilon_i},
    \qquad \text{difference} = \frac{\|g - a\|_2}{\|g\|_2 + \|a\|_2}$$

    the difference is judged for each parameter tensor: about 1e-7 is fine, 1e-5 asks
    for a careful look, 1e-3 is a bug (`pass_bar` says where "fine" ends at which step).
    $J$ is the compiled loss with its weights, all regularizers and `add_loss`. All is
    computed in a float64 copy made from the model's config; the model stays as it is.

    Keras's own layers are right. What is checked are custom layers, losses,
    regularizers and `tf.custom_gradient` operations within a whole model.

    - **Kinks** (ReLU, max): where a step crosses one, a smaller step decides; at one,
      any slope between the one-sided ones is right. They are counted, not blamed.
    - **Dropout** under `training=True` has one mask, drawn once and replayed. Layers
      that draw from elsewhere are refused.
    - **Batch norm** uses moving statistics under `training=False`, those of the batch
      under `training=True`.
    - **Directional mode** takes some random directions for each tensor instead of all
      coordinates, and compares reverse mode with forward mode, too. A large tensor
      with an error in few coordinates may need more directions.

    Args:
        model: A built and compiled model on the TensorFlow backend.
        x: Inputs of one batch; or a `tf.data.Dataset`, whose first batch is taken. A
            few tens of examples are plenty.
        y: Targets, if the loss needs any.
        sample_weight: Weights of the examples, if any.
        mode: "full", "directional", or "auto": full up to 5000 parameters.
        epsilon: The step. None for $u^{1/3}\max(1, |\theta_i|)$, near the best one;
            1e-7 is the course's.
        layers: Names of the layers whose weights are checked; None for all.
        training: Whether the model is called in training mode.
        directions: How many for each tensor, in directional mode.
        after_steps: Checks again after so many steps of the model's optimizer on this
            batch (with a plain training step, on the copy); 0 for none. Some errors
            do not show at the first weights.
        batch_size: Perturbed weights in one call; None for a size that fits.
        seed: Of the random directions.

    Returns:
        A `GradientCheck`; `print` shows a table.

    Raises:
        TypeError: If `model` is no Keras model, `x` holds integers where the model
            takes floats, or labels are text.
        ValueError: If the model is not built or compiled, has no trainable weights or
            cannot be copied; if the data does not fit; if the cost is not finite, or
            differs from one evaluation to the next; if an option is out of range.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> check = gradient_check(model, np.eye(2), np.ones((2, 1)))
        >>> check.passed, check.checked, check.difference < 1e-7
        (True, 3, True)

    Reference:
        Course notes, Numerical approximation of gradients; Gradient checking
        implementation notes.
    """
    require_compiled(model, optimizer=False)
    mode = _check_options(mode, epsilon, directions, after_steps, batch_size)
    x, y, sample_weight = _batch(x, y, sample_weight)
    _check_layers(model, layers)
    _check_data(model, x, y, sample_weight)
    own = _own_cost(model, x, y, sample_weight)
    with float64_defaults():
        data = as_float64((x, y, sample_weight))
        made = copy_in_float64(model, data[0])
        inference = _check_same(model, made, data, own)
        cost = ModelCost(model, made, data, training=training, layers=layers)
        size = sum(cost.sizes)
        chosen: Mode = (
            mode if mode != "auto" else "full" if size <= _FULL else "directional"
        )

        def check(known: float | None = None) -> GradientCheck:
            value, penalty = _finite_cost(cost, known)
            if chosen == "full":
                found = compare_coordinates(cost, epsilon, batch_size)
            else:
                found = compare_directions(cost, epsilon, directions, seed)
            return _report(cost, chosen, epsilon, found, value, penalty)

        result = check(None if training else inference)
        if after_steps:
            cost.train(after_steps)
            later = check()
            steps = "step" if after_steps == 1 else "steps"
            note = f"after {after_steps} training {steps}"
            later = replace(later, notes=(note, *later.notes))
            result = replace(result, later=later)
    return result


def _report(
    cost: ModelCost,
    mode: Mode,
    epsilon: float | None,
    found: Comparison,
    value: float,
    penalty: float,
) -> GradientCheck:
    notes = [*_mode_notes(cost.made, cost.training), *found.notes]
    kinks = sum(tensor.kinks for tensor in found.tensors)
    if kinks:
        notes.append(
            f"kinks: {kinks} of {found.checked} steps crossed one or began at one; "
            "judged by smaller steps and one-sided slopes"
        )
    return GradientCheck(
        mode=mode,
        difference=found.difference,
        epsilon=epsilon,
        tensors=found.tensors,
        worst=found.worst,
        cost=value,
        penalty=penalty,
        noise=found.noise,
        checked=found.checked,
        notes=tuple(notes),
    )


def _mode_notes(model: keras.Model, training: bool) -> list[str]:
    notes = []
    layers = list(model._flatten_layers(include_self=False))
    if any(isinstance(layer, keras.layers.BatchNormalization) for layer in layers):
        which = "those of the batch" if training else "moving averages"
        notes.append(f"batch norm: statistics are {which} (training={training})")
    if any(getattr(layer, "seed_generator", None) is not None for layer in layers):
        which = "on, with one mask replayed" if training else "off"
        notes.append(f"dropout and noise: {which} (training={training})")
    return notes


def _finite_cost(cost: ModelCost, known: float | None) -> tuple[float, float]:
    """The cost and its penalties; `known` is an earlier answer, if there is one."""
    value, penalty, _ = cost.parts()
    if not np.isfinite(value):
        raise ValueError(
            f"The cost must be finite. Received: {value}. Look for NaN in the data, "
            "then with `find_first_bad_layer` for the layer where it arises; after "
            "training steps, lower the learning rate."
        )
    again = cost.parts()[0] if known is None else known
    # Sums in threads may come in another order.
    if abs(again - value) > 1e-10 * max(1.0, abs(value)):
        raise ValueError(
            "The cost must be a function of the weights. Received: "
            f"{value:.10g}, then {again:.10g} at the same weights. A layer draws random "
            "numbers that cannot be replayed: draw them with a "
            "`keras.random.SeedGenerator`, or check with training=False."
        )
    return value, penalty


def _own_cost(model: keras.Model, x: Any, y: Any, weight: Any) -> float:
    """The cost that the model itself computes at inference."""
    try:
        with unchanged(model):
            prediction = model(x, training=False)
            _check_targets(y, prediction)
            return float(model.compute_loss(x, y, prediction, weight, training=False))
    except (ValueError, TypeError, tf.errors.OpError) as error:
        shapes = keras.tree.map_structure(
            lambda leaf: None if leaf is None else tuple(leaf.shape), (x, y, weight)
        )
        raise ValueError(
            "The model must take the data and give a cost. Received: (x, y, "
            f"sample_weight) of shapes {shapes}. {_MISSING if y is None else ''}"
            f"Cause: {error}"
        ) from error


def _check_same(
    model: keras.Model, made: keras.Model, data: tuple[Any, Any, Any], own: float
) -> float:
    """The copy's cost at inference, which must be the model's."""
    inference = ModelCost(model, made, data, training=False)
    copied, _, _ = inference.parts()
    widths = {str(variable.dtype) for variable in model.trainable_variables}
    widths |= {layer.compute_dtype for layer in model._flatten_layers()}
    allowed = max(_ROUNDED.get(width, 0.0) for width in widths)
    if np.isfinite(own) and not abs(copied - own) <= allowed * max(1.0, abs(own)):
        raise ValueError(
            "The float64 copy of the model must have the same cost. Received: "
            f"{copied:.6g}, the model {own:.6g}. Something is not in its config: return "
            "in `get_config` all that the constructors and later changes set."
        )
    return copied


def _check_options(
    mode: Any,
    epsilon: float | None,
    directions: int,
    after_steps: int,
    batch_size: int | None,
) -> Any:
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            "gradient_check needs the TensorFlow backend. Received: "
            f"{keras.backend.backend()!r}. Set KERAS_BACKEND=tensorflow."
        )
    if mode not in ("auto", "full", "directional"):
        raise ValueError(
            '`mode` must be "auto", "full" or "directional". Received: '
            f'mode={mode!r}. "auto" is full up to {_FULL} parameters.'
        )
    if epsilon is not None:
        hint = "The course's is 1e-7; None takes a step near the best one."
        check_number("epsilon", epsilon, exclusive=True, hint=hint)
    check_count("directions", directions, hint="4 directions find most errors.")
    check_count("after_steps", after_steps, minimum=0, hint="0 checks once.")
    if batch_size is not None:
        check_count("batch_size", batch_size, minimum=2, hint="None takes a fit one.")
    return mode


def _check_layers(model: keras.Model, layers: Sequence[str] | None) -> None:
    if layers is None:
        return
    names = [
        layer.name
        for layer in model._flatten_layers(include_self=False)
        if layer.trainable_variables
    ]
    wrong = (
        [layers] if isinstance(layers, str) else [n for n in layers if n not in names]
    )
    if wrong or not layers:
        raise ValueError(
            "`layers` must be a list of names of layers with trainable weights. "
            f"Received: layers={layers!r}. There are: {', '.join(names)}."
        )


def _batch(x: Any, y: Any, weight: Any) -> tuple[Any, Any, Any]:
    if isinstance(x, tf.data.Dataset):
        if y is not None or weight is not None:
            raise ValueError(
                "`y` and `sample_weight` must be None where `x` is a dataset. "
                "Received: both. Let the dataset yield (x, y, sample_weight)."
            )
        batch = next(iter(x.take(1)), None)
        if batch is None:
            raise ValueError(
                "`x` must hold a batch. Received: an empty dataset. Look at its filters."
            )
        x, y, weight = keras.utils.unpack_x_y_sample_weight(batch)
    require_numbers(y)
    return keras.tree.map_structure(
        lambda leaf: None if leaf is None else tf.convert_to_tensor(leaf),
        (x, y, weight),
    )


def _check_data(model: keras.Model, x: Any, y: Any, weight: Any) -> None:
    require_lengths(x=x, y=y, sample_weight=weight)
    leaves = [leaf for leaf in keras.tree.flatten((x, y, weight)) if leaf is not None]
    for leaf in leaves:
        if leaf.dtype.is_floating and not np.isfinite(leaf.numpy()).all():
            raise ValueError(
                "The data must be finite. Received: NaN or infinity in an array of "
                f"shape {tuple(leaf.shape)}. Drop or fill these rows."
            )
    inputs = keras.tree.flatten(getattr(model, "inputs", None) or [])
    given = keras.tree.flatten(x)
    if len(inputs) != len(given):
        return
    for wanted, leaf in zip(inputs, given, strict=True):
        # Embedding layers take whole numbers as floats, too.
        if (
            "float" in str(wanted.dtype)
            and leaf.dtype.is_integer
            and not _embeds(model)
        ):
            raise TypeError(
                f"The input {wanted.name!r} takes {wanted.dtype}. Received: "
                f"{leaf.dtype.name} of shape {tuple(leaf.shape)}. Convert and scale it "
                'as in training, such as x.astype("float32") / 255.'
            )


def _embeds(model: keras.Model) -> bool:
    layers = model._flatten_layers(include_self=False)
    return any(isinstance(layer, keras.layers.Embedding) for layer in layers)


def _check_targets(y: Any, prediction: Any) -> None:
    """Raises where a loss would spread one output over several targets, unasked."""
    if not (tf.is_tensor(y) and tf.is_tensor(prediction)):
        return
    one = prediction.shape.rank == y.shape.rank and prediction.shape[-1] == 1
    if one and y.shape[-1] not in (1, None) and y.shape.rank > 1:
        raise ValueError(
            f"`y` of shape {tuple(y.shape)} does not fit the prediction of shape "
            f"{tuple(prediction.shape)}: give the model as many outputs."
        )
