"""Names, reprs, scopes, reuse and collections are what notebooks print."""

import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 3], name="x")
assert str(x) == 'Tensor("x:0", shape=(?, 3), dtype=float32)'
with tf.name_scope("layer"):
    w = tf.Variable(tf.zeros([3, 2]), name="w")
    y = tf.matmul(x, w, name="y")
assert str(w) == "<tf.Variable 'layer/w:0' shape=(3, 2) dtype=float32_ref>"
assert y.op.name == "layer/y"
assert y.get_shape().as_list() == [None, 2]
assert y.get_shape()[1] == 2
assert y.get_shape()[1].value == 2
assert (x + 1.0).name == "add:0"
assert tf.add(x, x).name == "Add_1:0"

with tf.variable_scope("a") as scope:
    v = tf.get_variable("v", [1])
    scope.reuse_variables()
    assert tf.get_variable("v", [1]) is v
with tf.variable_scope("a", reuse=True):
    assert tf.get_variable("v", [1]) is v
with tf.variable_scope("a", reuse=tf.AUTO_REUSE):
    assert tf.get_variable("v", [1]).name == "a/v:0"
try:
    with tf.variable_scope("a"):
        tf.get_variable("v", [1])
except ValueError as error:
    message = str(error)
else:
    raise AssertionError("a variable of the same name was made")
assert "already exists" in message

assert [each.name for each in tf.trainable_variables()] == ["layer/w:0", "a/v:0"]
assert tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope="a") == [v]
tf.add_to_collection("losses", tf.nn.l2_loss(w))
assert len(tf.get_collection("losses")) == 1
graph = tf.get_default_graph()
assert graph.get_tensor_by_name("layer/w:0") is not None
assert graph.get_operation_by_name("x").type == "Placeholder"

tf.reset_default_graph()
assert tf.global_variables() == []
with tf.Graph().as_default() as other:
    assert tf.constant(1).graph is other
