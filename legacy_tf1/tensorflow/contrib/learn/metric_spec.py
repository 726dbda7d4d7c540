"""Which metric is computed of which prediction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorflow.python.util import function_utils


class MetricSpec:
    """A metric and the keys of its arguments, as `tf.contrib.learn.MetricSpec`."""

    def __init__(
        self,
        metric_fn: Callable[..., Any],
        prediction_key: str | None = None,
        label_key: str | None = None,
        weight_key: str | None = None,
    ) -> None:
        self.metric_fn = metric_fn
        self.prediction_key, self.label_key = prediction_key, label_key
        self.weight_key = weight_key

    def create_metric_ops(self, inputs: Any, labels: Any, predictions: Any) -> Any:
        """Calls the metric with the values of its keys."""
        arguments = {
            "predictions": _of(predictions, self.prediction_key, "predictions"),
            "labels": _of(labels, self.label_key, "labels"),
        }
        if self.weight_key is not None:
            arguments["weights"] = inputs[self.weight_key]
        return call_metric(self.metric_fn, **arguments)


def _of(values: Any, key: str | None, what: str) -> Any:
    if not isinstance(values, dict):
        if key is not None:
            raise ValueError(
                f"There is one tensor of {what}, but a key was given: {key}"
            )
        return values
    if key is None:
        if len(values) > 1:
            raise ValueError(f"A key of {what} is needed; there are {sorted(values)}.")
        return next(iter(values.values()))
    if key not in values:
        raise KeyError(f"No {what} has the key {key!r}; there are {sorted(values)}.")
    return values[key]


def call_metric(
    metric_fn: Callable[..., Any], predictions: Any, labels: Any, **weights: Any
) -> Any:
    """Calls a metric whose order of arguments may be either of the two."""
    names = function_utils.fn_args(metric_fn)
    if "labels" in names and "predictions" in names:
        return metric_fn(labels=labels, predictions=predictions, **weights)
    return metric_fn(predictions, labels, **weights)


def metric_ops(metrics: Any, features: Any, labels: Any, predictions: Any) -> Any:
    """The ops of several metrics, each a `MetricSpec` or a plain function."""
    result = {}
    for name, metric in metrics.items():
        if isinstance(metric, MetricSpec):
            result[name] = metric.create_metric_ops(features, labels, predictions)
        elif isinstance(name, tuple):
            result[name[0]] = call_metric(metric, predictions[name[1]], labels)
        elif isinstance(predictions, dict):
            raise ValueError(
                "Metrics passed provide only name, no prediction, but predictions are "
                f"dict. Metrics: {metrics}. Use tf.contrib.learn.MetricSpec with one of "
                f"the keys {sorted(predictions)}."
            )
        else:
            result[name] = call_metric(metric, predictions, labels)
    return result
