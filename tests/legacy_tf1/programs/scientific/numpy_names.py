"""NumPy names and habits of 2016 to 2018; exact values."""

import io
import time
import collections
from numpy import random as rnd
import numpy as np
import tensorflow as tf

assert np.float is float and np.int is int and np.bool is bool
assert np.zeros(2, np.float).dtype == np.float64 and np.zeros(2, np.bool).dtype == bool
assert isinstance({}, collections.Mapping) and time.clock() >= 0
assert np.product([2, 3]) == 6 and np.in1d([1, 2], [2]).tolist() == [False, True]
assert np.asscalar(np.array([4])) == 4 and np.Inf == np.inf

# Rows of unequal length are an array of lists; bytes are read by fromstring.
ragged = np.array([[1, 2], [3]], dtype=object)
assert ragged.dtype == object and ragged.shape == (2,)
pixels = np.arange(4, dtype=np.uint8)
assert np.fromstring(pixels.tostring(), np.uint8).tolist() == [0, 1, 2, 3]
rnd.seed(0)
assert rnd.permutation(5).tolist() == [2, 0, 1, 3, 4]

buffer = io.BytesIO()
np.save(buffer, np.array([{"a": 1}, None]))
buffer.seek(0)
assert np.load(buffer, allow_pickle=True)[0] == {"a": 1}

# An array of one number is printed, converted and stored as that number.
W = tf.Variable([[2.0]])
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    loss = sess.run(W * 3)
assert loss.shape == (1, 1)
assert "loss %.2f at %d" % (loss, np.array([3])) == "loss 6.00 at 3"
assert float(loss) == 6.0 and int(loss) == 6
history = np.zeros(3)
history[1] = loss
assert history.tolist() == [0.0, 6.0, 0.0]
print("scalars in lists", [loss[0, 0]])
assert str([loss[0, 0]]) == "[6.0]"
