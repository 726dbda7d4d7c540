"""A Saver writes variables to checkpoints and brings them back into a new graph."""

import argparse
import os
import tempfile

import tensorflow as tf

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("folder", nargs="?", help="where the checkpoints go")
options = parser.parse_args()
folder = options.folder or tempfile.mkdtemp()
path = os.path.join(folder, "model.ckpt")

w = tf.get_variable("w", [], initializer=tf.zeros_initializer())
step = tf.train.get_or_create_global_step()
cost = w**2 - 10 * w + 25
train = tf.train.AdamOptimizer(0.1).minimize(cost, global_step=step)
saver = tf.train.Saver(max_to_keep=2)

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for _ in range(3):
        for _ in range(10):
            session.run(train)
        saved = saver.save(session, path, global_step=step)
        print("saved", os.path.basename(saved), "w =", session.run(w))
    at_step_30 = session.run(w)

# Training goes on where it was: the same graph, restored instead of initialized.
with tf.Session() as session:
    saver.restore(session, tf.train.latest_checkpoint(folder))
    print("restored w =", session.run(w), "step", session.run(step))
    print("same as before:", session.run(w) == at_step_30)
    session.run(train)
    print("one step more: step", session.run(step))

# A new graph, from the file alone.
tf.reset_default_graph()
latest = tf.train.latest_checkpoint(folder)
again = tf.train.import_meta_graph(latest + ".meta")
with tf.Session() as session:
    again.restore(session, latest)
    print("from the .meta file w =", session.run("w:0"))

# What a checkpoint holds: weights, and the optimizer's memory besides.
for name, shape in tf.train.list_variables(latest):
    print("  ", name, shape)

kept = sorted(name for name in os.listdir(folder) if name.endswith(".index"))
print("kept:", kept)
