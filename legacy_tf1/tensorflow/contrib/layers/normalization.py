"""Normalization of activations by batch, layer, instance or group of channels.

Today `tf.keras.layers.BatchNormalization`, `LayerNormalization`, `GroupNormalization`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow.compat.v1 as tf
from tensorflow.python.training.moving_averages import assign_moving_average

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.compat import seeds
from legacy_tf1.tensorflow.contrib.framework.scoping import add_arg_scope
from legacy_tf1.tensorflow.contrib.layers import _building, utils
from legacy_tf1.tensorflow.layers.normalization import BatchNormalization

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm"]

_INITIALIZERS = {
    "beta": tf.zeros_initializer(),
    "gamma": tf.ones_initializer(),
    "moving_mean": tf.zeros_initializer(),
    "moving_variance": tf.ones_initializer(),
}


@add_arg_scope
def batch_norm(
    inputs: Any,
    decay: float = 0.999,
    center: bool = True,
    scale: bool = False,
    epsilon: float = 0.001,
    activation_fn: Callable[..., Any] | None = None,
    param_initializers: Mapping[str, Any] | None = None,
    param_regularizers: Mapping[str, Any] | None = None,
    updates_collections: Any = tf.GraphKeys.UPDATE_OPS,
    is_training: Any = True,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    batch_weights: Any = None,
    fused: bool | None = None,
    data_format: str = _building.NHWC,
    zero_debias_moving_mean: bool = False,
    scope: Any = None,
    renorm: bool = False,
    renorm_clipping: dict[str, Any] | None = None,
    renorm_decay: float = 0.99,
    adjustment: Callable[[Any], tuple[Any, Any]] | None = None,
) -> Any:
    """As `tf.contrib.layers.batch_norm` of TensorFlow 1.15.

    Mind the defaults: no gamma (`scale=False`), and the moving averages' updates are in
    UPDATE_OPS, which the training step must depend on.

    Args:
        decay: What the moving averages keep of their value at each update.
        updates_collections: Where the updates go; None for running them in place.
        is_training: Whether to normalize by the batch; a bool or a bool tensor.
        batch_weights: One weight for each example of the batch.
        zero_debias_moving_mean: Whether the moving mean is corrected for its start
            at 0; adds the variables `biased` and `local_step`.
    """
    axis = 1 if _building.data_format(data_format) == "channels_first" else -1
    fused = True if fused is None else fused
    inputs = tf.convert_to_tensor(inputs)
    in_updates = updates_collections == tf.GraphKeys.UPDATE_OPS
    by_hand = not in_updates or zero_debias_moving_mean
    initializers = {**_INITIALIZERS, **(param_initializers or {})}
    regularizers = dict(param_regularizers or {})
    rank = inputs.shape.ndims
    plain = batch_weights is None and not renorm and adjustment is None
    if by_hand or batch_weights is not None or (fused and plain and rank == 2):
        if renorm:
            raise ValueError(
                "renorm is not supported with batch_weights, updates_collections or "
                "zero_debias_moving_mean. Leave these at their defaults."
            )
        by_fused = fused and plain and rank in (2, 4)
        normalize = _fused if by_fused else _unfused
        with tf.variable_scope(
            scope,
            "BatchNorm",
            [inputs],
            reuse=reuse,
            custom_getter=None if by_fused else _building.model_variable_getter({}),
        ) as opened:
            # The fused operation keeps its parameters in float32 for any inputs.
            settings = _Settings(
                tf.float32 if by_fused else inputs.dtype.base_dtype,
                initializers,
                regularizers,
                variables_collections,
                trainable,
                center,
                scale,
                epsilon,
                data_format,
                _Updates(
                    is_training, decay, updates_collections, zero_debias_moving_mean
                ),
            )
            outputs = normalize(inputs, batch_weights, settings)
            if activation_fn is not None:
                outputs = activation_fn(outputs)
            return utils.collect_named_outputs(
                outputs_collections, opened.name, outputs
            )
    with tf.variable_scope(
        scope,
        "BatchNorm",
        [inputs],
        reuse=reuse,
        custom_getter=_building.model_variable_getter({}),
    ) as opened:
        layer = BatchNormalization(
            axis=axis,
            momentum=decay,
            epsilon=epsilon,
            center=center,
            scale=scale,
            **{f"{name}_initializer": initializers[name] for name in _INITIALIZERS},
            beta_regularizer=regularizers.get("beta"),
            gamma_regularizer=regularizers.get("gamma"),
            trainable=trainable,
            renorm=renorm,
            renorm_clipping=renorm_clipping,
            renorm_momentum=renorm_decay,
            adjustment=adjustment,
            name=opened.name,
            _scope=opened,
            _reuse=reuse,
            fused=fused,
        )
        outputs = layer(inputs, training=is_training)
        for name in _INITIALIZERS:
            if getattr(layer, name) is not None:
                variable = getattr(layer, name)
                _building.collect_variable(variable, variables_collections, name)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return utils.collect_named_outputs(outputs_collections, opened.name, outputs)


@dataclass(frozen=True)
class _Updates:
    """How the moving averages follow the batches."""

    is_training: Any
    decay: float
    collections: Any
    zero_debias: bool

    @property
    def needed(self) -> bool:
        known = utils.constant_value(self.is_training)
        return known is None or bool(known)

    def of(self, averages: Sequence[Any], statistics: Sequence[Any]) -> list[Any]:
        """The updates of mean and variance."""
        debias = (self.zero_debias, False)
        return [
            assign_moving_average(average, value, self.decay, zero_debias=zero)
            for average, value, zero in zip(averages, statistics, debias, strict=True)
        ]

    def after(self, averages: Any, statistics: Any, values: Any, otherwise: Any) -> Any:
        """The values, once the averages are updated; `otherwise` when not training."""

        def forced() -> list[Any]:
            with tf.control_dependencies(self.of(averages, statistics)):
                return [tf.identity(value) for value in values]

        return utils.smart_cond(self.is_training, forced, lambda: list(otherwise))

    def collect(self, averages: Sequence[Any], statistics: Sequence[Any]) -> None:
        """Adds the updates to the collections."""
        updates = utils.smart_cond(
            self.is_training,
            lambda: self.of(averages, statistics),
            lambda: list(averages),
        )
        for update in updates:
            tf.add_to_collections(self.collections, update)


@dataclass(frozen=True)
class _Settings:
    """What the hand-made forms of batch normalization have in common."""

    dtype: Any
    initializers: Mapping[str, Any]
    regularizers: Mapping[str, Any]
    collections: utils.Collections
    trainable: bool
    center: bool
    scale: bool
    epsilon: float
    data_format: str
    updates: _Updates

    def parameter(self, name: str, shape: Any, trainable: bool, **kwargs: Any) -> Any:
        initializer = self.initializers[name]
        return _building.parameter(
            name,
            shape,
            self.dtype,
            initializer,
            self.collections,
            trainable=trainable,
            **kwargs,
        )

    def averages(self, shape: Any) -> list[Any]:
        # Averages are small and read together: they are never split over machines.
        with tf.variable_scope(tf.get_variable_scope()) as local:
            local.set_partitioner(None)
            names = ("moving_mean", "moving_variance")
            return [self.parameter(name, shape, False) for name in names]


def _fused(inputs: Any, batch_weights: None, settings: _Settings) -> Any:
    original, updates = inputs, settings.updates
    first = settings.data_format == _building.NCHW
    if original.shape.ndims == 2:
        channels = utils.last_dimension(original.shape)
        shape = [-1, channels, 1, 1] if first else [-1, 1, 1, channels]
        inputs = tf.reshape(original, shape)
    shape = inputs.shape[1:2] if first else inputs.shape[-1:]
    _require_known(shape, inputs)

    def parameter(name: str, wanted: bool, otherwise: float) -> Any:
        if not wanted:
            return tf.constant(otherwise, settings.dtype, shape)
        regularizer = settings.regularizers.get(name)
        return settings.parameter(
            name, shape, settings.trainable, regularizer=regularizer
        )

    beta = parameter("beta", settings.center, 0.0)
    gamma = parameter("gamma", settings.scale, 1.0)
    averages = settings.averages(shape)
    given = {
        "x": inputs,
        "scale": gamma,
        "offset": beta,
        "epsilon": settings.epsilon,
        "data_format": settings.data_format,
    }
    outputs, *statistics = utils.smart_cond(
        updates.is_training,
        lambda: tf.nn.fused_batch_norm(**given),
        lambda: tf.nn.fused_batch_norm(
            **given, mean=averages[0], variance=averages[1], is_training=False
        ),
    )
    if updates.needed and updates.collections is None:
        # cond gives a single output as it is, a Python branch as the list it made.
        after = updates.after(averages, statistics, [outputs], [outputs])
        outputs = after[0] if isinstance(after, list) else after
    elif updates.needed:
        updates.collect(averages, statistics)
    outputs.set_shape(inputs.shape)
    if original.shape.ndims == 2:
        outputs = tf.reshape(outputs, tf.shape(original))
    return outputs


def _unfused(inputs: Any, batch_weights: Any, settings: _Settings) -> Any:
    updates, rank = settings.updates, inputs.shape.ndims
    if rank is None:
        raise ValueError(f"Inputs {inputs.name} must have a known rank.")
    first = settings.data_format == _building.NCHW
    if batch_weights is not None:
        batch_weights = tf.convert_to_tensor(batch_weights)
        inputs.shape[0:1].assert_is_compatible_with(batch_weights.shape)
        batch_weights = tf.reshape(batch_weights, [-1] + [1] * (rank - 1))
    axes = [0, *range(2, rank)] if first else list(range(rank - 1))
    shape = inputs.shape[1:2] if first else inputs.shape[-1:]
    _require_known(shape, inputs)
    beta = gamma = None
    if settings.center:
        beta = settings.parameter("beta", shape, settings.trainable)
    if settings.scale:
        gamma = settings.parameter("gamma", shape, settings.trainable)
    averages = settings.averages(shape)
    statistics = averages
    if updates.needed:
        of_batch = _moments(inputs, axes, batch_weights, first)
        if updates.collections is None:
            statistics = updates.after(averages, of_batch, of_batch, averages)
        else:
            updates.collect(averages, of_batch)
            statistics = utils.smart_cond(
                updates.is_training, lambda: of_batch, lambda: averages
            )
    mean, variance = statistics
    if first:
        spread = [1, inputs.shape.dims[1].value] + [1] * (rank - 2)
        mean, variance = tf.reshape(mean, spread), tf.reshape(variance, spread)
        beta = None if beta is None else tf.reshape(beta, spread)
        gamma = None if gamma is None else tf.reshape(gamma, spread)
    outputs = tf.nn.batch_normalization(
        inputs, mean, variance, beta, gamma, settings.epsilon
    )
    outputs.set_shape(inputs.shape)
    return outputs


def _moments(inputs: Any, axes: list[int], weights: Any, first: bool) -> list[Any]:
    if weights is None:
        moments = tf.nn.moments(inputs, axes, keep_dims=first)
    else:
        moments = tf.nn.weighted_moments(inputs, axes, weights, keep_dims=first)
        # TensorFlow 1 divided by an operation and two products, TensorFlow 2 by two.
        seeds.count(1)
    return [tf.reshape(value, [-1]) if first else value for value in moments]


def _require_known(shape: Any, inputs: Any) -> None:
    if not shape.is_fully_defined():
        raise ValueError(
            f"The sizes of the axes that have variables must be known. Received: "
            f"{inputs.name} of shape {inputs.shape}. Give the placeholder a shape."
        )


@add_arg_scope
def layer_norm(
    inputs: Any,
    center: bool = True,
    scale: bool = True,
    activation_fn: Callable[..., Any] | None = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    begin_norm_axis: int = 1,
    begin_params_axis: int = -1,
    scope: Any = None,
) -> Any:
    """As `tf.contrib.layers.layer_norm` of TensorFlow 1.15.

    Args:
        begin_norm_axis: The axes from here on are normalized together.
        begin_params_axis: The axes from here on have a beta and a gamma of their own.
    """
    with tf.variable_scope(scope, "LayerNorm", [inputs], reuse=reuse) as opened:
        inputs = tf.convert_to_tensor(inputs)
        rank = inputs.shape.ndims
        if rank is None:
            raise ValueError(f"Inputs {inputs.name} must have a known rank.")
        if begin_norm_axis < 0:
            begin_norm_axis += rank
        if begin_params_axis >= rank or begin_norm_axis >= rank:
            raise ValueError(
                f"begin_params_axis ({begin_params_axis}) and begin_norm_axis "
                f"({begin_norm_axis}) must be below the rank of the inputs ({rank})."
            )
        shape = inputs.shape[begin_params_axis:]
        _require_known(shape, inputs)
        beta, gamma = _offset_and_scale(
            center, scale, shape, inputs, {}, variables_collections, trainable
        )
        axes = list(range(begin_norm_axis, rank))
        mean, variance = tf.nn.moments(inputs, axes, keep_dims=True)
        # float16 has nothing between 0 and 6e-8.
        epsilon = 1e-3 if inputs.dtype.base_dtype == tf.float16 else 1e-12
        outputs = tf.nn.batch_normalization(
            inputs, mean, variance, beta, gamma, epsilon
        )
        outputs.set_shape(inputs.shape)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return utils.collect_named_outputs(outputs_collections, opened.name, outputs)


def _offset_and_scale(
    center: bool,
    scale: bool,
    shape: Any,
    inputs: Any,
    initializers: Mapping[str, Any] | None,
    collections: utils.Collections,
    trainable: bool,
    spread: Sequence[int] | None = None,
) -> list[Any]:
    """Beta and gamma, None where not wanted, in a shape that broadcasts."""
    made: list[Any] = []
    for name, wanted in (("beta", center), ("gamma", scale)):
        if not wanted:
            made.append(None)
            continue
        initializer = (initializers or {}).get(name, _INITIALIZERS[name])
        variable = _building.parameter(
            name,
            shape,
            inputs.dtype.base_dtype,
            initializer,
            collections,
            trainable=trainable,
        )
        made.append(variable if spread is None else tf.reshape(variable, spread))
    return made


@add_arg_scope
def instance_norm(
    inputs: Any,
    center: bool = True,
    scale: bool = True,
    epsilon: float = 1e-6,
    activation_fn: Callable[..., Any] | None = None,
    param_initializers: Mapping[str, Any] | None = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    data_format: str = _building.NHWC,
    scope: Any = None,
) -> Any:
    """As `tf.contrib.layers.instance_norm` of TensorFlow 1.15: each image by itself."""
    first = _building.data_format(data_format) == "channels_first"
    inputs = tf.convert_to_tensor(inputs)
    rank = inputs.shape.ndims
    if rank is None:
        raise ValueError(f"Inputs {inputs.name} must have a known rank.")
    with tf.variable_scope(scope, "InstanceNorm", [inputs], reuse=reuse) as opened:
        channels = 1 if first else rank - 1
        shape = inputs.shape[channels : channels + 1]
        _require_known(shape, inputs)
        spread = [1, shape.dims[0].value] + [1] * (rank - 2) if first else None
        beta, gamma = _offset_and_scale(
            center,
            scale,
            shape,
            inputs,
            param_initializers,
            variables_collections,
            trainable,
            spread,
        )
        axes = [axis for axis in range(1, rank) if axis != channels]
        mean, variance = tf.nn.moments(inputs, axes, keep_dims=True)
        outputs = tf.nn.batch_normalization(
            inputs, mean, variance, beta, gamma, epsilon, name="instancenorm"
        )
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return utils.collect_named_outputs(outputs_collections, opened.name, outputs)


@add_arg_scope
def group_norm(
    inputs: Any,
    groups: int = 32,
    channels_axis: int = -1,
    reduction_axes: Sequence[int] = (-3, -2),
    center: bool = True,
    scale: bool = True,
    epsilon: float = 1e-6,
    activation_fn: Callable[..., Any] | None = None,
    param_initializers: Mapping[str, Any] | None = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
    mean_close_to_zero: bool = False,
) -> Any:
    """As `tf.contrib.layers.group_norm` of TensorFlow 1.15: groups of channels."""
    inputs = tf.convert_to_tensor(inputs)
    rank = inputs.shape.ndims
    if rank is None:
        raise ValueError(f"Inputs {inputs.name} must have a known rank.")
    dynamic, static = tf.shape(inputs), inputs.shape.as_list()
    shape = [dynamic[i] if size is None else size for i, size in enumerate(static)]
    axis = channels_axis + rank if channels_axis < 0 else channels_axis
    reduced = [each + rank if each < 0 else each for each in reduction_axes]
    if not 0 <= axis < rank or axis in reduced or max(reduced) >= rank:
        raise ValueError(
            f"channels_axis and reduction_axes must be different axes of {rank}. "
            f"Received: channels_axis={channels_axis}, reduction_axes={reduction_axes}."
        )
    channels = static[axis]
    if channels is None or None in [static[each] for each in reduced]:
        raise ValueError(
            f"The sizes of channels_axis and reduction_axes must be known. "
            f"Received: {inputs.name} of shape {inputs.shape}."
        )
    if groups > channels or channels % groups:
        raise ValueError(
            f"{channels} channels cannot be parted into {groups} groups. "
            "Pass groups= a divisor of the channels."
        )
    before, after = shape[:axis], shape[axis + 1 :]
    parts = [groups, channels // groups]
    grouped = tf.reshape(inputs, [*before, *parts, *after])
    spread = [1] * len(before) + parts + [1] * len(after)
    axes = [axis + 1] + [each + 1 if each > axis else each for each in reduced]
    with tf.variable_scope(scope, "GroupNorm", [grouped], reuse=reuse) as opened:
        beta, gamma = _offset_and_scale(
            center,
            scale,
            [channels],
            inputs,
            param_initializers,
            variables_collections,
            trainable,
            spread,
        )
        if mean_close_to_zero:
            sums = tf.nn.sufficient_statistics(grouped, axes, keep_dims=True)
            mean, variance = tf.nn.normalize_moments(*sums[:3], shift=None)
        else:
            mean, variance = tf.nn.moments(grouped, axes, keep_dims=True)
        gain = tf.rsqrt(variance + epsilon)
        offset = -mean * gain
        if gamma is not None:
            gain, offset = gain * gamma, offset * gamma
        if beta is not None:
            offset = offset + beta
        outputs = tf.reshape(grouped * gain + offset, shape)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return utils.collect_named_outputs(outputs_collections, opened.name, outputs)


__getattr__, __dir__ = _namespace.attach(__name__)
