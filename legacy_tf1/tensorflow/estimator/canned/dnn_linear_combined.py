"""Wide and deep: a linear model and a network that share their logits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.estimator.canned import dnn, linear
from legacy_tf1.tensorflow.estimator.canned import head as heads
from legacy_tf1.tensorflow.estimator.canned.optimizers import get_optimizer_instance
from legacy_tf1.tensorflow.estimator.estimator import Estimator
from legacy_tf1.tensorflow.estimator.model_fn import EstimatorSpec

_DNN_LEARNING_RATE = 0.001
_LINEAR_LEARNING_RATE = 0.005
_SUM = tf.losses.Reduction.SUM


class DNNLinearCombinedEstimator(Estimator):
    """Wide and deep under a head of one's own.

    As `tf.estimator.DNNLinearCombinedEstimator` of TensorFlow 1.15.

    Raises:
        ValueError: If there are no columns, or deep ones without hidden units.
    """

    def __init__(
        self,
        head: heads.Head,
        model_dir: Any = None,
        linear_feature_columns: Sequence[Any] | None = None,
        linear_optimizer: Any = "Ftrl",
        dnn_feature_columns: Sequence[Any] | None = None,
        dnn_optimizer: Any = "Adagrad",
        dnn_hidden_units: Sequence[int] | None = None,
        dnn_activation_fn: Any = tf.nn.relu,
        dnn_dropout: float | None = None,
        input_layer_partitioner: Any = None,
        config: Any = None,
        linear_sparse_combiner: str = "sum",
        *,
        warm_start_from: Any = None,
        batch_norm: bool = False,
    ) -> None:
        wide = tuple(linear_feature_columns or ())
        deep = tuple(dnn_feature_columns or ())
        if not (wide or deep):
            raise ValueError(
                "Either linear_feature_columns or dnn_feature_columns must be defined."
            )
        if deep and not dnn_hidden_units:
            raise ValueError(
                "dnn_hidden_units must be defined when dnn_feature_columns is specified."
            )

        def _model_fn(
            features: Any, labels: Any, mode: str, config: Any
        ) -> EstimatorSpec:
            del config
            dnn.check_features(features)
            split = input_layer_partitioner or dnn.large_variables_partitioner()
            logits: Any = 0.0
            parts = []
            if deep:
                optimizer = get_optimizer_instance(dnn_optimizer, _DNN_LEARNING_RATE)
                whole = tf.min_max_variable_partitioner(max_partitions=0)
                with tf.variable_scope(
                    "dnn", partitioner=whole, use_resource=True
                ) as scope:
                    logits = dnn.dnn_logit_fn_builder(
                        head.logits_dimension,
                        dnn_hidden_units or (),
                        deep,
                        dnn_activation_fn,
                        dnn_dropout,
                        split,
                        batch_norm,
                    )(features, mode)
                parts.append((optimizer, scope.name))
            if wide:
                rate = min(_LINEAR_LEARNING_RATE, 1.0 / math.sqrt(len(wide)))
                optimizer = get_optimizer_instance(linear_optimizer, rate)
                with tf.variable_scope("linear", partitioner=split) as scope:
                    linear_logits = linear.linear_logit_fn_builder(
                        head.logits_dimension, wide, linear_sparse_combiner
                    )(features)
                    dnn._summarize(linear_logits, scope.name)
                logits = logits + linear_logits if deep else linear_logits
                parts.append((optimizer, scope.name))
            return head.create_estimator_spec(
                features,
                mode,
                logits,
                labels,
                train_op_fn=lambda loss: _minimize(loss, parts),
            )

        super().__init__(_model_fn, model_dir, config, warm_start_from=warm_start_from)


def _minimize(loss: Any, parts: Sequence[tuple[Any, str]]) -> Any:
    """Each optimizer its own part's variables; then the step is counted once."""
    train_ops = [
        optimizer.minimize(
            loss,
            var_list=tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope=scope),
        )
        for optimizer, scope in parts
    ]
    with tf.control_dependencies([tf.group(*train_ops)]):
        return tf.assign_add(tf.train.get_global_step(), 1).op


class DNNLinearCombinedClassifier(DNNLinearCombinedEstimator):
    """Classes, as `tf.estimator.DNNLinearCombinedClassifier`."""

    def __init__(
        self,
        model_dir: Any = None,
        linear_feature_columns: Sequence[Any] | None = None,
        linear_optimizer: Any = "Ftrl",
        dnn_feature_columns: Sequence[Any] | None = None,
        dnn_optimizer: Any = "Adagrad",
        dnn_hidden_units: Sequence[int] | None = None,
        dnn_activation_fn: Any = tf.nn.relu,
        dnn_dropout: float | None = None,
        n_classes: int = 2,
        weight_column: Any = None,
        label_vocabulary: Sequence[str] | None = None,
        input_layer_partitioner: Any = None,
        config: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = _SUM,
        batch_norm: bool = False,
        linear_sparse_combiner: str = "sum",
    ) -> None:
        super().__init__(
            heads.classifier_head(
                n_classes, weight_column, label_vocabulary, loss_reduction
            ),
            model_dir,
            linear_feature_columns,
            linear_optimizer,
            dnn_feature_columns,
            dnn_optimizer,
            dnn_hidden_units,
            dnn_activation_fn,
            dnn_dropout,
            input_layer_partitioner,
            config,
            linear_sparse_combiner,
            warm_start_from=warm_start_from,
            batch_norm=batch_norm,
        )


class DNNLinearCombinedRegressor(DNNLinearCombinedEstimator):
    """Numbers, as `tf.estimator.DNNLinearCombinedRegressor`."""

    def __init__(
        self,
        model_dir: Any = None,
        linear_feature_columns: Sequence[Any] | None = None,
        linear_optimizer: Any = "Ftrl",
        dnn_feature_columns: Sequence[Any] | None = None,
        dnn_optimizer: Any = "Adagrad",
        dnn_hidden_units: Sequence[int] | None = None,
        dnn_activation_fn: Any = tf.nn.relu,
        dnn_dropout: float | None = None,
        label_dimension: int = 1,
        weight_column: Any = None,
        input_layer_partitioner: Any = None,
        config: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = _SUM,
        batch_norm: bool = False,
        linear_sparse_combiner: str = "sum",
    ) -> None:
        super().__init__(
            heads.RegressionHead(label_dimension, weight_column, loss_reduction),
            model_dir,
            linear_feature_columns,
            linear_optimizer,
            dnn_feature_columns,
            dnn_optimizer,
            dnn_hidden_units,
            dnn_activation_fn,
            dnn_dropout,
            input_layer_partitioner,
            config,
            linear_sparse_combiner,
            warm_start_from=warm_start_from,
            batch_norm=batch_norm,
        )
