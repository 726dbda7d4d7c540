"""read_data_sets on four small IDX files that the program writes itself."""

import gzip
import os
import struct
import tempfile

import numpy as np
import tensorflow as tf
from tensorflow.examples.tutorials.mnist import input_data

folder = tempfile.mkdtemp()
random = np.random.RandomState(0)
for part, number in (("train", 30), ("t10k", 10)):
    images = random.randint(0, 256, (number, 28, 28)).astype(np.uint8)
    labels = (np.arange(number) % 10).astype(np.uint8)
    for kind, header, values in (
        ("images-idx3", struct.pack(">4i", 2051, number, 28, 28), images),
        ("labels-idx1", struct.pack(">2i", 2049, number), labels),
    ):
        with gzip.open(
            os.path.join(folder, part + "-" + kind + "-ubyte.gz"), "wb"
        ) as f:
            f.write(header + values.tobytes())

data = input_data.read_data_sets(folder, one_hot=True, validation_size=5, seed=3)
assert (
    data.train.num_examples,
    data.validation.num_examples,
    data.test.num_examples,
) == (25, 5, 10)
batch_x, batch_y = data.train.next_batch(10)
print(batch_y.argmax(1))
assert batch_y.argmax(1).tolist() == [3, 2, 7, 8, 0, 1, 8, 7, 6, 7]
for _ in range(2):
    batch_x, batch_y = data.train.next_batch(10)
print(batch_y.argmax(1), data.train.epochs_completed)
assert batch_y.argmax(1).tolist() == [4, 5, 3, 8, 5, 8, 7, 5, 7, 0]
assert data.train.epochs_completed == 1
assert batch_x.dtype == np.float32
assert batch_x.min() >= 0
assert batch_x.max() <= 1

# The softmax regression of the tutorial, on these
x = tf.placeholder(tf.float32, [None, 784])
y_ = tf.placeholder(tf.float32, [None, 10])
W = tf.Variable(tf.zeros([784, 10]))
b = tf.Variable(tf.zeros([10]))
y = tf.matmul(x, W) + b
cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y_, logits=y))
step = tf.train.GradientDescentOptimizer(0.1).minimize(cost)
sess = tf.InteractiveSession()
tf.global_variables_initializer().run()
first = cost.eval({x: data.test.images, y_: data.test.labels})
assert abs(first - np.log(10)) < 1e-5
for _ in range(50):
    sess.run(step, feed_dict={x: data.test.images, y_: data.test.labels})
assert cost.eval({x: data.test.images, y_: data.test.labels}) < 0.1
