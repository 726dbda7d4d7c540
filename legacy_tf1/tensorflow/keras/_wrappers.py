"""`TimeDistributed` and `Bidirectional`: layers around a layer."""

from __future__ import annotations

import sys
from typing import Any

import tensorflow.compat.v1 as tf
from tensorflow.python.keras import backend, layers
from tensorflow.python.keras.engine import base_layer
from tensorflow.python.keras.utils import generic_utils

from legacy_tf1.tensorflow.keras import _frozen


class Wrapper(base_layer.Layer):
    """As `tf.keras.layers.Wrapper`: a layer that holds another."""

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        if not isinstance(layer, base_layer.Layer):
            raise ValueError(
                "A wrapper needs a layer as its first argument, as in "
                f"TimeDistributed(Dense(4)). Received: {layer!r}"
            )
        self._track_trackable(layer, name="layer")
        self.layer = layer
        super().__init__(**kwargs)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        inner = generic_utils.serialize_keras_object(self.layer)
        return {**super().get_config(), "layer": inner}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Any:
        """A wrapper from what `get_config` returned."""
        config = dict(config)
        inner = layers.deserialize(config.pop("layer"), custom_objects=custom_objects)
        return cls(inner, **config)


@_frozen.register
class TimeDistributed(Wrapper):
    """As `tf.keras.layers.TimeDistributed`: one layer for each step of a sequence.

    Today: `keras.layers.TimeDistributed`.
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Builds the layer for one step."""
        shape = tf.TensorShape(input_shape).as_list()
        if not self.layer.built:
            self.layer.build(tf.TensorShape([shape[0], *shape[2:]]))
            self.layer.built = True
        self.built = True

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The layer's own output shape, with time after the batch."""
        shape = tf.TensorShape(input_shape).as_list()
        inner = self.layer.compute_output_shape(tf.TensorShape([shape[0], *shape[2:]]))
        inner = tf.TensorShape(inner).as_list()
        return tf.TensorShape([inner[0], shape[1], *inner[1:]])

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """All steps at once: time is folded into the batch, and taken out again."""
        options = {}
        if generic_utils.has_arg(self.layer.call, "training"):
            options["training"] = training
        static = backend.int_shape(inputs)
        length = static[1] or tf.shape(inputs)[1]
        inner = tf.reshape(inputs, [-1, *_sizes(inputs, 2)])
        outputs = self.layer(inner, **options)
        result = tf.reshape(outputs, [-1, length, *_sizes(outputs, 1)])
        result.set_shape([static[0], static[1], *backend.int_shape(outputs)[1:]])
        return result

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The input's mask."""
        return mask


def _sizes(tensor: Any, first: int) -> list[Any]:
    """The sizes of a tensor's axes from that on, as numbers where they are known."""
    return [
        tf.shape(tensor)[axis] if size is None else size
        for axis, size in enumerate(backend.int_shape(tensor))
        if axis >= first
    ]


@_frozen.register
class Bidirectional(Wrapper):
    """As `tf.keras.layers.Bidirectional`, without `initial_state`.

    Today: `keras.layers.Bidirectional`.

    Args:
        layer: A recurrent layer; a second one like it reads the sequence backwards.
        merge_mode: "concat", "sum", "mul", "ave", or None for a list of both outputs.
        weights: What both start from: the forward layer's, then the backward one's.
    """

    def __init__(
        self,
        layer: Any,
        merge_mode: str | None = "concat",
        weights: Any = None,
        **kwargs: Any,
    ) -> None:
        if merge_mode not in ("sum", "mul", "ave", "concat", None):
            raise ValueError(
                "Invalid merge mode. Merge mode should be one of "
                '{"sum", "mul", "ave", "concat", None}. ' + f"Received: {merge_mode!r}"
            )
        super().__init__(layer, **kwargs)
        config = layer.get_config()
        forward = {**config, "name": f"forward_{layer.name}"}
        backward = {
            **config,
            "name": f"backward_{layer.name}",
            "go_backwards": not config["go_backwards"],
        }
        self.forward_layer = type(layer).from_config(forward)
        self.backward_layer = type(layer).from_config(backward)
        self.merge_mode = merge_mode
        self.return_sequences = layer.return_sequences
        self.return_state = layer.return_state
        self.stateful = layer.stateful
        self.supports_masking = True
        if weights:
            half = len(weights) // 2
            self.forward_layer._initial_weights = weights[:half]
            self.backward_layer._initial_weights = weights[half:]

    def build(self, input_shape: Any) -> None:
        """Builds both layers."""
        with backend.name_scope(self.forward_layer.name):
            self.forward_layer.build(input_shape)
        with backend.name_scope(self.backward_layer.name):
            self.backward_layer.build(input_shape)
        self.forward_layer.built = self.backward_layer.built = self.built = True

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        """Returns both directions' outputs, merged, and their states if asked for."""
        forward = self.forward_layer(inputs, mask=mask, training=training)
        backward = self.backward_layer(inputs, mask=mask, training=training)
        states: list[Any] = []
        if self.return_state:
            states = [*forward[1:], *backward[1:]]
            forward, backward = forward[0], backward[0]
        if self.return_sequences:
            backward = backend.reverse(backward, 1)
        merged = self._merged(forward, backward)
        if not states:
            return merged
        return [*(merged if isinstance(merged, list) else [merged]), *states]

    def _merged(self, forward: Any, backward: Any) -> Any:
        if self.merge_mode == "concat":
            return backend.concatenate([forward, backward])
        if self.merge_mode == "sum":
            return forward + backward
        if self.merge_mode == "ave":
            return (forward + backward) / 2
        if self.merge_mode == "mul":
            return forward * backward
        return [forward, backward]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """One direction's output shape, twice as wide if both are concatenated."""
        inner = self.forward_layer.compute_output_shape(input_shape)
        shapes = list(inner) if self.return_state else [inner]
        output = tf.TensorShape(shapes[0]).as_list()
        if self.merge_mode == "concat":
            output[-1] *= 2
        outputs = [tf.TensorShape(output)] * (2 if self.merge_mode is None else 1)
        outputs += shapes[1:] * 2
        return outputs if len(outputs) > 1 else outputs[0]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The input's mask where the outputs are sequences."""
        result = mask if self.return_sequences else None
        return [result, result] if self.merge_mode is None else result

    def reset_states(self) -> None:
        """Clears both layers' states, where they are stateful."""
        self.forward_layer.reset_states()
        self.backward_layer.reset_states()

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "merge_mode": self.merge_mode}


# `plot_model` asks the installed Keras for its wrappers, which it has lost.
if not hasattr(layers, "wrappers"):
    layers.wrappers = sys.modules[__name__]
