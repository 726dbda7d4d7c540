"""Baselines: models that see only the labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.estimator.canned import head as heads
from legacy_tf1.tensorflow.estimator.canned.optimizers import get_optimizer_instance
from legacy_tf1.tensorflow.estimator.estimator import Estimator
from legacy_tf1.tensorflow.estimator.model_fn import EstimatorSpec

_LEARNING_RATE = 0.3
_SUM = tf.losses.Reduction.SUM


class BaselineEstimator(Estimator):
    """Learns the mean under a head of one's own, as `tf.estimator.BaselineEstimator`."""

    def __init__(
        self,
        head: heads.Head,
        model_dir: Any = None,
        optimizer: Any = "Ftrl",
        config: Any = None,
    ) -> None:
        def _model_fn(
            features: Any, labels: Any, mode: str, config: Any
        ) -> EstimatorSpec:
            del config
            batch = tf.shape(next(iter(features.values())))[0]
            width = head.logits_dimension
            with tf.variable_scope("baseline"):
                bias = tf.get_variable(
                    "bias", [width], initializer=tf.zeros_initializer()
                )
                logits = tf.multiply(bias, tf.ones([batch, width]))
            chosen = get_optimizer_instance(optimizer, _LEARNING_RATE)
            return head.create_estimator_spec(
                features, mode, logits, labels, optimizer=chosen
            )

        super().__init__(_model_fn, model_dir, config)


class BaselineClassifier(BaselineEstimator):
    """Predicts the labels' frequencies, as `tf.estimator.BaselineClassifier`."""

    def __init__(
        self,
        model_dir: Any = None,
        n_classes: int = 2,
        weight_column: Any = None,
        label_vocabulary: Sequence[str] | None = None,
        optimizer: Any = "Ftrl",
        config: Any = None,
        loss_reduction: str = _SUM,
    ) -> None:
        head = heads.classifier_head(
            n_classes, weight_column, label_vocabulary, loss_reduction
        )
        super().__init__(head, model_dir, optimizer, config)


class BaselineRegressor(BaselineEstimator):
    """Predicts the labels' mean, as `tf.estimator.BaselineRegressor`."""

    def __init__(
        self,
        model_dir: Any = None,
        label_dimension: int = 1,
        weight_column: Any = None,
        optimizer: Any = "Ftrl",
        config: Any = None,
        loss_reduction: str = _SUM,
    ) -> None:
        head = heads.RegressionHead(label_dimension, weight_column, loss_reduction)
        super().__init__(head, model_dir, optimizer, config)
