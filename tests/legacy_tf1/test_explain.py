"""The idioms of programs, found by reading them."""

import json
import subprocess
import sys

import pytest

from legacy_tf1.explain import explain

SCRIPT = """import tensorflow as tf
from tensorflow.contrib import rnn
from tensorflow.examples.tutorials.mnist import input_data
import tensorflow.contrib.layers as layers
slim = tf.contrib.slim
FLAGS = tf.app.flags.FLAGS
x = tf.placeholder(tf.float32)
cell = rnn.BasicLSTMCell(3)
y = slim.fully_connected(x, 3, weights_regularizer=layers.l2_regularizer(0.1))
loss = tf.nn.softmax_cross_entropy_with_logits(y, x)
both = tf.reduce_sum(tf.concat(1, [x, y]), reduction_indices=[1])
step = tf.train.AdamOptimizer(FLAGS.rate).minimize(loss)
with tf.Session() as s:
    s.run(tf.global_variables_initializer())
    s.run(step, feed_dict={x: [[1.0]]})
    print(loss.eval())
saver = tf.train.Saver()
"""


def lines(explanation):
    return [(idiom.line, idiom.name) for idiom in explanation.idioms]


def test_each_idiom_has_its_line_by_whatever_name_it_was_imported():
    assert lines(explain(SCRIPT)) == [
        (2, "tf.contrib.rnn"),
        (3, "tf.examples.tutorials.mnist.input_data"),
        (4, "tf.contrib.layers"),
        (5, "tf.contrib.slim"),
        (6, "tf.app.flags.FLAGS"),
        (7, "tf.placeholder"),
        (8, "tf.contrib.rnn.BasicLSTMCell"),
        (9, "tf.contrib.slim.fully_connected"),
        (9, "tf.contrib.layers.l2_regularizer"),
        (10, "tf.nn.softmax_cross_entropy_with_logits(logits, labels)"),
        (11, "tf.reduce_sum(reduction_indices=)"),
        (11, "tf.concat(axis, values)"),
        (12, "optimizer.minimize(loss)"),
        (12, "tf.train.AdamOptimizer"),
        (12, "tf.app.flags.FLAGS"),
        (13, "tf.Session"),
        (14, "session.run"),
        (14, "tf.global_variables_initializer"),
        (15, "feed_dict"),
        (15, "session.run"),
        (16, "tensor.eval()"),
        (17, "tf.train.Saver"),
    ]


LIBRARIES = """import numpy as np
import scipy.misc
from scipy.misc import imread
from sklearn.cross_validation import train_test_split as split
from sklearn import cross_validation
from sklearn.preprocessing import OneHotEncoder
import tensorflow as tf
x = np.zeros(3, np.float)
picture = scipy.misc.imread("a.png")
train, test = split(x)
folds = cross_validation.KFold(3, n_folds=2)
encoder = OneHotEncoder(sparse=False)
counts, edges = np.histogram(x, normed=True)
cost = tf.nn.softmax_cross_entropy_with_logits(labels=x, logits=x)
forest = tf.contrib.tensor_forest.client
y = tf.nn.conv2d(input=x, filter=x)
cell = tf.nn.rnn_cell
fine = np.float64(np.mean(x))
result = optimizer.minimize(x)
"""


def test_names_that_other_libraries_have_dropped():
    explanation = explain(LIBRARIES)
    assert lines(explanation) == [
        (2, "scipy.misc"),
        (3, "scipy.misc.imread"),
        (4, "sklearn.cross_validation.train_test_split"),
        (5, "sklearn.cross_validation"),
        (8, "numpy.float"),
        (9, "scipy.misc.imread"),
        (10, "sklearn.cross_validation.train_test_split"),
        (11, "sklearn.cross_validation.KFold"),
        (12, "sklearn.preprocessing.OneHotEncoder(sparse=)"),
        (13, "numpy.histogram(normed=)"),
        (14, "tf.nn.softmax_cross_entropy_with_logits"),
        (15, "tf.contrib.tensor_forest.client"),
        (16, "tf.nn.conv2d(filter=)"),
        (17, "tf.nn.rnn_cell"),
        (19, "optimizer.minimize(loss)"),
    ]
    told = {idiom.line: (idiom.since, idiom.runner) for idiom in explanation.idioms}
    assert told[8] == ("NumPy 1.24", "the old name works")
    assert told[9] == ("SciPy 1.2", "reads by Pillow")
    assert told[11][1] == "takes n first and is iterated, as then"
    assert told[15] == ("2.0", "an error that says this")
    (line,) = [line for line in str(explanation).splitlines() if "normed=" in line]
    assert " ".join(line.split()) == (
        "13 numpy.histogram(normed=) NumPy 1.24 density= the old name works"
    )


def test_methods_of_a_program_without_tensorflow_are_left_alone():
    assert not explain("import numpy as np\nsolver.minimize(np.ones(3))\n").idioms


def test_a_program_of_today_has_none():
    text = "import tensorflow as tf\nimport keras\nx = tf.matmul([[1.0]], [[2.0]])\n"
    assert str(explain(text)) == "No idiom of TensorFlow 1 was found."


def test_names_of_other_libraries_are_left_alone():
    text = "import numpy as tf\nimport pandas as pd\ntf.log(1)\npd.eval('1 + 1')\n"
    assert not explain(text).idioms


def test_python_2_is_read_and_told():
    explanation = explain("import tensorflow as tf\nprint tf.mul(2, 3)\n")
    assert explanation.python2
    assert lines(explanation) == [(2, "tf.mul")]
    assert "Python 2" in str(explanation)


def test_a_notebook_is_told_by_cell_and_line(tmp_path):
    cells = [
        {"cell_type": "markdown", "source": ["tf.Session"]},
        {
            "cell_type": "code",
            "source": ["%matplotlib inline\n", "import tensorflow as tf"],
        },
        {"cell_type": "code", "source": "x = 1\n!ls\nx = tf.placeholder(tf.int32)"},
        {"cell_type": "code", "source": "%%bash\nls | grep tf.Session()"},
    ]
    path = tmp_path / "old.ipynb"
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}))
    explanation = explain(path)
    assert [(idiom.cell, idiom.line) for idiom in explanation.idioms] == [(2, 3)]
    assert "2:3" in str(explanation)


def test_to_dict_is_plain(tmp_path):
    path = tmp_path / "old.py"
    path.write_text(SCRIPT)
    plain = json.loads(json.dumps(explain(path).to_dict()))
    assert plain["path"] == str(path)
    assert plain["idioms"][5] == {
        "cell": None,
        "line": 7,
        "name": "tf.placeholder",
        "since": "2.0",
        "today": "an argument of the function: call it with the value (keras.Input)",
        "runner": "the old name works",
    }


def test_what_is_no_notebook_is_refused(tmp_path):
    path = tmp_path / "old.ipynb"
    path.write_text("import tensorflow as tf\n")
    with pytest.raises(ValueError, match="If it is a script, name it"):
        explain(path)


def test_explaining_loads_no_tensorflow():
    code = (
        "import sys; from legacy_tf1.explain import explain;"
        "assert explain('import tensorflow as tf\\ntf.mul(1, 2)').idioms;"
        "assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
