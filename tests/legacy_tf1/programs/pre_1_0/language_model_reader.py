"""The tutorial's reader of the Penn Treebank, initializers that took a shape, pack.

`tensorflow.models` and these uses are gone since 1.0.
"""

import os
import shutil
import tempfile

import numpy as np
import tensorflow as tf
from tensorflow.models.rnn.ptb import reader

folder = tempfile.mkdtemp()
try:
    for part, text in (
        ("train", " a b a c \n b a b a c \n"),
        ("valid", " a b new \n"),
        ("test", " c a \n"),
    ):
        with open(os.path.join(folder, "ptb.%s.txt" % part), "w") as file:
            file.write(text)
    train, valid, test, vocabulary = reader.ptb_raw_data(folder)
finally:
    shutil.rmtree(folder)
# a is there 4 times, b 3 times; <eos> and c twice, and "<" comes before "c".
assert train == [0, 1, 0, 3, 2, 1, 0, 1, 0, 3, 2]
assert (valid, test, vocabulary) == ([0, 1, 2], [3, 0, 2], 4)

batches = list(reader.ptb_iterator(list(range(20)), batch_size=2, num_steps=3))
assert len(batches) == 3
np.testing.assert_array_equal(batches[1][0], [[3, 4, 5], [13, 14, 15]])
np.testing.assert_array_equal(batches[1][1], [[4, 5, 6], [14, 15, 16]])

inputs, targets = reader.ptb_producer(list(range(20)), batch_size=2, num_steps=3)
weights = tf.get_variable("weights", initializer=tf.zeros_initializer([2, 2]))
scale = tf.Variable(tf.ones_initializer([2]), name="scale")
array = tf.TensorArray(tf.float32, size=2).unpack([[1.0, 2.0], [3.0, 4.0]])
packed = array.pack()
with tf.Session() as sess:
    sess.run(tf.initialize_all_variables())
    coord = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(sess, coord)
    pairs = [sess.run([inputs, targets]) for _ in range(4)]
    coord.request_stop()
    coord.join(threads)
    assert sess.run(weights).tolist() == [[0, 0], [0, 0]]
    assert sess.run(scale).tolist() == [1, 1]
    assert sess.run(packed).tolist() == [[1, 2], [3, 4]]
for pair, batch in zip(pairs, batches + batches[:1]):
    np.testing.assert_array_equal(pair[0], batch[0])
    np.testing.assert_array_equal(pair[1], batch[1])
