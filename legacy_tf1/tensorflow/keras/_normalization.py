"""`BatchNormalization` and `LayerNormalization`, with the graph of TensorFlow 1.15."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf
from tensorflow.python.keras import backend, constraints, initializers, regularizers
from tensorflow.python.keras.engine import base_layer
from tensorflow.python.keras.utils import control_flow_util

from legacy_tf1.tensorflow.keras import _frozen, _keras_1

_KINDS = (
    ("initializer", initializers),
    ("regularizer", regularizers),
    ("constraint", constraints),
)


def _read_arguments(layer: Any, **given: Any) -> None:
    """Sets `beta_initializer` and its like on a layer."""
    for name, value in given.items():
        kind = dict(_KINDS)[name.rpartition("_")[2]]
        setattr(layer, name, kind.get(value))


def _serialized(layer: Any, *names: str) -> dict[str, Any]:
    """What `get_config` says of them."""
    return {
        name: dict(_KINDS)[name.rpartition("_")[2]].serialize(getattr(layer, name))
        for name in names
    }


def _known(training: Any) -> bool | None:
    """Whether the layer is training, None if a tensor says so."""
    return control_flow_util.constant_value(training)


_PARAMETERS = tuple(
    f"{weight}_{kind}" for weight in ("beta", "gamma") for kind, _ in _KINDS
)


@_frozen.register
class BatchNormalization(_keras_1.Layer, base_layer.Layer):
    """As `tf.keras.layers.BatchNormalization` of TensorFlow 1.15, without `renorm`.

    Its moving averages move by the model's `updates`, which `fit` runs; a program with a
    session of its own runs `model.updates`. Today: `keras.layers.BatchNormalization`.
    """

    def __init__(
        self,
        axis: int | list[int] = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        fused: bool | None = None,
        trainable: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.pop("mode", None)  # Keras 1
        super().__init__(name=name, trainable=trainable, **kwargs)
        if renorm:
            raise NotImplementedError(
                "BatchNormalization(renorm=True) is not supplied here. Leave `renorm` out."
            )
        self.axis = axis[0] if isinstance(axis, list | tuple) else axis
        self.momentum = momentum
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.fused = fused
        self.supports_masking = True
        _read_arguments(
            self,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            moving_mean_initializer=moving_mean_initializer,
            moving_variance_initializer=moving_variance_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
        )

    def build(self, input_shape: Any) -> None:
        """Makes gamma, beta and the two moving averages."""
        shape = tf.TensorShape(input_shape).as_list()
        self._feature_axis = self.axis % len(shape)
        if shape[self._feature_axis] is None:
            raise ValueError(
                "BatchNormalization needs to know the size of the axis it normalizes. "
                f"Received: axis={self.axis}, input_shape={input_shape}."
            )
        self._fuse = self.fused is not False and (
            len(shape) == 4 and self._feature_axis in (1, 3)
        )
        size = (shape[self._feature_axis],)
        self.gamma = self._weight("gamma", size) if self.scale else None
        self.beta = self._weight("beta", size) if self.center else None
        self.moving_mean = self._moving("moving_mean", size)
        self.moving_variance = self._moving("moving_variance", size)
        self.built = True

    def _weight(self, name: str, shape: tuple[int]) -> Any:
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=getattr(self, f"{name}_initializer"),
            regularizer=getattr(self, f"{name}_regularizer"),
            constraint=getattr(self, f"{name}_constraint"),
            trainable=True,
        )

    def _moving(self, name: str, shape: tuple[int]) -> Any:
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=getattr(self, f"{name}_initializer"),
            synchronization=tf.VariableSynchronization.ON_READ,
            aggregation=tf.VariableAggregation.MEAN,
            trainable=False,
        )

    def call(self, inputs: Any, training: Any = None) -> Any:
        """Returns the normalized input; its mean and variance while training."""
        if training is None:
            training = backend.learning_phase()
        if self._fuse:
            return self._fused(inputs, training)
        axes = [axis for axis in range(len(inputs.shape)) if axis != self._feature_axis]
        if _known(training) == False:  # noqa: E712  (None is neither)
            mean, variance = self.moving_mean, self.moving_variance
        else:
            batch_mean, batch_variance = tf.nn.moments(inputs, axes)
            mean = control_flow_util.smart_cond(
                training,
                lambda: batch_mean,
                lambda: tf.convert_to_tensor(self.moving_mean),
            )
            variance = control_flow_util.smart_cond(
                training,
                lambda: batch_variance,
                lambda: tf.convert_to_tensor(self.moving_variance),
            )
            self._add_updates(training, mean, variance)

        def aligned(value: Any) -> Any:
            if value is None or axes == list(range(len(axes))):
                return value
            shape = [1] * len(inputs.shape)
            shape[self._feature_axis] = -1
            return tf.reshape(value, shape)

        outputs = tf.nn.batch_normalization(
            inputs,
            aligned(mean),
            aligned(variance),
            aligned(self.beta),
            aligned(self.gamma),
            self.epsilon,
        )
        outputs.set_shape(inputs.shape)
        return outputs

    def _add_updates(self, training: Any, mean: Any, variance: Any) -> None:
        for average, value in (
            (self.moving_mean, mean),
            (self.moving_variance, variance),
        ):

            def move(average: Any = average, value: Any = value) -> Any:
                return control_flow_util.smart_cond(
                    training,
                    lambda: self._moved(average, value, self.momentum),
                    lambda: tf.convert_to_tensor(average),
                )

            self.add_update(move)

    def _moved(self, average: Any, value: Any, momentum: Any) -> Any:
        with tf.name_scope("AssignMovingAvg") as scope, tf.colocate_with(average):
            decay = tf.convert_to_tensor(1.0 - momentum, name="decay")
            return tf.assign_sub(average, (average - value) * decay, name=scope)

    def _fused(self, inputs: Any, training: Any) -> Any:
        ones = tf.ones_like(self.moving_mean) if self.gamma is None else self.gamma
        zeros = tf.zeros_like(self.moving_mean) if self.beta is None else self.beta
        data_format = "NCHW" if self._feature_axis == 1 else "NHWC"

        def of_batch() -> Any:
            return tf.nn.fused_batch_norm(
                inputs, ones, zeros, epsilon=self.epsilon, data_format=data_format
            )

        def of_averages() -> Any:
            return tf.nn.fused_batch_norm(
                inputs,
                ones,
                zeros,
                mean=self.moving_mean,
                variance=self.moving_variance,
                epsilon=self.epsilon,
                is_training=False,
                data_format=data_format,
            )

        outputs, mean, variance = control_flow_util.smart_cond(
            training, of_batch, of_averages
        )
        known = _known(training)
        if known is None:
            # Outside training the averages move by nothing, as in TensorFlow 1.15.
            momentum = control_flow_util.smart_cond(
                training, lambda: self.momentum, lambda: 1.0
            )
        else:
            momentum = tf.convert_to_tensor(self.momentum)
        if known is None or known:
            for average, value in (
                (self.moving_mean, mean),
                (self.moving_variance, variance),
            ):

                def move(average: Any = average, value: Any = value) -> Any:
                    return self._moved(average, value, momentum)

                self.add_update(move)
        return outputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        names = ("axis", "momentum", "epsilon", "center", "scale")
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in names},
            **_serialized(
                self,
                *_PARAMETERS,
                "moving_mean_initializer",
                "moving_variance_initializer",
            ),
        }


@_frozen.register
class LayerNormalization(base_layer.Layer):
    """As `tf.keras.layers.LayerNormalization` of TensorFlow 1.15, for the last axis.

    Today: `keras.layers.LayerNormalization`.
    """

    def __init__(
        self,
        axis: int | list[int] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        trainable: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, trainable=trainable, **kwargs)
        self.axis = axis
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.supports_masking = True
        _read_arguments(
            self,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
        )

    def build(self, input_shape: Any) -> None:
        """Makes gamma and beta, of the normalized axes' sizes."""
        shape = tf.TensorShape(input_shape).as_list()
        given = [self.axis] if isinstance(self.axis, int) else list(self.axis)
        self._axes = sorted(axis % len(shape) for axis in given)
        sizes = [shape[axis] for axis in self._axes]
        self._broadcast = [
            size if axis in self._axes else 1 for axis, size in enumerate(shape)
        ]
        for name, wanted in (("gamma", self.scale), ("beta", self.center)):
            weight = None
            if wanted:
                weight = self.add_weight(
                    name=name,
                    shape=sizes,
                    initializer=getattr(self, f"{name}_initializer"),
                    regularizer=getattr(self, f"{name}_regularizer"),
                    constraint=getattr(self, f"{name}_constraint"),
                    trainable=True,
                )
            setattr(self, name, weight)
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Returns each example normalized by its own mean and variance."""
        mean, variance = tf.nn.moments(inputs, self._axes, keep_dims=True)
        scale, offset = (
            None if weight is None else tf.reshape(weight, self._broadcast)
            for weight in (self.gamma, self.beta)
        )
        outputs = tf.nn.batch_normalization(
            inputs, mean, variance, offset, scale, self.epsilon
        )
        outputs.set_shape(inputs.shape)
        return outputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        names = ("axis", "epsilon", "center", "scale")
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in names},
            **_serialized(self, *_PARAMETERS),
        }
