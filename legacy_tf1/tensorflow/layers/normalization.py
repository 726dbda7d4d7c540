"""Batch normalization as TensorFlow 1 had it: by update operations.

The moving averages are not updated by the layer itself. Their updates are put into
`GraphKeys.UPDATE_OPS`, and the program runs them beside its training step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow.compat.v1 as tf
from tensorflow.python.layers import base

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.layers._branches import constant_value, smart_cond
from legacy_tf1.tensorflow.layers._functional import Applied

_RENORM_CLIPPING = ("rmin", "rmax", "dmax")


class BatchNormalization(Applied, base.Layer):
    """As `tf.layers.BatchNormalization` of TensorFlow 1.15.

    Today `tf.keras.layers.BatchNormalization`, which updates its averages by itself.

    Args:
        axis: The axes that keep statistics of their own: those of the features.
        momentum: What the moving averages keep of their value at each update.
        renorm: Whether to correct each batch towards the moving averages while
            training (batch renormalization).
        renorm_clipping: Bounds of that correction: "rmin", "rmax", "dmax".
        fused: Whether TensorFlow's fused operation is used where it can be: with four
            axes, the features in the last or second. None does as True.
        virtual_batch_size: If given, parts of the batch of this size are normalized
            each on its own (ghost batches).
        adjustment: Called with the shape of the inputs, returns a scale and an offset
            that are applied while training, before `gamma` and `beta`.
    """

    def __init__(
        self,
        axis: int | list[int] = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = tf.zeros_initializer(),  # noqa: B008
        gamma_initializer: Any = tf.ones_initializer(),  # noqa: B008
        moving_mean_initializer: Any = tf.zeros_initializer(),  # noqa: B008
        moving_variance_initializer: Any = tf.ones_initializer(),  # noqa: B008
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: dict[str, Any] | None = None,
        renorm_momentum: float = 0.99,
        fused: bool | None = None,
        trainable: bool = True,
        virtual_batch_size: int | None = None,
        adjustment: Callable[[Any], tuple[Any, Any]] | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(trainable=trainable, name=name, **kwargs)
        if not isinstance(axis, int | list):
            raise TypeError(
                "`axis` must be an int or a list of ints. "
                f"Received: axis={axis!r}. Use axis=-1 for features that come last."
            )
        unknown = set(renorm_clipping or ()) - set(_RENORM_CLIPPING)
        if renorm and unknown:
            raise ValueError(
                f"`renorm_clipping` must have keys of {_RENORM_CLIPPING}. "
                f"Received: renorm_clipping={renorm_clipping!r}. Remove {sorted(unknown)}."
            )
        self.axis: Any = list(axis) if isinstance(axis, list) else axis
        self.momentum = momentum
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.beta_initializer = beta_initializer
        self.gamma_initializer = gamma_initializer
        self.moving_mean_initializer = moving_mean_initializer
        self.moving_variance_initializer = moving_variance_initializer
        self.beta_regularizer = beta_regularizer
        self.gamma_regularizer = gamma_regularizer
        self.beta_constraint = beta_constraint
        self.gamma_constraint = gamma_constraint
        self.renorm = renorm
        self.renorm_clipping = renorm_clipping or {}
        self.renorm_momentum = renorm_momentum
        self.virtual_batch_size = virtual_batch_size
        self.adjustment = adjustment
        self.fused = True if fused is None else fused

    def build(self, input_shape: Any) -> None:
        """Makes the variables: gamma, beta and the moving averages."""
        input_shape = tf.TensorShape(input_shape)
        rank = input_shape.ndims
        if not rank:
            raise ValueError(
                f"Batch normalization needs inputs of a known rank. "
                f"Received: {input_shape}. Give the placeholder a shape."
            )
        self.axis = self._axes(rank)
        self.fused = self.fused and self._can_fuse(rank)
        dimensions = {axis: input_shape.dims[axis].value for axis in self.axis}
        if None in dimensions.values():
            raise ValueError(
                f"The axes {self.axis} must have known sizes, since they have variables. "
                f"Received: inputs of shape {input_shape}. Give the placeholder a shape."
            )
        self.input_spec = base.InputSpec(ndim=rank, axes=dimensions)
        if len(dimensions) == 1 and self.virtual_batch_size is None:
            shape = list(dimensions.values())
        else:
            shape = [dimensions.get(axis, 1) for axis in range(rank)]
        if self.virtual_batch_size is not None:
            shape.insert(1, 1)
            self.axis = [axis + 1 for axis in self.axis]
        self._build_parameters(shape)
        self._build_averages(shape)
        self.built = True

    def _axes(self, rank: int) -> list[int]:
        given = [self.axis] if isinstance(self.axis, int) else self.axis
        axes = [axis + rank if axis < 0 else axis for axis in given]
        if len(set(axes)) < len(axes) or not all(0 <= axis < rank for axis in axes):
            raise ValueError(
                f"`axis` must name different axes of the inputs, which have {rank}. "
                f"Received: axis={self.axis!r}. Use axis=-1 for features that come last."
            )
        size = self.virtual_batch_size
        if size is not None and (size <= 0 or 0 in axes or self.adjustment):
            raise ValueError(
                "`virtual_batch_size` must be a positive int and goes neither with "
                "axis=0 nor with `adjustment`. Received: virtual_batch_size="
                f"{size!r}, axis={self.axis!r}."
            )
        return axes

    def _can_fuse(self, rank: int) -> bool:
        unfused = self.renorm or self.virtual_batch_size is not None or self.adjustment
        return rank == 4 and self.axis in ([1], [3]) and not unfused

    @property
    def _param_dtype(self) -> Any:
        half = self.dtype in (tf.float16, tf.bfloat16)
        return tf.float32 if half else self.dtype or tf.float32

    def _build_parameters(self, shape: list[int]) -> None:
        self.gamma = self.beta = None
        if self.scale:
            self.gamma = self.add_weight(
                name="gamma",
                shape=shape,
                dtype=self._param_dtype,
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
                trainable=True,
            )
        elif self.fused:
            self._gamma_const = tf.constant(1.0, self._param_dtype, shape)
        if self.center:
            self.beta = self.add_weight(
                name="beta",
                shape=shape,
                dtype=self._param_dtype,
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
                trainable=True,
            )
        elif self.fused:
            self._beta_const = tf.constant(0.0, self._param_dtype, shape)

    def _build_averages(self, shape: list[int]) -> None:
        def average(name: str, initializer: Any) -> Any:
            return self.add_weight(
                name=name,
                shape=shape,
                dtype=self._param_dtype,
                initializer=initializer,
                synchronization=tf.VariableSynchronization.ON_READ,
                trainable=False,
                aggregation=tf.VariableAggregation.MEAN,
            )

        def deviation(*args: Any, **kwargs: Any) -> Any:
            return tf.sqrt(self.moving_variance_initializer(*args, **kwargs))

        # Averages are small and read together: they are never split over machines.
        partitioner = self._scope.partitioner if self._scope else None
        if self._scope:
            self._scope.set_partitioner(None)
        try:
            self.moving_mean = average("moving_mean", self.moving_mean_initializer)
            self.moving_variance = average(
                "moving_variance", self.moving_variance_initializer
            )
            if self.renorm:
                self.moving_stddev = average("moving_stddev", deviation)
                self.renorm_mean = average("renorm_mean", self.moving_mean_initializer)
                self.renorm_stddev = average("renorm_stddev", deviation)
        finally:
            if partitioner:
                self._scope.set_partitioner(partitioner)

    def call(self, inputs: Any, training: Any = False) -> Any:
        """Normalizes by the batch (training) or by the moving averages."""
        if self.virtual_batch_size is None:
            return (self._fused if self.fused else self._plain)(inputs, training)
        shape = [-1, *inputs.shape.as_list()[1:]]
        ghosts = tf.reshape(inputs, [self.virtual_batch_size, -1, *shape[1:]])
        return tf.reshape(self._plain(ghosts, training), shape)

    def _fused(self, inputs: Any, training: Any) -> Any:
        given = {
            "x": inputs,
            "scale": self.gamma if self.scale else self._gamma_const,
            "offset": self.beta if self.center else self._beta_const,
            "epsilon": self.epsilon,
            "data_format": "NCHW" if self.axis == [1] else "NHWC",
        }
        averages = {"mean": self.moving_mean, "variance": self.moving_variance}
        outputs, mean, variance = smart_cond(
            training,
            lambda: tf.nn.fused_batch_norm(**given),
            lambda: tf.nn.fused_batch_norm(**given, **averages, is_training=False),
        )
        known = constant_value(training)
        if known is None:
            # A momentum of 1 leaves the averages as they are.
            momentum = tf.cond(training, lambda: self.momentum, lambda: 1.0)
        else:
            momentum = tf.convert_to_tensor(self.momentum)
        if known is None or known:
            self.add_update(lambda: self._move(self.moving_mean, mean, momentum))
            self.add_update(
                lambda: self._move(self.moving_variance, variance, momentum)
            )
        return outputs

    def _move(self, variable: Any, value: Any, momentum: Any) -> Any:
        """Moves an average towards a batch's value."""
        with tf.name_scope("AssignMovingAvg") as scope, tf.colocate_with(variable):
            decay = tf.convert_to_tensor(1.0 - momentum, name="decay")
            if decay.dtype != variable.dtype.base_dtype:
                decay = tf.cast(decay, variable.dtype.base_dtype)
            delta = (variable - tf.cast(value, variable.dtype)) * decay
            return tf.assign_sub(variable, delta, name=scope)

    def _plain(self, inputs: Any, training: Any) -> Any:
        shape = inputs.shape
        rank = len(shape)
        reduced = [axis for axis in range(rank) if axis not in self.axis]
        if self.virtual_batch_size is not None:
            del reduced[1]
        broadcast = [1] * rank
        broadcast[self.axis[0]] = shape.dims[self.axis[0]].value

        def spread(value: Any) -> Any:
            if value is None or len(value.shape) == rank:
                return value
            if reduced == list(range(rank - 1)):
                return value
            return tf.reshape(value, broadcast)

        scale, offset = spread(self.gamma), spread(self.beta)
        if constant_value(training) in (False, 0):
            mean, variance = self.moving_mean, self.moving_variance
        else:
            if self.adjustment:
                adjust = self._adjustment(inputs, training)
                scale, offset = _compose(*adjust, scale, offset)
            mean, variance, correction = self._batch_statistics(
                inputs, training, reduced
            )
            if correction:
                r, d = correction
                r = spread(tf.stop_gradient(r, name="renorm_r"))
                d = spread(tf.stop_gradient(d, name="renorm_d"))
                scale, offset = _compose(r, d, scale, offset)
        outputs = tf.nn.batch_normalization(
            inputs,
            spread(tf.cast(mean, inputs.dtype)),
            spread(tf.cast(variance, inputs.dtype)),
            None if offset is None else tf.cast(offset, inputs.dtype),
            None if scale is None else tf.cast(scale, inputs.dtype),
            self.epsilon,
        )
        outputs.set_shape(shape)
        return outputs

    def _adjustment(self, inputs: Any, training: Any) -> tuple[Any, Any]:
        assert self.adjustment
        scale, offset = self.adjustment(tf.shape(inputs))
        return (
            smart_cond(training, lambda: scale, lambda: tf.ones_like(scale)),
            smart_cond(training, lambda: offset, lambda: tf.zeros_like(offset)),
        )

    def _batch_statistics(
        self, inputs: Any, training: Any, reduced: list[int]
    ) -> tuple[Any, Any, tuple[Any, Any] | None]:
        """Mean and variance, renorm's correction; adds the updates of the averages."""
        keep = self.virtual_batch_size is not None or len(self.axis) > 1
        batch_mean, batch_variance = tf.nn.moments(
            tf.cast(inputs, self._param_dtype), reduced, keep_dims=keep
        )
        mean = smart_cond(
            training,
            lambda: batch_mean,
            lambda: tf.convert_to_tensor(self.moving_mean),
        )
        variance = smart_cond(
            training,
            lambda: batch_variance,
            lambda: tf.convert_to_tensor(self.moving_variance),
        )
        new_mean, new_variance, correction = mean, variance, None
        if self.virtual_batch_size is not None:
            new_mean = tf.reduce_mean(mean, axis=1, keepdims=True)
            new_variance = tf.reduce_mean(variance, axis=1, keepdims=True)
        if self.renorm:
            correction, new_mean, new_variance = self._renormalize(
                new_mean, new_variance, training
            )

        def moved(variable: Any, value: Any) -> Any:
            return self._move(variable, value, self.momentum)

        def moved_variance() -> Any:
            if not self.renorm:
                return moved(self.moving_variance, new_variance)
            deviation = moved(self.moving_stddev, tf.sqrt(new_variance + self.epsilon))
            value = tf.nn.relu(deviation * deviation - self.epsilon)
            with (
                tf.name_scope("AssignNewValue") as scope,
                tf.colocate_with(self.moving_variance),
            ):
                return tf.assign(self.moving_variance, value, name=scope)

        self.add_update(
            lambda: smart_cond(
                training,
                lambda: moved(self.moving_mean, new_mean),
                lambda: self.moving_mean,
            )
        )
        self.add_update(
            lambda: smart_cond(training, moved_variance, lambda: self.moving_variance)
        )
        return mean, variance, correction

    def _renormalize(
        self, mean: Any, variance: Any, training: Any
    ) -> tuple[tuple[Any, Any], Any, Any]:
        deviation = tf.sqrt(variance + self.epsilon)
        reference = tf.maximum(self.renorm_stddev, tf.sqrt(self.epsilon))
        r = deviation / reference
        d = (mean - self.renorm_mean) / reference
        # The correction is by the averages as they are before this batch.
        with tf.control_dependencies([r, d]):
            mean, deviation = tf.identity(mean), tf.identity(deviation)
        low, high, shift = map(self.renorm_clipping.get, _RENORM_CLIPPING)
        if low is not None:
            r = tf.maximum(r, low)
        if high is not None:
            r = tf.minimum(r, high)
        if shift is not None:
            d = tf.minimum(tf.maximum(d, -shift), shift)
        r = smart_cond(training, lambda: r, lambda: tf.ones_like(r))
        d = smart_cond(training, lambda: d, lambda: tf.zeros_like(d))

        def moved(variable: Any, value: Any) -> Any:
            value = tf.identity(value)
            return smart_cond(
                training,
                lambda: self._move(variable, value, self.renorm_momentum),
                lambda: tf.identity(variable),
            )

        moves = [moved(self.renorm_mean, mean), moved(self.renorm_stddev, deviation)]
        with tf.control_dependencies(moves):
            return (r, d), tf.identity(mean), tf.identity(variance)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shape of the inputs."""
        return input_shape


def _compose(scale: Any, offset: Any, then_scale: Any, then_offset: Any) -> Any:
    """Scale and offset that do as one pair after the other does; None changes nothing."""
    if then_scale is not None:
        scale, offset = scale * then_scale, offset * then_scale
    if then_offset is not None:
        offset = offset + then_offset
    return scale, offset


def batch_normalization(
    inputs: Any,
    axis: int | list[int] = -1,
    momentum: float = 0.99,
    epsilon: float = 1e-3,
    center: bool = True,
    scale: bool = True,
    beta_initializer: Any = tf.zeros_initializer(),  # noqa: B008
    gamma_initializer: Any = tf.ones_initializer(),  # noqa: B008
    moving_mean_initializer: Any = tf.zeros_initializer(),  # noqa: B008
    moving_variance_initializer: Any = tf.ones_initializer(),  # noqa: B008
    beta_regularizer: Any = None,
    gamma_regularizer: Any = None,
    beta_constraint: Any = None,
    gamma_constraint: Any = None,
    training: Any = False,
    trainable: bool = True,
    name: str | None = None,
    reuse: Any = None,
    renorm: bool = False,
    renorm_clipping: dict[str, Any] | None = None,
    renorm_momentum: float = 0.99,
    fused: bool | None = None,
    virtual_batch_size: int | None = None,
    adjustment: Callable[[Any], tuple[Any, Any]] | None = None,
) -> Any:
    """As `tf.layers.batch_normalization` of TensorFlow 1.15.

    The updates of the moving averages are in `tf.GraphKeys.UPDATE_OPS`: the training
    step must depend on them. Today `tf.keras.layers.BatchNormalization`.

    Args:
        training: Whether to normalize by the batch; a bool or a bool tensor.
        reuse: Whether the variables are those of an earlier layer of this `name`.
    """
    layer = BatchNormalization(
        axis=axis,
        momentum=momentum,
        epsilon=epsilon,
        center=center,
        scale=scale,
        beta_initializer=beta_initializer,
        gamma_initializer=gamma_initializer,
        moving_mean_initializer=moving_mean_initializer,
        moving_variance_initializer=moving_variance_initializer,
        beta_regularizer=beta_regularizer,
        gamma_regularizer=gamma_regularizer,
        beta_constraint=beta_constraint,
        gamma_constraint=gamma_constraint,
        renorm=renorm,
        renorm_clipping=renorm_clipping,
        renorm_momentum=renorm_momentum,
        fused=fused,
        trainable=trainable,
        virtual_batch_size=virtual_batch_size,
        adjustment=adjustment,
        name=name,
        _reuse=reuse,
        _scope=name,
    )
    return layer(inputs, training=training)


BatchNorm, batch_norm = BatchNormalization, batch_normalization

__getattr__, __dir__ = _namespace.attach(__name__)
