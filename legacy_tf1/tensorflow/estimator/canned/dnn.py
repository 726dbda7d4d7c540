"""Deep networks on feature columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import seeds
from legacy_tf1.tensorflow.estimator.canned import head as heads
from legacy_tf1.tensorflow.estimator.canned.columns import dense_features
from legacy_tf1.tensorflow.estimator.canned.optimizers import get_optimizer_instance
from legacy_tf1.tensorflow.estimator.estimator import Estimator
from legacy_tf1.tensorflow.estimator.model_fn import EstimatorSpec, ModeKeys

_LEARNING_RATE = 0.05
_LARGE = 64 << 20  # bytes from which on TensorFlow 1 split an embedding
_SUM = tf.losses.Reduction.SUM


def dnn_logit_fn_builder(
    units: int,
    hidden_units: Sequence[int],
    feature_columns: Sequence[Any],
    activation_fn: Any,
    dropout: float | None,
    input_layer_partitioner: Any,
    batch_norm: bool,
) -> Callable[..., Any]:
    """Returns `dnn_logit_fn(features, mode)`, the network without its head."""
    if not isinstance(units, int):
        raise ValueError(f"units must be an int.  Given type: {type(units)}")

    def dnn_logit_fn(features: Any, mode: str) -> Any:
        training = mode == ModeKeys.TRAIN
        with tf.variable_scope(
            "input_from_feature_columns",
            use_resource=True,
            partitioner=input_layer_partitioner,
        ):
            net = dense_features(features, feature_columns)
        for i, width in enumerate(hidden_units):
            with tf.variable_scope(f"hiddenlayer_{i}") as scope:
                net = dense(net, width, activation_fn)
            if dropout is not None and training:
                net = _dropout(net, dropout)
            if batch_norm:
                with tf.variable_scope(scope, auxiliary_name_scope=False):
                    net = _batch_norm(net, f"batchnorm_{i}", training)
            _summarize(net, scope.name)
        with tf.variable_scope("logits") as scope:
            logits = dense(net, units, None)
        _summarize(logits, scope.name)
        return logits

    return dnn_logit_fn


def dense(net: Any, width: int, activation_fn: Any) -> Any:
    """A layer with the names and the initial values of `tf.layers.dense`."""
    shape = [net.shape[-1].value, width]
    kernel = tf.get_variable(
        "kernel", shape, tf.float32, initializer=tf.glorot_uniform_initializer()
    )
    bias = tf.get_variable(
        "bias", [width], tf.float32, initializer=tf.zeros_initializer()
    )
    net = tf.nn.bias_add(tf.matmul(net, kernel), bias)
    return net if activation_fn is None else activation_fn(net)


def _dropout(net: Any, rate: float) -> Any:
    # TensorFlow 1 built it of 16 operations, the random one being the fifth.
    with seeds.counting(16):
        seeds.count(1)
        return tf.nn.dropout(net, rate=rate)


def _batch_norm(net: Any, name: str, training: bool) -> Any:
    width, momentum = [net.shape[-1].value], 0.999
    zeros, ones = tf.zeros_initializer(), tf.ones_initializer()
    with tf.variable_scope(name) as scope:
        gamma = tf.get_variable("gamma", width, initializer=ones)
        beta = tf.get_variable("beta", width, initializer=zeros)
        scope.set_partitioner(None)
        moving_mean = tf.get_variable(
            "moving_mean", width, initializer=zeros, trainable=False
        )
        moving_variance = tf.get_variable(
            "moving_variance", width, initializer=ones, trainable=False
        )
        mean, variance = moving_mean, moving_variance
        if training:
            mean, variance = tf.nn.moments(net, [0])
            for moving, value in ((moving_mean, mean), (moving_variance, variance)):
                update = tf.assign_sub(moving, (moving - value) * (1 - momentum))
                tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, update)
        return tf.nn.batch_normalization(net, mean, variance, beta, gamma, 1e-3)


def _summarize(value: Any, tag: str) -> None:
    tf.summary.scalar(f"{tag}/fraction_of_zero_values", tf.nn.zero_fraction(value))
    tf.summary.histogram(f"{tag}/activation", value)


def model_fn(
    features: Any,
    labels: Any,
    mode: str,
    *,
    head: heads.Head,
    hidden_units: Sequence[int],
    feature_columns: Sequence[Any],
    optimizer: Any,
    activation_fn: Any,
    dropout: float | None,
    input_layer_partitioner: Any,
    batch_norm: bool,
) -> EstimatorSpec:
    """The network under its head."""
    check_features(features)
    optimizer = get_optimizer_instance(optimizer, _LEARNING_RATE)
    partitioner = tf.min_max_variable_partitioner(max_partitions=0)
    with tf.variable_scope("dnn", partitioner=partitioner, use_resource=True):
        logits = dnn_logit_fn_builder(
            head.logits_dimension,
            hidden_units,
            feature_columns,
            activation_fn,
            dropout,
            input_layer_partitioner or large_variables_partitioner(),
            batch_norm,
        )(features, mode)
        return head.create_estimator_spec(
            features, mode, logits, labels, optimizer=optimizer
        )


def large_variables_partitioner() -> Any:
    """On one machine it splits nothing; it gives the variables TensorFlow 1's names."""
    return tf.min_max_variable_partitioner(max_partitions=0, min_slice_size=_LARGE)


