"""pandas 0.2x beside TensorFlow: .ix, as_matrix, append; exact values.

TensorFlow 1.15.5 runs it with pandas below 1.0.
"""

import io

import numpy as np
import pandas as pd
import tensorflow as tf

text = "a b y\n1 2 0\n3 4 1\n5 6 1\n"
table = pd.read_csv(io.StringIO(text), delim_whitespace=True)
assert table.ix[1, "a"] == 3 and table.ix[1:, "y"].tolist() == [1, 1]
assert table.ix[:, 0:2].shape == (3, 2)
table = table.append({"a": 7, "b": 8, "y": 0}, ignore_index=True)
assert len(table) == 4
features = table[["a", "b"]].as_matrix().astype(np.float32)
assert [name for name, _ in table.iteritems()] == ["a", "b", "y"]
with tf.Session() as sess:
    x = tf.placeholder(tf.float32, [None, 2])
    assert sess.run(tf.reduce_sum(x), {x: features}) == 36
