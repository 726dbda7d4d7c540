"""Scalars, histograms, images and the graph in an event file."""

import glob
import os
import shutil
import tempfile

import numpy as np
import tensorflow as tf

folder = tempfile.mkdtemp()
x = tf.placeholder(tf.float32, [None], name="x")
with tf.name_scope("cost"):
    cost = tf.reduce_mean(tf.square(x))
    tf.summary.scalar("cost", cost)
tf.summary.histogram("x values", x)
tf.summary.image("picture", tf.reshape(x[:4], [1, 2, 2, 1]))
merged = tf.summary.merge_all()
with tf.Session() as sess:
    writer = tf.summary.FileWriter(folder, sess.graph)
    for step in range(3):
        summary = sess.run(merged, {x: np.arange(4.0) * step})
        writer.add_summary(summary, step)
    extra = tf.Summary(value=[tf.Summary.Value(tag="own", simple_value=0.5)])
    writer.add_summary(extra, 3)
    writer.close()

(file,) = glob.glob(os.path.join(folder, "events*"))
scalars, tags, graphs = [], set(), 0
for event in tf.train.summary_iterator(file):
    graphs += bool(event.graph_def)
    for value in event.summary.value:
        tags.add(value.tag)
        if value.HasField("simple_value"):
            scalars.append((value.tag, event.step, value.simple_value))
assert graphs == 1
assert tags == {"cost/cost", "x_values", "picture/image/0", "own"}, tags
assert scalars == [
    ("cost/cost", 0, 0.0),
    ("cost/cost", 1, 3.5),
    ("cost/cost", 2, 14.0),
    ("own", 3, 0.5),
]
shutil.rmtree(folder)
