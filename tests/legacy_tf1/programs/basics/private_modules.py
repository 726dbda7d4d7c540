"""Names that programs took from TensorFlow's private modules: a frozen graph."""

import os
import shutil
import tempfile

import numpy as np
import tensorflow as tf
from tensorflow.python import pywrap_tensorflow
from tensorflow.python.framework import dtypes, graph_util, ops, tensor_shape
from tensorflow.python.ops import array_ops, control_flow_ops

folder = tempfile.mkdtemp()
try:
    x = array_ops.placeholder(dtypes.float32, [None, 2], name="x")
    w = tf.Variable([[1.0], [2.0]], name="w")
    y = tf.matmul(x, w, name="y")
    big = control_flow_ops.cond(
        tf.reduce_sum(y) > 4.0, lambda: y * 10.0, lambda: y, name="choose"
    )
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        values = [sess.run(big, {x: [[a, 1.0]]})[0, 0] for a in (1.0, 3.0)]
        path = tf.train.Saver().save(sess, os.path.join(folder, "model"))
        frozen = graph_util.convert_variables_to_constants(
            sess, tf.get_default_graph().as_graph_def(), ["y"]
        )
    np.testing.assert_allclose(values, [3.0, 50.0])
    assert all(node.op != "VariableV2" for node in frozen.node)

    reader = pywrap_tensorflow.NewCheckpointReader(path)
    assert reader.get_variable_to_shape_map() == {"w": [2, 1]}

    with ops.Graph().as_default() as graph:
        tf.import_graph_def(frozen, name="")
        with tf.Session(graph=graph) as sess:
            result = sess.run("y:0", {"x:0": [[3.0, 4.0]]})
    np.testing.assert_allclose(result, [[11.0]])
    assert tensor_shape.scalar().ndims == 0
    assert tensor_shape.matrix(2, None).as_list() == [2, None]
finally:
    shutil.rmtree(folder)
