"""The heads of `tf.contrib.learn`, on those of `tf.estimator`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.contrib.learn.estimators.model_fn import ModeKeys, ModelFnOps
from legacy_tf1.tensorflow.estimator.canned import head as core

# Here a step's loss is the mean over the batch, not the sum.
_MEAN = tf.losses.Reduction.SUM_OVER_BATCH_SIZE


class PredictionKey:
    """Names of predictions, as `tf.contrib.learn.PredictionKey`."""

    CLASSES = "classes"
    PROBABILITIES = "probabilities"
    LOGITS = "logits"
    LOGISTIC = "logistic"
    SCORES = "scores"
    TOP_K = "top_k"
    GENERIC = "output"


class MetricKey:
    """Names of metrics, as `tf.contrib.learn.MetricKey`."""

    LOSS = "loss"
    AUC = "auc"
    AUC_PR = "auc_precision_recall"
    ACCURACY = "accuracy"
    PREDICTION_MEAN = "labels/prediction_mean"
    LABEL_MEAN = "labels/actual_label_mean"
    ACCURACY_BASELINE = "accuracy/baseline_label_mean"
    ACCURACY_MEAN = "accuracy/threshold_%f_mean"
    PRECISION_MEAN = "precision/positive_threshold_%f_mean"
    RECALL_MEAN = "recall/positive_threshold_%f_mean"


_RENAMED = {
    "prediction/mean": MetricKey.PREDICTION_MEAN,
    "label/mean": MetricKey.LABEL_MEAN,
    "accuracy/positive_threshold_0.5": MetricKey.ACCURACY_MEAN % 0.5,
    "precision/positive_threshold_0.5": MetricKey.PRECISION_MEAN % 0.5,
    "recall/positive_threshold_0.5": MetricKey.RECALL_MEAN % 0.5,
}


class Head:
    """Predictions, loss and metrics of logits, as `tf.contrib.learn.Head`."""

    def __init__(self, head: core.Head) -> None:
        self._head = head

    @property
    def logits_dimension(self) -> int:
        """How wide the logits are."""
        return self._head.logits_dimension

    def create_model_fn_ops(
        self,
        features: Any,
        mode: str,
        labels: Any = None,
        train_op_fn: Callable[[Any], Any] | None = None,
        logits: Any = None,
        logits_input: Any = None,
        scope: Any = None,
    ) -> ModelFnOps:
        """Returns the ops of a model with these logits."""
        del logits_input, scope
        everything = self._head._predictions(logits)
        predictions = _named_as_then(everything)
        if mode == ModeKeys.INFER or labels is None:
            return ModelFnOps(ModeKeys.INFER, predictions)
        loss, losses, weights, label_ids = self._head.create_loss(
            features, mode, logits, labels
        )
        tf.summary.scalar("loss", loss)
        if mode == ModeKeys.TRAIN:
            if train_op_fn is None:
                raise ValueError("train_op_fn can not be None in TRAIN mode")
            return ModelFnOps(mode, predictions, loss, train_op_fn(loss))
        metrics = {MetricKey.LOSS: tf.metrics.mean(losses, weights=weights)}
        for name, pair in self._head._metrics(label_ids, everything, weights).items():
            metrics[_RENAMED.get(name, name)] = pair
        if MetricKey.LABEL_MEAN in metrics:
            metrics[MetricKey.ACCURACY_BASELINE] = metrics[MetricKey.LABEL_MEAN]
        for unknown_then in ("accuracy_baseline", "precision", "recall"):
            metrics.pop(unknown_then, None)
        if isinstance(self._head, core.RegressionHead):
            metrics = {MetricKey.LOSS: metrics[MetricKey.LOSS]}
        return ModelFnOps(mode, predictions, loss, eval_metric_ops=metrics)


def _named_as_then(predictions: dict[str, Any]) -> dict[str, Any]:
    if "predictions" in predictions:
        scores = predictions["predictions"]
        if scores.shape[-1] == 1:
            scores = tf.squeeze(scores, axis=[1])
        return {PredictionKey.SCORES: scores}
    names = ("logits", "logistic", "probabilities")
    result = {name: predictions[name] for name in names if name in predictions}
    classes = tf.squeeze(predictions["class_ids"], axis=[1])
    return {**result, PredictionKey.CLASSES: classes}


def multi_class_head(
    n_classes: int,
    label_name: str | None = None,
    weight_column_name: str | None = None,
    enable_centered_bias: bool = False,
    head_name: str | None = None,
    thresholds: Sequence[float] | None = None,
    metric_class_ids: Any = None,
    loss_fn: Any = None,
    label_keys: Sequence[str] | None = None,
) -> Head:
    """The head of a classifier, as `tf.contrib.learn.multi_class_head`."""
    del label_name, enable_centered_bias, metric_class_ids, head_name
    if n_classes == 2:
        return Head(
            core.BinaryClassHead(
                weight_column_name, thresholds or (0.5,), label_keys, _MEAN, loss_fn
            )
        )
    return Head(
        core.MultiClassHead(n_classes, weight_column_name, label_keys, _MEAN, loss_fn)
    )


def regression_head(
    label_name: str | None = None,
    weight_column_name: str | None = None,
    label_dimension: int = 1,
    enable_centered_bias: bool = False,
    head_name: str | None = None,
    link_fn: Any = None,
) -> Head:
    """The head of a regressor, as `tf.contrib.learn.regression_head`."""
    del label_name, enable_centered_bias, head_name
    return Head(
        core.RegressionHead(
            label_dimension, weight_column_name, _MEAN, inverse_link_fn=link_fn
        )
    )
