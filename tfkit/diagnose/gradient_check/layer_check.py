"""Gradient check of one layer: with respect to its weights and its inputs."""

from __future__ import annotations

import random
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfkit.diagnose.gradient_check.model_copy import (
    as_float64,
    float64_defaults,
    penalties_in_float64,
)
from tfkit.diagnose.gradient_check.parts import check_outputs
from tfkit.diagnose.gradient_check.result import GradientCheck

# Of weights that this check makes itself: so far from 0 and 1, where initializers put
# biases and scales, that a mistake there is no longer hidden.
_MOVED = 0.1


def check_layer_gradients(
    layer: keras.Layer,
    x: Any,
    *,
    training: bool = False,
    epsilon: float | None = None,
    seed: int = 0,
) -> GradientCheck:
    r"""Checks the gradients of one layer with respect to its weights and its inputs.

    Reverse mode is compared with central differences of

    $$J = \sum_i c_i\, y_i, \qquad y = \text{layer}(x),$$

    with fixed random $c_i$, in a float64 copy of the layer made from its config; the
    layer itself isn't changed. What the layer adds to the loss, by regularizers or
    `add_loss`, is one more output. Random layers draw the same mask each time.

    Args:
        layer: A Keras layer. One that is not built gets weights from its initializers,
            each moved a little, in the copy.
        x: What the layer is called with, examples first: an array; a list or dict of
            arrays for a layer that takes these; a tuple for several arguments, such as
            `(query, value)`. Gradients are checked with respect to floats; integers,
            such as those of an `Embedding`, are passed on.
        training: Whether the layer is called in training mode.
        epsilon: The step; None for one near the best.
        seed: Of the $c_i$, and of weights that are made here.

    Returns:
        The report, with one row for each trainable weight and each float input.

    Raises:
        TypeError: If `layer` is no layer, or there are neither weights nor floats.
        ValueError: If the layer can't be made again from its config, does not take `x`,
            is random in a way that can't be replayed, or is not finite there.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(4, 3))
        >>> check = check_layer_gradients(keras.layers.Dense(2, name="hidden"), x)
        >>> check.passed, [tensor.path for tensor in check.tensors]
        (True, ['hidden/kernel', 'hidden/bias', 'input'])

    Reference:
        Course notes, Gradient checking implementation notes.
    """
    if isinstance(layer, type) or not isinstance(layer, keras.Layer):
        raise TypeError(
            f"`layer` must be a Keras layer. Received: layer={layer!r}. Pass an "
            "instance; check_function_gradients takes functions."
        )
    arguments = x if isinstance(x, tuple) else (x,)
    arrays = keras.tree.map_structure(np.asarray, arguments)
    with float64_defaults():
        random.seed(seed)  # of initializers without a seed; put back afterwards
        made = _copy(layer, as_float64(arrays), seed)
        weights = made.trainable_variables
        inputs = keras.tree.flatten(arrays)
        places = [place for place, leaf in enumerate(inputs) if leaf.dtype.kind == "f"]
        if not weights and not places:
            raise TypeError(
                "The layer must have trainable weights, or `x` hold floats. Received: "
                f"{layer.name!r} without weights, x of "
                f"{', '.join(str(leaf.dtype) for leaf in inputs)}. "
                "Pass x.astype(float)."
            )

        def call(tensors: list[Any]) -> Any:
            leaves: list[Any] = [tf.constant(leaf) for leaf in inputs]
            for place, tensor in zip(places, tensors[len(weights) :], strict=True):
                leaves[place] = tensor
            packed = keras.tree.pack_sequence_as(arrays, leaves)
            mapping = [(variable, variable.value) for variable in made.variables]
            with keras.StatelessScope(mapping, collect_losses=True) as scope:
                for variable, tensor in zip(weights, tensors, strict=False):
                    # Past the constructor, which rounds to the variable's dtype.
                    scope.state_mapping[id(variable)] = tensor
                outputs = made(*packed, training=training)
                return [outputs, *made.losses]

        names = _input_names(arrays, len(inputs))
        return check_outputs(
            call,
            [variable.numpy() for variable in weights]
            + [inputs[place] for place in places],
            [variable.path for variable in weights]
            + [names[place] for place in places],
            layers=[layer.name] * len(weights) + [""] * len(places),
            examples=len(inputs[0]) if inputs and inputs[0].ndim else None,
            epsilon=epsilon,
            seed=seed,
            notes=(f"called with training={training}",),
        )


def _copy(layer: keras.Layer, arguments: Any, seed: int) -> keras.Layer:
    """A float64 copy with the same weights and random states, built."""
    try:
        made = type(layer).from_config(layer.get_config())
    # Configs are the user's code: whatever it raises, the layer cannot be copied.
    except Exception as error:
        raise ValueError(
            "The layer must be one that its config makes again. Received: "
            f"{layer.name!r} ({type(layer).__name__}), for which "
            f"from_config(get_config()) fails: {type(error).__name__}: {str(error)[:300]}. Return "
            "all arguments of its constructor from get_config; register what it holds."
        ) from error
    for part in made._flatten_layers():
        part.dtype_policy = "float64"
    penalties_in_float64(made)
    try:
        made(*arguments, training=False)
    except (ValueError, TypeError, tf.errors.OpError) as error:
        shapes = keras.tree.map_structure(lambda leaf: tuple(leaf.shape), arguments)
        raise ValueError(
            f"The layer {layer.name!r} must take `x`. Received: float64 arrays of shape "
            f"{shapes if len(shapes) > 1 else shapes[0]}. Cause: {error}"
        ) from error
    penalties_in_float64(made)  # now that there are weights
    if not layer.built:
        generator = np.random.default_rng(seed)
        for variable in made.trainable_variables:
            moved = generator.normal(0.0, _MOVED, variable.shape)
            variable.assign(variable.numpy() + moved)
        return made
    pairs = list(zip(made.variables, layer.variables, strict=False))
    if len(made.variables) != len(layer.variables) or any(
        a.shape != b.shape for a, b in pairs
    ):
        raise ValueError(
            f"The copy of {layer.name!r} from its config must have the same variables. "
            f"Received: shapes {[tuple(v.shape) for v in made.variables]}, the layer "
            f"has {[tuple(v.shape) for v in layer.variables]}. Return all arguments of "
            "the constructor from get_config, and pass an `x` of the shape that it was "
            "built on."
        )
    for variable, original in pairs:
        variable.assign(original.numpy())
    return made


def _input_names(arrays: Any, count: int) -> list[str]:
    if count == 1:
        return ["input"]
    if len(arrays) == 1 and isinstance(arrays[0], dict):
        # keras.tree flattens dicts in the order of their sorted keys.
        names = sorted(arrays[0])
        if len(names) == count:
            return [f"input {name!r}" for name in names]
    return [f"input {place}" for place in range(count)]
