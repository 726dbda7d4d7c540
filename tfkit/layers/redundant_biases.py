"""Finding biases that batch normalization takes away again."""

from __future__ import annotations

from typing import Any

import keras

__all__ = ["RedundantBiasWarning", "redundant_biases"]

_WITH_BIAS_ON_THEIR_CHANNELS = (
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
    keras.layers.DepthwiseConv1D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv1D,
    keras.layers.SeparableConv2D,
)


class RedundantBiasWarning(UserWarning):
    """A layer has a bias that the batch normalization after it subtracts again."""


def redundant_biases(model: keras.Model) -> tuple[str, ...]:
    r"""Names the layers of a model whose bias batch normalization makes useless.

    With $z = W a + b$ the mean over the mini-batch contains $b$ as well, so that
    $z - \mu$ does not depend on it: its gradient is zero, and $\beta$ of the batch
    normalization does its work. Such a layer can have `use_bias=False`.

    Looked at are dense and convolutional layers with linear activation whose every
    output goes straight into a batch normalization (Keras's or tfkit's) over the same
    axis. A bias whose output is also used elsewhere, as in a skip connection, is needed.

    Args:
        model: A functional model or `Sequential` that is built; models nested in it are
            looked at too.

    Returns:
        The names, in the model's order.

    Raises:
        ValueError: If the model is a subclassed one (its Python code, not a graph, says
            what follows what) or not built yet.

    Example:
        >>> import keras
        >>> model = keras.Sequential(
        ...     [
        ...         keras.Input((4,)),
        ...         keras.layers.Dense(3, name="hidden"),
        ...         keras.layers.BatchNormalization(),
        ...         keras.layers.Dense(1),
        ...     ]
        ... )
        >>> redundant_biases(model)
        ('hidden',)

    Reference:
        Course notes, Fitting Batch Normalization into a neural network.
    """
    # Both are without it where layers are called by hand-written code, or not yet.
    if not getattr(model, "outputs", None):
        raise ValueError(
            "`model` must be a functional model or a built Sequential: the layers of a "
            "subclassed model do not know what follows them. Received: "
            f"model={model.name!r} of type {type(model).__name__}. Give a Sequential an "
            "`keras.Input`, or call `model.build(input_shape)`."
        )
    names: list[str] = []
    for layer in model.layers:
        if isinstance(layer, keras.Model) and getattr(layer, "outputs", None):
            names += redundant_biases(layer)
        elif _all_outputs_are_normalized(layer, model):
            names.append(layer.name)
    return tuple(names)


def has_cancelled_bias(layer: Any, axis: int, rank: int) -> bool:
    """Whether normalizing the layer's output over all but `axis` removes its bias.

    Args:
        layer: Any Keras operation.
        axis: The axis of the units of the batch normalization.
        rank: Number of the output's axes.
    """
    if isinstance(layer, keras.layers.Dense):
        bias_axis = rank - 1
    elif isinstance(layer, _WITH_BIAS_ON_THEIR_CHANNELS):
        bias_axis = 1 if layer.data_format == "channels_first" else rank - 1
    else:
        return False
    return (
        layer.use_bias
        and layer.activation is keras.activations.linear
        and axis % rank == bias_axis
    )


def _all_outputs_are_normalized(layer: keras.Layer, model: keras.Model) -> bool:
    consumers = [node.operation for node in layer._outbound_nodes]
    return (
        bool(consumers)
        and all(
            isinstance(consumer, keras.layers.BatchNormalization)
            and has_cancelled_bias(layer, consumer.axis, len(layer.output.shape))
            for consumer in consumers
        )
        and not any(output is layer.output for output in model.outputs)
    )
