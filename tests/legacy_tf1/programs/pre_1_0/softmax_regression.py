"""Softmax regression as of 2016: none of this ran on TensorFlow 1.0 any more."""

import shutil
import tempfile

import numpy as np
import tensorflow as tf

folder = tempfile.mkdtemp()
rng = np.random.RandomState(0)
inputs = rng.randn(60, 2).astype(np.float32)
classes = (inputs[:, 0] > 0).astype(int) + (inputs[:, 1] > 0)
targets = np.eye(3, dtype=np.float32)[classes]

x = tf.placeholder("float", [None, 2])
y_ = tf.placeholder("float", [None, 3])
W = tf.Variable(tf.zeros([2, 3]))
b = tf.Variable(tf.zeros([3]))
y = tf.add(tf.matmul(x, W), b)
cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(y, y_))
tf.scalar_summary("cost", cost)
tf.histogram_summary("weights", W)
merged = tf.merge_all_summaries()
optimizer = tf.train.GradientDescentOptimizer(0.5).minimize(cost)
correct = tf.equal(tf.arg_max(y, 1), tf.arg_max(y_, 1))
accuracy = tf.reduce_mean(tf.cast(correct, "float"))

init = tf.initialize_all_variables()
sess = tf.Session()
sess.run(init)
writer = tf.train.SummaryWriter(folder, sess.graph)
first = sess.run(cost, feed_dict={x: inputs, y_: targets})
for i in range(100):
    sess.run(optimizer, feed_dict={x: inputs, y_: targets})
    if i % 50 == 0:
        writer.add_summary(sess.run(merged, {x: inputs, y_: targets}), i)
last = sess.run(cost, feed_dict={x: inputs, y_: targets})
writer.close()
shutil.rmtree(folder)
assert [v.name for v in tf.all_variables()] == ["Variable:0", "Variable_1:0"]

# All weights are 0 at first: the cost is log(3). float32, a mean of 60.
np.testing.assert_allclose(first, np.log(3), rtol=1e-6)

# The same descent in NumPy and float64; float32 drifts by 1e-6 in 100 steps.
weights, bias = np.zeros((2, 3)), np.zeros(3)
for _ in range(100):
    scores = np.exp(inputs.dot(weights) + bias)
    error = (scores / scores.sum(1, keepdims=True) - targets) / 60
    weights, bias = weights - 0.5 * inputs.T.dot(error), bias - 0.5 * error.sum(0)
scores = np.exp(inputs.dot(weights) + bias)
chosen = (scores / scores.sum(1, keepdims=True))[np.arange(60), classes]
np.testing.assert_allclose(last, -np.log(chosen).mean(), rtol=1e-5)
