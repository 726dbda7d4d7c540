"""What goes into a SavedModel, as `tf.estimator.export` of TensorFlow 1.15."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow.compat.v1 as tf
from tensorflow.python.saved_model.model_utils.export_output import (
    ClassificationOutput,
    ExportOutput,
    PredictOutput,
    RegressionOutput,
)

_SINGLE_FEATURE = "feature"
_SINGLE_RECEIVER = "input"

__all__ = [
    "ClassificationOutput",
    "ExportOutput",
    "PredictOutput",
    "RegressionOutput",
    "ServingInputReceiver",
    "TensorServingInputReceiver",
    "build_parsing_serving_input_receiver_fn",
    "build_raw_serving_input_receiver_fn",
]


class _Receiver(NamedTuple):
    features: Any
    receiver_tensors: dict[str, Any]
    receiver_tensors_alternatives: dict[str, Any] | None


class ServingInputReceiver(_Receiver):
    """Features, and the tensors that a server fills, by name."""

    def __new__(
        cls,
        features: Any,
        receiver_tensors: Any,
        receiver_tensors_alternatives: dict[str, Any] | None = None,
    ) -> ServingInputReceiver:
        """Names single tensors."""
        if tf.is_tensor(features):
            features = {_SINGLE_FEATURE: features}
        if features is None:
            raise ValueError("features must be defined.")
        tensors = _named(receiver_tensors)
        return super().__new__(cls, features, tensors, receiver_tensors_alternatives)


class TensorServingInputReceiver(_Receiver):
    """The same for a model whose features are one tensor."""

    def __new__(
        cls,
        features: Any,
        receiver_tensors: Any,
        receiver_tensors_alternatives: dict[str, Any] | None = None,
    ) -> TensorServingInputReceiver:
        """Names single tensors."""
        if not tf.is_tensor(features):
            raise ValueError(f"features must be a Tensor. Received: {features!r}")
        tensors = _named(receiver_tensors)
        return super().__new__(cls, features, tensors, receiver_tensors_alternatives)


def _named(tensors: Any) -> dict[str, Any]:
    return tensors if isinstance(tensors, dict) else {_SINGLE_RECEIVER: tensors}


def build_parsing_serving_input_receiver_fn(
    feature_spec: dict[str, Any], default_batch_size: int | None = None
) -> Callable[[], ServingInputReceiver]:
    """Makes a receiver of serialized `tf.Example`s."""

    def receiver() -> ServingInputReceiver:
        serialized = tf.placeholder(
            tf.string, shape=[default_batch_size], name="input_example_tensor"
        )
        features = tf.io.parse_example(serialized, feature_spec)
        return ServingInputReceiver(features, {"examples": serialized})

    return receiver


def build_raw_serving_input_receiver_fn(
    features: dict[str, Any], default_batch_size: int | None = None
) -> Callable[[], ServingInputReceiver]:
    """Makes a receiver of the features themselves, from tensors of their shapes."""

    def receiver() -> ServingInputReceiver:
        tensors = {}
        for name, value in features.items():
            shape = value.shape.as_list()
            shape[0] = default_batch_size
            tensors[name] = tf.placeholder(value.dtype, shape, name=value.op.name)
        return ServingInputReceiver(dict(tensors), tensors)

    return receiver
