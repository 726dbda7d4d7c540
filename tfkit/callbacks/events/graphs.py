"""The two graphs of TensorBoard's Graphs tab: a model's layers, and its operations."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tensorboard.compat.proto import event_pb2, summary_pb2, types_pb2
from tensorboard.plugins.graph import keras_util, metadata
from tensorboard.util import tensor_util

# A `Summary.Value`, which its protocol compiler left without a type.
Value = Any


def keras_graph(model: Any) -> list[Value] | None:
    """Returns a model's layers and how they are connected: the "conceptual graph".

    Written once, at step 0, to the run in which it is to be found.

    Args:
        model: A Keras model.

    Returns:
        None for a model that TensorBoard cannot draw: whose class has no configuration,
        or one that does not list the layers, as with most subclasses of `keras.Model`.

    Example:
        >>> import keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> keras_graph(model)[0].tag
        'keras'
    """
    # `to_json` runs `get_config` of the model and of each of its layers, and TensorBoard
    # expects forms of their results that only Sequential and functional models have.
    # Without this trial it would be the Graphs tab that fails.
    try:
        text = model.to_json()
        config = json.loads(text)
        if not config["config"].get("layers"):
            return None
        with _without_log():
            keras_util.keras_model_to_graph_def(config)
    except Exception:
        return None
    plugin = summary_pb2.SummaryMetadata.PluginData(
        plugin_name=metadata.PLUGIN_NAME_KERAS_MODEL,
        content=b"1",  # version of the format
    )
    return [
        summary_pb2.Summary.Value(
            tag="keras",
            metadata=summary_pb2.SummaryMetadata(plugin_data=plugin),
            tensor=tensor_util.make_tensor_proto(text, types_pb2.DT_STRING),
        )
    ]


def op_graph(function: Any) -> Any:
    """Returns the graph of a TensorFlow function's operations as an event.

    For `EventWriter.add_event`. TensorBoard shows one such graph for each run, the last
    that was written.

    Args:
        function: A `tf.Graph`, or what has one as its `graph`, such as a
            `tf.types.experimental.ConcreteFunction`.

    Raises:
        TypeError: If it is neither.

    Example:
        >>> import tensorflow as tf
        >>> square = tf.function(lambda x: x * x)
        >>> event = op_graph(square.get_concrete_function(tf.TensorSpec([], "float32")))
        >>> graph = tf.compat.v1.GraphDef.FromString(event.graph_def)
        >>> [node.op for node in graph.node]
        ['Placeholder', 'Mul', 'Identity']
    """
    graph = getattr(function, "graph", function)
    if not hasattr(graph, "as_graph_def"):
        raise TypeError(
            "`function` must be a tf.Graph or a concrete function. Received: "
            f"{type(function)}. A tf.function has one for each signature: "
            "`function.get_concrete_function(...)`."
        )
    graph_def = graph.as_graph_def(add_shapes=True)
    return event_pb2.Event(graph_def=graph_def.SerializeToString())


@contextmanager
def _without_log() -> Iterator[None]:
    """Keeps back TensorBoard's remarks, which it makes again when it draws."""

    def nothing(record: logging.LogRecord) -> bool:
        return False

    keras_util.logger.addFilter(nothing)
    try:
        yield
    finally:
        keras_util.logger.removeFilter(nothing)
