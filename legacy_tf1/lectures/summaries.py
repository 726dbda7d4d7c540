"""Graph, cost and weights in TensorBoard: a FileWriter and summaries.

python -m legacy_tf1 run summaries FOLDER
tensorboard --logdir FOLDER
"""

import argparse
import os
import tempfile

import tensorflow as tf

parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
)
parser.add_argument("folder", nargs="?", help="where the event file goes")
options = parser.parse_args()
folder = options.folder or tempfile.mkdtemp()

with tf.name_scope("input"):
    coefficients = tf.placeholder(tf.float32, [3], name="coefficients")
with tf.name_scope("model"):
    w = tf.Variable(0.0, name="w")
    cost = coefficients[0] * w**2 + coefficients[1] * w + coefficients[2]
with tf.name_scope("train"):
    train = tf.train.GradientDescentOptimizer(0.01).minimize(cost)

tf.summary.scalar("cost", cost)
tf.summary.scalar("w", w)
tf.summary.histogram("gradient", tf.gradients(cost, w)[0])
merged = tf.summary.merge_all()

with tf.Session() as session:
    # The graph goes into the file with the writer's own making.
    writer = tf.summary.FileWriter(folder, session.graph)
    session.run(tf.global_variables_initializer())
    feed = {coefficients: [1.0, -10.0, 25.0]}
    for step in range(101):
        # Not in one run with the training step, which could change w in between.
        summary, now = session.run([merged, cost], feed_dict=feed)
        writer.add_summary(summary, global_step=step)
        session.run(train, feed_dict=feed)
        if step % 25 == 0:
            print(f"step {step:3}  cost {now:.6f}")
    writer.close()

folder = writer.get_logdir()
print("event files:", len([f for f in os.listdir(folder) if "tfevents" in f]))
print("look at them with: tensorboard --logdir", folder)
