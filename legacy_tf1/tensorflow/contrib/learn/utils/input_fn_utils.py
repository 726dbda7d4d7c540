"""What an exported model of `tf.contrib.learn` is fed; today `tf.saved_model`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import namespace as _namespace


class InputFnOps(NamedTuple):
    """As `tf.contrib.learn.InputFnOps`: what an `input_fn` for serving returns."""

    features: Any
    labels: Any
    default_inputs: Any


def build_parsing_serving_input_fn(
    feature_spec: dict[str, Any], default_batch_size: int | None = None
) -> Callable[[], InputFnOps]:
    """Returns an `input_fn` that is fed serialized examples, and parses them."""

    def input_fn() -> InputFnOps:
        examples = tf.placeholder(
            tf.string, [default_batch_size], name="input_example_tensor"
        )
        features = tf.parse_example(examples, feature_spec)
        return InputFnOps(features, None, {"examples": examples})

    return input_fn


def build_default_serving_input_fn(
    features: dict[str, Any], default_batch_size: int | None = None
) -> Callable[[], InputFnOps]:
    """Returns an `input_fn` that is fed the features themselves."""

    def input_fn() -> InputFnOps:
        fed = {
            name: tf.placeholder(
                tensor.dtype,
                [default_batch_size, *tensor.shape.as_list()[1:]],
                name=tensor.op.name,
            )
            for name, tensor in features.items()
        }
        return InputFnOps(fed, None, fed)

    return input_fn


__getattr__, __dir__ = _namespace.attach(__name__)