def check_features(features: Any) -> None:
    """Raises a `ValueError` if the features are not named."""
    if not isinstance(features, dict):
        raise ValueError(
            "features should be a dictionary of `Tensor`s. Given type: "
            f"{type(features)}"
        )


class DNNEstimator(Estimator):
    """A network under a head of one's own, as `tf.estimator.DNNEstimator`."""

    def __init__(
        self,
        head: heads.Head,
        hidden_units: Sequence[int],
        feature_columns: Sequence[Any],
        model_dir: Any = None,
        optimizer: Any = "Adagrad",
        activation_fn: Any = tf.nn.relu,
        dropout: float | None = None,
        input_layer_partitioner: Any = None,
        config: Any = None,
        warm_start_from: Any = None,
        batch_norm: bool = False,
    ) -> None:
        def _model_fn(
            features: Any, labels: Any, mode: str, config: Any
        ) -> EstimatorSpec:
            del config
            return model_fn(
                features,
                labels,
                mode,
                head=head,
                hidden_units=hidden_units,
                feature_columns=tuple(feature_columns or ()),
                optimizer=optimizer,
                activation_fn=activation_fn,
                dropout=dropout,
                input_layer_partitioner=input_layer_partitioner,
                batch_norm=batch_norm,
            )

        super().__init__(_model_fn, model_dir, config, warm_start_from=warm_start_from)


class DNNClassifier(DNNEstimator):
    """Classes by a deep network, as `tf.estimator.DNNClassifier`."""

    def __init__(
        self,
        hidden_units: Sequence[int],
        feature_columns: Sequence[Any],
        model_dir: Any = None,
        n_classes: int = 2,
        weight_column: Any = None,
        label_vocabulary: Sequence[str] | None = None,
        optimizer: Any = "Adagrad",
        activation_fn: Any = tf.nn.relu,
        dropout: float | None = None,
        input_layer_partitioner: Any = None,
        config: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = _SUM,
        batch_norm: bool = False,
    ) -> None:
        super().__init__(
            heads.classifier_head(
                n_classes, weight_column, label_vocabulary, loss_reduction
            ),
            hidden_units,
            feature_columns,
            model_dir,
            optimizer,
            activation_fn,
            dropout,
            input_layer_partitioner,
            config,
            warm_start_from,
            batch_norm,
        )


class DNNRegressor(DNNEstimator):
    """Numbers by a deep network, as `tf.estimator.DNNRegressor`."""

    def __init__(
        self,
        hidden_units: Sequence[int],
        feature_columns: Sequence[Any],
        model_dir: Any = None,
        label_dimension: int = 1,
        weight_column: Any = None,
        optimizer: Any = "Adagrad",
        activation_fn: Any = tf.nn.relu,
        dropout: float | None = None,
        input_layer_partitioner: Any = None,
        config: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = _SUM,
        batch_norm: bool = False,
    ) -> None:
        super().__init__(
            heads.RegressionHead(label_dimension, weight_column, loss_reduction),
            hidden_units,
            feature_columns,
            model_dir,
            optimizer,
            activation_fn,
            dropout,
            input_layer_partitioner,
            config,
            warm_start_from,
            batch_norm,
        )
