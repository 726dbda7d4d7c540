"""Names in their old places, and small ones that TensorFlow 2 has dropped."""

import numpy as np
import pytest

import legacy_tf1.tensorflow as tf
from legacy_tf1.runner.imports import program_builtins
from legacy_tf1.tensorflow import keras


@pytest.mark.parametrize(
    "line",
    [
        "from tensorflow.contrib.slim.python.slim.data import tfexample_decoder",
        "from tensorflow.contrib.slim.python.slim.nets import alexnet",
        "from tensorflow.contrib.keras.python.keras.layers import Dense",
        "from tensorflow.contrib.keras.python.keras.applications.resnet50 import ResNet50",
        "from tensorflow.contrib.image.python.ops import image_ops",
        "from tensorflow.contrib.rnn.python.ops import core_rnn_cell",
        "from tensorflow.contrib.learn.python.learn.ops import losses_ops",
        "from tensorflow.contrib.learn.python.learn.utils import input_fn_utils",
        "from tensorflow.python.pywrap_tensorflow import NewCheckpointReader",
        "from tensorflow.python.framework.graph_util import extract_sub_graph",
        "from tensorflow.compat.v1.keras.layers import Dense",
        "import tensorflow.compat.v1 as tf; tf.__version__; tf.layers.dense",
        "import tensorflow as tf; tf.train.queue_runner.add_queue_runner",
        "import tensorflow as tf; tf.contrib.slim.utils.last_dimension",
        "import tensorflow as tf; tf.contrib.slim.layers.conv2d",
        "import tensorflow as tf; tf.initializers.RandomNormal(stddev=0.1)",
        "from keras.layers.merge import concatenate",
    ],
)
def test_old_imports(line):
    exec(line, {"__builtins__": program_builtins()})


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("from tensorflow.contrib.tensor_forest.python import x", "RandomForest"),
        ("import tensorflow as tf; tf.contrib.tensor_forest", "RandomForest"),
        ("from tensorflow.contrib.boosted_trees.proto import x", "GradientBoosting"),
        ("import tensorflow as tf; tf.contrib.boosted_trees", "GradientBoosting"),
        ("import tensorflow as tf; tf.contrib.timeseries", "timeseries_dataset_from"),
        ("import tensorflow as tf; tf.contrib.tpu.TPUEstimator", "TPUStrategy"),
        ("import tensorflow as tf; tf.contrib.slim.nets.inception_v3", "applications"),
    ],
)
def test_what_is_gone_names_its_counterpart(line, told):
    with pytest.raises((AttributeError, ModuleNotFoundError), match=told):
        exec(line, {"__builtins__": program_builtins()})


def test_initializers_took_a_shape():
    zeros, ones = tf.zeros_initializer([2, 3]), tf.ones_initializer((2,), tf.int32)
    w = tf.get_variable("w", [2], initializer=tf.ones_initializer)
    b = tf.get_variable("b", [2], tf.int32, initializer=tf.zeros_initializer(tf.int32))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        values = sess.run([zeros, ones, w, b])
    assert [value.tolist() for value in values] == [
        [[0] * 3] * 2,
        [1, 1],
        [1, 1],
        [0, 0],
    ]
    assert values[1].dtype == np.int32
    assert keras.initializers.serialize(tf.zeros_initializer())["class_name"] == "Zeros"


def test_zero_initializer_sets_zeros():
    w = tf.get_variable("w", [3], initializer=tf.ones_initializer())
    reset = tf.contrib.framework.zero_initializer(w)
    with tf.Session() as sess:
        sess.run(w.initializer)
        sess.run(reset)
        assert sess.run(w).tolist() == [0, 0, 0]


def test_bipartite_match_takes_the_nearest_pairs_first():
    distances = [[0.5, 0.1, 0.8], [0.9, 0.2, 0.3]]
    pairs = tf.contrib.image.bipartite_match(distances, 2)
    one = tf.contrib.image.bipartite_match(distances, 2, top_k=1)
    first_row = tf.contrib.image.bipartite_match(distances, [1])
    with tf.Session() as sess:
        found = sess.run([pairs, one, first_row])
    # 0.1 is the least; then 0.3, as row 0 and column 1 are taken.
    assert [x.tolist() for x in found[0]] == [[1, 2], [-1, 0, 1]]
    assert [x.tolist() for x in found[1]] == [[1, -1], [-1, 0, -1]]
    assert [x.tolist() for x in found[2]] == [[1, -1], [-1, 0, -1]]


def test_a_swapping_saver_needs_a_step_and_the_averages():
    w = tf.get_variable("w", [])
    optimizer = tf.contrib.opt.MovingAverageOptimizer(
        tf.train.GradientDescentOptimizer(0.1)
    )
    with pytest.raises(RuntimeError, match="before creating the swapping_saver"):
        optimizer.swapping_saver()
    optimizer.minimize(w * w)
    with pytest.raises(ValueError, match="not part of variables to save"):
        optimizer.swapping_saver([w])


def test_tensorflow_estimator_learns_a_line(tmp_path):
    learn = tf.contrib.learn
    x = np.linspace(-1, 1, 40).reshape(-1, 1).astype(np.float32)
    regressor = learn.TensorFlowEstimator(
        learn.models.linear_regression,
        n_classes=0,
        steps=150,
        optimizer="SGD",
        batch_size=40,
        learning_rate=0.3,
    )
    regressor.fit(x, 3 * x[:, 0] - 1, logdir=tmp_path / "line")
    # By then (1 - 2 * 0.3 * mean(x**2)) ** 150 of the error is left: 2e-15.
    np.testing.assert_allclose(regressor.predict(x), 3 * x[:, 0] - 1, atol=1e-4)
    assert regressor.score(x, 3 * x[:, 0] - 1) > 0.9999
    classifier = learn.TensorFlowEstimator(
        learn.models.logistic_regression, n_classes=2, steps=100, batch_size=40
    )
    labels = (x[:, 0] > 0).astype(int)
    classifier.fit(x, labels, logdir=tmp_path / "classes")
    assert classifier.score(x, labels) > 0.9
    np.testing.assert_allclose(classifier.predict_proba(x).sum(1), 1, rtol=1e-5)


def test_input_functions_for_serving():
    spec = {"x": tf.FixedLenFeature([2], tf.float32)}
    utils = tf.contrib.learn.utils.input_fn_utils
    ops = utils.build_parsing_serving_input_fn(spec)()
    example = tf.train.Example()
    example.features.feature["x"].float_list.value.extend([1.0, 2.0])
    with tf.Session() as sess:
        fed = {ops.default_inputs["examples"]: [example.SerializeToString()]}
        assert sess.run(ops.features["x"], fed).tolist() == [[1, 2]]
    plain = utils.build_default_serving_input_fn({"y": tf.zeros([5, 3], name="y")})()
    assert plain.features["y"].shape.as_list() == [None, 3]
