"""Linear models on feature columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.estimator.canned import head as heads
from legacy_tf1.tensorflow.estimator.canned.columns import linear_model
from legacy_tf1.tensorflow.estimator.canned.dnn import (
    check_features,
    large_variables_partitioner,
)
from legacy_tf1.tensorflow.estimator.canned.optimizers import get_optimizer_instance
from legacy_tf1.tensorflow.estimator.estimator import Estimator
from legacy_tf1.tensorflow.estimator.model_fn import EstimatorSpec

_LEARNING_RATE = 0.2
_SUM = tf.losses.Reduction.SUM


def linear_logit_fn_builder(
    units: int, feature_columns: Sequence[Any], sparse_combiner: str = "sum"
) -> Callable[[Any], Any]:
    """Returns `linear_logit_fn(features)`, the model without its head."""

    def linear_logit_fn(features: Any) -> Any:
        logits, variables, bias = linear_model(
            features, feature_columns, units, sparse_combiner
        )
        (bias,) = _parts(bias)
        if units > 1:
            tf.summary.histogram("bias", bias)
        else:
            tf.summary.scalar("bias", bias[0])
        weights = [
            tf.reshape(part, [-1])
            for variable in variables
            for part in _parts(variable)
        ]
        zeros = tf.nn.zero_fraction(tf.concat(weights, 0))
        tf.summary.scalar("fraction_of_zero_weights", zeros)
        return logits

    return linear_logit_fn


def _parts(variable: Any) -> list[Any]:
    """A variable that is kept in parts, taken apart."""
    if hasattr(variable, "_get_variable_list"):
        return variable._get_variable_list()
    return [variable]


def model_fn(
    features: Any,
    labels: Any,
    mode: str,
    *,
    head: heads.Head,
    feature_columns: Sequence[Any],
    optimizer: Any,
    partitioner: Any,
    sparse_combiner: str,
) -> EstimatorSpec:
    """The linear model under its head."""
    check_features(features)
    if optimizer is None:
        # The more columns, the smaller a step of each.
        rate = min(_LEARNING_RATE, 1.0 / math.sqrt(len(feature_columns)))
        optimizer = tf.train.FtrlOptimizer(rate)
    optimizer = get_optimizer_instance(optimizer, _LEARNING_RATE)
    with tf.variable_scope(
        "linear", partitioner=partitioner or large_variables_partitioner()
    ):
        builder = linear_logit_fn_builder(
            head.logits_dimension, feature_columns, sparse_combiner
        )
        return head.create_estimator_spec(
            features, mode, builder(features), labels, optimizer=optimizer
        )


class LinearEstimator(Estimator):
    """A linear model under a head of one's own, as `tf.estimator.LinearEstimator`."""

    def __init__(
        self,
        head: heads.Head,
        feature_columns: Sequence[Any],
        model_dir: Any = None,
        optimizer: Any = "Ftrl",
        config: Any = None,
        partitioner: Any = None,
        sparse_combiner: str = "sum",
        warm_start_from: Any = None,
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
                feature_columns=tuple(feature_columns or ()),
                optimizer=optimizer,
                partitioner=partitioner,
                sparse_combiner=sparse_combiner,
            )

        super().__init__(_model_fn, model_dir, config, warm_start_from=warm_start_from)


class LinearClassifier(LinearEstimator):
    """Logistic or softmax regression, as `tf.estimator.LinearClassifier`."""

    def __init__(
        self,
        feature_columns: Sequence[Any],
        model_dir: Any = None,
        n_classes: int = 2,
        weight_column: Any = None,
        label_vocabulary: Sequence[str] | None = None,
        optimizer: Any = "Ftrl",
        config: Any = None,
        partitioner: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = _SUM,
        sparse_combiner: str = "sum",
    ) -> None:
        head = heads.classifier_head(
            n_classes, weight_column, label_vocabulary, loss_reduction
        )
        super().__init__(
            head,
            feature_columns,
            model_dir,
            optimizer,
            config,
            partitioner,
            sparse_combiner,
            warm_start_from,
        )


class LinearRegressor(LinearEstimator):
    """Linear regression, as `tf.estimator.LinearRegressor`."""

    def __init__(
        self,
        feature_columns: Sequence[Any],
        model_dir: Any = None,
        label_dimension: int = 1,
        weight_column: Any = None,
        optimizer: Any = "Ftrl",
        config: Any = None,
        partitioner: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = _SUM,
        sparse_combiner: str = "sum",
    ) -> None:
        super().__init__(
            heads.RegressionHead(label_dimension, weight_column, loss_reduction),
            feature_columns,
            model_dir,
            optimizer,
            config,
            partitioner,
            sparse_combiner,
            warm_start_from,
        )
