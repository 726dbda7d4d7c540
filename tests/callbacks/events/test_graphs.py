import logging

import keras
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorboard.compat.proto import graph_pb2
from tensorboard.plugins.graph import graphs_plugin

import tfkit
from tfkit.callbacks.events.graphs import keras_graph, op_graph
from tfkit.callbacks.events.writer import EventWriter


@pytest.fixture
def tab(board):
    """Returns a function: log directory, tag -> nodes as the Graphs tab is sent them."""

    def nodes(folder, tag=None):
        tabs, request = board(folder)
        plugin = graphs_plugin.GraphsPlugin(tabs)
        text, _ = plugin.graph_impl(request, "train", tag, tag is not None, "")
        graph = text_format.Parse(text, graph_pb2.GraphDef())
        return {node.name: (node, list(node.input)) for node in graph.node}

    return nodes


def sequential():
    layers = [keras.Input((3,)), keras.layers.Dense(4, name="hidden")]
    return keras.Sequential([*layers, keras.layers.Dense(1, name="out")], name="net")


def functional():
    inputs = keras.Input((3,), name="input")
    inner = keras.Sequential([keras.layers.Dense(3, name="dense")], name="inner")
    outputs = keras.layers.Add(name="sum")([inputs, inner(inputs)])
    return keras.Model(inputs, outputs, name="net")


class Subclass(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, inputs):
        return self.dense(inputs)


class WithoutConfiguration(Subclass):
    def get_config(self):
        raise NotImplementedError


class TestKerasGraph:
    def test_sequential(self, write, tab):
        nodes = tab(write({"train": keras_graph(sequential())}), "keras")
        assert nodes["net/out"][1] == ["net/hidden"]
        assert nodes["net/out"][0].attr["keras_class"].s == b"Dense"

    def test_functional_with_a_model_in_it(self, write, tab):
        nodes = tab(write({"train": keras_graph(functional())}), "keras")
        assert sorted(nodes["net/sum"][1]) == ["net/inner/dense", "net/input"]

    def test_models_of_this_package(self, write, tab):
        model = tfkit.Sequential(
            [keras.Input((3,)), keras.layers.Dense(1, name="out")], name="net"
        )
        assert "net/out" in tab(write({"train": keras_graph(model)}), "keras")

    def test_equals_what_kerass_callback_writes(self, tmp_path, read):
        model = sequential()
        model.compile(loss="mse")
        callback = keras.callbacks.TensorBoard(tmp_path / "theirs")
        callback.set_model(model)
        callback.on_train_begin()
        callback.on_train_end()
        with EventWriter(tmp_path / "ours") as writer:
            writer.add("train", keras_graph(model), 0)
        ours, theirs = (read(tmp_path / name / "train") for name in ("ours", "theirs"))
        assert ours.SummaryMetadata("keras") == theirs.SummaryMetadata("keras")
        for reader in (ours, theirs):
            (event,) = reader.Tensors("keras")
            assert event.step == 0
            assert event.tensor_proto.string_val[0].decode() == model.to_json()

    @pytest.mark.parametrize("model_class", [Subclass, WithoutConfiguration])
    def test_models_that_cannot_be_drawn(self, model_class):
        assert keras_graph(model_class()) is None

    def test_mixed_precision_is_drawn_in_silence(self, caplog):
        layer = keras.layers.Dense(1, dtype="mixed_float16")
        with caplog.at_level(logging.WARNING):
            assert keras_graph(keras.Sequential([keras.Input((2,)), layer]))
        assert not caplog.records


class TestOpGraph:
    @pytest.fixture
    def function(self):
        def double_plus_one(x):
            return tf.add(tf.multiply(x, 2.0, name="double"), 1.0, name="plus_one")

        signature = tf.TensorSpec([None], tf.float32)
        return tf.function(double_plus_one).get_concrete_function(signature)

    def test_concrete_function(self, tmp_path, tab, function):
        with EventWriter(tmp_path) as writer:
            writer.add_event("train", op_graph(function))
        nodes = tab(tmp_path)
        assert nodes["plus_one"][0].op == "AddV2"
        assert nodes["plus_one"][1][0] == "double"

    def test_graph_itself(self, function):
        # Parsed: the order in which a map is written may be another each time.
        ours, theirs = (
            graph_pb2.GraphDef.FromString(op_graph(one).graph_def)
            for one in (function.graph, function)
        )
        assert ours == theirs

    def test_neither(self):
        with pytest.raises(TypeError, match="get_concrete_function"):
            op_graph(tf.function(lambda x: x))
